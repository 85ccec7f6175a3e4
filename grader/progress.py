"""How far a student has come: the last verdict on each check. A cache for `grader list`, never the truth."""

from collections.abc import Iterable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import get_args

from grader import state
from grader.course import Part, Spec
from grader.report.model import Status

STATUSES = frozenset(get_args(Status))
NO_ATTEMPT = frozenset({"not_attempted", "skipped", "not_run"})
"""Statuses that say nothing of what a student has written."""


def file() -> Path:
    """Where it is kept."""
    return state.folder() / "progress.txt"


def read() -> dict[str, str]:
    """The status of each check at its last run, by id. What was never run is not there; a damaged line is nothing.

    After a merge by git's union a check may stand there twice. Of two statuses the one counts that tells more of the
    work: an attempt counts more than none (the other machine had not begun), and of two attempts one that has not
    passed, because it is unknown which of them was merged: a pass that is none would hide an exercise, while one
    that is forgotten is found again by the next run.
    """
    seen: dict[str, str] = {}
    for line in state.read(file()):
        check, _, status = line.strip().partition(" ")
        if "." in check and all(map(str.isidentifier, check.split("."))) and status in STATUSES:
            seen[check] = max(seen.get(check, status), status, key=_weight)
    return seen


def remember(statuses: dict[str, str]) -> dict[str, str]:
    """Keep the verdicts of a run, with those of earlier ones: all that is known now.

    One line a check, sorted, so that git merges it. Raises UsageError where they can't be kept.
    """
    with state.alone(file()):
        known = read() | statuses
        state.write(file(), "".join(f"{check} {status}\n" for check, status in sorted(known.items())).encode())
    return known


def attempted(part: Part, exercise: str) -> bool:
    """Whether a check of an exercise has ever judged something that was written."""
    seen = read()
    return any(seen.get(spec.id, "not_run") not in NO_ATTEMPT for spec in part.checks if spec.exercise == exercise)


def following(parts: Sequence[Part], seen: dict[str, str]) -> Spec | None:
    """The first check that has not passed: of the part that was worked on last, or else of the first with any."""
    left = [[spec for spec in part.checks if seen.get(spec.id) != "passed"] for part in _latest_first(parts, seen)]
    return next((specs[0] for specs in left if specs), None)


def points(part: Part, seen: dict[str, str]) -> int:
    """What a part has earned."""
    return sum(spec.points for spec in part.checks if seen.get(spec.id) == "passed")


def passed(part: Part, seen: dict[str, str]) -> int:
    """How many exercises of a part have passed all of their checks."""
    return len(part.exercises) - len({spec.exercise for spec in part.checks if seen.get(spec.id) != "passed"})


def _weight(status: str) -> tuple[int, str]:
    return 0 if status in NO_ATTEMPT else 1 if status == "passed" else 2, status


def _latest_first(parts: Sequence[Part], seen: dict[str, str]) -> Iterable[Part]:
    """The part that was worked on last, by the time of its file, and then all in order.

    Only a part that was run is one: all files are new where a workspace has just been made.
    """
    run = {check.partition(".")[0] for check in seen}
    times = {}
    for part in parts:
        with suppress(OSError):
            if part.id in run:
                times[part.name] = (state.workspace() / "exercises" / f"{part.name}.py").stat().st_mtime
    latest = max(times, key=lambda name: times[name], default=None)
    return [*(part for part in parts if part.name == latest), *parts]
