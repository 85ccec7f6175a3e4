"""The ladder of hints, and how far up it a student has been."""

import os
from pathlib import Path

STATE = Path(".grader") / "hints.txt"


def next_step(exercise: str, steps: int) -> int:
    """The step to show now, from 0; the last one again once all have been seen. Remembers it."""
    seen = _read()
    step = min(seen.get(exercise, 0), steps - 1)
    seen[exercise] = step + 1
    _write(seen)
    return step


def _read() -> dict[str, int]:
    """How many steps of each exercise have been shown. A damaged line counts as nothing shown."""
    if not STATE.exists():
        return {}
    seen = {}
    for line in STATE.read_text(encoding="utf-8", errors="replace").splitlines():
        exercise, _, count = line.partition(" ")
        if count.isdigit():
            seen[exercise] = int(count)
    return seen


def _write(seen: dict[str, int]) -> None:
    """One line an exercise, sorted, so that it merges well in git."""
    STATE.parent.mkdir(exist_ok=True)
    partial = STATE.with_suffix(".partial")
    partial.write_text("".join(f"{name} {count}\n" for name, count in sorted(seen.items())), encoding="utf-8")
    os.replace(partial, STATE)
