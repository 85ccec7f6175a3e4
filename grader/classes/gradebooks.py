"""Marks in the form that Canvas and Moodle import: a roster that they have exported, with one column filled in.

Three rosters are known by their first row:

- Canvas's gradebook: Student, ID, SIS User ID, SIS Login ID, ..., Section, and a column for each assignment, with its
  number in brackets; a row holds the Points Possible;
- Moodle's grading worksheet of one assignment: Identifier (`Participant 123`), ..., Grade, Maximum Grade, ...;
- Moodle's grade export of a course: First name, ..., Email address, and a column for each thing graded.

What says who somebody is stays to the letter, or they would not be known again. Who has no marks keeps what the roster
has: Canvas and Moodle take an empty cell for a mark that is gone.
"""

import csv
import io
import math
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from grader.classes.export import inert
from grader.classes.graded import Graded
from grader.errors import UsageError

DELIMITERS = ",;\t"
_CANVAS_KEYS = ("ID", "SIS User ID", "SIS Login ID", "Integration ID")
_MOODLE_KEYS = ("Username", "ID number", "Email address")
_MOODLE_NAMES = ("First name", "Last name", "Surname", "Full name")
_MOODLE_KEPT = (*_MOODLE_NAMES, *_MOODLE_KEYS, "Institution", "Department")


@dataclass(frozen=True)
class Filled:
    """A roster with marks in it."""

    text: str
    column: str
    new: bool
    """Whether the roster had no such column."""
    marked: int
    unknown: tuple[str, ...]
    """Students who have marks, and no row."""
    left: tuple[str, ...]
    """Who has a row, and no marks: the names in it."""


def filled(roster: str, marks: Mapping[str, float], maximum: float, titles: Sequence[str]) -> Filled:
    """The roster with those marks, by student, in the column that has one of the titles, or in a new one of the first.

    Raises UsageError where it is no such roster, marks are no plain numbers or out of something else than the column,
    two columns have the title, two students one row, or one student two; and where nobody has a row.
    """
    rows, delimiter, form = _read(roster, titles)
    texts = _texts(marks)
    people = [i for i, row in enumerate(rows) if i and not _is_points(row) and any(row[c].strip() for c in form.kept)]
    _check(rows, people, form, marks, maximum)
    places = _places(marks, rows, people, form)
    column = form.column
    if column is None:
        column = len(rows[0])
        for row in rows:
            row.append(plain(maximum) if _is_points(row) else "")
        rows[0][column] = inert(titles[0])
    for i, student in places.items():
        rows[i][column] = texts[student]
    kept = [*form.kept, *({column} - set(form.kept))]
    out = io.StringIO()
    csv.writer(out, delimiter=delimiter, lineterminator="\n").writerows([row[c] for c in kept] for row in rows)
    return Filled(
        text=out.getvalue(),
        column=rows[0][column],
        new=form.column is None,
        marked=len(places),
        unknown=tuple(sorted(set(marks) - set(places.values()))),
        left=tuple(_name(rows[i], form) for i in people if i not in places),
    )


def plain(points: float) -> str:
    """A number as a program reads it anywhere: digits, and a point before the decimals."""
    text = f"{points:.4f}".rstrip("0").rstrip(".")
    return "0" if text == "-0" else text


def of_class(graded: Sequence[Graded]) -> tuple[dict[str, float], float]:
    """The marks of a class by student, and what they are out of; none where a check is not settled.

    Raises UsageError where nobody has been graded, or not all are graded out of the same.
    """
    totals = sorted({one.report.max_points for one in graded if one.report})
    if not totals:
        raise UsageError("Nobody's submission could be graded, so that there are no marks. --csv FILE says why.")
    if len(totals) > 1:
        raise UsageError(
            f"Some have been graded out of {totals[0]} points, some out of {totals[-1]}. Grade all with the same "
            "course and the same --train (`grader batch ... --regrade`)."
        )
    return {one.student: float(one.points) for one in graded if settled(one)}, float(totals[0])


def settled(one: Graded) -> bool:
    """Whether the grader itself failed on none of the checks. What can't be graded at all is settled: no points."""
    return one.report is None or all(result.status != "grader_error" for result in one.report.results)


@dataclass(frozen=True)
class _Form:
    """Where things are in a roster: the numbers of columns."""

    names: tuple[int, ...]
    keys: tuple[int, ...]
    """Each says alone who somebody is."""
    number: int | None
    """Ends in the number in which the names of students from downloads end."""
    kept: tuple[int, ...]
    column: int | None
    """That of the part."""
    most: int | None = None
    """Says of each student what the marks are out of."""


def _read(roster: str, titles: Sequence[str]) -> tuple[list[list[str]], str, _Form]:
    """The rows, all of one length, what is between their cells, and where things are in them."""
    text = roster.removeprefix("\ufeff")
    for delimiter in DELIMITERS:
        try:
            header = next(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter), [])
            if form := _form([cell.strip() for cell in header], titles):
                rows = [
                    row for row in csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True) if row
                ]
                width = max(map(len, rows))
                return [row + [""] * (width - len(row)) for row in rows], delimiter, form
        except csv.Error as error:
            raise UsageError(f"The roster is no CSV: {error}. Export it again.") from None
    raise UsageError(
        "The roster is neither Canvas's gradebook (Student, ID, ..., Section), nor Moodle's grading worksheet "
        "(Identifier, ..., Grade) or grade export (..., Email address). Export it again, in English."
    )


def _form(header: list[str], titles: Sequence[str]) -> _Form | None:
    """Which of the three it is, by the names of the columns."""
    at = {name.casefold(): i for i, name in reversed(list(enumerate(header)))}

    def columns(names: Iterable[str]) -> tuple[int, ...]:
        return tuple(at[name.casefold()] for name in names if name.casefold() in at)

    if columns(("Student", "LastName"))[:1] == (0,) and {"id", "section"} <= set(at):
        names = columns(("Student", "LastName", "FirstName"))
        kept = tuple(range(at["section"] + 1))
        assignments = {i: [re.sub(r"\s\([0-9]+\)\Z", "", header[i])] for i in range(len(kept), len(header))}
        return _Form(names, columns(_CANVAS_KEYS), at["id"], kept, _own(assignments, titles, header))
    if {"identifier", "grade", "last modified (grade)"} <= set(at):
        if "maximum grade" not in at:
            raise UsageError("The worksheet has no Maximum Grade: give the assignment points in Moodle, and no scale.")
        names, everything = columns(("Full name", "Identifier"))[:1], tuple(range(len(header)))
        return _Form(names, columns(_MOODLE_KEYS), at["identifier"], everything, at["grade"], at["maximum grade"])
    if keys := columns(_MOODLE_KEYS):
        kept = tuple(sorted(columns(_MOODLE_KEPT)))
        # `Assignment: Part 4 (Real)`: what kind of thing it is, and how it is shown.
        shown = {i: header[i].removesuffix(" (Real)") for i in range(len(header)) if i not in kept}
        items = {i: [title, title.partition(": ")[2]] for i, title in shown.items()}
        return _Form(columns(_MOODLE_NAMES) or keys, keys, None, kept, _own(items, titles, header))
    return None


def _own(columns: Mapping[int, list[str]], titles: Sequence[str], header: list[str]) -> int | None:
    """The column that has one of the titles, whatever its capitals, blanks and punctuation."""
    wanted = {_bare(title) for title in titles}
    found = [i for i, names in columns.items() if wanted & {_bare(name) for name in names}]
    if len(found) > 1:
        names = " and ".join(repr(header[i]) for i in found)
        raise UsageError(f"The roster has several columns for {titles[0]}: {names}. Take out all but one.")
    return found[0] if found else None


def _bare(title: str) -> str:
    return re.sub(r"[\W_]+", "", title).casefold()


def _is_points(row: list[str]) -> bool:
    """Whether it is Canvas's row of what each column is out of."""
    return "Points Possible" in row[0]


def _texts(marks: Mapping[str, float]) -> dict[str, str]:
    for student, points in marks.items():
        if isinstance(points, bool) or not isinstance(points, int | float) or not math.isfinite(points):
            raise UsageError(f"The marks of {student!r} are {points!r}, which is no number. Grade them again.")
    return {student: plain(points) for student, points in marks.items()}


def _check(rows: list[list[str]], people: list[int], form: _Form, marks: Mapping[str, float], maximum: float) -> None:
    """Raise UsageError where the column is out of something else than the marks, or Moodle would leave some out."""
    if form.most is not None:
        cells = [rows[i][form.most] for i in people]
    else:
        cells = [row[form.column] for row in rows if _is_points(row) and form.column is not None]
    for theirs in map(_number, cells):
        if theirs is not None and abs(theirs - maximum) > 0.005:  # both export two decimals
            raise UsageError(
                f"The marks are out of {plain(maximum)}, those of the roster's column out of {plain(theirs)}. Give the "
                "assignment that many points in Canvas or Moodle, and export the roster again."
            )
    for student, points in marks.items():
        if form.most is not None and not 0 <= points <= maximum:
            raise UsageError(
                f"{student!r} has {plain(points)} points of {plain(maximum)}, which Moodle would leave out. Give the "
                "assignment more points."
            )


def _number(cell: str) -> float | None:
    try:
        return float(cell.strip().replace(",", "."))
    except ValueError:
        return None


def _places(students: Iterable[str], rows: list[list[str]], people: list[int], form: _Form) -> dict[int, str]:
    """The student of each row that is one's."""
    known: dict[str, set[int]] = {}
    for i in people:
        keys = [_key(rows[i][c]) for c in form.keys]
        if form.number is not None and (ending := re.search(r"[0-9]+\s*\Z", rows[i][form.number])):
            keys.append(f"_{ending[0].strip()}")
        for key in filter(None, keys):
            known.setdefault(key, set()).add(i)
    places: dict[int, str] = {}
    for student in students:
        ending = re.search(r"_[0-9]+\Z", student)
        found = known.get(_key(student), set()) | known.get(ending[0] if ending else "", set())
        if len(found) > 1:
            names = " and ".join(repr(_name(rows[i], form)) for i in sorted(found))
            raise UsageError(f"{student!r} may be {names} of the roster. Take the wrong row out of it.")
        for i in found:
            if i in places:
                raise UsageError(
                    f"{places[i]!r} and {student!r} are both {_name(rows[i], form)!r} of the roster. Grade the class "
                    "without the wrong one, into a new database."
                )
            places[i] = student
    if not places:
        raise UsageError(
            "None of the students is in the roster. Is it of this course? Students of Moodle's downloads are known by "
            "the grading worksheet alone."
        )
    return places


def _key(cell: str) -> str:
    return cell.strip().casefold()


def _name(row: list[str], form: _Form) -> str:
    return " ".join(filter(None, (row[c].strip() for c in form.names)))
