"""The source notebook of a part, from its solutions: text, answers with their solution regions, graded cells."""

import hashlib
import re
from collections import Counter
from pathlib import Path
from typing import Any

import jupytext
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from grader import cells
from grader.course import Course, Part
from grader.errors import UsageError

KERNEL = {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"}
SETUP = "%load_ext grader"
GRADED_ID, SETUP_ID = cells.COURSES
SCHEMA = 3
"""Of nbgrader's metadata."""
_MARK = "BEGIN SOLUTION"
_DEFINED = re.compile(r"^(?:def|class)\s+(\w+)", re.MULTILINE)
_COMMAND = re.compile(r"`grader (run|hint) (?=part)")
"""What a text says to do in a terminal, and a notebook does by itself."""
_MAGICS = {"run": "%grade", "hint": "%hint"}
_HELP = """**In this notebook.** Run the cell below once. Then ask for a verdict, in a cell of your own:

- `%grade {example}` checks that exercise, and `%grade {part}` all of them;
- `%hint {example}` gives a hint, and once more the next one.

The locked cells `grade("...")` are where your marks will stand. They show the same verdict; you may run them as often
as you like. What counts is the notebook that you hand in, run from top to bottom."""


def notebook(course: Course, part: Part) -> Any:
    """The source notebook, ready for nbgrader. Raises UsageError where the solutions do not fit the checks."""
    path = course.folder("solutions") / f"{part.name}.py"
    try:
        authored = jupytext.read(path)
    except FileNotFoundError:
        raise UsageError(f"There is no {path}: a part's solutions go there, with its text.") from None
    made = []
    missing = list(part.exercises)
    for cell in authored.cells:
        if cell.cell_type != "code":
            made.append(new_markdown_cell(_COMMAND.sub(lambda found: f"`{_MAGICS[found[1]]} ", cell.source)))
            continue
        exercises = [name for name in _DEFINED.findall(cell.source) if name in missing]
        made.append(_code(part, cell.source, exercises))
        for exercise in exercises:
            missing.remove(exercise)
            made.append(graded_cell(part, exercise))
    if missing:
        raise UsageError(f"{path} has no solved cell for {', '.join(missing)}: it needs one with a solution region.")
    text = _HELP.format(part=part.id, example=f"{part.id}.{part.exercises[0]}")
    made[1:1] = [new_markdown_cell(text), _marked(new_code_cell(SETUP), setup_id(part), locked=True)]
    whole = new_notebook(cells=made, metadata={"kernelspec": KERNEL, "language_info": {"name": "python"}})
    _identify(whole)
    return whole


def graded_cell(part: Part, exercise: str) -> Any:
    """The locked cell in which an exercise's marks stand."""
    points = sum(spec.points for spec in part.checks if spec.exercise == exercise)
    cell = new_code_cell(f'grade("{part.id}.{exercise}")')
    return _marked(cell, graded_id(part, exercise), grade=True, locked=True, points=points)


def setup_id(part: Part) -> str:
    """The id of the cell that loads the grader; no exercise's name can be in it."""
    return f"{part.id}{SETUP_ID}"


def graded_id(part: Part, exercise: str) -> str:
    """The id by which nbgrader knows the marks of an exercise. It stays, or submissions would lose them."""
    return f"{part.id}-{exercise}{GRADED_ID}"


def _code(part: Part, source: str, exercises: list[str]) -> Any:
    """A code cell: an answer where it holds a solution region, else code that is given."""
    cell = new_code_cell(source)
    if _MARK not in source:
        if exercises:
            raise UsageError(f"{part.name}: the cell of {exercises[0]} has no solution region ({_MARK}).")
        return cell
    name = (exercises or _DEFINED.findall(source) or [hashlib.sha256(source.encode()).hexdigest()[:10]])[0]
    return _marked(cell, f"{part.id}-{name}", solution=True)


def _marked(cell: Any, grade_id: str, **settings: Any) -> Any:
    """The cell with nbgrader's metadata."""
    plain = {"grade": False, "solution": False, "locked": False, "task": False, "schema_version": SCHEMA}
    cell.metadata["nbgrader"] = plain | {"grade_id": grade_id} | settings
    return cell


def _identify(made: Any) -> None:
    """Give each cell an id that stays as long as its text, or its exercise, does."""
    seen: Counter[str] = Counter()
    for cell in made.cells:
        named = cell.metadata.get("nbgrader", {}).get("grade_id")
        digest = hashlib.sha256(f"{cell.cell_type} {cell.source}".encode()).hexdigest()[:12]
        base = named[:58] if named else f"text-{digest}"  # an id has 64 characters at most
        seen[base] += 1
        cell["id"] = base if seen[base] == 1 else f"{base}-{seen[base]}"


def data(course: Course, part: Part) -> list[Path]:
    """The files that a part's own cells read, and which have to lie beside its notebook."""
    names = course.folder("data") / "names.txt"
    solutions = course.folder("solutions") / f"{part.name}.py"
    return [names] if names.is_file() and names.name in solutions.read_text(encoding="utf-8") else []
