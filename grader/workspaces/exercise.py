"""One exercise in a file: where it stands, what it says, and another text in its place. Pure functions.

Usually an exercise is a cell of its own, and the cell is what is replaced. Where other things that were shipped stand
in the same cell, it is the lines of its definition alone.
"""

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from grader import cells
from grader.binding import bound
from grader.errors import UsageError
from grader.workspaces.merge import matching
from grader.workspaces.texts import Text, trimmed

_DEFINITION = re.compile(r"^([ \t]*)(?:async\s+def|def|class)\s+(\w+)", re.MULTILINE)
_MARKER = re.compile(r"# ?%%")


@dataclass(frozen=True)
class File:
    """An exercise file, read: its lines, its code cells, and where it lies."""

    path: Path
    text: Text
    cells: tuple[cells.Cell, ...]


@dataclass(frozen=True)
class Place:
    """A cell that defines an exercise."""

    cell: cells.Cell
    spans: tuple[tuple[int, int], ...]
    """The lines (from 0) of each definition; none where the cell does not parse."""
    alone: bool
    """Whether nothing else that was shipped is defined there."""
    clear: bool = True
    """Whether the definitions have their lines for themselves."""


@dataclass(frozen=True)
class Piece:
    """What an exercise says somewhere, without the ends of lines: as a cell, and its definition alone."""

    cell: tuple[str, ...]
    definition: tuple[str, ...]


def read(path: Path, text: Text) -> File:
    """A file's code cells. Raises UsageError where it is too large."""
    return File(path, text, cells.parse(text.content, path, path.stem).cells)


def places(file: File, name: str, shipped: File) -> list[Place]:
    """The cells that define an exercise, as Python reads them; none where it is not there."""
    others = _given(shipped, name)
    found = []
    for cell in file.cells:
        tree = cell.tree()
        if isinstance(tree, Exception):
            names = outermost(cell.source)
            if name in names:
                found.append(Place(cell, (), cell.line > 0 and not others & set(names)))
            continue
        names_of = [(statement, bound(statement)) for statement in _unguarded(tree)]
        ours = [statement for statement, names in names_of if name in names]
        if ours:
            told = {other for _, names in names_of for other in names}
            spans = tuple(_lines(cell, statement) for statement in ours)
            apart = all(not others & set(names) for statement, names in names_of if statement in ours)
            rest = [_lines(cell, statement) for statement in tree.body if statement not in ours]
            apart &= not any(low < stop and start < high for low, high in rest for start, stop in spans)
            found.append(Place(cell, spans, cell.line > 0 and not others & told, apart))
    return found


def line_of(file_cells: tuple[cells.Cell, ...], name: str) -> int | None:
    """The line (from 0) at which a name is defined last, which is the one that counts; None where it is not."""
    found = None
    for cell in file_cells:
        tree = cell.tree()
        if isinstance(tree, Exception):
            starts = [match for match in _DEFINITION.finditer(cell.source) if match[2] == name]
            lines = [cell.line + cell.source.count("\n", 0, match.start(2)) for match in starts[-1:]]
        else:
            # Below its decorators: a definition's own line.
            lines = [cell.line + one.lineno - 1 for one in _unguarded(tree) if name in bound(one)]
        found = lines[-1] if lines else found
    return found


def piece(file: File, name: str, shipped: File) -> Piece | None:
    """What a file says of an exercise; None where it is not there. Raises UsageError where that can't be told apart."""
    found = places(file, name, shipped)
    if not found:
        return None
    bare = file.text.bare
    _check(file, name, found)
    definitions = [
        bare[start:stop] for place in found for start, stop in place.spans or [(place.cell.line, _end(place.cell))]
    ]
    bodies = [bare[place.cell.line : _end(place.cell)] for place in found]
    definition = _joined(definitions)
    return Piece(_joined(bodies) if all(place.alone for place in found) else definition, definition)


def put(file: File, name: str, new: Piece, shipped: File) -> Text:
    """The file with an exercise as `new` has it; where it is missing, at its place in the shipped order.

    Raises UsageError where the lines of the exercise can't be told from those of another.
    """
    made = _put(file, name, new, shipped)
    try:
        sound = _put(read(file.path, made), name, new, shipped) == made
    except UsageError:
        sound = False
    if not sound:  # the quotes of a string left open pair otherwise now
        raise UsageError(
            f"{file.path}: another {name} would change how other cells are read. Is a string left open, or is {name} "
            f"in one cell with something else? Mend that, or put a line `# %%` above and below {name}."
        )
    return made


def _put(file: File, name: str, new: Piece, shipped: File) -> Text:
    found, lines = places(file, name, shipped), list(file.text.lines)
    if not found:
        at, block = _gap(file, name, shipped, new)
        return file.text.of([*lines[:at], *block, *lines[at:]])
    _check(file, name, found)
    changes: list[tuple[int, int, tuple[str, ...]]] = []
    for place in found:
        start, stop = place.cell.line, _end(place.cell)
        stop = start + len(trimmed(file.text.bare[start:stop]))
        if place.alone and (not changes or not place.spans):
            changes.append((start, stop, () if changes else new.cell))
            continue
        for span in place.spans:
            changes.append((*span, () if changes else new.definition))
    for start, stop, told in reversed(changes):
        lines[start:stop] = [line + file.text.end for line in told]
    return file.text.of(lines)


def outermost(source: str) -> list[str]:
    """The names of the definitions that are indented least, in a cell that does not parse."""
    found = [(len(match[1].expandtabs()), match[2]) for match in _DEFINITION.finditer(source)]
    return [name for indent, name in found if indent == min(found)[0]]


def _check(file: File, name: str, found: list[Place]) -> None:
    for place in found:
        if place.alone:
            continue
        at = f"{file.path}, line {place.cell.line + 1}"
        if not place.spans:
            raise UsageError(
                f"{at}: this cell holds {name} and more, and Python can't read it: {_fault(place.cell)}. Mend that, or "
                f"put a line `# %%` above and below {name}."
            )
        if not place.clear:
            raise UsageError(f"{at}: {name} shares its lines in this cell with something else. Write them apart.")


def _fault(cell: cells.Cell) -> str:
    error = cell.tree()
    if isinstance(error, SyntaxError) and error.lineno:
        return f"line {cell.line + error.lineno}, {error.msg}"
    return type(error).__name__


def _given(shipped: File, name: str) -> set[str]:
    """What the shipped file defines apart from the exercise's own cell."""
    found: set[str] = set()
    for cell in shipped.cells:
        tree = cell.tree()
        if not isinstance(tree, Exception):
            names = {one for statement in _unguarded(tree) for one in bound(statement)}
            found |= set() if name in names else names
    return found


def _unguarded(tree: ast.Module) -> Iterator[ast.stmt]:
    """The statements that are run when a file is graded: those under `if __name__ == ...` are not."""
    for statement in tree.body:
        test = ast.walk(statement.test) if isinstance(statement, ast.If) else ()
        if not any(isinstance(node, ast.Name) and node.id == "__name__" for node in test):
            yield statement


def _lines(cell: cells.Cell, statement: ast.stmt) -> tuple[int, int]:
    """A statement's lines in the file, from 0, with its decorators."""
    decorators: list[ast.expr] = getattr(statement, "decorator_list", [])
    first = min([statement.lineno, *(one.lineno for one in decorators)])
    return cell.line + first - 1, cell.line + (statement.end_lineno or statement.lineno)


def _end(cell: cells.Cell) -> int:
    return cell.line + cell.source.count("\n") + 1


def _joined(pieces: list[list[str]]) -> tuple[str, ...]:
    first, *rest = [trimmed(one) for one in pieces]
    return (*first, *(line for one in rest for line in ["", "", *one]))


def _gap(file: File, name: str, shipped: File, new: Piece) -> tuple[int, list[str]]:
    """Where a missing exercise goes, below what stands above it in the shipped file; and its cell, with its marker."""
    (home,) = places(shipped, name, shipped)
    told, bare = shipped.text.bare, file.text.bare
    above = [j for i, j in matching(told, bare) if i < home.cell.line - 1 and told[i].strip()]
    at = len(bare)
    if above:
        within = [_end(cell) for cell in file.cells if cell.line <= above[-1] < _end(cell)]
        markers = (i for i in range(above[-1] + 1, len(bare)) if _MARKER.match(bare[i]))
        at = within[0] if within else next(markers, len(bare))
    tail = told[home.cell.line : _end(home.cell)]
    blank = tail[len(trimmed(tail)) :]
    gap = [] if at == 0 or not bare[at - 1].strip() else ["", ""]
    block = [*gap, told[home.cell.line - 1], *new.cell, *(blank or ["", ""] if at < len(bare) else [])]
    return at, [line + file.text.end for line in block]
