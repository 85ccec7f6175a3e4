"""A student's page: what the student may see of what came of the submission."""

from dataclasses import dataclass

from grader.classes.graded import Graded
from grader.report.feedback import for_student
from grader.report.model import NOT_WRITTEN, Frame, Result
from grader.report.pages import text
from grader.report.pages.marks import NO_REPORT, Mark, counted, mark


@dataclass(frozen=True)
class Verdict:
    """A check as the student reads of it."""

    mark: Mark
    anchor: str
    title: str
    points: int
    max_points: int
    mistake: str
    message: str
    trace: str
    output: str

    @property
    def quiet(self) -> bool:
        """Whether there is nothing to read but the status."""
        return not (self.mistake or self.message or self.trace or self.output)


@dataclass(frozen=True)
class Feedback:
    """All of the page. It holds a report's seed and comparisons nowhere."""

    name: str
    file: str
    problem: str
    graded_at: str
    isolation: str
    points: int
    max_points: int
    counts: list[tuple[Mark, int]]
    notes: list[str]
    verdicts: list[Verdict]


def view(one: Graded) -> Feedback:
    """What a student's page shows."""
    report = for_student(one.report) if one.report else None
    return Feedback(
        name=text.line(one.student),
        file=text.line(one.file or "no file"),
        problem="" if report else one.problem or NO_REPORT,
        graded_at=text.moment(one.graded_at),
        isolation=report.isolation if report else "",
        points=report.points if report else 0,
        max_points=report.max_points if report else 0,
        counts=counted(report.results) if report else [],
        notes=report.notes if report else [],
        verdicts=[_verdict(result) for result in report.results] if report else [],
    )


def _verdict(result: Result) -> Verdict:
    begun = result.status != "not_attempted"
    return Verdict(
        mark=mark(result),
        anchor=result.id,
        title=result.title,
        points=result.points,
        max_points=result.max_points,
        mistake=result.mistake or "",
        message="" if result.message == NOT_WRITTEN else result.message,
        trace="\n".join(map(_frame, result.details.trace)) if begun else "",
        output=result.details.output,
    )


def _frame(frame: Frame) -> str:
    where = f" in {frame.function}" if frame.function else ""
    return text.line(f"line {frame.line}{where}: {frame.code}", 300)
