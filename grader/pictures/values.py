"""What came from the student's process for a picture, read with suspicion: only numbers of the expected shape."""

from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from grader.wire import Foreign

Array = NDArray[np.float64]
LARGEST = 1e12
"""Numbers beyond it are left out like infinite ones: no axis could show them beside the others."""


class UnreadableError(Exception):
    """A value that no picture can be made of; the text says why, for the student."""


class Values:
    """The dict of values that a probe returned, read by name."""

    def __init__(self, answer: Any):
        if type(answer) is not dict:
            raise UnreadableError(f"a dict of values was expected, and {_kind(answer)} came")
        self._answer = answer
        self.remarks: list[str] = []
        """One sentence for each value of which numbers had to be left out."""

    def numbers(self, name: str, *shape: int) -> Array:
        """The numbers under a name, in float64; NaN where one can't be drawn.

        shape: what the value must have; () is a single number. Raises UnreadableError.
        """
        if name not in self._answer:
            raise UnreadableError(f"there is no {name} among the values")
        came = _shape(name, self._answer[name])
        if came != shape:
            raise UnreadableError(f"{name} has the shape {came}, and {shape} was expected")
        numbers = _array(self._answer[name])
        with np.errstate(invalid="ignore"):
            good = np.abs(numbers) <= LARGEST
        if not good.any():
            raise UnreadableError(f"{name} holds no number that can be drawn: all are NaN, infinite or beyond 1e12")
        lost = int((~good).sum())
        if lost:
            self.remarks.append(
                f"Of the {good.size:,} numbers in {name}, {lost:,} are NaN, infinite or beyond 1e12: left out."
            )
        return np.where(good, numbers, np.nan)


def _shape(name: str, value: Any) -> tuple[int, ...]:
    """The shape of a tensor, a number, or a list of such things. Raises UnreadableError for anything else."""
    if type(value) is torch.Tensor:
        return tuple(value.shape)
    if type(value) in (bool, int, float):
        return ()
    if type(value) in (list, tuple):
        shapes = {_shape(name, item) for item in value}
        if len(shapes) > 1:
            raise UnreadableError(f"the items of {name} have different shapes")
        return (len(value), *(shapes.pop() if shapes else ()))
    raise UnreadableError(f"{name} holds {_kind(value)} where a number was expected")


def _array(value: Any) -> Array:
    """A value that has a shape, as an array."""
    if type(value) is torch.Tensor:
        return np.asarray(value.detach().double().numpy())
    return np.stack([_array(item) for item in value]) if type(value) in (list, tuple) else np.asarray(float(value))


def _kind(value: Any) -> str:
    if value is None:
        return "None"
    return f"a value of type {value.type if isinstance(value, Foreign) else type(value).__name__}"
