"""What an answer may leave behind in its process that would reach the next answer."""

import builtins
import math
import random
import signal
import sys
import threading
from itertools import islice
from operator import is_
from typing import Any

import torch

STREAMS = ("stdout", "stderr")


class State:
    """The state after the cells have run; `spoilt` tells whether it is still so."""

    def __init__(self) -> None:
        owners = (builtins, math, random, torch, torch.Tensor, torch.nn, torch.nn.functional, torch.linalg)
        self._saved = [(owner, [*vars(owner)], [*vars(owner).values()]) for owner in owners]
        self._threads = threading.active_count()
        self._modes = torch._C._len_torch_function_stack()
        self._streams = [(getattr(sys, name, None), _closed(name)) for name in STREAMS]

    def spoilt(self) -> bool:
        """Whether something is patched, a mode, a thread or a timer is left, or what is printed goes another way."""
        return (
            threading.active_count() > self._threads
            or torch._C._len_torch_function_stack() > self._modes
            or _timer()
            or any(
                getattr(sys, name, None) is not stream or _closed(name) != closed
                for name, (stream, closed) in zip(STREAMS, self._streams, strict=True)
            )
            or any(_patched(*saved) for saved in self._saved)
        )


def _closed(name: str) -> bool:
    """Whether one can't print there any more. A cell may have put an object of its own there: it says what it likes."""
    try:
        return getattr(sys, name).closed is True
    except BaseException:
        return False


def _timer() -> bool:
    """Whether a timer is left. Windows has none."""
    return sys.platform != "win32" and signal.getitimer(signal.ITIMER_REAL)[0] > 0


def _patched(owner: Any, names: list[str], values: list[Any]) -> bool:
    """Whether a name has changed; in a class also whether a new one hides what it inherits."""
    now = vars(owner)
    if isinstance(owner, type) and len(now) != len(names):
        return True
    # What is new in a dict stands behind the rest. A tenth of the time of looking up each name.
    if all(map(is_, now.values(), values)) and [*islice(now, len(names))] == names:
        return False
    return any(now.get(name) is not value for name, value in zip(names, values, strict=True))
