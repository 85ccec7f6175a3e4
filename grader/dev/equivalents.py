"""The file beside the checks that lists mutants which are no mistakes, each with the reason."""

import tomllib
from pathlib import Path

import msgspec

from grader.course import Course, Part
from grader.dev.mutants import Mutant
from grader.errors import UsageError


class Equivalent(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One entry: the exercise, which of its mutants, and why they are right."""

    exercise: str
    reason: str
    before: str = ""
    """The line (or lines) that the mutant takes away."""
    after: str = ""
    """The line (or lines) that it puts in their place."""
    operator: str = ""
    """In the place of lines: every mutant that this operator makes of the exercise."""

    def matches(self, exercise: str, mutant: Mutant) -> bool:
        """Whether the entry speaks of this mutant; blank space at the ends of lines does not count."""
        if exercise != self.exercise:
            return False
        if self.operator:
            return mutant.operator == self.operator
        return (mutant.minus, mutant.plus) == (_lines(self.before), _lines(self.after))

    def __str__(self) -> str:
        what = self.operator or f"{' / '.join(_lines(self.before))} -> {' / '.join(_lines(self.after))}"
        return f"{self.exercise}: {what}"


class _File(msgspec.Struct, forbid_unknown_fields=True):
    equivalent: list[Equivalent] = []


def file_of(course: Course, part: Part) -> Path:
    """Where a part lists its equivalent mutants, whether its checks are a module or a package."""
    return course.root / "grader" / "checks" / f"{part.name}.equivalents.toml"


def read(course: Course, part: Part) -> list[Equivalent]:
    """A part's entries; none where there is no such file. Raises UsageError where it can't be read."""
    path = file_of(course, part)
    if not path.exists():
        return []
    try:
        entries = msgspec.convert(tomllib.loads(path.read_text(encoding="utf-8")), _File).equivalent
    except (ValueError, msgspec.ValidationError) as error:
        raise UsageError(f"{path}: {error}.") from None
    for entry in entries:
        if not entry.reason.strip():
            raise UsageError(f"{path}: {entry}: there is no reason.")
        if bool(entry.operator) == bool(entry.before):
            raise UsageError(f"{path}: {entry}: name either an operator, or the lines before and after.")
        if entry.exercise not in part.exercises:
            raise UsageError(f"{path}: {part.id} has no exercise {entry.exercise}.")
    return entries


def _lines(text: str) -> tuple[str, ...]:
    return tuple(line.strip() for line in text.strip().splitlines())
