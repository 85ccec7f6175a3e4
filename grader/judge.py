"""Compare what came with what was expected. Pure functions; nothing passes by default.

The order is type, shape, dtype, finite, values; the first that differs is the fault. How far a value
may be off is measured: the reference ran in float32 and in float64, and the allowance is a multiple of
the difference between the two plus the same multiple of the rounding of the largest entry.
"""

import math
from collections.abc import Iterator
from typing import Any

import msgspec
import torch

from grader.comparison import Comparison
from grader.values import Namespace, members
from grader.wire import Foreign

ALLOWANCE = 16
"""How many times the measured rounding an answer may be off; other orders of summing need about 4."""

UNSTABLE = 1e-4
"""Where the reference's two precisions differ by more than this, the check itself is at fault."""

FLOOR = 1e-9
"""A float64 answer has no second measurement: it may be off by this share of its largest entry, times ALLOWANCE;
a Python float by this much at all, because what cancels to zero has no scale."""


SURPLUS = "too many values:"
CONTAINERS = (dict, list, tuple, Namespace)
EXACT = (bool, int, str, type(None))


class ReferenceFault(Exception):
    """The reference gave something to compare with that can't be: our fault, not the student's."""


class Band(msgspec.Struct, frozen=True):
    """A number measured of a random answer, and the bounds in which a right answer's lies."""

    value: float
    low: float
    high: float

    @property
    def side(self) -> int:
        """-1 below the band, 0 inside, 1 above; NaN is above."""
        return 0 if self.low <= self.value <= self.high else -1 if self.value < self.low else 1

    def near(self, other: "Band") -> bool:
        """Whether another answer's number lies on the same side, about as far out."""
        out = abs(self.value - (self.high if self.side > 0 else self.low))
        return self.side == other.side and abs(self.value - other.value) <= self.high - self.low + 0.1 * out


def compare_bands(label: str, case: int, expected: dict[str, Band], got: dict[str, Band]) -> Iterator[Comparison]:
    """Compare what was measured of a random answer with its bounds. Raises ReferenceFault."""
    for name, band in expected.items():
        if band.side:
            raise ReferenceFault(f"{label}: the reference's {name} is {band.value:.6g}, outside its own bounds")
        came = got[name]
        asked = f"{came.low:.4g} to {came.high:.4g}"
        yield Comparison(
            f"{label}: {name}", case, "values" if came.side else None, asked, f"{came.value:.4g}", 1, abs(came.side)
        )


def compare_forms(label: str, case: int, single: Any, got: Any) -> list[Comparison]:
    """What is wrong with an answer apart from its values: types, shapes, dtypes, NaN and infinity."""
    return [c for c in compare(label, case, single, single, got) if c.fault not in (None, "values")]


def compare(
    label: str, case: int, single: Any, double: Any, got: Any, others: tuple[Any, ...] = ()
) -> Iterator[Comparison]:
    """Compare an answer with the reference's value in float32 (`single`) and in float64 (`double`).

    Containers yield one comparison for each expected member. `others` are further values of the reference in
    float32, for inputs that differ by their rounding: they widen the allowance where the value hangs on it. Raises
    ReferenceFault where the reference's own value is NaN or differs between the precisions by more than UNSTABLE.
    """
    kind = type(single)
    if type(double) is not kind or (kind in EXACT and double != single):
        raise ReferenceFault(f"{label}: the reference's value depends on the precision it runs in")
    if kind in CONTAINERS:
        yield from _compare_members(label, case, single, double, got, others)
    elif kind not in (torch.Tensor, float, *EXACT):
        raise ReferenceFault(f"{label}: the reference gave {describe(single)}, which can't be compared")
    elif type(got) is not kind:
        yield _fault(label, case, "type", single, got)
    elif kind is torch.Tensor:
        yield _compare_tensors(label, case, single, double, got, others)
    elif kind is float:
        yield _compare_floats(label, case, single, double, got, others)
    else:
        right = got == single
        yield Comparison(label, case, None if right else "values", repr(single), repr(got)[:200], 1, int(not right))


def _compare_members(
    label: str, case: int, single: Any, double: Any, got: Any, others: tuple[Any, ...]
) -> Iterator[Comparison]:
    if type(got) is not type(single):
        yield _fault(label, case, "type", single, got)
        return
    wanted, doubled, came = contents(single), contents(double), contents(got)
    if isinstance(single, (list, tuple)) and len(came) != len(wanted):
        yield _fault(label, case, "shape", single, got)
        return
    keys = {(type(key), key) for key in came}  # 1, 1.0 and True are one key for a dict, and three for us
    surplus = [key for key in came if key not in wanted]
    if surplus:
        fault = _fault(label, case, "type", single, got)
        yield msgspec.structs.replace(fault, came=f"{SURPLUS} {', '.join(map(repr, surplus))[:200]}")
    for key, value in wanted.items():
        inner = inside(label, single, key)
        if (type(key), key) in keys:
            inner_others = tuple(contents(o)[key] for o in others if type(o) is type(single) and key in contents(o))
            yield from compare(inner, case, value, doubled[key], came[key], inner_others)
        else:
            yield _fault(inner, case, "missing", value, None)


def inside(label: str, container: Any, key: Any) -> str:
    """The label of a member: `grads['W1']`, `f.h`."""
    return f"{label}.{key}" if isinstance(container, Namespace) else f"{label}[{key!r}]"


def contents(value: Any) -> dict[Any, Any]:
    """The members of a container by name, key or index."""
    if isinstance(value, Namespace):
        return members(value)
    return dict(value) if isinstance(value, dict) else dict(enumerate(value))


def _fault(label: str, case: int, fault: str, single: Any, got: Any) -> Comparison:
    return Comparison(label, case, fault, describe(single), describe(got))


def describe(value: Any) -> str:
    """A value's type and, where it has them, its dtype and shape: `float32 (32, 27)`."""
    if isinstance(value, torch.Tensor):
        return f"{dtype_name(value.dtype)} {tuple(value.shape)}"
    if isinstance(value, Foreign):
        return f"a {value.type}"
    if value is None:
        return "None"
    if isinstance(value, (list, tuple, dict)):
        return f"a {type(value).__name__} of {len(value)}"
    if isinstance(value, Namespace):
        return "a SimpleNamespace"
    name = type(value).__name__
    return f"an {name}" if name[0] in "aeiou" else f"a {name}"


def dtype_name(dtype: torch.dtype) -> str:
    """`float32` for torch.float32."""
    return str(dtype).removeprefix("torch.")


def _compare_floats(
    label: str, case: int, single: float, double: float, got: float, others: tuple[Any, ...]
) -> Comparison:
    one, two, came, *more = (torch.tensor(v, dtype=torch.float64) for v in (single, double, got, *others))
    result = _compare_tensors(label, case, one, two, came, tuple(more), torch.finfo(torch.float32).eps, FLOOR)
    return msgspec.structs.replace(result, asked=f"{single:.6g}", came=f"{got:.6g}")


def _compare_tensors(
    label: str,
    case: int,
    single: torch.Tensor,
    double: torch.Tensor,
    got: torch.Tensor,
    others: tuple[Any, ...] = (),
    precision: float | None = None,
    floor: float = 0.0,
) -> Comparison:
    if not single.numel():
        raise ReferenceFault(f"{label}: the reference gave an empty tensor, which proves nothing")
    for fault, same in (("shape", got.shape == single.shape), ("dtype", got.dtype == single.dtype)):
        if not same:
            return _fault(label, case, fault, single, got)
    asked, came = describe(single), describe(got)
    if not single.dtype.is_floating_point:
        if not torch.equal(single, double):
            raise ReferenceFault(f"{label}: the reference's value depends on the precision it runs in")
        off = got != single
        return _values(label, case, asked, came, single, got, off, allowed=0.0)
    if single.isnan().any() or double.isnan().any():
        raise ReferenceFault(f"{label}: the reference gave NaN")
    if not torch.equal(single.isinf(), double.isinf()):
        raise ReferenceFault(f"{label}: the reference is infinite in one precision only")
    eps = precision or max(torch.finfo(single.dtype).eps, FLOOR)
    alike = [o for o in others if type(o) is torch.Tensor and o.shape == single.shape]
    allowed = max([allowance(single, double, eps, label), *(_nudged(o, double, eps) for o in alike)]) + floor
    difference = (got.double() - double.double()).abs()
    if math.isfinite(difference.sum().item()):
        return _values(label, case, asked, came, single, got, difference > allowed, allowed)
    # An infinity is right where the reference has the same one, and nowhere else; NaN nowhere.
    finite = single.isfinite()
    strange = ~got.isfinite() & ~(~finite & (got == single))
    if strange.any():
        result = _values(label, case, asked, came, single, got, strange, allowed)
        return msgspec.structs.replace(result, fault="finite")
    off = torch.where(finite, difference > allowed, got != single)
    return _values(label, case, asked, came, single, got, off, allowed)


def allowance(single: torch.Tensor, double: torch.Tensor, eps: float, label: str = "value") -> float:
    """How far an entry may be off. Raises ReferenceFault where the reference differs much between its precisions."""
    measured, scale = _rounding(single, double)
    if measured > UNSTABLE * max(scale, 1e-3):
        raise ReferenceFault(f"{label}: the reference differs by {measured:.2g} between float32 and float64")
    return ALLOWANCE * (measured + eps * scale)


def _nudged(other: torch.Tensor, double: torch.Tensor, eps: float) -> float:
    """The same for nudged inputs: capped, because a value that hangs on its inputs is no fault of the reference's."""
    measured, scale = _rounding(other, double)
    return ALLOWANCE * (min(measured, UNSTABLE * scale) + eps * scale)


def _rounding(single: torch.Tensor, double: torch.Tensor) -> tuple[float, float]:
    """The greatest difference of two tensors' finite entries, and the greatest entry."""
    single, double = single.double(), double.double()
    if not math.isfinite((single - double).sum().item()):
        finite = single.isfinite() & double.isfinite()
        single, double = single[finite], double[finite]
        if not single.numel():
            return 0.0, 0.0
    return (single - double).abs().max().item(), double.abs().max().item()


def _values(
    label: str,
    case: int,
    asked: str,
    came: str,
    single: torch.Tensor,
    got: torch.Tensor,
    off: torch.Tensor,
    allowed: float,
) -> Comparison:
    """The comparison of two tensors of one shape and dtype, `off` telling which entries are wrong."""
    wrong = int(off.sum())
    # Where both are the same infinity there is no difference, and none to subtract.
    difference = torch.where(got == single, 0.0, (got.double() - single.double()).abs())
    # The worst entry is the wrong one with the greatest difference; NaN counts as the greatest.
    rank = torch.where(off, difference.nan_to_num(math.inf, math.inf), -1.0)
    at = int(rank.argmax())
    worst = _index(at, single.shape)
    return Comparison(
        label,
        case,
        "values" if wrong else None,
        asked,
        came,
        entries=single.numel(),
        wrong=wrong,
        maxdiff=difference.max().item(),
        allowed=allowed,
        worst=worst,
        expected=float(single.reshape(-1)[at]),
        got=float(got.reshape(-1)[at]),
        exact=bool(torch.equal(got, single)),
        approximate=bool(torch.allclose(got.double(), single.double())),
    )


def _index(at: int, shape: torch.Size) -> list[int]:
    """The index of a flat position; torch.unravel_index would import 0.4 s of torch.fx for it."""
    index = []
    for size in reversed(shape):
        at, remainder = divmod(at, size)
        index.append(remainder)
    return index[::-1]
