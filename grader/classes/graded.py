"""What is known of a class: plain records, which the store keeps and the pages show."""

import msgspec

from grader.report.model import Report


class Graded(msgspec.Struct, frozen=True):
    """What came of one student's submission of one part."""

    student: str
    """As the folder, or the file's name, has it: any text at all."""
    part: str
    file: str
    """Where it was found, below the submissions."""
    sha256: str
    """Of the content that was graded; empty where there was none to grade."""
    course: str
    """The version of the course: a hash of what verdicts hang on; `+quick` or `+full` where it was trained as well."""
    report: Report | None = None
    problem: str = ""
    """Why there is no report: what is wrong with the file, and what to do."""
    graded_at: str = ""
    """ISO 8601, UTC."""
    seconds: float = 0.0

    @property
    def points(self) -> int:
        """0 where there is no report."""
        return self.report.points if self.report else 0


class Checked(msgspec.Struct, frozen=True):
    """A check of the part, as the pages list it."""

    id: str
    title: str
    points: int


class Class(msgspec.Struct, frozen=True):
    """A class on one part: the newest of each student's submissions."""

    part: str
    title: str
    checks: list[Checked]
    graded: list[Graded]
