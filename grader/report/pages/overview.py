"""The first page: the class in figures, and the heat map of students by checks."""

import statistics
from collections import Counter
from dataclasses import dataclass

from grader.classes.graded import Checked, Class, Graded
from grader.report.model import Report, Result
from grader.report.pages import text
from grader.report.pages.marks import BEST_FIRST, UNGRADED, WORST_FIRST, Mark, mark
from grader.report.pages.students import by_check, ordered, results, share, short


@dataclass(frozen=True)
class Figure:
    """One number about the class."""

    name: str
    value: str
    note: str = ""


@dataclass(frozen=True)
class Head:
    """A column of the heat map."""

    name: str
    anchor: str
    title: str
    share: str


@dataclass(frozen=True)
class Cell:
    """One student's verdict on one check."""

    mark: Mark
    href: str
    title: str
    mistake: int | None
    """Its place among the overview's mistakes."""


@dataclass(frozen=True)
class Row:
    """A row of the heat map."""

    name: str
    href: str
    points: int
    cells: list[Cell]
    """None where there is no report."""
    problem: str

    @property
    def letters(self) -> str:
        """The status of each check, as the script sorts and filters by them."""
        return UNGRADED.letter if self.problem else "".join(cell.mark.letter for cell in self.cells)


@dataclass(frozen=True)
class Overview:
    """All of the page."""

    figures: list[Figure]
    heads: list[Head]
    rows: list[Row]
    statuses: list[tuple[Mark, int]]
    """Those that occur, and with how many students."""
    mistakes: list[tuple[str, int]]
    """By how many students made them."""
    order: str
    """The letters of the statuses, from the worst to the best."""


def view(klass: Class) -> Overview:
    """What the first page shows of a class."""
    students = ordered(klass)
    found = by_check(klass)
    shown = [found[check.id] for check in klass.checks]
    made = Counter(name for name, _ in {(r.mistake, one.student) for met in shown for one, r in met if r.mistake})
    mistakes = sorted(made.items(), key=lambda item: (-item[1], item[0]))
    places = {name: index for index, (name, _) in enumerate(mistakes)}
    rows = [_row(one, klass, places) for one in students]
    met = Counter(letter for row in rows for letter in set(row.letters))
    return Overview(
        figures=_figures(klass),
        heads=[_head(check, klass, found[check.id]) for check in klass.checks],
        rows=rows,
        statuses=[(one, met[one.letter]) for one in BEST_FIRST if met[one.letter]],
        mistakes=mistakes,
        order="".join(one.letter for one in WORST_FIRST),
    )


def _figures(klass: Class) -> list[Figure]:
    reports = [one.report for one in klass.graded if one.report]
    points = [report.points for report in reports]
    of = f"of {sum(check.points for check in klass.checks)} points"
    if len(reports) < len(klass.graded):
        of += f", over {len(reports)} graded"
    figures = [
        Figure("students", str(len(klass.graded))),
        Figure("mean", f"{statistics.fmean(points):.1f}" if points else "-", of),
        Figure("median", f"{statistics.median(points):g}" if points else "-", of),
        Figure("not gradable", str(len(klass.graded) - len(reports))),
        Figure("crashed", str(_met("crashed", reports)), "in one check or more"),
    ]
    if ours := _met("grader_error", reports):
        figures.append(Figure("grader errors", str(ours), "our fault: see Trouble"))
    return figures


def _met(status: str, reports: list[Report]) -> int:
    """How many reports have a result of that status."""
    return sum(any(result.status == status for result in report.results) for report in reports)


def _head(check: Checked, klass: Class, found: list[tuple[Graded, Result]]) -> Head:
    passed = sum(result.status == "passed" for _, result in found)
    return Head(short(check.id, klass.part), check.id, check.title, share(passed, len(found)))


def _row(one: Graded, klass: Class, places: dict[str, int]) -> Row:
    page = text.page_of(one.student)
    found = {result.id: result for result in results(one)}
    cells = [_cell(check, found.get(check.id), klass, page, places) for check in klass.checks] if one.report else []
    problem = "" if one.report else text.line(one.problem or "there is no report", 300)
    return Row(text.line(one.student), page, one.points, cells, problem)


def _cell(check: Checked, result: Result | None, klass: Class, page: str, places: dict[str, int]) -> Cell:
    shown = mark(result)
    mistake = result.mistake if result else None
    title = f"{short(check.id, klass.part)}, {shown.word}{f': {text.line(mistake)}' if mistake else ''}"
    return Cell(shown, f"{page}#{check.id}" if result else page, title, places[mistake] if mistake else None)
