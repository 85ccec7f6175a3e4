"""A student's .py and the notebook beside it, brought in step: either can be edited, and nothing is lost.

jupytext converts. What it has made is read again before it replaces anything, by jupytext and as the grader reads it:
what would come out otherwise is refused. Which of the two has changed is told by a digest of the cells as they were
when last in step, kept in the notebook's metadata; no clock is asked. What is replaced is kept in backups/ first.
"""

import ast
import hashlib
import json
import os
import re
import shutil
import warnings
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from difflib import SequenceMatcher
from itertools import chain, count, zip_longest
from pathlib import Path
from typing import Any

from grader import cells
from grader.errors import UsageError

BACKUPS = "backups"
FORMATS = "ipynb,py:percent"
"""What tells a JupyterLab that has jupytext to keep the two in step by itself."""
KERNEL = {"display_name": "Python 3", "language": "python", "name": "python3"}
EMPTY: dict[str, Any] = {"cells": [], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}
OTHER_ENDS = re.compile("[\v\f\x1c-\x1e\x85\u2028\u2029]")
"""Where str.splitlines ends a line, and Python and the grader don't."""
Cell = dict[str, Any]
Key = tuple[str, str]
"""What has to agree of a cell: its type, and its text without the space at its end."""


@dataclass(frozen=True)
class Script:
    """A .py as jupytext reads it."""

    path: Path
    text: str
    head: dict[str, Any]
    cells: list[Cell]


@dataclass(frozen=True)
class Notebook:
    """An .ipynb as JSON: what is not known here stays as it is."""

    path: Path
    json: dict[str, Any]

    @property
    def cells(self) -> list[Cell]:
        """Its cells. Their source may be a list of lines."""
        return list(self.json["cells"])


def pair(py: Path, chosen: str | None = None) -> list[str]:
    """Bring a .py and the .ipynb beside it in step; what was done, in lines.

    `chosen`, py or notebook, says whose text counts where both have changed. Raises UsageError where they have and it
    is not said, where a file can't be read, written or converted, and without jupytext. Nothing is lost then.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # about a student's "\\d", and about ids that an old notebook lacks
        return list(_pair(py, py.with_suffix(".ipynb"), chosen))


def _pair(py: Path, ipynb: Path, chosen: str | None) -> Iterator[str]:
    before, before_ipynb = _read(py), _read(ipynb)
    if before is None:
        raise UsageError(f"There is no file {py}. Check the path; a lost exercise file is in your version control.")
    if before_ipynb is None and chosen == "notebook":
        raise UsageError(f"There is no file {ipynb} yet. Leave out --from, and it is made.")
    script, notebook, source = _script(py, before), Notebook(ipynb, EMPTY), "py"
    if before_ipynb is not None:
        notebook = _notebook(ipynb, before_ipynb)
        source = _source_of_truth(script, notebook, chosen)
    if source == "py":
        notebook = _updated(notebook, script)
        yield f"written   {ipynb} from {py}"
    elif source == "notebook":
        script = _rewritten(script, notebook)
        yield f"written   {py} from {ipynb}"
    else:
        yield f"in step   {py} and {ipynb}"
    after = script.text.encode() if source == "notebook" else before
    synced = _digest(_keys(script.cells))
    after_ipynb = _marked(notebook, synced) if source or _synced(notebook) != synced else before_ipynb
    for kept in _replace([(py, before, after), (ipynb, before_ipynb, after_ipynb)]):
        yield f"kept      {kept}"
    if before_ipynb not in (None, after_ipynb):
        yield f"Is {ipynb.name} open in Jupyter? Then reload it from disk there."


def _source_of_truth(script: Script, notebook: Notebook, chosen: str | None) -> str:
    """The side that the other one is to follow; none where they agree. Raises UsageError where it can't be told."""
    ours, theirs = _keys(script.cells), _keys(notebook.cells)
    if ours == theirs:
        return ""
    if chosen:
        return chosen
    if _synced(notebook) == _digest(theirs):
        return "py"
    if _synced(notebook) == _digest(ours):
        return "notebook"
    raise UsageError(
        f"{script.path} and {notebook.path} differ, and both have changed since they were last in step, or they never "
        f"were. Say whose text counts: `--from py` or `--from notebook`. The other file is kept in "
        f"{script.path.parent / BACKUPS} as it is now."
    )


# --- The two as read --------------------------------------------------------------------------------


def _script(path: Path, content: bytes) -> Script:
    cells.parse(content, path, path.stem)  # refuses what is too large or not UTF-8
    text = content.decode()
    end = OTHER_ENDS.search(text)
    if end:
        line = _lines(text[: end.start()]).count("\n") + 1
        raise UsageError(f"{path}, line {line}: jupytext would end the line at {end[0]!r}. Take it out of there.")
    read = _convert(path, lambda jupytext: jupytext.reads(_lines(text.removeprefix("\ufeff")), fmt="py:percent"))
    form = read.metadata.get("jupytext", {}).get("text_representation", {}).get("format_name")
    if form != "percent":
        raise UsageError(f"{path} calls itself {form} in its head. Write `format_name: percent` there.")
    made = [{"cell_type": c.cell_type, "metadata": dict(c.metadata), "source": c.source} for c in read.cells]
    return Script(path, text, dict(read.metadata), made)


def _notebook(path: Path, content: bytes) -> Notebook:
    """The notebook. Raises UsageError where it is none, or not of version 4."""
    try:
        found = json.loads(content.decode("utf-8-sig"))
        metadata, minor = found.setdefault("metadata", {}), found["nbformat_minor"]
        sound = found["nbformat"] == 4 and isinstance(minor, int)
        sound &= isinstance(metadata, dict) and isinstance(found["cells"], list)
        for cell in found["cells"]:
            sound &= isinstance(cell.setdefault("metadata", {}), dict) and isinstance(cell["source"], str | list)
            sound &= _key(cell)[0] in ("code", "markdown", "raw")
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        sound = False
    if not sound:
        raise UsageError(
            f"{path} is not a Jupyter notebook (version 4 JSON). Open it in Jupyter and save it; or move it away, and "
            f"a new one is made from the .py."
        )
    return Notebook(path, found)


def _convert(path: Path, call: Callable[[Any], Any]) -> Any:
    try:
        import jupytext
    except ImportError:
        raise UsageError("jupytext is not installed: pip install jupytext.") from None
    try:
        return call(jupytext)
    except Exception as error:  # jupytext, PyYAML and nbformat raise what they like on a spoilt head
        why = str(error).partition("\n")[0]
        raise UsageError(
            f"jupytext can't convert {path}: {type(error).__name__}, {why}. Mend its head, from `# ---` to `# ---`: "
            f"the exercise as shipped has a sound one."
        ) from None


def _lines(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _source(cell: Cell) -> str:
    return _lines("".join(cell["source"]))


def _key(cell: Cell) -> Key:
    return cell["cell_type"], _source(cell).rstrip()


def _keys(made: Iterable[Cell]) -> list[Key]:
    """Of all cells but the blank ones: Jupyter adds one whenever the last cell is run."""
    return [key for key in map(_key, made) if key[1]]


def _digest(keys: list[Key]) -> str:
    return hashlib.sha256(json.dumps(keys).encode()).hexdigest()


def _table(metadata: dict[str, Any], name: str) -> dict[str, Any]:
    found = metadata.get(name)
    return found if isinstance(found, dict) else {}


def _synced(notebook: Notebook) -> Any:
    return _table(notebook.json["metadata"], "grader").get("synced")


def _marked(notebook: Notebook, synced: str) -> bytes:
    """The file of a notebook that says what it is paired with, and what was last in step."""
    had = notebook.json["metadata"]
    metadata = {
        **had,
        "grader": {**_table(had, "grader"), "synced": synced},
        "jupytext": {"formats": FORMATS, **_table(had, "jupytext")},
        "kernelspec": _table(had, "kernelspec") or KERNEL,
    }
    text = json.dumps({**notebook.json, "metadata": metadata}, indent=1, ensure_ascii=False)
    return f"{text}\n".encode("utf-8", "backslashreplace")  # half a character, as JSON escapes it


# --- From one to the other --------------------------------------------------------------------------


def _updated(notebook: Notebook, script: Script) -> Notebook:
    """The notebook with the cells of the .py. A cell keeps all it has; its outputs, where its text is unchanged.

    Raises UsageError where jupytext would make other code of a cell.
    """
    had, made = notebook.cells, []
    taken = {str(cell.get("id")) for cell in had}
    for cell, j in zip(script.cells, _matched(had, script.cells), strict=True):
        old = {} if j is None else had[j]
        new = {**old, **cell, "metadata": {**old.get("metadata", {}), **cell["metadata"]}}
        if old and _key(old) == _key(cell):
            new["source"] = old["source"]
        else:
            new["source"] = cell["source"].splitlines(keepends=True)
            new |= {"execution_count": None, "outputs": []} if cell["cell_type"] == "code" else {}
        if not old and notebook.json["nbformat_minor"] >= 5:
            new["id"] = _id(cell, taken)
        made.append(new if old else dict(sorted(new.items())))
    metadata = dict(notebook.json["metadata"])
    if not had:
        metadata = {**script.head, **metadata}
        metadata["jupytext"] = {k: v for k, v in _table(metadata, "jupytext").items() if k != "text_representation"}
    updated = Notebook(notebook.path, {**notebook.json, "cells": made, "metadata": metadata})
    fault = _fault(script, updated)
    if fault is not None:
        raise _unlike(script, updated, fault)
    return updated


def _id(cell: Cell, taken: set[str]) -> str:
    """An id that the same cell would get again."""
    names = (hashlib.sha256(f"{i} {_key(cell)}".encode()).hexdigest()[:8] for i in count())
    name = next(name for name in names if name not in taken)
    taken.add(name)
    return name


def _rewritten(script: Script, notebook: Notebook) -> Script:
    """The .py with the notebook's cells; lines of cells that have not changed stay as the student wrote them.

    Raises UsageError where a .py can't hold one of the cells.
    """
    path, head = script.path, script.head
    told: list[Cell] = []
    for cell, j in zip(notebook.cells, _matched(script.cells, notebook.cells), strict=True):
        old = {"metadata": {}} if j is None else script.cells[j]  # its title and tags in the .py are kept
        same = j is not None and _key(old) == _key(cell)
        if j is None and not _key(cell)[1]:
            continue  # Jupyter's own blank cell
        told.append({**old, "cell_type": cell["cell_type"], "source": old["source"] if same else _source(cell)})
    plain = _written(path, head, told)
    fault = None
    # The student's own lines where that goes well, else all as jupytext writes it.
    for text in (_carried(_written(path, head, script.cells), script.text, plain), plain):
        try:
            made = _script(path, text.encode())
        except UnicodeEncodeError:
            raise UsageError(f"{notebook.path} holds half a character, which no .py can. Take it out.") from None
        fault = _fault(made, notebook)
        if fault is None:
            return made
    raise _unlike(script, notebook, fault or "")


def _written(path: Path, head: dict[str, Any], told: list[Cell]) -> str:
    def write(jupytext: Any) -> Any:
        import nbformat

        made = [{**cell, "outputs": []} if cell["cell_type"] == "code" else cell for cell in told]
        return jupytext.writes(nbformat.from_dict({**EMPTY, "metadata": head, "cells": made}), fmt="py:percent")

    return str(_convert(path, write))


def _carried(base: str, own: str, new: str) -> str:
    """`new`, with the lines of `own` wherever `new` says what `base` says, which is `own` as jupytext writes it."""
    mark = "\ufeff" if own.startswith("\ufeff") else ""
    own_lines = [line for line in re.split(r"(?<=\n)|(?<=\r)(?!\n)", own.removeprefix(mark)) if line]
    end = next(iter(re.findall(r"\r\n|\r|\n", own)), "\n")
    was, now = ([line + end for line in text.removesuffix("\n").split("\n")] for text in (base, new))
    # Where in `own` a place between two lines of `base` is; unknown amid lines that own has otherwise.
    at: dict[int, int] = {}
    alike = SequenceMatcher(None, was, [line.rstrip("\r\n") + end for line in own_lines]).get_matching_blocks()
    for i, j, size in alike:
        at |= {i + k: j + k for k in range(size + 1)}
    at[0] = 0
    out: list[str] = []
    for word, i, i2, j, j2 in SequenceMatcher(None, was, now).get_opcodes():
        places = [place for place in range(i, i2 + 1) if place in at]
        if word == "equal" and places:
            out += now[j : j + places[0] - i]
            out += own_lines[at[places[0]] : at[places[-1]]]
            out += now[j2 - (i2 - places[-1]) : j2]
        else:
            out += now[j:j2]
    whole = [line if line.endswith(("\n", "\r")) else line + end for line in out[:-1]]
    return mark + "".join([*whole, *out[-1:]])


def _matched(old: list[Cell], new: list[Cell]) -> list[int | None]:
    """For each new cell the old one that it was: by its text, else by a name it defines, else by its place."""
    was, now = [*map(_key, old)], [*map(_key, new)]
    found: list[int | None] = [None] * len(now)
    for a, b, size in SequenceMatcher(None, was, now, autojunk=False).get_matching_blocks():
        found[b : b + size] = range(a, a + size)
    names = {key: _names(key) for key in {*was, *now}}

    def find(alike: Callable[[int, int], bool]) -> None:
        for i in range(len(now)):
            if found[i] is None:
                left = (j for j in range(len(was)) if j not in found and was[j][0] == now[i][0])
                found[i] = next((j for j in left if alike(i, j)), None)

    def follows(i: int, j: int) -> bool:
        return j == 0 if i == 0 else found[i - 1] == j - 1

    find(lambda i, j: was[j] == now[i])
    find(lambda i, j: bool(names[was[j]] & names[now[i]]))
    find(lambda i, j: follows(i, j) and not names[was[j]] | names[now[i]])
    return found


def _names(key: Key) -> set[str]:
    return set(cells.Cell(0, cells.without_magics(key[1]), 0, "").names()) if key[0] == "code" else set()


# --- What would come out otherwise ------------------------------------------------------------------


def _fault(script: Script, notebook: Notebook) -> str | None:
    """A line that the two do not agree on, in their cells or in what the grader runs of them; None if they agree."""
    code = [cells.whole(_source(cell)) for cell in notebook.cells if cell["cell_type"] == "code"]
    lines = _lines(script.text.removeprefix("\ufeff")).split("\n")
    run = [
        ("\n".join(lines[cell.line :][: cell.source.count("\n") + 1]), cell.source)
        for cell in cells.parse(script.text.encode(), script.path, script.path.stem).cells
    ]
    for ours, theirs in (
        ([(key, key[1]) for key in _keys(script.cells)], [(key, key[1]) for key in _keys(notebook.cells)]),
        (_meant(run), _meant((source, cells.without_magics(source)) for source in code)),
    ):
        for (what, text), (other, other_text) in zip_longest(ours, theirs, fillvalue=("", "")):
            if what != other:
                known, lines = text.split("\n"), other_text.split("\n")
                return next((line for line in lines if line.strip() and line not in known), text or other_text)
    return None


def _meant(sources: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
    """What each cell does, as far as it does anything, and its text. A magic does nothing: a .py has it as a comment.

    A source comes as it is written, and as the grader runs it: without its magics.
    """
    meant = ((_statements(written.split("\n"), run), written) for written, run in sources)
    return [one for one in meant if one[0]]


def _statements(written: list[str], run: str) -> str:
    try:
        tree = _Bare(written).visit(ast.parse(run))
        return ast.dump(tree) if tree.body else ""
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        pairs = zip(written, run.split("\n"), strict=False)
        kept = (line.rstrip() for raw, line in pairs if not raw.lstrip().startswith(("%", "!", "?")))
        return "\n".join(line for line in kept if line and not line.lstrip().startswith(("#", "pass  #")))


class _Bare(ast.NodeTransformer):
    """Takes out `pass`, which stands for a magic too, and what %time measures, unless it is given a name."""

    def __init__(self, written: list[str]) -> None:
        self.written = written

    def visit_Pass(self, node: ast.Pass) -> None:
        return None

    def visit_Expr(self, node: ast.Expr) -> ast.Expr | None:
        return None if self.written[node.lineno - 1].lstrip().startswith("%") else node


def _unlike(script: Script, notebook: Notebook, line: str) -> UsageError:
    return UsageError(
        f"{script.path} and {notebook.path} can't both hold {line.strip()[:80]!r}: jupytext would make something else "
        f"of it, or of the lines around it. Close each string in its own cell; let no line begin with an indented "
        f"`# %%`, and no comment with the name of a command (`# copy ...`); write `%time f()` without a name before "
        f"or behind. Nothing has been written."
    )


# --- Files ------------------------------------------------------------------------------------------


def _read(path: Path) -> bytes | None:
    """The bytes of a file; None where there is none. Raises UsageError where it could not be replaced."""
    try:
        if path.is_symlink():
            raise UsageError(f"{path} is a link. Put the file itself in its place.")
        if not path.exists():
            return None
        if not path.is_file():
            raise UsageError(f"{path} is no regular file. Move it away.")
        if not os.access(path, os.W_OK):
            raise UsageError(f"{path} is write-protected. Make it writable: chmod u+w {path}.")
        return path.read_bytes()
    except OSError as error:
        raise UsageError(f"{path} can't be read: {error.strerror}. Make it readable.") from None


def _replace(changes: list[tuple[Path, bytes | None, bytes | None]]) -> list[Path]:
    """Replace what is in files (where, from, to), each whole or not at all; where that which was there is kept."""
    due = [(path, before, after) for path, before, after in changes if after is not None and after != before]
    partial = {path: path.with_name(f".{path.name}.partial") for path, _, _ in due}
    try:
        for path, before, after in due:
            partial[path].unlink(missing_ok=True)  # left by a run that was killed
            _write(partial[path], after)
            if before is not None:
                shutil.copymode(path, partial[path])
        for path, before, _ in due:
            if _read(path) != before:
                raise UsageError(f"{path} has been changed at this very moment. Try again.")
        kept = [_keep(path, before) for path, before, _ in due if before is not None]
        for path, whole in partial.items():
            whole.replace(path)
    except OSError as error:
        raise UsageError(
            f"{changes[0][0].parent} can't be written to: {error.strerror}. Make room there, make it writable, or move "
            f"away what is no folder and is called {BACKUPS}. Nothing is lost."
        ) from None
    finally:
        for whole in partial.values():
            with suppress(OSError):
                whole.unlink()
    return kept


def _keep(path: Path, content: bytes) -> Path:
    """Keep a file's content in backups/ beside it, under the date."""
    folder, now = path.parent / BACKUPS, f"{datetime.now():%Y-%m-%dT%H-%M-%S}"
    folder.mkdir(exist_ok=True)
    names = (f"{path.stem}.{now}{again}{path.suffix}.bak" for again in chain([""], (f"-{n}" for n in count(2))))
    kept = next(folder / name for name in names if not (folder / name).exists())
    _write(kept, content)
    return kept


def _write(path: Path, content: bytes) -> None:
    """Write a new file whole, down to the disk, or none."""
    with path.open("xb") as file:
        try:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        except OSError:
            path.unlink()
            raise
