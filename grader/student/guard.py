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
    """Replace the ways into autograd: reverse mode, forward mode and, by these, torch.func."""
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
    for owner, name, replacement in replacements:
        setattr(owner, name, replacement)
