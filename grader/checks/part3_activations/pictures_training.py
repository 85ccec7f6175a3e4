"""Part 3, pictures of BatchNorm at work and of a network that learns."""

import numpy as np
import torch

from grader.picture import picture
from grader.pictures import style
from grader.pictures.data import some
from grader.training.corpus import contexts

HIDDEN, WIDTH, STEPS = 4, 50, 200
RATES = (0.001, 0.05, 3.0)
NAMES = ("C", *(f"hidden {i}" for i in range(1, HIDDEN + 1)), "output")
NEURONS, EXAMPLES = 5, 200


@picture(needs=("BatchNorm1d",))
def batchnorm(m, given):
    """BatchNorm: what goes into tanh, before and after

    Each line is one neuron's pre-activations over the batch. Before (left), some neurons are always far out in the
    shaded zone, where tanh is flat and they are saturated, and others are squeezed together. After (right), every
    neuron has mean 0 and standard deviation 1: all of them use the range in which tanh bends.
    """
    with torch.no_grad():
        return {"after": m.BatchNorm1d(given.before.shape[1])(given.before)}


@batchnorm.inputs
def _(rng, words):
    shift, spread = torch.tensor([-4.0, -1.5, 0.5, 2.0, 5.0]), torch.tensor([0.4, 1.5, 0.25, 3.0, 0.8])
    return {"before": shift + spread * torch.randn(EXAMPLES, NEURONS, generator=rng)}


@batchnorm.draw
def _(values, given):
    before, after = given.before.double().numpy(), values.numbers("after", EXAMPLES, NEURONS)
    figure, panels = style.panels(2, height=4.2, sharey=True)
    for axes, numbers, title in zip(panels, (before, after), ("before BatchNorm1d", "after it"), strict=True):
        for i, colour in enumerate(style.PALETTE[:NEURONS]):
            known = numbers[np.isfinite(numbers[:, i]), i]
            stats = f"mean {known.mean():.1f}, std {known.std():.1f}" if known.size else "no number"
            label = f"neuron {i + 1}: {stats}".replace("-0.0", "0.0")
            style.distribution(axes, numbers[:, i], 40, (-8, 8), color=colour, label=label)
        for edge in (-8, 8):
            axes.axvspan(edge, np.sign(edge) * 2.65, color=style.SHADE, zorder=0)
        axes.set(title=title, xlabel="pre-activation (input of tanh)", xlim=(-8, 8))
        axes.legend(loc="upper center", bbox_to_anchor=(0.5, -0.2))
    panels[0].set_ylabel("share of the examples")
    return figure


def normalised_network(m, given):
    """The parameters and a function from X to logits: hidden layers of Linear, BatchNorm1d and Tanh."""
    layers, fan_in = [], given.block * given.C.shape[1]
    for _ in range(given.hidden):
        linear = m.Linear(fan_in, given.width, bias=False)
        with torch.no_grad():
            linear.weight *= 5 / 3
        layers += [linear, m.BatchNorm1d(given.width), m.Tanh()]
        fan_in = given.width
    layers += [m.Linear(fan_in, len(given.C))]
    with torch.no_grad():
        layers[-1].weight *= given.last
    C = given.C.clone()
    parameters = [C, *(p for layer in layers for p in layer.parameters())]
    for p in parameters:
        p.requires_grad_()

    def logits(X):
        x = C[X].flatten(1)
        for layer in layers:
            x = layer(x)
        return x

    return parameters, logits


def gradients_of_a_batch(parameters, logits, given, rng):
    """Fill the .grad of all parameters from a random batch."""
    rows = torch.randint(len(given.Y), (given.batch,), generator=rng)
    for p in parameters:
        p.grad = None
    torch.nn.functional.cross_entropy(logits(given.X[rows]), given.Y[rows]).backward()


def step(parameters, lr):
    """One step of plain gradient descent."""
    with torch.no_grad():
        for p in parameters:
            p -= lr * p.grad


def examples(rng, words, last=1.0):
    """Names as contexts of three letters, and what the network and its training need.

    last: a factor for the weights of the last layer.
    """
    X, Y = contexts(some(words, 2000, rng), 3)
    sizes = {"block": 3, "hidden": HIDDEN, "width": WIDTH, "batch": 32, "steps": STEPS}
    return {"X": X, "Y": Y, "C": torch.randn(27, 10, generator=rng), "rates": list(RATES), "last": last, **sizes}


@picture(needs=("Linear", "BatchNorm1d", "Tanh", "grad_data_ratio"))
def grad_data(m, given):
    """Gradient : data, for each matrix of weights

    How large a matrix's gradient is beside its weights. Healthy: the dots lie close together, and one learning rate
    suits all. A dot ten times to the right of the others (beyond the shaded band) is trained ten times as fast: at the
    start that is often the output layer, and it settles as training goes on.
    """
    rng = torch.Generator().manual_seed(1)
    parameters, logits = normalised_network(m, given)
    matrices = [p for p in parameters if p.dim() == 2]
    ratios = []
    for i in range(given.steps + 1):
        gradients_of_a_batch(parameters, logits, given, rng)
        if i in (0, given.steps):
            ratios.append(m.grad_data_ratio(matrices))
        step(parameters, 0.1)
    return {"ratios": ratios}


grad_data.inputs(lambda rng, words: examples(rng, words, last=0.1))


@grad_data.draw
def _(values, given):
    ratios = values.numbers("ratios", 2, len(NAMES))
    figure, (axes,) = style.panels(1, height=3.9)
    places = np.arange(len(NAMES))
    middle = max(float(np.nanmedian(ratios[1])), 1e-12)
    axes.axvspan(
        middle / 10, middle * 10, color=style.SHADE, zorder=0, label="within a factor of 10\nof the median after"
    )
    for row, label, marker, colour in (
        (ratios[0], "at the start", "o", style.ORANGE),
        (ratios[1], f"after {STEPS} steps", "D", style.BLUE),
    ):
        axes.plot(row, places, marker, color=colour, label=label, markersize=9)
    axes.set(xscale="log", xlabel="std of the gradient / std of the weights (log scale)", ylabel="matrix")
    axes.set_yticks(places, NAMES)
    axes.set_ylim(len(NAMES) - 0.5, -0.5)
    axes.legend(loc="center left", bbox_to_anchor=(1.0, 0.5))
    return figure


@picture(needs=("Linear", "BatchNorm1d", "Tanh", "update_data_ratio"))
def update_data(m, given):
    """Update : data over time, beside the line at -3

    How much a step changes each matrix of weights, as a power of ten. Healthy (middle): after a short while all lines
    run near the dashed line: a step changes the weights by a thousandth. Far below (left): the learning rate is too
    low. Far above (right): the weights are shaken about more than they learn.
    """
    runs = []
    for lr in given.rates:
        torch.manual_seed(1)
        rng = torch.Generator().manual_seed(1)
        parameters, logits = normalised_network(m, given)
        matrices = [p for p in parameters if p.dim() == 2]
        run = []
        for _ in range(given.steps):
            gradients_of_a_batch(parameters, logits, given, rng)
            run.append(m.update_data_ratio(matrices, lr))
            step(parameters, lr)
        runs.append(torch.tensor(run))
    return {"ratios": torch.stack(runs)}


update_data.inputs(examples)


@update_data.draw
def _(values, given):
    ratios = values.numbers("ratios", len(RATES), STEPS, len(NAMES))
    figure, panels = style.panels(3, height=4.3, sharey=True)
    titles = ("rate 0.001: too low", "rate 0.05: about right", "rate 3: too high")
    for axes, run, title in zip(panels, ratios, titles, strict=True):
        for line, colour, name in zip(run.T, style.ordered(len(NAMES)), NAMES, strict=True):
            axes.plot(line, color=colour, label=name, linewidth=1.1)
        axes.axhline(-3, color=style.BLACK, linestyle="--", label="-3: a thousandth")
        axes.set(title=title, xlabel="step", ylim=(-6, 0.5))
    panels[0].set_ylabel("log10(std of update / std of weights)")
    handles, labels = panels[0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside right center")
    return figure
