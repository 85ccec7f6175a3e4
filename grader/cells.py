"""Read a student's file, py:percent or notebook, as a list of code cells. Standard library only."""

import ast
import io
import json
import re
import tokenize
from pathlib import Path

import msgspec

from grader.errors import UsageError

MAX_BYTES = 4_000_000
_MARKER = re.compile(r"# ?%%(?P<rest>.*)")
_DEFINITION = re.compile(r"^(?:async\s+def|def|class)\s+(\w+)", re.MULTILINE)
_LINE_MAGIC = re.compile(r"\s*(?:[\w, ]+=\s*)?[%!?]|.*\?\s*$")
_QUOTES = ('"""', "'''")
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
        return _parsed(self.source)


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
    if path.suffix not in (".py", ".ipynb") and not path.is_dir():
        raise UsageError(f"{path} is neither a .py nor an .ipynb file.")
    try:
        if path.is_dir():
            raise UsageError(f"{path} is a folder. Name a .py or .ipynb file.")
        if path.stat().st_size > MAX_BYTES:
            raise UsageError(f"{path} is larger than {MAX_BYTES // 10**6} MB. Clear its outputs.")
        text = path.read_bytes().decode("utf-8-sig")
    except FileNotFoundError:
        raise UsageError(f"There is no file {path}. Check the path given to --file.") from None
    except UnicodeDecodeError as error:
        raise UsageError(f"{path} is not UTF-8 text (byte {error.start}). Save it as UTF-8.") from None
    except (OSError, ValueError) as error:
        raise UsageError(f"{str(path)[:200]!r} can't be read: {error}.") from None
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _percent_cells(text: str, path: Path) -> list[Cell]:
    """Split a py:percent file at its `# %%` lines; a file without any is one cell."""
    lines = text.removesuffix("\n").split("\n")
    starts = _markers(text, lines)
    cells: list[Cell] = []
    for start, end in zip([-1, *starts], [*starts, len(lines)], strict=True):
        marker = _MARKER.match(lines[start]) if start >= 0 else None
        if marker and re.search(r"\[(markdown|md|raw)\]", marker["rest"]):
            continue
        source = "\n".join(lines[start + 1 : end])
        if source.strip():
            cells.append(Cell(len(cells), without_magics(source), start + 1, str(path)))
    return cells


def _markers(text: str, lines: list[str]) -> list[int]:
    """The indices of the lines that begin a cell; a `# %%` inside a string begins none."""
    found = [i for i, line in enumerate(lines) if _MARKER.match(line)]
    if not any(
        "\n".join(lines[i:j]).count(quote) % 2
        for i, j in zip([0, *found], [*found, len(lines)], strict=True)
        for quote in _QUOTES
    ):
        return found
    comments = set()
    known = 0  # how far Python's own tokenizer got: it knows what is a string
    try:
        for token in tokenize.generate_tokens(io.StringIO(text).readline):
            known = token.start[0]
            if token.type == tokenize.COMMENT and token.start[1] == 0:
                comments.add(token.start[0] - 1)
    except (tokenize.TokenError, SyntaxError, IndentationError):
        return [i for i in found if i in comments or i >= known]
    return [i for i in found if i in comments]


def _notebook_cells(text: str, path: Path) -> list[Cell]:
    try:
        notebook = json.loads(text)
        # Half a character, which JSON can hold and UTF-8 can't, becomes a question mark.
        sources = [
            "".join(cell["source"]).encode("utf-8", "replace").decode()
            for cell in notebook["cells"]
            if cell["cell_type"] == "code"
        ]
    except (ValueError, KeyError, TypeError, RecursionError):
        raise UsageError(f"{path} is not a Jupyter notebook (version 4 JSON). Export it again.") from None
    return [Cell(i, without_magics(source), 0, f"{path.name}, code cell {i + 1}") for i, source in enumerate(sources)]


def without_magics(source: str) -> str:
    """The cell with IPython's magics and shell lines put out of action; line numbers stay."""
    lines = source.split("\n")
    first = next((i for i, line in enumerate(lines) if line.strip()), 0)
    magic = re.match(r"%%(\w*)", lines[first])
    if magic:
        if magic[1] not in _PYTHON_MAGICS:
            return "\n" * (len(lines) - 1)
        lines[first] = ""
    # Only a line that Python itself stumbles over is taken for a magic, one after the other.
    for _ in range(len(lines)):
        error = _parsed("\n".join(lines))
        if not isinstance(error, SyntaxError) or not error.lineno:
            break
        at = _magic_line(lines, error.lineno - 1)
        if at is None:
            break
        goes_on = True
        word = "pass  # "
        while goes_on and at < len(lines):
            goes_on = lines[at].endswith("\\")
            text = lines[at].lstrip()
            lines[at] = lines[at][: len(lines[at]) - len(text)] + word + text.removesuffix("\\")
            word = "# "
            at += 1
    return "\n".join(lines)


def _magic_line(lines: list[str], at: int) -> int | None:
    """The line at or just before a syntax error that is a magic, if there is one."""
    for index in (at, at - 1):
        if 0 <= index < len(lines) and _LINE_MAGIC.match(lines[index]):
            return index
    return None


def _parsed(source: str) -> ast.Module | Exception:
    try:
        return ast.parse(source)
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        return error


def bound(statement: ast.stmt) -> list[str]:
    """The names that a statement binds in the scope it stands in."""
    binder = _Binder()
    binder.visit(statement)
    return binder.names


class _Binder(ast.NodeVisitor):
    """Collects what is bound, and stays out of inner scopes."""

    def __init__(self) -> None:
        self.names: list[str] = []

    def visit_FunctionDef(self, node: ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) -> None:
        self.names.append(node.name)

    visit_AsyncFunctionDef = visit_ClassDef = visit_FunctionDef

    def visit_Lambda(self, node: ast.Lambda) -> None:
        pass

    def visit_ListComp(self, node: ast.AST) -> None:
        for inner in ast.walk(node):  # := is the one thing that a comprehension binds outside itself
            if isinstance(inner, ast.NamedExpr):
                self.visit(inner.target)

    visit_SetComp = visit_DictComp = visit_GeneratorExp = visit_ListComp

    def visit_Import(self, node: ast.Import | ast.ImportFrom) -> None:
        self.names += [alias.asname or alias.name.partition(".")[0] for alias in node.names]

    visit_ImportFrom = visit_Import

    def visit_ExceptHandler(self, node: ast.ExceptHandler) -> None:
        self.names += [node.name] if node.name else []
        self.generic_visit(node)

    def visit_Name(self, node: ast.Name) -> None:
        if isinstance(node.ctx, ast.Store):
            self.names.append(node.id)
