"""How the pages show each status: a letter for the script and the style, a sign, and words."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from grader.report.model import Result


@dataclass(frozen=True)
class Mark:
    """A status as it is shown."""

    letter: str
    """Its class in pages.css."""
    sign: str
    """What tells it apart without colour."""
    word: str


MARKS = {
    "grader_error": Mark("g", "G", "grader error"),
    "crashed": Mark("c", "C", "crashed"),
    "timed_out": Mark("t", "T", "timed out"),
    "broken_rule": Mark("b", "§", "broken rule"),
    "failed": Mark("f", "✗", "failed"),
    "not_converged": Mark("v", "≈", "not converged"),
    "skipped": Mark("s", "-", "skipped"),
    "not_attempted": Mark("n", "·", "to do"),
    "not_run": Mark("r", "○", "not run"),
    "passed": Mark("p", "✓", "passed"),
}
"""From the worst to the best."""
ABSENT = Mark("a", "", "not in this report")
UNGRADED = Mark("x", "?", "not gradable")
NO_REPORT = "There is no report."
"""Of a submission that has neither a report nor a problem."""
WORST_FIRST = [*MARKS.values(), ABSENT, UNGRADED]
BEST_FIRST = [*reversed(MARKS.values()), ABSENT, UNGRADED]


def mark(result: Result | None) -> Mark:
    """The mark of a result, or of its absence."""
    return MARKS[result.status] if result else ABSENT


def counted(results: Iterable[Result]) -> list[tuple[Mark, int]]:
    """How often each status occurs, the best first."""
    counts: Counter[str] = Counter(result.status for result in results)
    return [(MARKS[status], counts[status]) for status in reversed(MARKS) if counts[status]]
