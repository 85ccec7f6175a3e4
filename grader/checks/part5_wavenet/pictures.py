"""Part 5, pictures of what a stack of causal convolutions hears, and of a noisy loss made readable."""

import numpy as np
import torch

from grader.picture import picture
from grader.pictures import style
from grader.pictures.data import some
from grader.training.corpus import contexts

LAYERS, TIME, LISTENER = 4, 24, 19
STEPS, WINDOW, UNIFORM = 300, 20, 3.2958


@picture(needs=("causal_conv1d",))
def receptive_field(m, given):
    """Receptive field: which inputs reach one output

    Each row is a stack of one layer more; a cell is dark where the input at that time reaches the output at the marked
    time. Plain layers (top) reach one step further each; with doubled dilations (bottom) the reach doubles. Healthy: no
    gap, and nothing to the right of the mark: that would be a look into the future.
    """
    grown = []
    for dilations in given.dilations:
        for depth in range(1, len(dilations) + 1):
            x = given.x.clone().requires_grad_()
            out = x
            for weight, dilation in zip(given.weights, dilations[:depth], strict=False):
                out = m.causal_conv1d(out, weight, torch.zeros(len(weight)), dilation)
            (gradient,) = torch.autograd.grad(out[0, :, given.listener].sum(), x)
            grown.append(gradient[0].abs().sum(0))
    return {"reach": torch.stack(grown)}


@receptive_field.inputs
def _(rng, words):
    return {
        "x": torch.randn(1, 3, TIME, generator=rng),
        "weights": [torch.rand(3, 3, 2, generator=rng) + 0.1 for _ in range(LAYERS)],
        "dilations": [[1] * LAYERS, [2**i for i in range(LAYERS)]],
        "listener": LISTENER,
    }


@receptive_field.draw
def _(values, given):
    reach = values.numbers("reach", 2 * LAYERS, TIME).reshape(2, LAYERS, TIME)
    figure, panels = style.panels(1, height=4.6, rows=2, sharex=True)
    for axes, rows, dilations in zip(panels, reach, given.dilations, strict=True):
        style.image(axes, np.where(np.isnan(rows), np.nan, rows > 0), "", cmap=style.TWO, vmin=0, vmax=1)
        mark(axes, LAYERS)
        seen = int(np.sum(rows[-1] > 0))
        axes.set_title(f"dilations {', '.join(map(str, dilations))}: {seen} inputs are heard")
        axes.set_yticks(range(LAYERS), [f"{i} layer{'s' if i > 1 else ''}" for i in range(1, LAYERS + 1)])
    panels[-1].set_xlabel("time step of the input")
    panels[0].legend(loc="upper left")
    return figure


def mark(axes, rows):
    """The time of the output that listens, and lines between the cells."""
    axes.axvline(LISTENER + 0.5, color=style.VERMILLION, linestyle="--", label="the output's own time; then the future")
    axes.set_xticks(np.arange(TIME + 1) - 0.5, minor=True)
    axes.set_yticks(np.arange(rows + 1) - 0.5, minor=True)
    axes.grid(True, which="minor", color="white", linewidth=1)
    axes.tick_params(which="minor", length=0)


@picture(needs=("GatedResidualBlock",))
def gated_reach(m, given):
    """How strongly each input acts on one output, through gated blocks

    The gradient of one output with respect to each input, through four GatedResidualBlocks with dilations 1, 2, 4, 8.
    Healthy: 16 bars, highest near the output's own time (the residual path), and none beyond the dashed line: that
    would be the future.
    """
    x = given.x.clone().requires_grad_()
    out = x
    for dilation in given.dilations:
        out, _ = m.GatedResidualBlock(given.x.shape[1], 2, dilation)(out)
    (gradient,) = torch.autograd.grad(out[0, :, given.listener].sum(), x)
    return {"strength": gradient[0].abs().sum(0)}


@gated_reach.inputs
def _(rng, words):
    dilations = [2**i for i in range(LAYERS)]
    return {"x": torch.randn(1, 8, TIME, generator=rng), "dilations": dilations, "listener": LISTENER}


@gated_reach.draw
def _(values, given):
    strength = values.numbers("strength", TIME)
    figure, (axes,) = style.panels(1, height=3.6)
    future = np.arange(TIME) > LISTENER
    colours = [style.VERMILLION if late else style.BLUE for late in future]
    axes.bar(range(TIME), strength, color=colours)
    axes.axvline(LISTENER + 0.5, color=style.VERMILLION, linestyle="--", label="the output's own time; then the future")
    axes.set(yscale="log", xlabel="time step of the input", ylabel="size of the gradient (log scale)")
    axes.set_xlim(-0.5, TIME - 0.5)
    axes.set_title(f"{int(np.sum(strength > 0))} inputs are heard, {int(np.sum(strength[future] > 0))} from the future")
    axes.legend(loc="upper left")
    return figure


@picture(needs=("build_wavenet", "smooth_losses"))
def losses(m, given):
    """The loss of the tree, smoothed: one mean for each window

    The same training run twice: the loss of every step, and your smooth_losses of it. Healthy: the smoothed line starts
    near the dotted one and falls, quickly first and slower then. If it is as jagged as the dots, the window is not
    averaged; if it stays up, the tree does not learn.
    """
    torch.manual_seed(given.seed)
    rng = torch.Generator().manual_seed(given.seed)
    model = m.build_wavenet(27, given.X.shape[1], 10, 40)
    parameters = [p.requires_grad_() for p in model.parameters()]
    found = []
    for _ in range(given.steps):
        rows = torch.randint(len(given.Y), (32,), generator=rng)
        loss = torch.nn.functional.cross_entropy(model(given.X[rows]), given.Y[rows])
        gradients = torch.autograd.grad(loss, parameters)
        with torch.no_grad():
            for p, gradient in zip(parameters, gradients, strict=True):
                p -= 0.1 * gradient
        found.append(loss.item())
    return {"losses": found, "smooth": m.smooth_losses(found, given.window)}


@losses.inputs
def _(rng, words):
    X, Y = contexts(some(words, 2000, rng), 8)
    return {"X": X, "Y": Y, "steps": STEPS, "window": WINDOW, "seed": int(torch.randint(2**31, (), generator=rng))}


@losses.draw
def _(values, given):
    every, smooth = values.numbers("losses", STEPS), values.numbers("smooth", STEPS // WINDOW)
    figure, (axes,) = style.panels(1)
    axes.plot(every, ".", color=style.SKY, markersize=4, label="loss of one step")
    middles = WINDOW * np.arange(len(smooth)) + WINDOW / 2
    axes.plot(middles, smooth, "o-", color=style.BLUE, label=f"smooth_losses, {WINDOW} steps a window")
    axes.axhline(UNIFORM, color=style.GREY, linestyle=":", label="a model that knows nothing: 3.30")
    axes.set(xlabel="step", ylabel="loss (mean cross-entropy)", ylim=(1.8, 4.2))
    axes.legend(loc="upper right")
    return figure
