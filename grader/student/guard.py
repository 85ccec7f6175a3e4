"""Rules at run time, in the student's process: what is forbidden raises, and is remembered.

The grader's own process reads the source for the same rules (grader/rules.py). Neither is a wall
against someone who writes machine code: what a cheat could gain is bounded by the judge, which
sees only values.
"""

import os
import sys
from collections.abc import Callable, Iterable
from typing import Any

# A way round the rule about reading: another program reads, or the file gets another name.
STARTS = {"subprocess.Popen", "os.system", "os.exec", "os.posix_spawn"}
LINKS = {"os.link", "os.symlink"}
HIDDEN_PACKAGES = {"reference", "solutions", "grader"}


class BrokenRule(BaseException):
    """Raised inside the student's code; not an Exception, so that `except Exception` lets it pass."""


class Guard:
    """Forbids by rule name, and remembers what was tried."""

    def __init__(self, rules: Iterable[str], hidden_folders: Iterable[str]):
        tried: list[str] = []
        hidden = tuple(os.path.realpath(folder) + os.sep for folder in hidden_folders)

        def refuse(what: str) -> None:
            tried.append(what)
            raise BrokenRule(what)

        def audit(event: str, arguments: tuple[Any, ...]) -> None:
            if event == "open" and isinstance(arguments[0], (str, bytes, os.PathLike)):
                path = os.path.realpath(os.fsdecode(arguments[0]))
                if path.startswith(hidden):
                    refuse(f"reading {os.path.basename(path)}")
            elif event in STARTS:
                # No accusation: libraries start programs on their own, and go on where they can't.
                raise PermissionError("the grader lets no program be started")
            elif event in LINKS:
                refuse(event)

        class Finder:
            @staticmethod
            def find_spec(name: str, *_: Any) -> None:
                if name.partition(".")[0] in HIDDEN_PACKAGES:
                    refuse(f"import {name}")

        if "no_autograd" in rules:
            _forbid_autograd(refuse)
        sys.addaudithook(audit)
        sys.meta_path.insert(0, Finder)
        self.reset = tried.clear
        """Forget what was tried, before the next step."""
        self.tried: Callable[[], tuple[str, ...]] = lambda: tuple(tried)
        """What has been tried since."""


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
    inference = torch.inference_mode

    def only_on(mode: Any = True) -> Any:
        if mode is False:
            refuse("torch.inference_mode(False)")
        return inference(mode)

    replacements.append((torch, "inference_mode", only_on))
    kernels = {name for owner in (torch, torch._C._VariableFunctions, torch._C._nn) for name in dir(owner)}
    for owner in (torch, torch._VF, torch._C._nn):
        replacements += [(owner, name, forbidden(name)) for name in kernels if "backward" in name]
    for owner, name, replacement in replacements:
        setattr(owner, name, replacement)
    _forbid_operators(refuse)


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
