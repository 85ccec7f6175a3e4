"""The page of checks: how many passed each, and which mistakes the others made."""

from dataclasses import dataclass

from grader.classes.graded import Checked, Class, Graded
from grader.report.model import Result
from grader.report.pages.marks import MARKS, Mark, counted
from grader.report.pages.students import Link, by_check, link, share, short

QUIET = ("passed", "not_attempted", "not_run", "skipped")
"""Statuses in which nothing has gone wrong in the check itself."""

DIAGNOSED = ("failed", "crashed")
"""Statuses that a known mistake can have."""


@dataclass(frozen=True)
class Bar:
    """A piece of a bar of length 100."""

    mark: Mark
    start: float
    width: float


@dataclass(frozen=True)
class Group:
    """Students who met with the same."""

    words: str
    students: list[Link]


@dataclass(frozen=True)
class CheckView:
    """A check, over all students whose report has it."""

    name: str
    anchor: str
    title: str
    points: int
    passed: int
    graded: int
    share: str
    counts: list[tuple[Mark, int]]
    bars: list[Bar]
    mistakes: list[Group]
    others: list[Group]
    """What went wrong without a mistake's name."""


def view(klass: Class) -> list[CheckView]:
    """Each check, in the order of the part."""
    found = by_check(klass)
    return [_check(check, klass, found[check.id]) for check in klass.checks]


def _check(check: Checked, klass: Class, found: list[tuple[Graded, Result]]) -> CheckView:
    counts = counted(result for _, result in found)
    passed = sum(result.status == "passed" for _, result in found)
    named: dict[str, list[Link]] = {}
    others: dict[str, list[Link]] = {}
    for one, result in found:
        if result.mistake:
            named.setdefault(result.mistake, []).append(link(one, check.id))
        elif result.status not in QUIET:
            others.setdefault(_unnamed(result.status), []).append(link(one, check.id))
    return CheckView(
        name=short(check.id, klass.part),
        anchor=check.id,
        title=check.title,
        points=check.points,
        passed=passed,
        graded=len(found),
        share=share(passed, len(found)),
        counts=counts,
        bars=_bars(counts),
        mistakes=_groups(named),
        others=_groups(others),
    )


def _unnamed(status: str) -> str:
    """What is said of a verdict without a mistake's name, where it could have had one."""
    return f"{MARKS[status].word}{', and no known mistake fits' if status in DIAGNOSED else ''}"


def _bars(counts: list[tuple[Mark, int]]) -> list[Bar]:
    """The counts side by side."""
    scale = 100 / max(1, sum(count for _, count in counts))
    bars, start = [], 0
    for mark, count in counts:
        bars.append(Bar(mark, round(start * scale, 3), round(count * scale, 3)))
        start += count
    return bars


def _groups(found: dict[str, list[Link]]) -> list[Group]:
    """The largest first."""
    return sorted((Group(*item) for item in found.items()), key=lambda group: (-len(group.students), group.words))
