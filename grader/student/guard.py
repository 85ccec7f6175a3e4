"""Rules at run time, in the student's process: what is forbidden raises, and is remembered.

The grader's own process reads the source for the same rules (grader/rules.py). Neither is a wall
against someone who writes machine code: what a cheat could gain is bounded by the judge, which
sees only values.
"""

import os
import sys
from collections.abc import Callable, Iterable
from typing import Any

HIDDEN_PACKAGES = {"reference", "solutions", "grader"}


class BrokenRule(BaseException):
    """Raised inside the student's code; not an Exception, so that `except Exception` lets it pass."""


class Guard:
    """Forbids by rule name, and keeps what was tried in `tried`."""

    def __init__(self, rules: Iterable[str], hidden_folders: Iterable[str]):
        self.tried: list[str] = []
        self._hidden = tuple(os.path.realpath(folder) + os.sep for folder in hidden_folders)
        if "no_autograd" in rules:
            _forbid_autograd(self._refuse)
        sys.addaudithook(self._audit)
        sys.meta_path.insert(0, self)

    def reset(self) -> None:
        """Forget what was tried, before the next step."""
        self.tried.clear()

    def _refuse(self, what: str) -> None:
        self.tried.append(what)
        raise BrokenRule(what)

    def _audit(self, event: str, arguments: tuple[Any, ...]) -> None:
        if event != "open" or not isinstance(arguments[0], str) or not self._hidden:
            return
        if os.path.realpath(arguments[0]).startswith(self._hidden):
            self._refuse(f"reading {os.path.basename(arguments[0])}")

    def find_spec(self, name: str, *_: Any) -> None:
        """Refuse to find what a student's file has no business with; leave the rest to other finders."""
        if name.partition(".")[0] in HIDDEN_PACKAGES:
            self._refuse(f"import {name}")


def _forbid_autograd(refuse: Callable[[str], None]) -> None:
    """Replace the ways into autograd, and torch's ready-made derivatives."""
    import torch
    import torch.autograd.forward_ad

    def forbidden(what: str) -> Callable[..., None]:
        return lambda *arguments, **keywords: refuse(what)

    class NoEngine:
        run_backward = staticmethod(forbidden("autograd's engine"))

    replacements: list[tuple[Any, str, Any]] = [
        (torch.Tensor, "backward", forbidden("Tensor.backward()")),
        (torch.Tensor, "grad_fn", property(lambda tensor: _watched(tensor, refuse))),
        (torch.autograd, "backward", forbidden("torch.autograd.backward()")),
        (torch.autograd, "grad", forbidden("torch.autograd.grad()")),
        (torch.autograd, "_engine_run_backward", forbidden("autograd's engine")),
        (torch.autograd.graph, "_engine_run_backward", forbidden("autograd's engine")),
        (torch.autograd.Variable, "_execution_engine", NoEngine()),
        (torch._C, "_EngineBase", NoEngine),
        (torch._C, "_enter_dual_level", forbidden("forward-mode autograd")),
        (torch.autograd.forward_ad, "enter_dual_level", forbidden("forward-mode autograd")),
        (torch.autograd.forward_ad, "make_dual", forbidden("forward-mode autograd")),
    ]
    kernels = {name for owner in (torch, torch._C._VariableFunctions, torch._C._nn) for name in dir(owner)}
    for owner in (torch, torch._VF, torch._C._nn):
        replacements += [(owner, name, forbidden(name)) for name in kernels if "backward" in name]
    for owner, name, replacement in replacements:
        setattr(owner, name, replacement)
    _forbid_operators(refuse)


def _watched(tensor: Any, refuse: Callable[[str], None]) -> Any:
    """A tensor's grad_fn to look at, not to call or to follow."""
    import torch

    base: Any = torch._C.TensorBase
    node = base.grad_fn.__get__(tensor)

    class Watched:
        next_functions = property(lambda self: refuse("grad_fn.next_functions"))

        def __call__(self, *arguments: Any) -> None:
            refuse("calling a grad_fn")

        def __repr__(self) -> str:
            return repr(node)

        def name(self) -> str:
            return str(node.name())

    return None if node is None else Watched()


def _forbid_operators(refuse: Callable[[str], None]) -> None:
    """Refuse torch.ops.aten.tanh_backward and its like."""
    import torch

    space: Any = type(torch.ops.aten)
    look_up = space.__getattr__

    def guarded(self: Any, name: str) -> Any:
        if "backward" in name:
            refuse(f"torch.ops.{self.name}.{name}")
        return look_up(self, name)

    for name in [name for name in vars(torch.ops.aten) if "backward" in name]:
        delattr(torch.ops.aten, name)  # found before, and kept there
    space.__getattr__ = guarded
