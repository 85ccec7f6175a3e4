"""The page of what wants a look: what could not be graded, what ended badly, what took long."""

from collections.abc import Iterator
from dataclasses import dataclass

from grader.classes.graded import Class, Graded
from grader.report.pages import text
from grader.report.pages.marks import MARKS, NO_REPORT, Mark
from grader.report.pages.students import Link, link, ordered, results, short

SLOWEST = 20
"""How many submissions are shown as the slowest."""
SHOWN = 500
"""Characters of a message that are shown; all of it stands on the student's page."""
BAD_ENDS = ("grader_error", "crashed", "timed_out")


@dataclass(frozen=True)
class Ungraded:
    """A submission without a report."""

    student: Link
    file: str
    problem: str


@dataclass(frozen=True)
class Incident:
    """A student's checks that ended in one status."""

    student: Link
    checks: list[Link]
    message: str
    """Of the first one."""


@dataclass(frozen=True)
class Slow:
    """A submission that took long."""

    student: Link
    seconds: float
    longest: Link | None
    """Its slowest check."""
    check_seconds: float


@dataclass(frozen=True)
class Trouble:
    """All of the page."""

    ungraded: list[Ungraded]
    incidents: list[tuple[Mark, list[Incident]]]
    slowest: list[Slow]


def view(klass: Class) -> Trouble:
    """What the page of troubles shows of a class."""
    students = ordered(klass)
    slowest = sorted((one for one in students if one.report), key=lambda one: -one.seconds)[:SLOWEST]
    return Trouble(
        ungraded=[
            Ungraded(link(one), text.line(one.file) if one.file else "", text.line(one.problem or NO_REPORT, SHOWN))
            for one in students
            if one.report is None
        ],
        incidents=[(MARKS[status], list(_incidents(status, students, klass))) for status in BAD_ENDS],
        slowest=[_slow(one, klass) for one in slowest],
    )


def _incidents(status: str, students: list[Graded], klass: Class) -> Iterator[Incident]:
    for one in students:
        met = [result for result in results(one) if result.status == status]
        if met:
            links = [_check_link(one, result.id, klass) for result in met]
            yield Incident(link(one), links, text.line(met[0].message, SHOWN))


def _slow(one: Graded, klass: Class) -> Slow:
    longest = max(results(one), key=lambda result: result.seconds, default=None)
    if longest is None:
        return Slow(link(one), one.seconds, None, 0.0)
    return Slow(link(one), one.seconds, _check_link(one, longest.id, klass), longest.seconds)


def _check_link(one: Graded, check: str, klass: Class) -> Link:
    return Link(short(check, klass.part), link(one, check).href)
