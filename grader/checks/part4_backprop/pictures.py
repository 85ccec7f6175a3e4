"""Part 4, a picture of the gradient that the loss sends to the logits."""

import numpy as np
import torch

from grader.picture import picture
from grader.pictures import style
from grader.pictures.data import LETTERS, some
from grader.training.corpus import contexts

EXAMPLES = 32


@picture(needs=("cross_entropy_backward",))
def dlogits(m, given):
    """dlogits: each example pulls one letter up and pushes the others down

    Left, a batch: purple cells (negative) are the right answers, whose logits a step raises; orange ones are lowered.
    Right, one row: the probabilities, less 1 at the right answer. Healthy: one purple cell a row, and each row sums to
    0 but for rounding (the pulls are in balance).
    """
    return {"dlogits": m.cross_entropy_backward(given.logits, given.Y)}


@dlogits.inputs
def _(rng, words):
    X, Y = contexts(some(words, 200, rng), 3)
    rows = torch.randperm(len(X), generator=rng)[:EXAMPLES]
    table = 1.2 * torch.randn(len(LETTERS), len(LETTERS), generator=rng)
    return {"logits": table[X[rows, -1]], "Y": Y[rows]}


@dlogits.draw
def _(values, given):
    found = values.numbers("dlogits", EXAMPLES, len(LETTERS)) * EXAMPLES
    edge = max(float(np.nanmax(np.abs(found))), 1e-12)
    figure, (left, right) = style.panels(2, height=5.0, width_ratios=(2, 1))
    style.image(left, found, "gradient of the logit, times n", cmap=style.SIGNED, vmin=-edge, vmax=edge)
    style.letters(left.xaxis, LETTERS)
    worst = float(np.nanmax(np.abs(np.nansum(found, 1))))
    left.set(xlabel="letter", ylabel="example", title=f"a batch; the largest sum of a row is {worst:.0e}")
    answer = int(given.Y[0])
    colours = [style.PURPLE if i == answer else style.ORANGE for i in range(len(LETTERS))]
    right.barh(range(len(LETTERS)), found[0], color=colours)
    style.letters(right.yaxis, LETTERS)
    right.axvline(0, color=style.BLACK, linewidth=0.8)
    right.set(ylim=(len(LETTERS) - 0.5, -0.5), xlim=(-1.05, 1.05))
    right.set(title=f"example 0: {LETTERS[answer]} is right", xlabel="gradient, times n", ylabel="letter")
    return figure
