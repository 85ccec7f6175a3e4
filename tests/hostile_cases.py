"""What a hostile file may cost, and what is wrong with the report on one. See tests/hostile."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from grader.report.model import Report
from grader.report.schema import to_json

FOLDER = Path(__file__).resolve().parent / "hostile"
EXERCISES = ("double", "row_sums", "shrink")
BREACHED = "BREACHED"
"""What a file prints when it got what it wanted; its source spells it in two halves."""
REPORT_BYTES = 1 << 20
"""A report of four checks is some kilobytes; whatever the student's process says, it stays a report."""


@dataclass(frozen=True)
class Case:
    """A hostile file, with what the comments at its head say."""

    name: str
    purpose: str
    kind: str
    """What it is after: docs/isolation.md says how many there are of each."""
    costs: tuple[str, ...]
    """The exercises that the attack may lose."""
    passes: tuple[str, ...]
    """Those that must pass all the same."""
    right: tuple[str, ...]
    """Those that are answered rightly, and may keep their points."""
    after: str | None
    """The file whose leftovers this one looks for."""

    @property
    def path(self) -> Path:
        return FOLDER / f"{self.name}.py"


def read(path: Path) -> Case:
    """The case that a file's head describes. Raises ValueError where the head is not of the agreed form."""
    text = path.read_text()
    purpose = re.match(r'"""(.+)"""\n# kind: ', text)
    head = dict(re.findall(r"(?m)^# (\w+): (.+)$", text.partition("# %%")[0]))
    words = {key: tuple(head.get(key, "").split()) for key in ("costs", "passes", "right")}
    match words["costs"]:
        case ("nothing",):
            costs = ()
        case ("submission",):
            costs = EXERCISES
        case ("exercise", *names) if names:
            costs = tuple(names)
        case _:
            raise ValueError(f"{path.name}: its head does not say `# costs: nothing`, `submission` or `exercise NAME`")
    named = {*costs, *words["passes"], *words["right"]}
    if purpose is None or not named <= {*EXERCISES} or not {*head} <= {"kind", "costs", "passes", "right", "after"}:
        raise ValueError(f"{path.name}: its head is not of the agreed form: see tests/hostile_cases.py")
    if {*EXERCISES} - {*costs} - {*words["passes"]}:
        raise ValueError(f"{path.name}: what it does not cost must pass, and its head does not say so")
    return Case(path.stem, purpose[1], head["kind"], costs, words["passes"], words["right"], head.get("after"))


def filled(case: Case, **places: object) -> str:
    """The file's text with what an attacker would have found out: `@PORT@` and the like."""
    text = case.path.read_text()
    for name, value in places.items():
        text = text.replace(f"@{name.upper()}@", str(value))
    return text


def earned(report: Report) -> dict[str, int]:
    """Points by exercise."""
    points = dict.fromkeys(EXERCISES, 0)
    for result in report.results:
        points[result.id.split(".")[1]] += result.points
    return points


def complaints(case: Case, report: Report, secrets: Iterable[str]) -> list[str]:
    """What is wrong with the verdict on a hostile file: empty where it is contained."""
    wrong = []
    points = earned(report)
    most = {
        exercise: sum(r.max_points for r in report.results if r.id.split(".")[1] == exercise) for exercise in points
    }
    for exercise in EXERCISES:
        if exercise in case.passes and points[exercise] < most[exercise]:
            said = [(r.id, r.status, r.message[:300]) for r in report.results if r.id.split(".")[1] == exercise]
            wrong.append(f"{exercise} is lost: {said}")
        if exercise not in (*case.passes, *case.right) and points[exercise]:
            wrong.append(f"{exercise} earned {points[exercise]} points without a right answer")
    wrong += [f"the grader failed in {r.id}: {r.message[:300]}" for r in report.results if r.status == "grader_error"]
    wrong += [f"{r.id} has {r.points} points and is {r.status}" for r in report.results if _uneven(r)]
    text = to_json(report)
    if len(text) > REPORT_BYTES:
        wrong.append(f"the report has {len(text):,} bytes")
    for result in report.results:
        if BREACHED in result.details.output:
            at = result.details.output.index(BREACHED)
            wrong.append(f"{result.id} got out: {result.details.output[at : at + 300]!r}")
    wrong += ["a secret stands in the report" for secret in secrets if secret.encode() in text]
    return wrong


def _uneven(result) -> bool:
    """Points without a pass, or other points than a pass gives."""
    return result.points != (result.max_points if result.status == "passed" else 0)
