"""Students in order, their results, and links to their pages."""

from dataclasses import dataclass

from grader.classes.graded import Class, Graded
from grader.report.model import Result
from grader.report.pages import text


@dataclass(frozen=True)
class Link:
    """A student, or a check of one, and where that is to be read."""

    words: str
    href: str


def ordered(klass: Class) -> list[Graded]:
    """The students by name."""
    return sorted(klass.graded, key=lambda one: text.alphabetic(one.student))


def results(one: Graded) -> list[Result]:
    """The verdicts; none where there is no report."""
    return one.report.results if one.report else []


def link(one: Graded, check: str = "") -> Link:
    """To a student's page, or to a check on it."""
    return Link(text.line(one.student), text.page_of(one.student) + (f"#{check}" if check else ""))


def by_check(klass: Class) -> dict[str, list[tuple[Graded, Result]]]:
    """Everybody's verdict on each check, by the students' names."""
    found: dict[str, list[tuple[Graded, Result]]] = {check.id: [] for check in klass.checks}
    for one in ordered(klass):
        for result in results(one):
            found.setdefault(result.id, []).append((one, result))
    return found


def short(check: str, part: str) -> str:
    """A check's id without its part."""
    return check.removeprefix(f"{part}.")


def share(passed: int, graded: int) -> str:
    """Per cent, rounded so that only all are 100 and only none is 0."""
    if passed in (0, graded):
        return f"{100 * (passed > 0)}" if graded else "-"
    return f"{min(99, max(1, round(100 * passed / graded)))}"
