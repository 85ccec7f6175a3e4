"""Rules at run time, in the student's process: what is forbidden raises, and is remembered.

The grader's own process reads the source for the same rules (grader/rules.py). Neither is a wall
against someone who writes machine code: what a cheat could gain is bounded by the judge, which
sees only values.
"""

import os
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, nullcontext
from functools import cache
from typing import Any

# A way round the rule about reading: another program reads, or the file gets another name.
STARTS = {"subprocess.Popen", "os.system", "os.exec", "os.posix_spawn", "os.spawn", "os.startfile", "os.startfile/2"}
LINKS = {"os.link", "os.symlink"}
PROBE = "<probe "
"""How the file name of a probe's code begins."""
HIDDEN_PACKAGES = {"reference", "solutions", "grader"}


class BrokenRule(BaseException):
    """Raised inside the student's code; not an Exception, so that `except Exception` lets it pass."""


class Guard:
    """Forbids by name, and remembers what was tried."""

    def __init__(self) -> None:
        tried: list[str] = []

        def refuse(what: str) -> None:
            tried.append(what)
            raise BrokenRule(what)

        class Finder:
            @staticmethod
            def find_spec(name: str, *_: Any) -> None:
                if name.partition(".")[0] in HIDDEN_PACKAGES:
                    refuse(f"import {name}")

        self._refuse = refuse
        self._finder: Any = Finder
        self._without_autograd = False
        self.reset = tried.clear
        """Forget what was tried, before the next step."""
        self.tried: Callable[[], tuple[str, ...]] = lambda: tuple(tried)
        """What has been tried since."""

    def stay(self, hidden_folders: Iterable[str]) -> None:
        """From now on, for good: what is hidden is neither imported nor read, and no program is started."""
        hidden = tuple(os.path.normcase(os.path.realpath(folder)) + os.sep for folder in hidden_folders)
        refuse = self._refuse

        def audit(event: str, arguments: tuple[Any, ...]) -> None:
            if event == "open" and isinstance(arguments[0], (str, bytes, os.PathLike)):
                path = os.path.realpath(os.fsdecode(arguments[0]))
                if os.path.normcase(path).startswith(hidden):
                    refuse(f"reading {os.path.basename(path)}")
            elif event in STARTS:
                # No accusation: libraries start programs on their own, and go on where they can't.
                raise PermissionError("the grader lets no program be started")
            elif event in LINKS:
                refuse(event)

        sys.addaudithook(audit)
        sys.meta_path.insert(0, self._finder)

    def forbid(self, names: Iterable[str]) -> None:
        """From now on: autograd, where it is named. Other names are forbidden while a probe runs."""
        if "autograd" in names:
            self._without_autograd = True
            _replace(_ways_into_autograd(self._refuse))
            _forbid_operators(self._refuse)

    @contextmanager
    def forbidding(self, names: Iterable[str]) -> Iterator[None]:
        """Forbid autograd, or functions of torch by name, for the time being."""
        originals = _replace(_ways_into_autograd(self._refuse)) if self._switches(names) else []
        try:
            with _watch(set(names), self._refuse) if set(names) - {"autograd"} or originals else nullcontext():
                yield
        finally:
            _restore(originals)

    def _switches(self, names: Iterable[str]) -> bool:
        return "autograd" in names and not self._without_autograd


@contextmanager
def _watch(names: set[str], refuse: Callable[[str], None]) -> Iterator[None]:
    """Refuse any function of torch that is called by one of the names, however it was come by."""
    from torch.overrides import TorchFunctionMode

    class Watch(TorchFunctionMode):
        def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
            # torch has a function under several names: _softmax, _safe_softmax, special_softmax.
            name = f"_{getattr(func, '__name__', '')}_".replace(".", "_")
            if any(f"_{one}_" in name for one in names) or ("autograd" in names and "backward" in name):
                refuse(name.strip("_"))
            return func(*args, **(kwargs or {}))

    with Watch():
        yield


Replacement = tuple[Any, str, Any]
_MISSING = object()


def _replace(replacements: list[Replacement]) -> list[Replacement]:
    """Set attributes; return what was there, for `_restore`."""
    originals = [(owner, name, vars(owner).get(name, _MISSING)) for owner, name, _ in replacements]
    for owner, name, replacement in replacements:
        setattr(owner, name, replacement)
    return originals


def _restore(originals: list[Replacement]) -> None:
    for owner, name, original in reversed(originals):
        if original is _MISSING:
            delattr(owner, name)
        else:
            setattr(owner, name, original)


def _ways_into_autograd(refuse: Callable[[str], None]) -> list[Replacement]:
    """Replacements for the ways into autograd, and for torch's ready-made derivatives."""
    import torch
    import torch.autograd.forward_ad

    def forbidden(what: str) -> Callable[..., None]:
        return lambda *arguments, **keywords: refuse(what)

    class NoEngine:
        run_backward = staticmethod(forbidden("autograd's engine"))

    replacements: list[Replacement] = [
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
        # A probe may leave the mode, to see whether an answer records a graph.
        if mode is False and not sys._getframe(1).f_code.co_filename.startswith(PROBE):
            refuse("torch.inference_mode(False)")
        return inference(mode)

    replacements += [(owner, "inference_mode", only_on) for owner in (torch, torch.autograd.grad_mode)]
    for owner in (torch, torch._VF, torch._C._nn):
        replacements += [(owner, name, forbidden(name)) for name in ready_made()]
    return replacements


@cache
def ready_made() -> tuple[str, ...]:
    """The names of torch's ready-made derivatives. The template asks for them, so that they are known in each child."""
    import torch

    owners = (torch, torch._C._VariableFunctions, torch._C._nn)
    return tuple(dict.fromkeys(name for owner in owners for name in dir(owner) if "backward" in name))


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
