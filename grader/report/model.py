"""The result of a run: plain, frozen, and what every report is a function of.

`SCHEMA` changes whenever a field changes its name or meaning. The JSON Schema beside this file,
`report.schema.json`, is made from these classes by `grader dev build`.
"""

from typing import Literal

import msgspec

from grader.comparison import Comparison

SCHEMA: Literal["grader-report-1"] = "grader-report-1"
NOT_WRITTEN = "Not written yet."
"""The message of an exercise that is still a stub."""

Status = Literal[
    "passed",
    "failed",
    "not_attempted",
    "broken_rule",
    "crashed",
    "timed_out",
    "skipped",
    "grader_error",
    "not_converged",
    "not_run",
]


class Frame(msgspec.Struct, frozen=True):
    """One line of a student's traceback."""

    file: str
    line: int
    function: str
    code: str


class Details(msgspec.Struct, frozen=True):
    """What the message rests on."""

    cases: int = 0
    cases_right: int = 0
    comparisons: list[Comparison] = []
    """Only of cases and values that are wrong; of a passed check, those of the last case."""
    trace: list[Frame] = []
    output: str = ""
    """What the student's code printed, cut."""


class Curve(msgspec.Struct, frozen=True):
    """The run of a training check. Losses are means over characters, in nats; held-out ones are the grader's own."""

    budget: str
    device: str
    target: float
    baseline: float
    baseline_name: str
    guess: float
    seconds: float
    allowed: float
    first: float | None = None
    last: float | None = None
    seen: float | None = None
    steps: int = 0
    asked: int = 0
    steps_per_second: float = 0.0
    reference_steps_per_second: float = 0.0
    reference_last: float | None = None
    others: dict[str, list[float]] = {}
    """First and last held-out loss of what is shown beside, by name; of a speedrun, seconds and loss."""
    points: list[list[float | None]] = []
    """Step, mean loss of the steps before as the student's code told it, held-out loss, and the reference's."""
    updates: dict[str, float] = {}
    """log10 of the first step's update:data, by tensor."""
    gradients: dict[str, float] = {}
    """log10 of the first step's gradient:data, by tensor; only where a step is the rate times the gradient."""
    saturated: float | None = None
    resumed: bool = False


class Result(msgspec.Struct, frozen=True):
    """The verdict on one check."""

    id: str
    title: str
    status: Status
    points: int
    max_points: int
    message: str
    mistake: str | None = None
    """The name of the known mistake that gives the same values."""
    details: Details = Details()
    seconds: float = 0.0
    curve: Curve | None = None
    """Of a training check that was run."""
    unseen: str = ""
    """In the message's place for who must not see what was expected; empty where the message may be seen."""


class Report(msgspec.Struct, frozen=True):
    """The verdicts on one submission."""

    part: str
    title: str
    file: str
    points: int
    max_points: int
    seed: int
    isolation: str
    device: str
    versions: dict[str, str]
    seconds: float
    results: list[Result]
    schema: Literal["grader-report-1"] = SCHEMA
    layers: list[str] = []
    """What the isolation holds off: see docs/isolation.md."""
    not_run: int = 0
    """Training checks of the part that were not asked for, and are not among the results and points."""
    notes: list[str] = []
    """What concerns no single exercise: cells that failed to run."""

    @property
    def exit_code(self) -> int:
        """0 where all passed, 3 after a grader error, else 1."""
        statuses = {result.status for result in self.results}
        return 3 if "grader_error" in statuses else 0 if statuses == {"passed"} else 1


def joined(report: Report, trained: Report) -> Report:
    """A report on exercises with one on training checks behind it."""
    return msgspec.structs.replace(
        report,
        points=report.points + trained.points,
        max_points=report.max_points + trained.max_points,
        device=trained.device,
        seconds=round(report.seconds + trained.seconds, 3),
        results=[*report.results, *trained.results],
    )
