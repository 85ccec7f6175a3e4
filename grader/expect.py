"""The trusted side of a probe: its inputs from a seed, and the reference's values for them.

What has been worked out is kept: a class, or an author's audit, asks for the same again and again.
"""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import torch

from grader import wire
from grader.check import Check, Mistake
from grader.course import Spec
from grader.fresh import fresh_state
from grader.judge import ReferenceFault
from grader.reply import Outcome
from grader.values import Namespace, mapped, members

KEPT = 4096
ROUNDINGS = 4
"""How many times the inputs are nudged to see how much an answer hangs on their rounding."""


@dataclass(frozen=True, eq=False)
class Case:
    """One case of a check: its inputs as they cross the wire, and as they come out of it."""

    sent: dict[str, wire.Packed]
    values: Namespace

    def given(self) -> Namespace:
        """A fresh copy of the inputs."""
        copied = mapped(self.values, torch.Tensor.clone)
        assert isinstance(copied, Namespace)
        return copied


def _case(values: dict[str, Any]) -> Case:
    sent = wire.packed(Namespace(values))
    return Case(sent, Namespace({name: wire.decode(part.tree, part.blob) for name, part in sent.items()}))


@dataclass(frozen=True, eq=False)
class Expected:
    """The reference's value in float32 and in float64."""

    single: Any
    double: Any
    nudged: Callable[[], tuple[Any, ...]] = tuple
    """Further values in float32, for inputs that differ by their rounding; worked out only where asked for."""


def seed_of(seed: int, part: str) -> int:
    """A part's own seed. Its checks share it, so that they may share inputs that take a while."""
    digest = hashlib.sha256(f"{seed}:{part}".encode()).digest()
    return int.from_bytes(digest[:8], "big") >> 2


@lru_cache(maxsize=KEPT)
def cases(check: Check, spec: Spec, seed: int) -> list[Case]:
    """The inputs of a check for a seed, made once. Raises ReferenceFault where there are none."""
    return made(check, spec, seed)


def made(check: Check, spec: Spec, seed: int) -> list[Case]:
    """The inputs of a check for a seed, made anew. Raises ReferenceFault where there are none."""
    if check.make_inputs is None:
        return [_case({})]
    rng = torch.Generator().manual_seed(seed_of(seed, spec.part))
    found = [*(check.make_inputs(rng) or ())]
    if not found:
        raise ReferenceFault(f"{spec.id}: its inputs yield no case")
    other = {type(values).__name__ for values in found if not isinstance(values, dict)}
    if other:
        kinds = " and ".join(sorted(other))
        raise ReferenceFault(f"{spec.id}: its inputs yield {kinds}: a case is a dict, and is yielded, not returned")
    return [_case(values) for values in found]


@lru_cache(maxsize=KEPT)
def expected(check: Check, trusted: Any, case: Case) -> Expected:
    """Run the probe on the trusted implementation, in both precisions.

    In the second run the default dtype is float64 as well, for layers that the probe makes.
    """
    single = _run(check, trusted, case.given())
    double = _run(check, trusted, mapped(case.values, _double), torch.float64)

    @lru_cache(maxsize=1)
    def nudged() -> tuple[Any, ...]:
        rng = torch.Generator().manual_seed(0)
        return tuple(_run(check, trusted, mapped(case.values, lambda t: _nudge(t, rng))) for _ in range(ROUNDINGS))

    return Expected(single, double, nudged)


def _run(check: Check, trusted: Any, given: Any, dtype: torch.dtype = torch.float32) -> Any:
    fresh_state()
    torch.set_default_dtype(dtype)
    try:
        return _crossed(check.probe(trusted, given))
    finally:
        fresh_state()


Imitations = Callable[[Mistake], list[Outcome]]


def imitations(check: Check, trusted: Any, cases: list[Case]) -> Imitations:
    """A function that tells what a known mistake answers to the cases."""
    return lambda mistake: [_imitate(check, trusted, mistake, case) for case in cases]


@lru_cache(maxsize=KEPT)
def _imitate(check: Check, trusted: Any, mistake: Mistake, case: Case) -> Outcome:
    """What a known mistake answers: the same probe on the reference with one name replaced."""
    given = case.given()
    fresh_state()
    try:
        value = check.probe(_Overlay(trusted, mistake), given)
    except Exception as error:  # a mistake may well raise: that is then what it looks like
        fault = {"kind": "raised", "type": type(error).__name__, "what": str(error), "trace": []}
        return Outcome(fault=fault, changed=tuple(wire.changed(case.given(), given)))
    return Outcome(_crossed(value), changed=tuple(wire.changed(case.given(), given)))


class _Overlay:
    """The reference, with a mistake in place of one of its names."""

    def __init__(self, trusted: Any, mistake: Mistake):
        self._trusted = trusted
        setattr(self, mistake.replaces, mistake.variant)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._trusted, name)


def _crossed(value: Any) -> Any:
    """The value as it would look after crossing the wire, so that both sides compare alike."""
    return wire.decode(*wire.encode(value))


def _double(tensor: torch.Tensor) -> torch.Tensor:
    return tensor.double() if tensor.dtype == torch.float32 else tensor.clone()


def _nudge(tensor: torch.Tensor, rng: torch.Generator) -> torch.Tensor:
    """The tensor with each entry one rounding up or down."""
    if tensor.dtype != torch.float32:
        return tensor.clone()
    up = torch.rand(tensor.shape, generator=rng) < 0.5
    return torch.where(up, tensor.nextafter(torch.tensor(torch.inf)), tensor.nextafter(torch.tensor(-torch.inf)))


def told_apart(one: Case, other: Case) -> tuple[str, str]:
    """A few inputs in which two cases differ: shapes of tensors, and plain numbers."""
    first, second = _traits(one), _traits(other)
    names = [name for name in first if name in second and first[name] != second[name]]
    names.sort(key=lambda name: first[name] not in ("= True", "= False"))  # a switch tells more than a size
    chosen = [name for name in names if name.startswith(("d.", "f.logits"))] or names

    def words(traits: dict[str, str]) -> str:
        return ", ".join(f"{name} {traits[name]}" for name in chosen[:2]) or "other values"

    return words(first), words(second)


def _traits(case: Case) -> dict[str, str]:
    """What can be told of each input in a word."""
    traits = {}

    def visit(prefix: str, value: Any) -> None:
        if isinstance(value, Namespace):
            for name, member in members(value).items():
                visit(f"{prefix}.{name}" if prefix else name, member)
        elif isinstance(value, torch.Tensor) and value.dim():
            traits[prefix] = str(tuple(value.shape))
        elif isinstance(value, (bool, int, float)):
            traits[prefix] = f"= {value:.6g}" if isinstance(value, float) else f"= {value}"

    visit("", case.given())
    return traits
