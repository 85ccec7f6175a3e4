"""What `nbgrader autograde` runs in the place of its Execute: no kernel; the sandbox computes and the grader judges.

`Restore` (restore.py) comes first. `Grade` then has the student's cells graded and writes the marks where nbgrader
reads them; `Save` puts them into the gradebook.
"""

import hashlib
import json
from bisect import bisect_right
from functools import cache
from html import escape
from pathlib import Path
from typing import Any

from msgspec.structs import replace
from nbformat.notebooknode import NotebookNode
from nbformat.v4 import new_output
from nbgrader.api import BaseCell, Comment, Gradebook
from nbgrader.api import Grade as GradeRow
from nbgrader.preprocessors import CheckCellMetadata, Execute, NbGraderPreprocessor, SaveAutoGrades
from nbgrader.utils import compute_checksum, determine_grade, is_grade, is_solution, is_task
from traitlets import Enum, Float, Unicode

from grader import cells
from grader.cells import whole
from grader.classes import work
from grader.classes.batch import recorded
from grader.classes.store import open_store
from grader.classes.version import course_version
from grader.course import Part, default_course
from grader.errors import UsageError
from grader.nbgrader.ahead import ahead
from grader.nbgrader.ours import Converted, is_ours, stock
from grader.nbgrader.restore import id_of
from grader.nbgrader.source import graded_id, setup_id
from grader.report import html
from grader.report.feedback import for_student
from grader.report.model import Report, Result

DATABASE = "class.sqlite"
"""Below the course's folder, beside the gradebook: the seed, and the whole report of each submission."""
ERRORS = "grader_errors"
"""The key of the resources under which the graded cells are named that the grader itself has failed at."""


class Grade(NbGraderPreprocessor):
    """Grades a notebook by the grader's own pipeline. Each graded cell gets a number, and a page for the student."""

    database = Unicode(DATABASE, help="The database of reports, with the seed.").tag(config=True)
    isolation = Enum(["bubblewrap", "process"], "bubblewrap", help="How submissions are cut off.").tag(config=True)
    seconds = Float(10.0, min=0.1, help="Seconds for each check.").tag(config=True)

    def preprocess(self, nb: NotebookNode, resources: dict[str, Any]) -> Converted:
        """Have the notebook's cells graded, and put the marks into them. Raises UsageError."""
        if not is_ours(resources):
            return stock(self, nb, resources, Execute)
        names = resources["nbgrader"]
        part = default_course().part(names["notebook"])
        job = _job(nb.cells, names["student"], f"{names['student']}/{names['assignment']}/{names['notebook']}.ipynb")
        with open_store(self.database, create=True) as store:
            setting = _setting(part, store.seed(), self.isolation, self.seconds)
            done = ahead().grade(setting, job, self._coming())
            if done.report is None:
                raise UsageError(done.problem)
            report = replace(done.report, file=job.file)  # it may have been graded before nbgrader had told whose it is
            store.add(recorded(setting, job.student, job.file, job.sha256, replace(done, report=report)))
        resources[ERRORS] = _write(nb, part, done.report)
        for failed in resources[ERRORS]:
            self.log.error("The grader itself failed at %s of %s: it needs a look.", failed, names["student"])
        return nb, resources

    def _coming(self) -> work.Job | None:
        """The notebook that nbgrader will take next, as far as can be told from what it has been asked for."""
        converter = self.parent.parent if self.parent else None
        notebooks = sorted(path for paths in getattr(converter, "assignments", {}).values() for path in paths)
        here = bisect_right(notebooks, converter.notebooks[-1]) if converter and notebooks else 0
        try:
            path = Path(notebooks[here])
            if path.is_symlink():
                return None
            return _job(json.loads(cells.content(path))["cells"], "", path.name)
        except (IndexError, KeyError, TypeError, AttributeError, ValueError, RecursionError, UsageError):
            return None  # the last one; or it will be said when it is there


class Save(NbGraderPreprocessor):
    """Saves the marks, as nbgrader's SaveAutoGrades does, in one go.

    Where the grader itself has failed it asks for a look by hand: no marks are lost in silence.
    """

    def preprocess(self, nb: NotebookNode, resources: dict[str, Any]) -> Converted:
        if not is_ours(resources):
            return stock(self, nb, resources, SaveAutoGrades, CheckCellMetadata)
        names = resources["nbgrader"]
        place = names["notebook"], names["assignment"], names["student"]
        with Gradebook(names["db_url"]) as gradebook:
            submitted = gradebook.find_submission_notebook(*place)
            grades, comments = _of(gradebook, GradeRow, submitted), _of(gradebook, Comment, submitted)
            for cell in nb.cells:
                grade, comment = grades.get(id_of(cell)), comments.get(id_of(cell))
                if grade and is_grade(cell):
                    failed = id_of(cell) in resources.get(ERRORS, ())
                    grade.auto_score = None if failed else determine_grade(cell, self.log)[0]
                    grade.needs_manual_grade = grade.manual_score is not None or grade.auto_score is None
                if comment and (is_solution(cell) or is_task(cell)):
                    untouched = cell.metadata.nbgrader.checksum == compute_checksum(cell) and not is_task(cell)
                    comment.auto_comment = "No response." if untouched else None
            gradebook.db.commit()
        return nb, resources


def _of(gradebook: Gradebook, kind: Any, submitted: Any) -> dict[str, Any]:
    """The grades or comments of a submission by the id of their cell, in one query."""
    asked = gradebook.db.query(BaseCell.name, kind).filter(kind.cell_id == BaseCell.id)
    return dict(asked.filter(kind.notebook_id == submitted.id).all())


def _job(found: list[Any], student: str, file: str) -> work.Job:
    """What there is to grade of a notebook: alike, whatever nbgrader or a program has done to the rest of it."""
    code = []
    for cell in found:
        released = cell["metadata"].get("nbgrader")
        known = released if isinstance(released, dict) else {}
        if "code" in (cell["cell_type"], known.get("cell_type")):
            kept = {"grade_id": name} if (name := id_of(cell)).endswith(cells.COURSES) else {}
            source = "".join(cell["source"])
            code.append({"cell_type": "code", "metadata": {"nbgrader": kept}, "source": source})
    content = whole(json.dumps({"cells": code}, ensure_ascii=False)).encode()
    return work.Job(student, file, hashlib.sha256(content).hexdigest(), content)


@cache
def _version(part: Part) -> str:
    return course_version(default_course(), part)


def _setting(part: Part, seed: int, isolation: str, seconds: float) -> work.Setting:
    root = str(default_course().root.absolute())
    return work.Setting(root, _version(part), part.id, seed, isolation, seconds=seconds)


def _write(nb: NotebookNode, part: Part, report: Report) -> list[str]:
    """Put marks and feedback into the graded cells; those that the grader itself has failed at.

    Raises UsageError where a cell asks for marks that this version of the course does not give.
    """
    shown = for_student(report, "%grade")
    by_exercise: dict[str, list[Result]] = {}
    for result in shown.results:
        by_exercise.setdefault(graded_id(part, result.id.split(".")[1]), []).append(result)
    failed = []
    for cell in nb.cells:
        metadata = cell.metadata.get("nbgrader", {})
        grade_id = id_of(cell)
        if grade_id == setup_id(part):
            cell.outputs = [_page(_summary(shown))]
        if not metadata.get("grade") or metadata.get("solution"):
            continue  # not ours, or for a person to mark
        if grade_id not in by_exercise:
            raise UsageError(
                f"{grade_id} asks for marks that this version of the course does not give. Grade with the version "
                "that it was released with, or release it again."
            )
        results = by_exercise[grade_id]
        points = min(float(sum(result.points for result in results)), float(metadata["points"]))
        cell.outputs = [_page(html.fragment(results, hint="%hint {}"), points)]
        if any(result.status == "grader_error" for result in results):
            failed.append(grade_id)
    return failed


def _summary(report: Report) -> str:
    """The marks in all, and what concerns no single exercise."""
    notes = "".join(f"<li>{escape(note)}</li>" for note in report.notes)
    marks = f"<p><strong>{report.points} of {report.max_points} points</strong></p>"
    return f"{marks}<ul>{notes}</ul>" if notes else marks


def _page(page: str, points: float | None = None) -> Any:
    """An output that shows a page; with points, it is the result of the cell, which nbgrader reads as its marks."""
    if points is None:
        return new_output("display_data", {"text/html": page, "text/plain": ""})
    return new_output("execute_result", {"text/html": page, "text/plain": str(points)}, execution_count=None)
