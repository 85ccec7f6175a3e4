"""One style for all pictures: colours that colour-blind readers tell apart, sizes, panels, PNG."""

import io
import textwrap
from contextlib import AbstractContextManager
from typing import Any

import matplotlib
import matplotlib.style
import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import ListedColormap
from matplotlib.figure import Figure
from PIL import Image

# The colours of Okabe and Ito (https://jfly.uni-koeln.de/color), but for their yellow, too pale for a line on white.
BLACK, ORANGE, SKY, GREEN = "#000000", "#E69F00", "#56B4E9", "#009E73"
BLUE, VERMILLION, PURPLE = "#0072B2", "#D55E00", "#CC79A7"
PALETTE = (BLUE, ORANGE, GREEN, VERMILLION, SKY, PURPLE, BLACK)
GREY, SHADE = "#595959", "#EDEDED"
AMOUNT = "cividis"
"""The colour map for amounts: from dark (little) to light (much)."""
SIGNED = "PuOr_r"
"""The colour map for numbers of either sign: purple below zero, white at zero, orange above."""
TWO = ListedColormap(["#E8EFF5", BLUE])
"""The colour map for no (pale) and yes (dark)."""

WIDTH = 8.0
"""Of a figure, in inches."""
_LINE = 106
"""Characters of a caption in one line."""
_STYLE: dict[str, Any] = {
    "font.size": 11.5,
    "axes.titlesize": 11.5,
    "axes.labelsize": 11.5,
    "xtick.labelsize": 10.5,
    "ytick.labelsize": 10.5,
    "legend.fontsize": 10,
    "legend.edgecolor": "none",
    "legend.handlelength": 1.4,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "grid.color": "#E4E4E4",
    "axes.axisbelow": True,
    "lines.linewidth": 1.8,
    "figure.dpi": 120,
}


def applied() -> AbstractContextManager[None]:
    """A context in which figures have this style, whatever the reader's own matplotlib is set to."""
    return matplotlib.style.context(["default", _STYLE])


def panels(columns: int, height: float = 3.6, rows: int = 1, **options: Any) -> tuple[Figure, list[Axes]]:
    """A figure with a row of axes (or rows), as a list; options: those of matplotlib's `Figure.subplots`."""
    figure = Figure(figsize=(WIDTH, height), layout="constrained")
    return figure, list(figure.subplots(rows, columns, squeeze=False, **options).flat)


def ordered(count: int) -> list[Any]:
    """So many colours in an order, from dark to light: for the layers of a network."""
    colours = matplotlib.colormaps["viridis"]
    return [colours(0.85 * i / max(count - 1, 1)) for i in range(count)]


def distribution(axes: Axes, numbers: Any, bins: int, span: tuple[float, float], **options: Any) -> None:
    """Draw how numbers are spread, as an outline: the share of them that falls into each bin of the span.

    NaN falls into none. Options: those of `Axes.stairs`.
    """
    known = numbers[np.isfinite(numbers)]
    counts, edges = np.histogram(known, bins=bins, range=span)
    axes.stairs(counts / max(known.size, 1), edges, linewidth=1.8, **options)


def image(axes: Axes, numbers: Any, label: str, **options: Any) -> Any:
    """Draw a matrix with a bar that says what its colours mean; row 0 on top. Options: those of `Axes.imshow`."""
    axes.grid(False)
    shown = axes.imshow(numbers, aspect="auto", interpolation="nearest", **options)
    if label:
        axes.figure.colorbar(shown, ax=axes, label=label, pad=0.02)
    return shown


def letters(axis: Any, characters: Any, size: float = 9) -> None:
    """Label an axis of an image with characters, one a place."""
    axis.set_ticks(range(len(characters)), list(characters), fontsize=size)
    axis.set_tick_params(length=0)


def head(figure: Figure, title: str, caption: str, remarks: list[str]) -> None:
    """Make room and write the title above a figure, and below it how to read it and what had to be left out."""
    lines = [line for text in (caption, *remarks) for line in textwrap.wrap(text, _LINE)]
    top, bottom = 0.4, 0.18 + 0.18 * len(lines)  # inches
    width, inner = figure.get_size_inches()
    height = inner + top + bottom
    figure.set_size_inches(width, height)
    figure.set_layout_engine("constrained", rect=(0, bottom / height, 1, inner / height))
    figure.text(0.01, 1 - 0.09 / height, title, fontsize=13, fontweight="bold", va="top")
    below = "\n".join(lines)
    figure.text(0.01, 0.07 / height, below, fontsize=10, color=GREY, va="bottom", linespacing=1.25)


def alternative(figure: Figure, title: str) -> str:
    """The picture in words, for who can't see it: its title, and the axes and series of each panel."""
    parts = [f"{title}."]
    for axes in figure.axes:
        named = [axes.get_title(), _labelled("x", axes.get_xlabel()), _labelled("y", axes.get_ylabel())]
        legend = axes.get_legend()
        named += [text.get_text() for text in legend.get_texts()] if legend else []
        words = "; ".join(" ".join(text.split()) for text in named if text)
        parts += [f"Panel: {words}."] if words else []
    return " ".join(parts)


def _labelled(axis: str, label: str) -> str:
    return f"{axis} axis: {label}" if label else ""


def png(figure: Figure) -> bytes:
    """The figure as a PNG file, in 256 colours: a third of the size."""
    full, small = io.BytesIO(), io.BytesIO()
    figure.savefig(full, format="png", pil_kwargs={"compress_level": 1})
    with Image.open(full) as image:
        image.convert("RGB").quantize(256, dither=Image.Dither.NONE).save(small, format="png", optimize=True)
    return small.getvalue()
