"""In which order exercises come, and what that makes of their verdicts. Pure functions."""

from collections.abc import Mapping, Sequence

from grader import progress
from grader.course import Part, Spec
from grader.report.model import Result


def checks(part: Part, exercise: str) -> tuple[Spec, ...]:
    """The checks of an exercise."""
    return tuple(spec for spec in part.checks if spec.exercise == exercise)


def first(part: Part, exercise: str) -> tuple[Spec, ...]:
    """All checks of a part, those of one exercise before the others."""
    own = checks(part, exercise)
    return (*own, *(spec for spec in part.checks if spec not in own))


def statuses(part: Part, results: Sequence[Result]) -> dict[str, str]:
    """What a run of the part in its own order would have said: a check that came first has waited for nobody."""
    found: dict[str, str] = {one.id: one.status for one in results}
    for spec in part.checks:
        waits = [found[one.id] for one in part.checks if one.exercise == spec.after]
        if found[spec.id] == "passed" and not all(status in ("passed", "grader_error") for status in waits):
            found[spec.id] = "skipped"
    return found


def following(part: Part, seen: Mapping[str, str], exercise: str, wrong_first: bool) -> str | None:
    """The next exercise that has not passed, from one on and around; or first the next that was tried."""
    place = part.exercises.index(exercise)
    left = [spec for spec in part.checks if seen.get(spec.id) != "passed"]
    begun = {spec.exercise for spec in left if seen.get(spec.id, "not_run") not in progress.NO_ATTEMPT}
    names = {spec.exercise for spec in left}
    around = [name for name in (*part.exercises[place:], *part.exercises[:place]) if name in names]
    return next((name for name in around if wrong_first and name in begun), next(iter(around), None))
