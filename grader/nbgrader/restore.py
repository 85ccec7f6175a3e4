"""What nbgrader takes in first: a student's notebook, with its cells as the gradebook knows them."""

from pathlib import Path
from typing import Any

from nbformat.notebooknode import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell
from nbgrader.api import Gradebook, GradeCell, SolutionCell, SourceCell, TaskCell
from nbgrader.preprocessors import CheckCellMetadata, NbGraderPreprocessor, OverwriteCells

from grader.cells import whole
from grader.course import default_course
from grader.errors import UsageError
from grader.nbgrader.ours import Converted, is_ours, stock
from grader.nbgrader.source import GRADED_ID, SCHEMA, SETUP_ID, graded_id, setup_id


class Restore(NbGraderPreprocessor):
    """Makes the cells that the gradebook knows what they were, whatever a student or a program has done to them.

    A student's cells keep their text and their order. Graded and locked cells that are missing come back; of several
    copies the last one counts, as it does for nbgrader.
    """

    def preprocess(self, nb: NotebookNode, resources: dict[str, Any]) -> Converted:
        if not is_ours(resources):
            return stock(self, nb, resources, OverwriteCells, CheckCellMetadata)
        _refuse_links(self.parent.parent.coursedir, resources["nbgrader"])
        with Gradebook(resources["nbgrader"]["db_url"]) as gradebook:
            known = _known(gradebook, resources["nbgrader"])
        _mend(nb)
        last = {id_of(cell): index for index, cell in enumerate(nb.cells) if id_of(cell) in known}
        for index, cell in enumerate(nb.cells):
            source, metadata = known.get(id_of(cell), ("", {}))
            cell.metadata.pop("nbgrader", None)
            if metadata.get("locked") and cell.source != source:
                self.log.warning("The locked cell %s had been edited: it is put back.", name_in(metadata))
                cell.source = source
            if metadata and cell.cell_type != metadata["cell_type"]:
                self.log.warning("The cell %s had become %s: it is put back.", name_in(metadata), cell.cell_type)
                _turn(cell, metadata["cell_type"])
            if metadata and last[name_in(metadata)] == index:
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


def _refuse_links(coursedir: Any, names: dict[str, str]) -> None:
    """Raise UsageError where a submission holds links: nbgrader would follow them, to solutions and to others' work."""
    folder = Path(coursedir.format_path(coursedir.submitted_directory, names["student"], names["assignment"]))
    for path in (folder.parent, folder, *folder.rglob("*")):
        if path.is_symlink() or not (path.is_file() or path.is_dir()):
            raise UsageError(f"{path} is a link, or no regular file. Take it away, or put the file in its place.")


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


def id_of(cell: Any) -> str:
    """The id by which a cell says that nbgrader knows it, whatever else is there in its place."""
    metadata = cell["metadata"].get("nbgrader")
    return name_in(metadata) if isinstance(metadata, dict) else ""


def name_in(metadata: dict[str, Any]) -> str:
    """The id in a cell's metadata; empty where there is none."""
    name = metadata.get("grade_id")
    return name if isinstance(name, str) else ""


def _place(cells: list[Any], name: str) -> int:
    """Where a missing cell goes: behind its answer, else at the end; what loads the grader, at the beginning."""
    answer = name.removesuffix(GRADED_ID)
    behind = [index + 1 for index, cell in enumerate(cells) if id_of(cell) == answer]
    return behind[0] if behind else 0 if name.endswith(SETUP_ID) else len(cells)
