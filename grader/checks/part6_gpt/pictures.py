"""Part 6, a picture of who listens to whom."""

import numpy as np
import torch

from grader.picture import picture
from grader.pictures import style

NAME, SIZE = ".anastasia.", 16
QUESTIONS = ("nobody asks: causal", "all ask for vowels: causal", "the same: not causal")


@picture(needs=("attention",))
def attention_pattern(m, given):
    """Attention: how much each letter listens to each other one

    A row is a listener, a column who is heard; each row sums to 1, white is 0. Healthy: with causal=True nothing above
    the diagonal (dashed). Without a question all of the past is averaged (left); where every query looks for vowels,
    the columns of the vowels are bright (middle); without the mask the future is heard too (right).
    """
    size = len(given.identity)
    patterns = []
    for q, causal in ((torch.zeros_like(given.q), True), (given.q, True), (given.q, False)):
        # What comes out for an identity matrix as values is the weights themselves.
        patterns.append(m.attention(q, given.k, given.identity, causal)[:, :size])
    return {"weights": torch.stack(patterns)}


@attention_pattern.inputs
def _(rng, words):
    wanted = torch.randn(SIZE, generator=rng)
    vowels = torch.tensor([1.0 if letter in "aeiou" else -1.0 for letter in NAME])
    k = vowels[:, None] * wanted / wanted.norm() + 0.1 * torch.randn(len(NAME), SIZE, generator=rng)
    q = (4 * wanted / wanted.norm()).expand(len(NAME), SIZE).clone()
    return {"q": q, "k": k, "identity": torch.eye(len(NAME))}


@attention_pattern.draw
def _(values, given):
    size = len(NAME)
    weights = values.numbers("weights", len(QUESTIONS), size, size)
    figure, panels = style.panels(3, height=3.5)
    for axes, rows, question in zip(panels, weights, QUESTIONS, strict=True):
        label = "weight (0.4 or more is yellow)" if axes is panels[-1] else ""
        style.image(axes, np.where(rows == 0, np.nan, rows), label, cmap=style.AMOUNT, vmin=0, vmax=0.4)
        axes.step(np.arange(size + 1) - 0.5, np.arange(size + 1) - 0.5, "--", where="post", color=style.VERMILLION)
        style.letters(axes.xaxis, NAME, 11)
        style.letters(axes.yaxis, NAME, 11)
        axes.set(title=question, xlabel="who is heard", xlim=(-0.5, size - 0.5), ylim=(size - 0.5, -0.5))
    panels[0].set_ylabel("who listens")
    return figure
