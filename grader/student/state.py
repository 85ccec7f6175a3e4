"""What an answer may leave behind in its process that would reach the next answer."""

import builtins
import math
import random
import signal
import threading
from typing import Any

import torch


class State:
    """The state after the cells have run; `spoilt` tells whether it is still so."""

    def __init__(self) -> None:
        owners = (builtins, math, random, torch, torch.Tensor, torch.nn, torch.nn.functional, torch.linalg)
        self._saved = [(owner, dict(vars(owner))) for owner in owners]
        self._threads = threading.active_count()
        self._modes = torch._C._len_torch_function_stack()

    def spoilt(self) -> bool:
        """Whether something is patched, or a mode, a thread or a timer is left."""
        return (
            threading.active_count() > self._threads
            or torch._C._len_torch_function_stack() > self._modes
            or signal.getitimer(signal.ITIMER_REAL)[0] > 0
            or any(_patched(owner, saved) for owner, saved in self._saved)
        )


def _patched(owner: Any, saved: dict[str, Any]) -> bool:
    """Whether a name has changed; in a class also whether a new one hides what it inherits."""
    now = vars(owner)
    return (isinstance(owner, type) and len(now) != len(saved)) or any(
        now.get(name) is not value for name, value in saved.items()
    )
