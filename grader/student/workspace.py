"""The student's file, loaded as a notebook would: cell by cell, one namespace, one failure a cell."""

import linecache
import sys
import time
import traceback
import types
from collections.abc import Callable, Iterator
from typing import Any

from grader.cells import ALL_RUN, LATE, Cell, whole
from grader.student.guard import BrokenRule, Guard

MAX_TEXT = 2_000
MAX_FRAMES = 6


class MissingName(Exception):
    """A probe asked for a name that the student's file does not define."""


class Module:
    """What a probe knows as `m`: the names that the student's cells have defined."""

    def __init__(self, namespace: dict[str, Any]):
        self.__namespace = namespace

    def __getattr__(self, name: str) -> Any:
        if name not in self.__namespace:
            raise MissingName(name)
        return self.__namespace[name]


def load(
    name: str, cells: list[Cell], skip: set[int], guard: Guard, started: Callable[[int], None], seconds: float
) -> tuple[Module, list[dict[str, Any]]]:
    """Run the cells one after the other; return the names and what failed.

    skip: cells that are known to end the process. `started(index)` is called before each cell, and with
    -1 after the last, so that the other side knows which one was running if it never hears of us again.
    seconds: after so many, the cells that are left are not run.
    """
    module = types.ModuleType(name)
    sys.modules[name] = module  # dataclasses and pickle look a class's module up there
    namespace = module.__dict__
    namespace.update(__file__=cells[0].filename if cells else name, display=print, grade=_nothing, hint=_nothing)
    deadline = time.monotonic() + seconds
    failures = []
    _remember(cells)
    for cell in cells:
        if cell.index in skip:
            continue
        if time.monotonic() > deadline:
            failures.append({"cell": cell.index, "kind": "timed_out", "what": LATE, "trace": []})
            continue
        started(cell.index)
        guard.reset()
        try:
            source = "\n" * cell.line + cell.source
            exec(compile(source, cell.filename, "exec", dont_inherit=True), namespace)
            failure = None
        except BaseException as error:
            failure = describe(error, {c.filename for c in cells})
        if tried := guard.tried():
            failure = {"kind": "broken_rule", "what": tried[0], "trace": []}
        if failure:
            failures.append({"cell": cell.index, **failure})
    started(ALL_RUN)
    return Module(namespace), failures


def _nothing(*_: Any) -> None:
    """What `%load_ext grader` gives a notebook: here it is graded already."""


def _remember(cells: list[Cell]) -> None:
    """Give tracebacks the cells' lines: the file itself may be out of sight."""
    files: dict[str, list[str]] = {}
    for cell in cells:
        lines = files.setdefault(cell.filename, [])
        lines += ["\n"] * (cell.line - len(lines))
        lines += cell.source.splitlines(keepends=True)
    for name, lines in files.items():
        linecache.cache[name] = (sum(map(len, lines)), None, lines, name)


def describe(error: BaseException, filenames: set[str]) -> dict[str, Any]:
    """An exception as plain data: its kind, its text, and the frames that are the student's own."""
    frames = list(_frames(error, filenames))
    text = _text(error)
    if isinstance(error, BrokenRule):
        return {"kind": "broken_rule", "what": text, "trace": frames}
    if isinstance(error, MissingName):
        return {"kind": "missing", "what": text, "trace": []}
    if isinstance(error, NotImplementedError) and frames and "NotImplementedError" in frames[-1]["code"]:
        return {"kind": "not_attempted", "what": frames[-1]["function"], "trace": frames}
    if isinstance(error, SystemExit):
        return {"kind": "raised", "type": "SystemExit", "what": "sys.exit() was called", "trace": frames}
    if isinstance(error, SyntaxError) and error.filename in filenames:
        code = whole(error.text or "").strip()
        frames = [{"file": error.filename, "line": error.lineno or 0, "function": "", "code": code}]
        text = whole(str(error.msg))
    return {"kind": "raised", "type": whole(type(error).__name__)[:200], "what": text, "trace": frames}


def _text(error: BaseException) -> str:
    try:
        return whole(str(error))[:MAX_TEXT]
    except BaseException as fault:  # a student's exception class may have a faulty __str__
        return f"(its text can't be shown: {type(fault).__name__})"


def _frames(error: BaseException, filenames: set[str]) -> Iterator[dict[str, Any]]:
    frames = [(frame.f_code, line) for frame, line in traceback.walk_tb(error.__traceback__)]
    own = [(code, line) for code, line in frames if code.co_filename in filenames]
    for code, line in own[-MAX_FRAMES:]:
        yield {
            "file": code.co_filename,
            "line": line,
            "function": whole(code.co_qualname).replace("<locals>.", "")[:200],
            "code": whole(linecache.getline(code.co_filename, line).strip())[:200],
        }
