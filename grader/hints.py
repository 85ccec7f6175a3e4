"""The ladder of hints, and how far up it a student has been."""

from dataclasses import dataclass
from pathlib import Path

from grader import state
from grader.course import Part, Spec

MOST_DIGITS = 4


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

    @property
    def last(self) -> bool:
        """Whether there is none behind it."""
        return self.number == self.of


def next_hint(part: Part, spec: Spec) -> Hint:
    """The hint to show now; the last one again once all have been seen. Remembers it."""
    # A check without hints of its own shares those of its exercise, and how many of them have been seen.
    name = next(one.id for one in part.checks if (one.exercise, one.hints) == (spec.exercise, spec.hints))
    step = next_step(name, len(spec.hints))
    return Hint(name, step + 1, len(spec.hints), spec.hints[step])


def next_step(exercise: str, steps: int) -> int:
    """The step to show now, from 0; the last one again once all have been seen. Remembers it."""
    seen = _read()
    step = min(seen.get(exercise, 0), steps - 1)
    seen[exercise] = step + 1
    _write(seen)
    return step


def _read() -> dict[str, int]:
    """How many steps of each exercise have been shown. A damaged line counts as nothing shown."""
    seen = {}
    for line in state.read(file()):
        exercise, _, count = line.partition(" ")
        if count.isdecimal() and len(count) < MOST_DIGITS:
            seen[exercise] = int(count)
    return seen


def _write(seen: dict[str, int]) -> None:
    """One line an exercise, sorted, so that it merges well in git."""
    state.write(file(), "".join(f"{name} {count}\n" for name, count in sorted(seen.items())).encode())
