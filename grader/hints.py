"""The ladder of hints, and how far up it a student has been."""

from grader import state

STATE = state.FOLDER / "hints.txt"
MOST_DIGITS = 4


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
    for line in state.read(STATE):
        exercise, _, count = line.partition(" ")
        if count.isdecimal() and len(count) < MOST_DIGITS:
            seen[exercise] = int(count)
    return seen


def _write(seen: dict[str, int]) -> None:
    """One line an exercise, sorted, so that it merges well in git."""
    state.write(STATE, "".join(f"{name} {count}\n" for name, count in sorted(seen.items())).encode())
