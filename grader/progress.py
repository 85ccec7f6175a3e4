"""How far a student has come: the last verdict on each check. A cache for `grader list`, never the truth."""

from pathlib import Path

from grader import state


def file() -> Path:
    """Where it is kept."""
    return state.folder() / "progress.txt"


def read() -> dict[str, str]:
    """The status of each check at its last run, by id. What was never run is not there."""
    pairs = (line.partition(" ") for line in state.read(file()))
    return {check: status for check, _, status in pairs if status}


def remember(statuses: dict[str, str]) -> None:
    """Keep the verdicts of a run, with those of earlier ones. One line a check, sorted, so that git merges it."""
    known = read() | statuses
    state.write(file(), "".join(f"{check} {status}\n" for check, status in sorted(known.items())).encode())
