"""Read a student's file, py:percent or notebook, as a list of code cells. Standard library only."""

import ast
import io
import json
import re
import tokenize
import warnings
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from typing import Any

import msgspec

from grader.binding import bound
from grader.errors import UsageError

MAX_BYTES = 4_000_000
MAX_CODE = 400_000
"""Characters of code: ten times those of the longest part's solution."""
KEPT = 10_000
"""Characters of a cell whose tree is kept: a tree takes 500 times as much memory."""
MAX_MAGICS = 50
COURSES = ("-grade", "-load-grader")
"""How nbgrader's ids of cells end that are the course's; see grader/nbgrader/source.py."""
ALL_RUN = -1
"""In the place of a cell's index: no cell is running."""
LATE = "it was not run, because the cells before it took too long"
NAME = 80
"""The longest name by which a cell is called."""
_MARKER = re.compile(r"# ?%%(?P<rest>.*)")
_DEFINITION = re.compile(r"^[ \t]*(?:async\s+def|def|class)\s+(\w+)", re.MULTILINE)
_TOP_DEFINITION = re.compile(r"^(?:async\s+def|def|class)\s+(\w+)", re.MULTILINE)
_LINE_MAGIC = re.compile(r"[ \t]*(?:\w[\w, \t]*=[ \t]*)?[%!]|[ \t]*\?{1,2}[\w.]+[ \t]*$|[ \t]*[\w.]+\?{1,2}[ \t]*$")
_TIMED = re.compile(r"(?P<indent>[ \t]*)%time[ \t]+(?P<statement>[^-\s].*)")
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
    cells: tuple[Cell, ...]


def read(path: Path, name: str) -> Submission:
    """The code cells of a .py or .ipynb file, under the module name of its part.

    Raises UsageError where the file is missing, too large, not UTF-8 or not a notebook.
    """
    return parse(content(path), path, name)


def parse(content: bytes, path: Path, name: str) -> Submission:
    """The code cells of a file that has been read already; its path says what it is, and where, in messages.

    Raises UsageError where the content is too large, not UTF-8 or not a notebook.
    """
    if len(content) > MAX_BYTES:
        raise UsageError(f"{path} is larger than {MAX_BYTES // 10**6} MB. Clear its outputs.")
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise UsageError(not_utf8(path, error)) from None
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    shown = whole(str(path))
    cells = _notebook_cells(text, shown) if path.suffix == ".ipynb" else _percent_cells(text, shown)
    if sum(len(cell.source) for cell in cells) > MAX_CODE:
        raise UsageError(f"{path} holds more than {MAX_CODE} characters of code. Take out what is no answer.")
    return Submission(shown, name, tuple(cells))


def whole(text: str) -> str:
    """The text as UTF-8 can hold it: half a character, as "\\ud800", becomes a question mark."""
    return text.encode("utf-8", "replace").decode()


def content(path: Path) -> bytes:
    """The bytes of a student's file, up to one more than may be. Raises UsageError where it can't be read."""
    if path.suffix not in (".py", ".ipynb") and not path.is_dir():
        raise UsageError(f"{path} is neither a .py nor an .ipynb file.")
    try:
        if path.is_dir():
            raise UsageError(f"{path} is a folder. Name a .py or .ipynb file.")
        if path.exists() and not path.is_file():
            raise UsageError(f"{path} is no regular file. Name a .py or .ipynb file.")
        with path.open("rb") as file:
            return file.read(MAX_BYTES + 1)
    except FileNotFoundError:
        again = _again(path)
        help = f"{again} puts it back as shipped." if again else "Check the path."
        raise UsageError(f"There is no file {path}. {help}") from None
    except (OSError, ValueError) as error:
        raise UsageError(f"{str(path)[:200]!r} can't be read: {error}.") from None


def not_utf8(path: Path, error: UnicodeDecodeError) -> str:
    """That a file can't be read as text, and what to do."""
    again = _again(path)
    help = f"Save it as UTF-8, or set it back: {again}." if again else "Save it as UTF-8."
    return f"{path} is not UTF-8 text (byte {error.start}). {help}"


def _again(path: Path) -> str:
    """The command that puts an exercise file back, in quotes; empty where the file is none."""
    part, _, rest = path.stem.partition("_")
    ours = path.parent.name == "exercises" and path.suffix == ".py" and re.fullmatch(r"part\d+", part) and rest
    return f"`grader reset {part}`" if ours else ""


def _percent_cells(text: str, path: str) -> list[Cell]:
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
            cells.append(Cell(len(cells), without_magics(source), start + 1, path))
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


def _notebook_cells(text: str, path: str) -> list[Cell]:
    try:
        notebook = json.loads(text)
        found = [(number, whole("".join(cell["source"]))) for number, cell in _code_cells(notebook["cells"])]
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        raise UsageError(f"{path} is not a Jupyter notebook (version 4 JSON). Export it again.") from None
    return [
        Cell(i, without_magics(source), 0, f"{Path(path).name}, code cell {number}{_what(source)}")
        for i, (number, source) in enumerate(found)
    ]


def _what(source: str) -> str:
    """What a cell defines, by which a reader finds it: a notebook shows no numbers of cells. Not what fills a page."""
    defined = _TOP_DEFINITION.search(source)
    return f" ({defined[1]})" if defined and len(defined[1]) <= NAME else ""


def _code_cells(cells: list[Any]) -> Iterator[tuple[int, Any]]:
    """The student's code cells, numbered as a reader counts code cells.

    The cells of a released notebook that call the grader are the course's. What nbgrader knows as code is code, even
    where a slip of the keyboard has made text of it.
    """
    number = 0
    for cell in cells:
        metadata = cell.get("metadata")
        released = metadata.get("nbgrader") if isinstance(metadata, dict) else None
        released = released if isinstance(released, dict) else {}
        if "code" in (cell["cell_type"], released.get("cell_type")):
            number += 1
            if not str(released.get("grade_id")).endswith(COURSES):
                yield number, cell


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
    for _ in range(MAX_MAGICS):
        error = _parsed("\n".join(lines))
        if not isinstance(error, SyntaxError) or not error.lineno:
            break
        at = _magic_line(lines, error.lineno - 1)
        if at is None:
            break
        _put_out(lines, at)
    else:  # a great many: take all that look like one
        for at in range(len(lines)):
            if _LINE_MAGIC.match(lines[at]):
                _put_out(lines, at)
    return "\n".join(lines)


def _put_out(lines: list[str], at: int) -> None:
    """Replace a magic by `pass`, with the lines it goes on in; of `%time x = 1` the statement stays."""
    timed = _TIMED.match(lines[at])
    if timed:
        lines[at] = f"{timed['indent']}{timed['statement']}"
        return
    word, goes_on = "pass  # ", True
    while goes_on and at < len(lines):
        goes_on = lines[at].endswith("\\")
        text = lines[at].lstrip()
        lines[at] = lines[at][: len(lines[at]) - len(text)] + word + text.removesuffix("\\")
        word = "# "
        at += 1


def _magic_line(lines: list[str], at: int) -> int | None:
    """The line at or just before a syntax error that is a magic, if there is one."""
    for index in (at, at - 1):
        if 0 <= index < len(lines) and _LINE_MAGIC.match(lines[index]):
            return index
    return None


def _parsed(source: str) -> ast.Module | Exception:
    """The tree is for reading only: it is handed out again, unless it is a large one."""
    return _kept(source) if len(source) <= KEPT else _read_tree(source)


def _read_tree(source: str) -> ast.Module | Exception:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # about a student's "\\d" the student's process may warn
            return ast.parse(source)
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        return error


_kept = lru_cache(maxsize=96)(_read_tree)  # twice the cells of the longest part, of half a megabyte each
