"""What `nbgrader autograde` runs in the place of its Execute: no kernel; the sandbox computes and the grader judges.

`Restore` comes first: it gives each cell the metadata that the gradebook knows it by. `Grade` then has the student's
cells graded and writes the marks where nbgrader reads them; `Save` puts them into the gradebook.
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
from nbformat.v4 import new_code_cell, new_markdown_cell, new_output
from nbgrader.api import BaseCell, Comment, Gradebook, GradeCell, SolutionCell, SourceCell, TaskCell
from nbgrader.api import Grade as GradeRow
from nbgrader.preprocessors import CheckCellMetadata, Execute, NbGraderPreprocessor, OverwriteCells, SaveAutoGrades
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
from grader.nbgrader.source import SCHEMA, SETUP_ID, graded_id, setup_id
from grader.report import html
from grader.report.feedback import for_student
from grader.report.model import Report, Result

ERRORS = "grader_errors"
"""The key of the resources under which the graded cells are named that the grader itself has failed at."""
Converted = tuple[NotebookNode, dict[str, Any]]


class Restore(NbGraderPreprocessor):
    """Makes the cells that the gradebook knows what they were, whatever a student or a program has done to them.

    A student's cells keep their text and their order. Graded and locked cells that are missing come back; of several
    copies the last one counts, as it does for nbgrader.
    """

    def preprocess(self, nb: NotebookNode, resources: dict[str, Any]) -> Converted:
        if not _is_ours(resources):
            return _stock(self, nb, resources, OverwriteCells, CheckCellMetadata)
        _refuse_links(self.parent.parent.coursedir, resources["nbgrader"])
        with Gradebook(resources["nbgrader"]["db_url"]) as gradebook:
            known = _known(gradebook, resources["nbgrader"])
        _mend(nb)
        last = {_id(cell): index for index, cell in enumerate(nb.cells) if _id(cell) in known}
        for index, cell in enumerate(nb.cells):
            source, metadata = known.get(_id(cell), ("", {}))
            cell.metadata.pop("nbgrader", None)
            if metadata.get("locked") and cell.source != source:
                self.log.warning("The locked cell %s had been edited: it is put back.", _id_of(metadata))
                cell.source = source
            if metadata and cell.cell_type != metadata["cell_type"]:
                self.log.warning("The cell %s had become %s: it is put back.", _id_of(metadata), cell.cell_type)
                _turn(cell, metadata["cell_type"])
            if metadata and last[_id_of(metadata)] == index:
                cell.metadata["nbgrader"] = NotebookNode(metadata)
        for name, (source, metadata) in known.items():
            if name not in last and (metadata["locked"] or metadata["grade"] or metadata["task"]):
                make = new_code_cell if metadata["cell_type"] == "code" else new_markdown_cell
                cell = make(source, metadata={"nbgrader": metadata})
                if (nb.nbformat, nb.nbformat_minor) < (4, 5):
                    del cell["id"]
                self.log.warning("The cell %s was missing: it is put back.", name)
                nb.cells.insert(_place(nb.cells, name), cell)
        return nb, resources


class Grade(NbGraderPreprocessor):
    """Grades a notebook by the grader's own pipeline. Each graded cell gets a number, and a page for the student."""

    database = Unicode("class.sqlite", help="The database of reports, with the seed, below the course's folder.").tag(
        config=True
    )
    isolation = Enum(["bubblewrap", "process"], "bubblewrap", help="How submissions are cut off.").tag(config=True)
    seconds = Float(10.0, min=0.1, help="Seconds for each check.").tag(config=True)

    def preprocess(self, nb: NotebookNode, resources: dict[str, Any]) -> Converted:
        if not _is_ours(resources):
            return _stock(self, nb, resources, Execute)
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
        if not _is_ours(resources):
            return _stock(self, nb, resources, SaveAutoGrades, CheckCellMetadata)
        names = resources["nbgrader"]
        place = names["notebook"], names["assignment"], names["student"]
        with Gradebook(names["db_url"]) as gradebook:
            submitted = gradebook.find_submission_notebook(*place)
            grades, comments = _of(gradebook, GradeRow, submitted), _of(gradebook, Comment, submitted)
            for cell in nb.cells:
                grade, comment = grades.get(_id(cell)), comments.get(_id(cell))
                if grade and is_grade(cell):
                    failed = _id(cell) in resources.get(ERRORS, ())
                    grade.auto_score = None if failed else determine_grade(cell, self.log)[0]
                    grade.needs_manual_grade = grade.manual_score is not None or grade.auto_score is None
                if comment and (is_solution(cell) or is_task(cell)):
                    untouched = cell.metadata.nbgrader.checksum == compute_checksum(cell) and not is_task(cell)
                    comment.auto_comment = "No response." if untouched else None
            gradebook.db.commit()
        return nb, resources


def _is_ours(resources: dict[str, Any]) -> bool:
    """Whether a notebook is one of our parts: a course may have other assignments too."""
    return any(part.id == resources["nbgrader"]["notebook"] for part in _parts())


@cache
def _parts() -> list[Part]:
    return default_course().parts()


def _stock(ours: NbGraderPreprocessor, nb: Any, resources: dict[str, Any], *kinds: Any) -> Converted:
    """What nbgrader would do by itself."""
    for kind in kinds:
        nb, resources = kind(parent=ours.parent)(nb, resources)
    return nb, resources


def _refuse_links(coursedir: Any, names: dict[str, str]) -> None:
    """Raise UsageError where a submission holds links: nbgrader would follow them, to solutions and to others' work."""
    folder = Path(coursedir.format_path(coursedir.submitted_directory, names["student"], names["assignment"]))
    for path in (folder.parent, folder, *folder.rglob("*")):
        if path.is_symlink() or not (path.is_file() or path.is_dir()):
            raise UsageError(f"{path} is a link, or no regular file. Take it away, or put the file in its place.")


def _of(gradebook: Gradebook, kind: Any, submitted: Any) -> dict[str, Any]:
    """The grades or comments of a submission by the id of their cell, in one query."""
    asked = gradebook.db.query(BaseCell.name, kind).filter(kind.cell_id == BaseCell.id)
    return dict(asked.filter(kind.notebook_id == submitted.id).all())


def _mend(nb: NotebookNode) -> None:
    """Give a notebook the form that nbgrader relies on, where a program, or a student, has spoilt it."""
    nb.cells = [cell for cell in nb.cells if isinstance(cell, dict) and "cell_type" in cell]
    for cell in nb.cells:
        cell.source = whole(cell.get("source") or "")  # half a character can't be written
        if not isinstance(cell.get("metadata"), dict):
            cell.metadata = NotebookNode()
        if cell.cell_type == "code":
            cell.setdefault("execution_count", None)
            outputs = cell.get("outputs")
            sound = isinstance(outputs, list) and all(isinstance(o, dict) and "output_type" in o for o in outputs)
            cell.outputs = outputs if sound else []


def _turn(cell: NotebookNode, kind: str) -> None:
    """Make code of text, or text of code."""
    cell.cell_type = kind
    if kind == "code":
        cell.outputs, cell.execution_count = [], None
    else:
        cell.pop("outputs", None)
        cell.pop("execution_count", None)


def _job(found: list[Any], student: str, file: str) -> work.Job:
    """What there is to grade of a notebook: alike, whatever nbgrader or a program has done to the rest of it."""
    code = []
    for cell in found:
        released = cell["metadata"].get("nbgrader")
        known = released if isinstance(released, dict) else {}
        if "code" in (cell["cell_type"], known.get("cell_type")):
            kept = {"grade_id": name} if (name := _id(cell)).endswith(cells.COURSES) else {}
            source = "".join(cell["source"])
            code.append({"cell_type": "code", "metadata": {"nbgrader": kept}, "source": source})
    content = whole(json.dumps({"cells": code}, ensure_ascii=False)).encode()
    return work.Job(student, file, hashlib.sha256(content).hexdigest(), content)


def _known(gradebook: Gradebook, names: dict[str, str]) -> dict[str, tuple[str, dict[str, Any]]]:
    """Source and metadata of each cell that the gradebook knows, by id, in the course's order where it has one."""
    released = gradebook.find_notebook(names["notebook"], names["assignment"])

    def all_(kind: Any) -> list[Any]:  # each in one query; the notebook's own lists ask for cell after cell
        return list(gradebook.db.query(kind).filter(kind.notebook_id == released.id))

    graded, solved, tasks = all_(GradeCell), all_(SolutionCell), all_(TaskCell)
    points = {cell.name: cell.max_score for cell in [*graded, *tasks]}
    kinds = {"grade": graded, "solution": solved, "task": tasks}
    named = {kind: {cell.name for cell in found} for kind, found in kinds.items()}
    known = {}
    for cell in all_(SourceCell):
        metadata: dict[str, Any] = {kind: cell.name in ids for kind, ids in named.items()}
        metadata |= {"grade_id": cell.name, "locked": cell.locked, "schema_version": SCHEMA}
        metadata |= {"cell_type": cell.cell_type, "checksum": cell.checksum}
        if cell.name in points:
            metadata["points"] = points[cell.name]
        known[cell.name] = cell.source, metadata
    part = default_course().part(names["notebook"])
    order = [setup_id(part), *(graded_id(part, exercise) for exercise in part.exercises)]
    return dict(sorted(known.items(), key=lambda item: order.index(item[0]) if item[0] in order else len(order)))


def _id(cell: Any) -> str:
    """The id by which a cell says that nbgrader knows it, whatever else is there in its place."""
    metadata = cell["metadata"].get("nbgrader")
    return _id_of(metadata) if isinstance(metadata, dict) else ""


def _id_of(metadata: dict[str, Any]) -> str:
    name = metadata.get("grade_id")
    return name if isinstance(name, str) else ""


def _place(cells: list[Any], name: str) -> int:
    """Where a missing cell goes: behind its answer, else at the end; what loads the grader, at the beginning."""
    answer = name.removesuffix("-grade")
    behind = [index + 1 for index, cell in enumerate(cells) if _id(cell) == answer]
    return behind[0] if behind else 0 if name.endswith(SETUP_ID) else len(cells)


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
        grade_id = _id(cell)
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
