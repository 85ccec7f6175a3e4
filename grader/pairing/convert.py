"""From one side to the other: a notebook with the cells of a .py, and a .py with those of a notebook."""

import hashlib
import re
from collections.abc import Callable
from difflib import SequenceMatcher
from itertools import count
from pathlib import Path
from typing import Any

from grader import cells
from grader.errors import UsageError
from grader.pairing.faults import fault_of, unlike
from grader.pairing.sides import Cell, Key, Notebook, Script, converted, key_of, read_script, source_of, table

EMPTY: dict[str, Any] = {"cells": [], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}


def updated_notebook(notebook: Notebook, script: Script) -> Notebook:
    """The notebook with the cells of the .py. A cell keeps all it has; its outputs, where its text is unchanged.

    Raises UsageError where jupytext would make other code of a cell.
    """
    had, made = notebook.cells, []
    taken = {str(cell.get("id")) for cell in had}
    for cell, j in zip(script.cells, _matched(had, script.cells), strict=True):
        old = {} if j is None else had[j]
        new = {**old, **cell, "metadata": {**old.get("metadata", {}), **cell["metadata"]}}
        if old and key_of(old) == key_of(cell):
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
        metadata["jupytext"] = {k: v for k, v in table(metadata, "jupytext").items() if k != "text_representation"}
    updated = Notebook(notebook.path, {**notebook.json, "cells": made, "metadata": metadata})
    fault = fault_of(script, updated)
    if fault is not None:
        raise unlike(script, updated, fault)
    return updated


def _id(cell: Cell, taken: set[str]) -> str:
    """An id that the same cell would get again."""
    names = (hashlib.sha256(f"{i} {key_of(cell)}".encode()).hexdigest()[:8] for i in count())
    name = next(name for name in names if name not in taken)
    taken.add(name)
    return name


def rewritten(script: Script, notebook: Notebook) -> Script:
    """The .py with the notebook's cells; lines of cells that have not changed stay as the student wrote them.

    Raises UsageError where a .py can't hold one of the cells.
    """
    path, head = script.path, script.head
    told: list[Cell] = []
    for cell, j in zip(notebook.cells, _matched(script.cells, notebook.cells), strict=True):
        old = {"metadata": {}} if j is None else script.cells[j]  # its title and tags in the .py are kept
        same = j is not None and key_of(old) == key_of(cell)
        if j is None and not key_of(cell)[1]:
            continue  # Jupyter's own blank cell
        told.append({**old, "cell_type": cell["cell_type"], "source": old["source"] if same else source_of(cell)})
    plain = _written(path, head, told)
    fault = None
    # The student's own lines where that goes well, else all as jupytext writes it.
    for text in (_carried(_written(path, head, script.cells), script.text, plain), plain):
        try:
            made = read_script(path, text.encode())
        except UnicodeEncodeError:
            raise UsageError(f"{notebook.path} holds half a character, which no .py can. Take it out.") from None
        fault = fault_of(made, notebook)
        if fault is None:
            return made
    raise unlike(script, notebook, fault or "")


def _written(path: Path, head: dict[str, Any], told: list[Cell]) -> str:
    def write(jupytext: Any) -> Any:
        import nbformat

        made = [{**cell, "outputs": []} if cell["cell_type"] == "code" else cell for cell in told]
        return jupytext.writes(nbformat.from_dict({**EMPTY, "metadata": head, "cells": made}), fmt="py:percent")

    return str(converted(path, write))


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
    was, now = [*map(key_of, old)], [*map(key_of, new)]
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
