"""Part 1, a picture of the table that a bigram model is."""

import numpy as np
from matplotlib.colors import LogNorm

from grader.picture import picture
from grader.pictures import style
from grader.pictures.data import LETTERS, some


@picture(needs=("bigram_counts",))
def bigram_table(m, given):
    """Which letter follows which in the names

    The counts of a sample. Row: the first letter; column: the one after it; light is often, white is never. The row of
    "." shows how names begin, its column how they end. A model that has learnt the names has the same pattern in its
    probabilities.
    """
    return {"counts": m.bigram_counts(given.words, given.stoi)}


@bigram_table.inputs
def _(rng, words):
    return {"words": some(words, 5000, rng), "stoi": {letter: i for i, letter in enumerate(LETTERS)}}


@bigram_table.draw
def _(values, given):
    counts = values.numbers("counts", len(LETTERS), len(LETTERS))
    figure, (axes,) = style.panels(1, height=6.4)
    shown = np.where(counts > 0, counts, np.nan)
    most = max(float(np.nanmax(counts)), 2.0)
    style.image(axes, shown, "how often (log scale)", cmap=style.AMOUNT, norm=LogNorm(1, most))
    style.letters(axes.xaxis, LETTERS, 11)
    style.letters(axes.yaxis, LETTERS, 11)
    axes.set(xlabel="second letter", ylabel="first letter")
    first, second = np.unravel_index(np.nanargmax(counts), counts.shape)
    axes.set_title(f"most often: {LETTERS[first]}{LETTERS[second]}, {most:,.0f} times")
    return figure
