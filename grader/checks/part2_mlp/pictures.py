"""Part 2, pictures of a learning rate, of a training run, and of what the network knows about letters."""

import numpy as np
import torch

from grader.picture import picture
from grader.pictures import style
from grader.pictures.data import LETTERS, some
from grader.training.corpus import contexts

RATES, STEPS, LETTER_STEPS, BASE = 600, 1500, 2000, 0.1
LOWEST, HIGHEST = -3.0, 1.0
UNIFORM = 3.2958
"""The loss of a model that gives all 27 characters the same probability."""


def smoothed(losses, window):
    """The mean of each loss and those around it, and the places of the means; NaN where there is none."""
    known = np.isfinite(losses)
    kernel = np.ones(window)
    total = np.convolve(np.where(known, losses, 0.0), kernel, "valid")
    count = np.convolve(known.astype(float), kernel, "valid")
    means = np.where(count > 0, total / np.maximum(count, 1), np.nan)
    return np.arange(len(means)) + window // 2, means


def network(rng, n_embd, n_hidden):
    """C, W1, b1, W2, b2 at a healthy start, for contexts of three characters."""
    fan_in = 3 * n_embd
    return [
        torch.randn(27, n_embd, generator=rng),
        torch.randn(fan_in, n_hidden, generator=rng) / fan_in**0.5,
        torch.zeros(n_hidden),
        0.1 * torch.randn(n_hidden, 27, generator=rng) / n_hidden**0.5,
        torch.zeros(27),
    ]


def training(rng, words, n_embd, steps):
    """The inputs of a training run."""
    X, Y = contexts(some(words, 5000, rng), 3)
    seed = int(torch.randint(2**31, (), generator=rng))
    return {"X": X, "Y": Y, "params": network(rng, n_embd, 100), "steps": steps, "base": BASE, "seed": seed}


@picture(needs=("find_lr",))
def learning_rates(m, given):
    """Loss against learning rate: how large a step can be

    One step with each rate, from small to large. Left, the steps are too small and the loss hardly falls; then it
    falls; on the right it jumps up: the steps overshoot. A good rate lies before the rise, where the smoothed line is
    still low and calm.
    """
    params = [p.requires_grad_() for p in given.params]
    generator = torch.Generator().manual_seed(given.seed)
    rates, losses = m.find_lr(params, given.X, given.Y, given.low, given.high, given.steps, 32, generator)
    return {"rates": rates, "losses": losses}


@learning_rates.inputs
def _(rng, words):
    return {**training(rng, words, 10, RATES), "low": LOWEST, "high": HIGHEST}


@learning_rates.draw
def _(values, given):
    rates, losses = values.numbers("rates", RATES), values.numbers("losses", RATES)
    places, means = smoothed(losses, 25)
    figure, (axes,) = style.panels(1)
    axes.plot(rates, losses, ".", color=style.SKY, markersize=4, label="loss of one step")
    axes.plot(rates[places], means, color=style.BLUE, label="mean of 25 steps")
    axes.axhline(UNIFORM, color=style.GREY, linestyle=":", label="a model that knows nothing: 3.30")
    if np.isfinite(means).any():
        best = rates[places][np.nanargmin(means)]
        axes.axvline(best, color=style.VERMILLION, linestyle="--", label=f"lowest mean, at {best:.2g}")
    axes.set(xscale="log", xlabel="learning rate (log scale)", ylabel="loss (mean cross-entropy)", ylim=(1.5, 6))
    axes.legend(loc="upper left")
    return figure


@picture(needs=("train_step", "minibatch", "lr_at"))
def training_loss(m, given):
    """Loss step by step: noise, and the trend behind it

    Every batch is different, so the loss of one step jumps about; the mean of 50 shows the trend. Healthy: it starts
    near the dotted line, falls steeply, then slowly, and once more a little where the rate drops (dashed). A line that
    stays on the dotted one has learnt nothing; one that rises has too high a rate.
    """
    params = [p.requires_grad_() for p in given.params]
    generator = torch.Generator().manual_seed(given.seed)
    losses = []
    for step in range(given.steps):
        X, Y = m.minibatch(given.X, given.Y, 32, generator)
        losses.append(m.train_step(params, X, Y, m.lr_at(step, given.steps, given.base)))
    return {"losses": losses}


@training_loss.inputs
def _(rng, words):
    return training(rng, words, 10, STEPS)


@training_loss.draw
def _(values, given):
    losses = values.numbers("losses", STEPS)
    figure, (axes,) = style.panels(1)
    axes.plot(losses, ".", color=style.SKY, markersize=3, label="loss of one step")
    axes.plot(*smoothed(losses, 50), color=style.BLUE, label="mean of 50 steps")
    axes.axhline(UNIFORM, color=style.GREY, linestyle=":", label="a model that knows nothing: 3.30")
    axes.axvline(0.7 * STEPS, color=style.VERMILLION, linestyle="--", label="the rate drops")
    axes.set(xlabel="step", ylabel="loss (mean cross-entropy)", ylim=(1.5, 4.5))
    axes.legend(loc="upper right")
    return figure


@picture(needs=("train_step", "minibatch"))
def embedding(m, given):
    """The embedding: where the network has put each letter

    The two numbers that each character became in training. Letters that behave alike lie close together: look for the
    vowels (orange), which keep to themselves, and for the dot. Letters scattered without order, as at the start, mean
    that C was not trained.
    """
    params = [p.requires_grad_() for p in given.params]
    generator = torch.Generator().manual_seed(given.seed)
    for _ in range(given.steps):
        X, Y = m.minibatch(given.X, given.Y, 64, generator)
        m.train_step(params, X, Y, given.base)
    return {"C": params[0]}


@embedding.inputs
def _(rng, words):
    return {**training(rng, words, 2, LETTER_STEPS), "base": 0.3}


@embedding.draw
def _(values, given):
    C = values.numbers("C", len(LETTERS), 2)
    figure, (axes,) = style.panels(1, height=5.4)
    for group, colour, label in (
        ("aeiou", style.ORANGE, "vowel"),
        (".", style.BLACK, "start and end of a name"),
        ("bcdfghjklmnpqrstvwxyz", style.SKY, "consonant"),
    ):
        places = [LETTERS.index(letter) for letter in group]
        axes.plot(*C[places].T, "o", color=colour, markersize=9, label=label)
    span = np.maximum(np.nanmax(C, 0) - np.nanmin(C, 0), 1e-12)
    for i, letter in enumerate(LETTERS):
        if np.isfinite(C[i]).all():
            # A letter stands beside its dot, on another side than those of dots in nearly the same place.
            neighbours = int((np.abs((C[:i] - C[i]) / span) < 0.04).all(1).sum())
            side = ((8, -4), (-16, -4), (-3, 8), (-3, -17))[neighbours % 4]
            text = '"."' if letter == "." else letter
            axes.annotate(text, C[i], side, textcoords="offset points", fontsize=13)
    axes.set(xlabel="first number of the embedding", ylabel="second number")
    axes.margins(0.06)
    axes.legend()
    return figure
