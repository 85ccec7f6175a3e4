"""The ladder of hints, and how far up it a student has been."""

from dataclasses import dataclass
from pathlib import Path

from grader import progress, state
from grader.course import Part, Spec
from grader.errors import UsageError

MOST_DIGITS = 4
HELD = "this one says nearly all, so it comes after a try. Run what you have, right or wrong:"
"""In the place of a hint that is held back; a command follows."""


def file() -> Path:
    """Where it is kept."""
    return state.folder() / "hints.txt"


@dataclass(frozen=True)
class Hint:
    """A step of an exercise's ladder."""

    name: str
    """Of the check that it belongs to."""
    number: int
    of: int
    text: str
    """Empty where it is held back."""
    held: bool = False
    """Whether it is the last of several, and comes only after a try."""
    unkept: str = ""
    """Why it can't be remembered that it was shown; empty where it is."""

    @property
    def last(self) -> bool:
        """Whether there is none behind it."""
        return self.number == self.of


def next_hint(part: Part, spec: Spec) -> Hint:
    """The hint to show now; the last one again once all have been seen. Remembers it.

    The last of several says nearly all: it is held back until the exercise was tried, and is not counted as seen.
    Raises UsageError where there are none.
    """
    if not spec.hints:
        raise UsageError(f"{spec.id} has no hints. `grader run {spec.id}` says what is wrong with an answer.")
    # A check without hints of its own shares those of its exercise, and how many of them have been seen.
    name = next(one.id for one in part.checks if (one.exercise, one.hints) == (spec.exercise, spec.hints))
    steps = len(spec.hints)
    step, unkept = next_step(name, steps, held=steps > 1 and not progress.attempted(part, spec.exercise))
    if step is None:
        return Hint(name, steps, steps, "", held=True)
    return Hint(name, step + 1, steps, spec.hints[step], unkept=unkept)


def next_step(exercise: str, steps: int, held: bool = False) -> tuple[int | None, str]:
    """The step to show now, from 0, the last one again once all have been seen; and why it can't be remembered, if so.

    held: the last one is held back. Where it is its turn this is None, and nothing is remembered.
    """
    with state.alone(file()):
        seen = _read()
        step = min(seen.get(exercise, 0), steps - 1)
        if held and step == steps - 1:
            return None, ""
        seen[exercise] = step + 1
        try:
            _write(seen)
        except UsageError as error:  # a folder that can't be written to costs the count, not the hint
            return step, str(error)
    return step, ""


def _read() -> dict[str, int]:
    """How many steps of each exercise have been shown. A damaged line counts as nothing shown."""
    seen: dict[str, int] = {}
    for line in state.read(file()):
        exercise, _, count = line.partition(" ")
        if count.isdecimal() and len(count) < MOST_DIGITS:
            seen[exercise] = max(seen.get(exercise, 0), int(count))  # twice after a merge: what was seen was seen
    return seen


def _write(seen: dict[str, int]) -> None:
    """One line an exercise, sorted, so that it merges well in git."""
    state.write(file(), "".join(f"{name} {count}\n" for name, count in sorted(seen.items())).encode())
