"""Whether an answer is what a known mistake gives: the same but for rounding."""

import math
from typing import Any

import torch

from grader.judge import Band
from grader.values import Namespace, members


def alike(one: Any, other: Any) -> bool:
    """Whether two values are the same but for rounding; NaN is like NaN here."""
    if type(one) is not type(other):
        return False
    if isinstance(one, torch.Tensor):
        if one.shape != other.shape or one.dtype != other.dtype:
            return False
        if not one.dtype.is_floating_point:
            return torch.equal(one, other)
        scale = one[one.isfinite()].abs().max().item() if one.isfinite().any() else 0.0
        return torch.allclose(one, other, rtol=0.0, atol=1e-5 * scale, equal_nan=True)
    if isinstance(one, Band):
        return bool(one.near(other))
    if isinstance(one, float):
        return one == other or math.isclose(one, other, rel_tol=1e-5) or (math.isnan(one) and math.isnan(other))
    if isinstance(one, Namespace):
        one, other = members(one), members(other)
    if isinstance(one, dict):
        return one.keys() == other.keys() and all(alike(one[key], other[key]) for key in one)
    if isinstance(one, (list, tuple)):
        return len(one) == len(other) and all(map(alike, one, other))
    return bool(one == other)
