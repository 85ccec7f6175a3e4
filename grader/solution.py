"""How the course writes an exercise: the cells of its solutions that define it."""

import ast
import re
from pathlib import Path

from grader import cells, state
from grader.cells import Cell
from grader.course import Course, Part
from grader.errors import UsageError

_MARKER = re.compile(r"[ \t]*### (BEGIN|END) SOLUTION[ \t]*")


def file(course: Course, part: Part) -> Path:
    """The solutions to a part: handed out beside the exercises, or the course's own. Raises UsageError."""
    for folder in (state.workspace() / "solutions", course.folder("solutions")):
        if (folder / f"{part.name}.py").is_file():
            return folder / f"{part.name}.py"
    raise UsageError(
        f"This course keeps its solutions to itself: there is no solutions/{part.name}.py. Ask whoever teaches it; "
        f"the file belongs into {state.workspace() / 'solutions'}."
    )


def shown(path: Path, part: Part, exercise: str) -> str:
    """The code that defines an exercise, without the markers of its solution. Raises UsageError."""
    found = [_plain(cell.source) for cell in cells.read(path, part.name).cells if _defines(cell, exercise)]
    if not found:
        raise UsageError(f"{path} does not define {exercise}. Ask whoever teaches this course.")
    return "\n\n\n".join(found)


def _defines(cell: Cell, exercise: str) -> bool:
    """Whether a cell defines the name, or gives it an attribute (`Value.exp = exp`)."""
    tree = cell.tree()
    if exercise in cell.names() or not isinstance(tree, ast.Module):
        return exercise in cell.names()
    targets = [target for node in tree.body if isinstance(node, ast.Assign) for target in node.targets]
    return any(
        isinstance(target, ast.Attribute) and isinstance(target.value, ast.Name) and target.value.id == exercise
        for target in targets
    )


def _plain(source: str) -> str:
    return "\n".join(line for line in source.strip("\n").split("\n") if not _MARKER.fullmatch(line))
