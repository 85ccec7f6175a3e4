"""One tensor as it was expected, as it came, and the difference: three heat maps beside each other."""

from typing import Any

import numpy as np
import torch
from matplotlib.cm import ScalarMappable
from matplotlib.colors import Normalize, to_rgba
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from numpy.typing import NDArray

from grader.differences import around
from grader.pictures import style

Array = NDArray[np.float64]
ROWS, COLUMNS = 48, 64
"""More of a tensor is not shown, but the part around its worst entry."""
ROW = 16
"""A tensor of one dimension is folded into rows of so many entries."""
STRANGE = (
    ("black: NaN", style.BLACK, np.isnan),
    ("green: infinity", style.GREEN, np.isposinf),
    ("blue: minus infinity", style.BLUE, np.isneginf),
)
"""The colours that stand for no number."""
LEFT, STEP, WIDE = 0.05, 0.325, 0.22
"""Where the first panel begins, the next one after it, and how wide one is, in shares of the figure."""
LINE, HEAD, FOOT = 0.2, 0.3, 0.32
"""Inches: a remark, the titles above the panels, the numbers below them."""


def draw(label: str, expected: torch.Tensor, got: torch.Tensor) -> bytes:
    """The figure as a PNG file."""
    with style.applied():
        return style.png(figure(label, expected, got))


def figure(label: str, expected: torch.Tensor, got: torch.Tensor) -> Figure:
    """Heat maps of two tensors of one shape, with at least one entry, and of their difference.

    The entry that is off most is framed. What had to be folded or left out is said below.
    """
    (wanted, came, there), remarks = _matrices(label, expected, got)
    difference = _difference(wanted, came)
    row, column = _worst(difference)
    down, across = around(row, wanted.shape[0], ROWS), around(column, wanted.shape[1], COLUMNS)
    rows, columns = slice(down.start, down.stop), slice(across.start, across.stop)
    shown = [matrix[rows, columns] for matrix in (wanted, came, difference)]
    if shown[0].shape != wanted.shape:
        remarks.append(f"Of {_size(wanted)}, {_size(shown[0])} around the worst entry are shown.")
    if kinds := [name for name, _, of_kind in STRANGE if any(of_kind(matrix).any() for matrix in shown)]:
        remarks.append(f"{', '.join(kinds)}.")

    inner, foot = min(2.6, max(0.5, 0.25 * shown[0].shape[0])), FOOT + LINE * len(remarks)
    made = Figure(figsize=(style.WIDTH, HEAD + inner + foot))
    whole, both = made.get_figheight(), _limit(shown[0], shown[1])
    panels = zip(("expected", "came", "difference"), shown, (both, both, _limit(shown[2])), strict=True)
    for place, (title, matrix, limit) in enumerate(panels):
        colours = ScalarMappable(Normalize(-limit, limit), style.SIGNED)
        axes = made.add_axes((LEFT + STEP * place, foot / whole, WIDE, inner / whole))
        axes.grid(False)
        edges = (columns.start - 0.5, columns.stop - 0.5, rows.stop - 0.5, rows.start - 0.5)
        pixels = _pixels(colours, matrix, there[rows, columns])
        axes.imshow(pixels, aspect="auto", interpolation="nearest", extent=edges)
        axes.add_patch(Rectangle((column - 0.5, row - 0.5), 1, 1, fill=False, edgecolor=style.BLACK, linewidth=1.6))
        axes.set_title(title, fontsize=10.5)
        axes.tick_params(labelsize=8, length=2)
        axes.locator_params(integer=True, nbins=5, min_n_ticks=1)
        beside = made.add_axes((LEFT + STEP * place + WIDE + 0.006, foot / whole, 0.008, inner / whole))
        bar = made.colorbar(colours, cax=beside, ticks=[-limit, 0, limit])
        bar.ax.set_yticklabels([f"{-limit:.2g}", "0", f"{limit:.2g}"], fontsize=8)
        bar.ax.tick_params(length=2)
    for line, remark in enumerate(reversed(remarks)):
        made.text(LEFT, (0.06 + LINE * line) / whole, remark, fontsize=9, color=style.GREY)
    return made


def words(label: str, expected: torch.Tensor, got: torch.Tensor) -> str:
    """The picture in words, for who can't see it."""
    off = int(np.count_nonzero(_difference(_array(expected), _array(got))))
    return (
        f"Heat maps of {label}, of shape {tuple(expected.shape)}: as it was expected, as it came, and the difference, "
        f"which is not zero in {off} of {expected.numel()} entries."
    )


def _matrices(label: str, expected: torch.Tensor, got: torch.Tensor) -> tuple[list[Any], list[str]]:
    """Both tensors with two dimensions, which entries of these there are, and how they were folded."""
    shape, size = tuple(expected.shape), expected.numel()
    width = shape[-1] if len(shape) > 1 else min(size, ROW)
    height = -(-size // width)
    tensors = [np.pad(_array(tensor).ravel(), (0, height * width - size)) for tensor in (expected, got)]
    remarks = []
    if len(shape) > 2:
        remarks.append(f"{label} has the shape {shape}: here its rows lie one below the other.")
    elif len(shape) == 1 and height > 1:
        remarks.append(f"{label} has {size} entries: here in rows of {width}.")
    return [flat.reshape(height, width) for flat in (*tensors, np.arange(height * width) < size)], remarks


def _array(tensor: torch.Tensor) -> Array:
    return np.asarray(tensor.detach().double().numpy())


def _difference(wanted: Array, came: Array) -> Array:
    """What came less what was expected; zero where both are the same infinity."""
    with np.errstate(invalid="ignore"):
        return np.where(wanted == came, 0.0, came - wanted)


def _worst(difference: Array) -> tuple[int, int]:
    """The row and the column of the entry that is off most; NaN is off most of all."""
    rank = np.nan_to_num(np.abs(difference), nan=np.inf)
    row, column = divmod(int(rank.argmax()), rank.shape[1])
    return row, column


def _size(matrix: Array) -> str:
    return f"{matrix.shape[0]} rows and {matrix.shape[1]} columns"


def _limit(*matrices: Array) -> float:
    """The greatest finite number of either sign, where the colours end."""
    greatest = max(float(np.abs(m[np.isfinite(m)]).max(initial=0.0)) for m in matrices)
    return greatest or 1.0


def _pixels(colours: ScalarMappable, matrix: Array, there: Any) -> Any:
    """The colours of a matrix."""
    pixels = colours.to_rgba(matrix)
    for _, colour, of_kind in STRANGE:
        pixels[of_kind(matrix)] = to_rgba(colour)
    pixels[~there] = to_rgba(style.SHADE)
    return pixels
