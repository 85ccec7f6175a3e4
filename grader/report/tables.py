"""Numbers as tables of plain text, each column aligned at the decimal point."""

import math
from collections.abc import Callable, Sequence

import torch

DIGITS = 4
"""Significant ones of the greatest number of a table."""
DECIMALS = 6
"""More of them make a table hard to read: it is written with exponents then."""
LARGE = 1e6
GAP = "   "
"""Between tables beside each other."""

Form = Callable[[float], str]
"""Writes a number."""
Cells = list[list[str]]
"""A table's texts, row by row, each with a place before and behind for a mark."""


def form(*matrices: torch.Tensor) -> Form:
    """How the numbers of some matrices are best written: all with as many decimals, or all with exponents."""
    if not any(matrix.is_floating_point() for matrix in matrices):
        return str
    numbers = torch.cat([matrix.detach().double().ravel() for matrix in matrices]).abs()
    numbers = numbers[numbers.isfinite() & (numbers > 0)]
    if not numbers.numel():
        return lambda value: f"{value:.0f}"
    low, high = numbers.min().item(), numbers.max().item()
    decimals = min(DECIMALS, max(DIGITS - 1 - math.floor(math.log10(high)), 0, -math.floor(math.log10(low))))
    if high < LARGE and low >= 10.0**-decimals:
        return lambda value: f"{value:.{decimals}f}" if value else "0"
    return lambda value: f"{value:.{DIGITS - 1}e}" if value and math.isfinite(value) else f"{value:.0f}"


def cells(matrix: torch.Tensor, write: Form) -> Cells:
    """The texts of a matrix."""
    return [[f" {write(value)} " for value in row] for row in matrix.detach().tolist()]


def marked(table: Cells, row: int, column: int) -> Cells:
    """The table with `>` and `<` around a cell."""
    return [
        [f">{text[1:-1]}<" if (i, j) == (row, column) else text for j, text in enumerate(line)]
        for i, line in enumerate(table)
    ]


def beside(titles: Sequence[str], tables: Sequence[Cells], rows: range, columns: range) -> list[str]:
    """Tables of the same rows and columns beside each other, each under its title."""
    blocks = [_block(table, columns) for table in tables]
    index = _index(rows)
    gap = GAP if len(columns) > 1 else " "
    widths = [max(len(title) + 1, len(block[0])) for title, block in zip(titles, blocks, strict=True)]
    right = len(columns) == 1
    head = [
        title.rjust(w - 1) + " " if right else f" {title}".ljust(w) for title, w in zip(titles, widths, strict=True)
    ]
    lines = [f"{' ' * len(index[0])} {gap.join(head)}"]
    for number in range(0 if len(columns) > 1 else 1, len(blocks[0])):
        pieces = [
            block[number].rjust(w) if right else block[number].ljust(w) for block, w in zip(blocks, widths, strict=True)
        ]
        lines.append(f"{index[number]} {gap.join(pieces)}")
    return lines


def below(titles: Sequence[str], tables: Sequence[Cells], rows: range | None, columns: range) -> list[str]:
    """Tables of the same rows and columns one below the other, each with its title where its columns are named.

    rows: None where there is one, and it has no number.
    """
    index = ["", ""] if rows is None else _index(rows)
    wide = max(map(len, (index[0], *titles)))
    width = max(len(text) for table in tables for line in table for text in line)
    lines = []
    for title, table in zip(titles, tables, strict=True):
        for place, (number, line) in enumerate(zip(index, _block(table, columns, width), strict=True)):
            lines.append(f"{title.ljust(wide) if place == 0 else number.rjust(wide)} {line}")
    return lines


def _index(rows: range) -> list[str]:
    """What stands before each line: the number of the row, nothing before the head."""
    words = [f"[{row}]" for row in rows]
    width = max(map(len, words), default=0)
    return [" " * width, *(word.rjust(width) for word in words)]


def _block(table: Cells, columns: range, least: int = 0) -> list[str]:
    """The lines of one table: the numbers of its columns, then its rows."""
    heads = [f"[{column}] " for column in columns]
    width = max([least, *map(len, heads), *(len(text) for line in table for text in line)])
    return ["".join(text.rjust(width) for text in line) for line in (heads, *table)]
