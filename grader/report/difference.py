"""A difference for people: as tables of numbers for a terminal, and as a picture.

The tables are plain text and lose nothing without colour: `>` and `<` stand around the entry that is off most, and a
dot stands for a difference that is as good as none.
"""

import textwrap
from collections.abc import Mapping, Sequence
from typing import Any

import torch

from grader.differences import Difference, around
from grader.judge import describe
from grader.report import tables
from grader.report.html import Image
from grader.report.terminal import printable
from grader.values import Namespace, members

SHOWN = 3
"""Wrong values of a case that are shown; the others are named."""
INPUTS = 2
"""Lines for the inputs."""
TEXT = 4
"""Lines for a value that is no tensor."""
TITLES = ("expected", "came", "difference")
GLUE = "\xa0"
"""A blank at which no line ends."""
RIGHT = " . "
LEAST = 2
"""Rows of a table that are shown, however small a terminal is."""


def lines(wrong: Sequence[Difference], width: int, height: int) -> list[str]:
    """What is wrong in one case: its inputs, then what was expected, what came and the difference, in tables.

    width: columns of the terminal; height: about so many lines for the tables of a value. More of a tensor is cut
    down to what is around the entry that is off most.
    """
    said = _wrapped(f"Given: {inputs(wrong[0].given, glue=GLUE)}", width, INPUTS)
    said = [line.replace(GLUE, " ") for line in said]
    for one in wrong[:SHOWN]:
        said += ["", *_one(one, width, height)]
    if more := [one.label for one in wrong[SHOWN:]]:
        said += ["", *_wrapped(f"Wrong as well: {', '.join(more)}.", width, INPUTS)]
    return [printable(line).replace("\n", "\\n").replace("\t", "\\t").rstrip() for line in said]


def inputs(given: Namespace, glue: str = " ") -> str:
    """The inputs in short: shapes of tensors, and plain values. What is in large namespaces comes last.

    glue: stands between a name and its shape, and within it.
    """
    named = [list(_named(name, value)) for name, value in members(given).items()]
    texts = (text for group in sorted(named, key=len) for text in group)
    return ", ".join(text if " = " in text else text.replace(" ", glue) for text in texts) or "nothing"


def images(wrong: Mapping[str, list[list[Difference]]], most: int) -> dict[str, Image]:
    """Pictures for the first checks of which something is worth drawing, by the check's id."""
    first = {id: next((d for case in cases for d in case if d.drawable), None) for id, cases in wrong.items()}
    drawn = {id: image(one) for id, one in [pair for pair in first.items() if pair[1]][:most] if one}
    return {id: one for id, one in drawn.items() if one}


def image(one: Difference) -> Image | None:
    """A picture of a drawable difference. None where drawing fails: that costs the picture and nothing else."""
    try:
        from grader.pictures import difference

        png = difference.draw(one.label, one.expected, one.got)
        return Image(png, difference.words(one.label, one.expected, one.got))
    except Exception:
        return None


def _one(one: Difference, width: int, height: int) -> list[str]:
    """One wrong value."""
    wrong = one.comparison
    if one.measured:
        return _wrapped(f"{wrong.label} is {wrong.came}; of a right answer it is {wrong.asked}.", width)
    if wrong.fault == "missing":
        said = _wrapped(f"{wrong.label} is missing; {wrong.asked} was asked.", width)
        return [*said, *_alone("expected", one.expected, width, height)]
    if wrong.fault in ("values", "finite") and isinstance(one.expected, torch.Tensor):
        return _tensors(one, width, height)
    if wrong.fault in ("values", "finite"):
        gap = f", the difference is {one.got - one.expected:.6g}" if isinstance(one.expected, float) else ""
        return _wrapped(f"{wrong.label}: {wrong.asked} was expected, {wrong.came} came{gap}.", width)
    said = _wrapped(f"{wrong.label}: {wrong.asked} was asked, {wrong.came} came.", width)
    for title, value in zip(TITLES, (one.expected, one.got), strict=False):
        said += _alone(title, value, width, height // 2)
    return said


def _tensors(one: Difference, width: int, height: int) -> list[str]:
    """Two tensors of one shape and their difference: beside each other where that fits, else one below the other."""
    wrong, at = one.comparison, one.comparison.worst
    expected, came = _matrix(one.expected, at), _matrix(one.got, at)
    gap = torch.where(came == expected, 0, came.double() - expected.double())
    right = gap.abs() <= (wrong.allowed or 0.0)
    if not expected.is_floating_point():
        gap = gap.long()
    row, column = _place(at)

    def cut(high: int, wide: int) -> tuple[list[tables.Cells], range, range]:
        rows, columns = around(row, expected.shape[0], high), around(column, expected.shape[1], wide)
        part = slice(rows.start, rows.stop), slice(columns.start, columns.stop)
        both = tables.form(expected[part], came[part])
        differing = tables.cells(gap[part], tables.form(gap[part][~right[part]]))
        for i, j in right[part].nonzero().tolist():
            differing[i][j] = RIGHT
        shown = [tables.cells(expected[part], both), tables.cells(came[part], both), differing]
        return [tables.marked(table, row - rows.start, column - columns.start) for table in shown], rows, columns

    cells, rows, columns = cut(max(LEAST, height - 1), min(expected.shape[1], width))
    shown = tables.beside(TITLES, cells, rows, columns)
    wide = len(columns)
    while max(map(len, shown)) > width and wide:
        cells, rows, columns = cut(max(LEAST, height // 3 - 1), wide)
        shown = tables.below(TITLES, cells, rows, columns)
        wide -= 1
    said = f"{wrong.label}, {wrong.asked}: {wrong.wrong} of {wrong.entries} entries are off"
    said += f", worst at {at}." if at else "."
    said += _cut_off(one.expected.shape, expected.shape, at, rows, columns)
    return [*_wrapped(said, width), *shown]


def _alone(title: str, value: Any, width: int, height: int) -> list[str]:
    """One value by itself."""
    if not isinstance(value, torch.Tensor) or not value.dim():
        return _wrapped(f"{title.ljust(len(TITLES[0]))}  {_words(value)}", width, TEXT)
    if not value.numel():
        return [f"{title.ljust(len(TITLES[0]))}  no entries"]
    at = [0] * value.dim()
    matrix = _matrix(value, at) if value.dim() > 1 else value.detach().reshape(1, -1)
    rows, wide = around(0, matrix.shape[0], max(LEAST, height - 1)), min(matrix.shape[1], width)
    while True:
        columns = around(0, matrix.shape[1], wide)
        part = matrix[rows.start : rows.stop, columns.start : columns.stop]
        cells = tables.cells(part, tables.form(part))
        shown = tables.below([title], [cells], rows if value.dim() > 1 else None, columns)
        if max(map(len, shown)) <= width or wide == 1:
            return [*shown, *_wrapped(_cut_off(value.shape, matrix.shape, at, rows, columns).strip(), width)]
        wide -= 1


def _matrix(tensor: torch.Tensor, at: list[int]) -> torch.Tensor:
    """The two dimensions of a tensor in which an entry is; fewer of them stand in one column."""
    plain = tensor.detach()
    return plain.reshape(-1, 1) if plain.dim() < 2 else plain[tuple(at[:-2])]


def _place(at: list[int]) -> tuple[int, int]:
    """The row and the column of an entry in that matrix."""
    row, column = at[-2:] if len(at) > 1 else [*at, 0, 0][:2]
    return row, column


def _cut_off(whole: torch.Size, shape: torch.Size, at: list[int], rows: range, columns: range) -> str:
    """What of a tensor is not shown."""
    said = ""
    if len(at) > 2:
        said += f" Of the shape {tuple(whole)}, this is [{', '.join(map(str, at[:-2]))}, :, :]."
    parts = [
        f"{word} {some.start} to {some.stop - 1} of {size}"
        for word, some, size in zip(("rows", "columns"), (rows, columns), shape, strict=True)
        if len(some) < size
    ]
    return f"{said} Shown: {', '.join(parts)}." if parts else said


def _named(name: str, value: Any) -> list[str]:
    """Each input in a word or two."""
    if isinstance(value, Namespace):
        return [text for inner, one in members(value).items() for text in _named(f"{name}.{inner}", one)]
    if isinstance(value, torch.Tensor) and value.dim():
        return [f"{name} {tuple(value.shape)}"]
    return [f"{name} = {_words(value)}"]


def _words(value: Any) -> str:
    """A value that is no table."""
    if isinstance(value, torch.Tensor):
        return f"{value.item():.6g}" if not value.dim() else describe(value)
    if isinstance(value, float):
        return f"{value:.6g}"
    if isinstance(value, (list, tuple)):
        inner = ", ".join(map(_words, value))
        return f"[{inner}]" if isinstance(value, list) else f"({inner}{',' * (len(value) == 1)})"
    if isinstance(value, dict):
        return f"{{{', '.join(f'{key!r}: {_words(one)}' for key, one in value.items())}}}"
    if isinstance(value, (bool, int, str)):
        return repr(value)
    return describe(value)


def _wrapped(text: str, width: int, most: int | None = None) -> list[str]:
    """A text in lines of a width, of at most so many: more is cut off."""
    return textwrap.wrap(text, max(width, 20), max_lines=most, placeholder=" ...")
