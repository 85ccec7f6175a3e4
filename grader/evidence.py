"""What is known of an answer, and what may be said of it: the small types that all diagnoses share."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch

from grader.alike import alike
from grader.comparison import Comparison
from grader.expect import Case, Expected
from grader.judge import contents, inside
from grader.reply import Outcome
from grader.values import Namespace


@dataclass(frozen=True)
class Diagnosis:
    """A mistake by name, and what to think about."""

    name: str
    advice: str


@dataclass(frozen=True)
class Evidence:
    """All that is known of an answer: the cases, what was expected, what came, what is wrong."""

    label: str
    cases: list[Case]
    expected: list[Expected]
    outcomes: list[Outcome]
    comparisons: list[list[Comparison]]
    """For each case, in order; empty where the case raised."""
    updates: tuple[str, ...]
    view: Callable[[int, Any], Any] = lambda case, value: value
    """What of a case's value is compared with that of a known mistake: of a random one, its statistics."""

    def right(self, case: int) -> bool:
        """Whether everything about a case is right."""
        return (
            self.outcomes[case].fault is None
            and not unwanted_changes(self.outcomes[case], self.updates)
            and bool(self.comparisons[case])
            and all(c.fault is None for c in self.comparisons[case])
        )

    def compared(self) -> bool:
        """Whether every case has come to a value."""
        return all(self.comparisons)

    def wrong(self) -> list[Comparison]:
        """The comparisons that are wrong, in order."""
        return [c for comparisons in self.comparisons for c in comparisons if c.fault]


def unwanted_changes(outcome: Outcome, updates: tuple[str, ...]) -> list[str]:
    """Inputs that were changed in place and should not have been."""
    return [name for name in outcome.changed if name.split(".")[0] not in updates]


def agrees(evidence: Evidence, imitations: list[Outcome]) -> bool:
    """Whether the answer is what a known mistake gives, in every case."""
    return all(
        _same(imitation, outcome, lambda value, index=index: evidence.view(index, value))  # type: ignore[misc]
        for index, (imitation, outcome) in enumerate(zip(imitations, evidence.outcomes, strict=True))
    )


def _same(imitation: Outcome, outcome: Outcome, view: Callable[[Any], Any]) -> bool:
    if imitation.fault or outcome.fault:
        first, second = imitation.fault or {}, outcome.fault or {}
        return bool(first.get("type")) and all(first.get(key) == second.get(key) for key in ("type", "what"))
    if set(imitation.changed) != set(outcome.changed):
        return False
    return alike(view(imitation.value), view(outcome.value))


def tensors(evidence: Evidence) -> list[tuple[int, Comparison, torch.Tensor, torch.Tensor]]:
    """Each wrong comparison of two tensors, with its case and both; floats count as tensors here."""
    found = []
    for index, comparisons in enumerate(evidence.comparisons):
        wanted = dict(leaves(evidence.label, evidence.expected[index].single))
        came = dict(leaves(evidence.label, evidence.outcomes[index].value))
        for comparison in comparisons:
            one, other = wanted.get(comparison.label), came.get(comparison.label)
            if type(one) is type(other) is float:
                one, other = torch.tensor(one, dtype=torch.float64), torch.tensor(other, dtype=torch.float64)
            if comparison.fault and isinstance(one, torch.Tensor) and isinstance(other, torch.Tensor):
                found.append((index, comparison, one, other))
    return found


def leaves(label: str, value: Any) -> list[tuple[str, Any]]:
    """The members of a value under the labels that `judge.compare` gives them."""
    if not isinstance(value, (Namespace, dict, list, tuple)):
        return [(label, value)]
    return [pair for key, member in contents(value).items() for pair in leaves(inside(label, value, key), member)]
