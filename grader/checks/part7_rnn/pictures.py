"""Part 7, a picture of what happens to a gradient on its way back through time."""

import torch

from grader.picture import picture
from grader.pictures import style

RADII = (0.5, 1.0, 1.8)
LABELS = ("spectral radius 0.5: it vanishes", "1.0: it survives for a while", "1.8: it explodes")
TIME, SIZE = 41, 64


@picture(needs=("rnn_forward", "with_spectral_radius", "gradient_norms_through_time"))
def gradients_through_time(m, given):
    """Gradients through time: do they reach the beginning of the sequence?

    The length of the gradient at each state, for a loss at the last one; read it from right to left. Healthy: a line
    that stays level (inside the shaded band), so that early inputs can be learnt from. Falling to the left: it
    vanishes, and the beginning is forgotten. Rising: it explodes, and one step can ruin the weights.
    """
    norms = []
    for radius in given.radii:
        W = m.with_spectral_radius(given.W, radius)
        size = len(W)
        states, _ = m.rnn_forward(given.x, torch.zeros(1, size), torch.eye(size), W, torch.zeros(size))
        norms.append(m.gradient_norms_through_time(given.dlast, states, W))
    return {"norms": torch.stack(norms)}


@gradients_through_time.inputs
def _(rng, words):
    return {
        "W": torch.randn(SIZE, SIZE, generator=rng),
        "x": 1e-9 * torch.randn(TIME, 1, SIZE, generator=rng),
        "dlast": torch.full((1, SIZE), SIZE**-0.5),
        "radii": list(RADII),
    }


@gradients_through_time.draw
def _(values, given):
    norms = values.numbers("norms", len(RADII), TIME)
    figure, (axes,) = style.panels(1, height=4.0)
    axes.axhspan(1e-2, 1e2, color=style.SHADE, zorder=0, label="between 0.01 and 100")
    markers, colours = ("o", "s", "^"), (style.BLUE, style.GREEN, style.VERMILLION)
    for line, label, marker, colour in zip(norms, LABELS, markers, colours, strict=True):
        axes.plot(line, marker=marker, markevery=5, color=colour, label=label)
    axes.set(yscale="log", xlabel="time step (the loss is at the last one)", ylabel="norm of the gradient (log scale)")
    axes.legend(loc="upper right")
    return figure
