"""Read a student's file, py:percent or notebook, as a list of code cells. Standard library only."""

import ast
import json
import re
from pathlib import Path

import msgspec

from grader.errors import UsageError

MAX_BYTES = 4_000_000
_MARKER = re.compile(r"# ?%%(?P<rest>.*)")
_DEFINITION = re.compile(r"^(?:async\s+def|def|class)\s+(\w+)", re.MULTILINE)
_LINE_MAGIC = re.compile(r"^(\s*)(?:%[A-Za-z]|!|\?)")
# Cell magics that still run the cell's Python; any other one hands the cell to something else.
_PYTHON_MAGICS = {"time", "timeit", "capture", "prun"}


class Cell(msgspec.Struct, frozen=True):
    """One code cell: its Python, and where a reader finds it."""

    index: int
    source: str
    line: int
    """How many lines of the file stand above the cell's first one; 0 in a notebook."""
    filename: str
    """What a traceback shows as the file."""

    @property
    def place(self) -> str:
        """The cell in words, for messages."""
        return f"the cell at line {self.line + 1}" if self.line else self.filename

    def names(self) -> list[str]:
        """The names that the cell defines at its top level, even where it does not parse."""
        tree = self.tree()
        if isinstance(tree, Exception):
            return _DEFINITION.findall(self.source)
        return [name for statement in tree.body for name in bound(statement)]

    def tree(self) -> ast.Module | Exception:
        """The parsed cell, or the exception that says why it can't be parsed."""
        try:
            return ast.parse(self.source)
        except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
            return error


class Submission(msgspec.Struct, frozen=True):
    """A student's file as it was read: nothing in it has run."""

    path: str
    name: str
    cells: list[Cell]


def read(path: Path, name: str) -> Submission:
    """The code cells of a .py or .ipynb file, under the module name of its part.

    Raises UsageError where the file is missing, too large, not UTF-8 or not a notebook.
    """
    text = _text(path)
    if path.suffix == ".ipynb":
        cells = _notebook_cells(text, path)
    else:
        cells = _percent_cells(text, path)
    return Submission(str(path), name, cells)


def _text(path: Path) -> str:
    if path.is_dir():
        raise UsageError(f"{path} is a folder. Name a .py or .ipynb file.")
    if path.suffix not in (".py", ".ipynb"):
        raise UsageError(f"{path} is neither a .py nor an .ipynb file.")
    try:
        if path.stat().st_size > MAX_BYTES:
            raise UsageError(f"{path} is larger than {MAX_BYTES // 10**6} MB. Clear its outputs.")
        return path.read_bytes().decode("utf-8-sig")
    except FileNotFoundError:
        raise UsageError(f"There is no file {path}. Check the path given to --file.") from None
    except UnicodeDecodeError as error:
        raise UsageError(f"{path} is not UTF-8 text (byte {error.start}). Save it as UTF-8.") from None
    except OSError as error:
        raise UsageError(f"{path} can't be read: {error.strerror}.") from None


def _percent_cells(text: str, path: Path) -> list[Cell]:
    """Split a py:percent file at its `# %%` lines; a file without any is one cell."""
    lines = text.splitlines()
    starts = [i for i, line in enumerate(lines) if _MARKER.match(line)]
    cells: list[Cell] = []
    for start, end in zip([-1, *starts], [*starts, len(lines)], strict=True):
        marker = _MARKER.match(lines[start]) if start >= 0 else None
        if marker and re.search(r"\[(markdown|md|raw)\]", marker["rest"]):
            continue
        source = "\n".join(lines[start + 1 : end])
        if source.strip():
            cells.append(Cell(len(cells), without_magics(source), start + 1, str(path)))
    return cells


def _notebook_cells(text: str, path: Path) -> list[Cell]:
    try:
        notebook = json.loads(text)
        sources = ["".join(cell["source"]) for cell in notebook["cells"] if cell["cell_type"] == "code"]
    except (ValueError, KeyError, TypeError, RecursionError):
        raise UsageError(f"{path} is not a Jupyter notebook (version 4 JSON). Export it again.") from None
    return [Cell(i, without_magics(source), 0, f"{path.name}, code cell {i + 1}") for i, source in enumerate(sources)]


def without_magics(source: str) -> str:
    """The cell with IPython's magics and shell lines blanked; line numbers stay."""
    lines = source.split("\n")
    first = next((i for i, line in enumerate(lines) if line.strip()), 0)
    if lines[first].startswith("%%"):
        magic = re.findall(r"^%%(\w*)", lines[first])[0]
        if magic not in _PYTHON_MAGICS:
            return "\n" * (len(lines) - 1)
        lines[first] = ""
    if any(_LINE_MAGIC.match(line) for line in lines) and not _parses("\n".join(lines)):
        lines = [_LINE_MAGIC.sub(r"\1pass  # \g<0>", line) for line in lines]
    return "\n".join(lines)


def _parses(source: str) -> bool:
    try:
        ast.parse(source)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return False
    return True


def bound(statement: ast.stmt) -> list[str]:
    """The names that a statement binds in the scope it stands in."""
    if isinstance(statement, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
        return [statement.name]
    if isinstance(statement, (ast.Import, ast.ImportFrom)):
        return [alias.asname or alias.name.split(".")[0] for alias in statement.names]
    return [node.id for node in ast.walk(statement) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)]
