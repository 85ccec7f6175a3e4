"""What is said while watching, as blocks of the screen."""

from collections.abc import Sequence
from pathlib import Path

from rich.console import Console

from grader import hints
from grader.cells import Submission
from grader.course import Part, Spec
from grader.report import overview, terminal
from grader.report.model import Result
from grader.watching import screen
from grader.watching.screen import Block
from grader.workspaces.exercise import line_of

HINT = "press h"
FEW = 2
"""So many verdicts that have passed are shown above one that has not; of more, the last ones."""
AROUND = 7
"""Lines of the screen that are not for a list."""


def said(results: Sequence[Result]) -> list[Block]:
    """The first verdict that has not passed in full, the others in a line."""
    left = [one for one in results if one.status != "passed"]
    passed = [one for one in results if one.status == "passed"][-FEW if left else 0 :]
    return [screen.verdicts([*passed, *left[:1]], HINT), screen.briefly(left[1:])]


def to_write(results: Sequence[Result], exercise: str, path: Path, submission: Submission) -> list[Block]:
    """Where to write an exercise of which nothing is written."""
    left = [one for one in results if one.status != "passed"]
    if not left or any(one.status != "not_attempted" for one in left):
        return []
    line = line_of(submission.cells, exercise)
    where = f"{path}" if line is None else f"{path}, line {line + 1}"
    return [screen.line(f"Write {exercise}: {where}. Save, and see.\n", "bold")]


def hint(part: Part, spec: Spec) -> Block:
    """The next step of a check's ladder. Raises UsageError where there is none."""
    shown = hints.next_hint(part, spec)
    says = f"{hints.HELD} save it." if shown.held else shown.text
    more = "" if shown.last else "\n(h once more for the next)"
    return screen.line(f"{shown.name}, hint {shown.number} of {shown.of}: {says}{more}\n")


def listed(part: Part, seen: dict[str, str], exercise: str) -> Block:
    """The part's checks, as far as they fit: those around an exercise."""

    def draw(console: Console) -> None:
        rows = overview.checks(part, seen, terminal.WORDS, console.width)
        place = next(at for at, spec in enumerate(part.checks) if spec.exercise == exercise)
        room = max(3, console.height - AROUND) if console.is_terminal else len(rows)
        start = max(0, min(place - room // 2, len(rows) - room))
        screen.lines(rows[start : start + room])(console)
        hidden = f" ({len(rows) - room} more: grader list {part.id})" if len(rows) > room else ""
        screen.lines([(f"You are on {part.id}.{exercise}.{hidden}", "bold")])(console)

    return draw


def all_passed(part: Part, parts: Sequence[Part], seen: dict[str, str]) -> list[Block]:
    """That nothing is left in a part, and what comes after it."""
    return [
        screen.line(f"All of {part.id} has passed: {part.title}.\n", "green"),
        screen.line(f"{overview.following(parts, seen)}\n"),
    ]
