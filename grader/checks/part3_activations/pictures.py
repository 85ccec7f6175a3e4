"""Part 3, pictures of a deep network at its start: activations, gradients, saturation."""

import numpy as np
import torch

from grader.picture import picture
from grader.pictures import style
from grader.pictures.data import some
from grader.training.corpus import contexts

DEPTH, WIDTH, EXAMPLES = 5, 60, 200
SCALES = (0.5, 5 / 3, 5.0)
ROWS, NEURONS, WILD = 40, 100, 3
CONDITIONS = ("weights * 0.5: too small", "weights * 5/3: as tanh needs", "weights * 5: too large")


def deep_network(m, given, scale):
    """Layers of the answer: Linear and Tanh in turn, the weights times scale; a last Linear as it comes."""
    layers, fan_in = [], given.x.shape[1]
    for _ in range(given.depth):
        linear = m.Linear(fan_in, given.width)
        with torch.no_grad():
            linear.weight *= scale
        layers += [linear, m.Tanh()]
        fan_in = given.width
    return [*layers, m.Linear(fan_in, given.classes)]


def forward(layers, x):
    """What comes out of the last layer."""
    for layer in layers:
        x = layer(x)
    return x


def backward(layers, given):
    """A forward and a backward pass for the cross-entropy, after which each layer.out has its .grad."""
    for layer in layers:
        for p in layer.parameters():
            p.requires_grad_()
    logits = forward(layers, given.x)
    for layer in layers:
        layer.out.retain_grad()
    torch.nn.functional.cross_entropy(logits, given.Y).backward()


def embedded(rng, words):
    """Inputs of the deep network: letters of names as random vectors, x (n, 30), and the next letters, Y (n,)."""
    X, Y = contexts(some(words, EXAMPLES, rng), 3)
    chosen = torch.randperm(len(X), generator=rng)[:EXAMPLES]
    x = torch.randn(27, 10, generator=rng)[X[chosen]].flatten(1)
    return {"x": x, "Y": Y[chosen], "depth": DEPTH, "width": WIDTH, "classes": 27, "scales": list(SCALES)}


def layers_in_one(axes, layers, bins, labels, edge):
    """How each layer's numbers are spread between -edge and edge, the first layer darkest."""
    for numbers, colour, label in zip(layers, style.ordered(len(layers)), labels, strict=True):
        style.distribution(axes, numbers, bins, (-edge, edge), color=colour, label=label)
    axes.set(yscale="log", ylim=(5e-5, 1.5))
    axes.legend(loc="upper center", bbox_to_anchor=(0.5, -0.17), handlelength=1)


@picture(needs=("Linear", "Tanh", "activation_stats"))
def activations(m, given):
    """Activations: does every layer still speak?

    Healthy (middle): the layers look alike, and few values stand at -1 and 1. Too small weights (left): each layer is
    closer to 0 than the one before, and the signal dies out. Too large ones (right): most values are at -1 or 1, where
    tanh is flat and lets no gradient through.
    """
    outs, stats = [], []
    with torch.no_grad():
        for scale in given.scales:
            layers = deep_network(m, given, scale)
            forward(layers, given.x)
            outs.append(torch.stack([layer.out for layer in layers[1::2]]))
            stats.append(m.activation_stats(layers))
    return {"outs": torch.stack(outs), "stats": stats}


activations.inputs(embedded)


@activations.draw
def _(values, given):
    outs = values.numbers("outs", len(SCALES), DEPTH, EXAMPLES, WIDTH)
    stats = values.numbers("stats", len(SCALES), DEPTH, 3)
    figure, panels = style.panels(3, height=4.9, sharey=True)
    for axes, out, rows, condition in zip(panels, outs, stats, CONDITIONS, strict=True):
        labels = [f"layer {i}: std {std:.2f}, {share:.0%}" for i, (_, std, share) in enumerate(rows, 1)]
        layers_in_one(axes, out, 40, labels, 1)
        axes.get_legend().set_title("std, share saturated")
        axes.set(title=condition, xlabel="output of tanh", xlim=(-1.05, 1.05), xticks=(-1, 0, 1))
    panels[0].set_ylabel("share of the values (log)")
    return figure


@picture(needs=("Linear", "Tanh", "gradient_stats"))
def gradients(m, given):
    """Gradients at the outputs of tanh: do they reach the first layer?

    Healthy (middle): all layers get gradients of about the same spread. Too small weights (left): the gradient shrinks
    on its way back, and the first layers (dark) stand as a needle at 0: they do not learn. Too large ones (right): it
    grows or shrinks from layer to layer, and no learning rate suits all.
    """
    gradients, stats = [], []
    for scale in given.scales:
        layers = deep_network(m, given, scale)
        backward(layers, given)
        gradients.append(torch.stack([layer.out.grad for layer in layers[1::2]]))
        stats.append(m.gradient_stats(layers))
    return {"gradients": torch.stack(gradients), "stats": stats}


gradients.inputs(embedded)


@gradients.draw
def _(values, given):
    found = values.numbers("gradients", len(SCALES), DEPTH, EXAMPLES, WIDTH)
    stats = values.numbers("stats", len(SCALES), DEPTH, 2)
    figure, panels = style.panels(3, height=4.9)
    for axes, layers, rows, condition in zip(panels, found, stats, CONDITIONS, strict=True):
        labels = [f"layer {i}: std {std:.1e}" for i, (_, std) in enumerate(rows, 1)]
        edge = max(6 * float(np.nanstd(layers)), 1e-12)
        exponent = int(np.floor(np.log10(edge)))
        layers_in_one(axes, layers / 10.0**exponent, 60, labels, edge / 10.0**exponent)
        axes.set(title=condition, xlabel=f"gradient, in 1e{exponent}")
    panels[0].set_ylabel("share of the values (log)")
    return figure


@picture(needs=("init_mlp", "dead_neurons", "saturation"))
def dead_neurons(m, given):
    """Dead neurons: which ones are saturated for every example?

    Each column is a neuron, each row an example; dark is |tanh| > 0.99, where no gradient passes. A column that is dark
    from top to bottom (marked by a triangle) can't learn from any of these examples: it is dead. Healthy: few dark
    cells, and no triangle.
    """
    ready = m.init_mlp(27, given.X.shape[1], 10, given.neurons, torch.Generator().manual_seed(given.seed))
    h = []
    for C, W1, b1, *_ in (given.wild, ready):
        with torch.no_grad():
            h.append(torch.tanh(C[given.X].flatten(1) @ W1 + b1))
    dead, shares = [m.dead_neurons(one) for one in h], [m.saturation(one) for one in h]
    return {"h": torch.stack(h), "dead": torch.stack(dead), "saturation": shares}


@dead_neurons.inputs
def _(rng, words):
    X, _ = contexts(some(words, ROWS, rng), 3)
    wild = [torch.randn(27, 10, generator=rng), WILD * torch.randn(30, NEURONS, generator=rng), torch.zeros(NEURONS)]
    seed = int(torch.randint(2**31, (), generator=rng))
    return {"X": X[torch.randperm(len(X), generator=rng)[:ROWS]], "wild": wild, "neurons": NEURONS, "seed": seed}


@dead_neurons.draw
def _(values, given):
    h = values.numbers("h", 2, ROWS, NEURONS)
    dead = values.numbers("dead", 2, NEURONS)
    shares = values.numbers("saturation", 2)
    figure, panels = style.panels(1, height=5.4, rows=2)
    for axes, one, lost, share, start in zip(
        panels, h, dead, shares, (f"weights from randn * {WILD}", "your init_mlp"), strict=True
    ):
        saturated = np.where(np.isnan(one), np.nan, np.abs(one) > 0.99)
        style.image(axes, saturated, "", cmap=style.TWO, vmin=0, vmax=1)
        columns = np.flatnonzero(lost == 1)
        if len(columns):  # an empty line would upset the layout
            axes.plot(columns, np.full(len(columns), -2.0), "v", color=style.VERMILLION, clip_on=False, label="dead")
        axes.set_title(f"{start}: {share:.0%} saturated, {len(columns)} of {NEURONS} neurons dead", pad=14)
        axes.set(ylabel="example", xlim=(-0.5, NEURONS - 0.5), ylim=(ROWS - 0.5, -0.5))
    panels[-1].set_xlabel("neuron of the hidden layer")
    return figure
