"""Part 0, a picture of what a small network of scalars has learnt."""

import math

import numpy as np
import torch

from grader.picture import picture
from grader.pictures import style

POINTS, GRID, STEPS = 30, 20, 60


@picture(needs=("MLP", "train_step"))
def decision_boundary(m, given):
    """Two moons: where the network draws the line

    Left, the regions that the trained MLP gives to the two classes (orange: above 0, purple: below), with the points it
    learnt from. Healthy: the boundary bends between the moons. A straight or missing boundary, or a loss that does not
    fall (right), means that the gradients or the step are wrong.
    """
    mlp = m.MLP(2, [8, 1])
    losses = [m.train_step(mlp, given.xs, given.ys, lr) for lr in given.rates]
    rows = [[mlp([x, y]).data for x in given.across] for y in given.up]
    return {"losses": losses, "outputs": rows}


@decision_boundary.inputs
def _(rng, words):
    angles = torch.linspace(0, math.pi, POINTS // 2)
    upper = torch.stack([angles.cos(), angles.sin()], 1)
    lower = torch.stack([1 - angles.cos(), 0.5 - angles.sin()], 1)
    points = torch.cat([upper, lower]) + 0.08 * torch.randn(POINTS, 2, generator=rng)
    return {
        "xs": points.tolist(),
        "ys": [1.0] * len(upper) + [-1.0] * len(lower),
        "across": torch.linspace(-1.6, 2.6, GRID).tolist(),
        "up": torch.linspace(-1.2, 1.7, GRID).tolist(),
        "rates": torch.linspace(0.04, 0.02, STEPS).tolist(),
    }


@decision_boundary.draw
def _(values, given):
    losses, outputs = values.numbers("losses", STEPS), values.numbers("outputs", GRID, GRID)
    figure, (left, right) = style.panels(2, height=3.6, width_ratios=(1.5, 1))
    across, up = given.across, given.up
    left.grid(False)
    shown = left.pcolormesh(across, up, outputs, cmap=style.SIGNED, vmin=-1.2, vmax=1.2, shading="nearest", alpha=0.75)
    figure.colorbar(shown, ax=left, label="output of the MLP")
    if np.isfinite(outputs).all() and outputs.min() < 0 < outputs.max():
        left.contour(across, up, outputs, levels=[0], colors=style.BLACK, linewidths=2)
    points, ys = np.array(given.xs), np.array(given.ys)
    for y, marker, colour, label in ((1, "o", style.ORANGE, "wanted: 1"), (-1, "s", style.PURPLE, "wanted: -1")):
        left.plot(*points[ys == y].T, marker, color=colour, markeredgecolor=style.BLACK, label=label)
    left.set(title="what the network says", xlabel="x[0]", ylabel="x[1]")
    left.legend(loc="lower left")
    right.plot(losses, color=style.BLUE)
    right.set(title="loss of each step", xlabel="step", ylabel="sum of squared errors", ylim=(0, None))
    return figure
