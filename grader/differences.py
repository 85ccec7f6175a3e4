"""What stands behind a verdict: for inputs that it is wrong for, each value that was expected beside the one that came.

A report tells of one entry; this is for who wants to see all of them.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from types import ModuleType
from typing import Any

import torch

from grader import expect
from grader.attempt import Answer
from grader.check import Check
from grader.comparison import Comparison
from grader.course import Spec
from grader.judge import CONTAINERS, contents, inside
from grader.report.model import Report, Result
from grader.values import Namespace

FEW = 3
"""So many entries are seen at a glance."""


@dataclass(frozen=True, eq=False)
class Difference:
    """A value that is not what was expected."""

    comparison: Comparison
    given: Namespace
    """The inputs of its case."""
    expected: Any
    """By the reference. Where the answer is random and something is measured of it, this is one of many right ones."""
    got: Any
    measured: bool = False
    """Whether what was compared was measured of the two, and is not in them."""

    @property
    def label(self) -> str:
        """What is wrong, as messages name it: `grads['W1']`."""
        return self.comparison.label

    @property
    def case(self) -> int:
        """The number of the case."""
        return self.comparison.case

    @property
    def drawable(self) -> bool:
        """Whether a picture of it tells more than a few numbers do."""
        return self.comparison.fault in ("values", "finite") and worth_seeing(self.expected) and worth_seeing(self.got)


def differences(
    spec: Spec, result: Result, loaded: tuple[Mapping[str, Check], ModuleType], answer: Answer | None, seed: int
) -> list[list[Difference]]:
    """All that is wrong in an answer, case by case; nothing where no value came that could be compared.

    loaded: the part's checks and its trusted implementation, as `Course.load` gives them.
    """
    if result.status != "failed" or answer is None:
        return []
    check, trusted = loaded[0][spec.id], loaded[1]
    cases = expect.cases(check, spec, seed)
    found = []
    for case, comparisons in groupby((c for c in result.details.comparisons if c.fault), lambda one: one.case):
        if answer.outcomes[case].fault:
            continue
        wanted, came = expect.expected(check, trusted, cases[case]).single, answer.outcomes[case].value
        given = cases[case].given()
        found.append([_difference(spec.exercise, one, check, given, wanted, came) for one in comparisons])
    return found


def of_report(
    specs: Sequence[Spec],
    report: Report,
    loaded: tuple[Mapping[str, Check], ModuleType],
    answers: Mapping[str, Answer],
) -> dict[str, list[list[Difference]]]:
    """The differences of each check that has any, by id."""
    results = {one.id: one for one in report.results}
    ran = [spec for spec in specs if spec.id in results]
    found = {s.id: differences(s, results[s.id], loaded, answers.get(s.id), report.seed) for s in ran}
    return {id: cases for id, cases in found.items() if cases}


def smallest(cases: list[list[Difference]]) -> list[Difference]:
    """What is wrong in the case that is seen through most easily. Empty where there is none."""
    return min(cases, key=lambda one: (_entries(one[0].expected), _entries(one[0].given)), default=[])


def member(label: str, value: Any, wanted: str) -> Any:
    """What a comparison's label names in an answer: `grads['W1']` in one that is called `grads`. None: nothing."""
    if label == wanted:
        return value
    if not isinstance(value, CONTAINERS):
        return None
    inner = (member(inside(label, value, key), one, wanted) for key, one in contents(value).items())
    return next((found for found in inner if found is not None), None)


def worth_seeing(value: Any) -> bool:
    """Whether a value is a tensor of which a picture tells more than a few numbers do."""
    return type(value) is torch.Tensor and value.is_floating_point() and value.dim() > 0 and value.numel() > FEW


def around(at: int, size: int, most: int) -> range:
    """At most so many numbers below a size, with `at` in their middle where that can be."""
    start = max(0, min(at - most // 2, size - most))
    return range(start, min(size, start + most))


def _difference(
    exercise: str, comparison: Comparison, check: Check, given: Namespace, wanted: Any, came: Any
) -> Difference:
    if check.measure and comparison.fault == "values":
        return Difference(comparison, given, wanted, came, measured=True)
    pair = [member(exercise, value, comparison.label) for value in (wanted, came)]
    return Difference(comparison, given, *pair)


def _entries(value: Any) -> int:
    """How many numbers there are in the tensors of a value."""
    if isinstance(value, torch.Tensor):
        return value.numel()
    return sum(map(_entries, contents(value).values())) if isinstance(value, CONTAINERS) else 0
