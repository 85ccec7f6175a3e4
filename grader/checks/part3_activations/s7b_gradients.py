"""Part 3, the instruments: how gradients are distributed."""

from grader.check import check
from grader.checks.draw import normal
from grader.checks.part3_activations.s7a_activations import (
    ITEM,
    SUM,
    numbers,
    row_of_layers,
    rows,
    saturating,
    tanhs,
    tensor,
)
from reference import part3_activations as reference


def gradients_of(layers):
    """What is in .out.grad of the Tanh layers."""
    return [layer.out.grad for layer in layers if isinstance(layer, reference.Tanh)]


@check(
    "gradient_stats",
    points=1,
    hints=(
        "After a backward pass the output of each layer holds the gradient that arrived there.",
        "layer.out.grad, of the Tanh layers alone; its mean and its standard deviation as plain floats.",
        "Go through the layers, skip those that are no Tanh, and append a tuple of the mean and the standard "
        "deviation of the gradient of the layer's output, each made a float with item().",
    ),
)
def gradient_stats(m, given):
    """Mean and standard deviation of the gradient at each Tanh"""
    return rows(m.gradient_stats(row_of_layers(m, given.kinds, given.outs, given.gradients)), "mean", "std")


@gradient_stats.inputs
def _(rng):
    for kinds, shape in (
        (["Linear", "Tanh", "Linear", "Tanh", "Linear"], (6, 5)),
        (["Tanh", "Linear"], (9, 4)),
        (["Tanh", "Linear", "Tanh", "Tanh"], (4, 7)),
    ):
        gradients = [0.01 * (normal(rng, *shape) + 1.5) for _ in kinds]
        yield {"kinds": kinds, "outs": [saturating(rng, *shape) for _ in kinds], "gradients": gradients}


@gradient_stats.mistake(
    "the activations instead of their gradients",
    "These are the statistics of the outputs. Their gradients are in .grad of the outputs.",
)
def _(layers):
    return [(out.mean().item(), out.std().item()) for out in tanhs(layers)]


@gradient_stats.mistake(
    "all layers instead of the Tanh ones",
    "There is a tuple for each layer. Only those that are a Tanh are asked for.",
)
def _(layers):
    return [(g.mean().item(), g.std().item()) for g in (layer.out.grad for layer in layers)]


@gradient_stats.mistake(
    "the layers that are no Tanh",
    "There is a tuple for each layer that is not a Tanh: the condition is the wrong way round.",
)
def _(layers):
    gradients = [layer.out.grad for layer in layers if not isinstance(layer, reference.Tanh)]
    return [(g.mean().item(), g.std().item()) for g in gradients]


@gradient_stats.mistake(
    "the variance instead of the standard deviation",
    "The second number is the variance. The standard deviation is its root.",
)
def _(layers):
    return [(g.mean().item(), g.var().item()) for g in gradients_of(layers)]


@gradient_stats.mistake(
    "the biased standard deviation",
    "The second number is divided by n. PyTorch's std divides by n - 1 unless told otherwise.",
)
def _(layers):
    return [(g.mean().item(), g.std(correction=0).item()) for g in gradients_of(layers)]


@gradient_stats.mistake(
    "mean and standard deviation are swapped",
    "Both numbers are right, in the other order: the mean comes first.",
)
def _(layers):
    return [(g.std().item(), g.mean().item()) for g in gradients_of(layers)]


@gradient_stats.mistake(
    "the mean of the absolute values",
    "The first number is the mean of the gradient's size. Here signs count.",
)
def _(layers):
    return [(g.abs().mean().item(), g.std().item()) for g in gradients_of(layers)]


@gradient_stats.mistake(
    "tensors instead of floats",
    "The values are right, but they come as tensors. Plain Python floats are asked for.",
)
def _(layers):
    return [(g.mean(), g.std()) for g in gradients_of(layers)]


numbers(
    gradient_stats,
    gradients_of,
    ("mean", lambda t: t.mean().item(), SUM | tensor(lambda t: t.mean())),
    ("standard deviation", lambda t: t.std().item(), tensor(lambda t: t.std())),
)


@gradient_stats.mistake("an item of many", ITEM)
def _(layers):
    return [(g.item(),) for g in gradients_of(layers)]


@gradient_stats.mistake("the layers are returned", "These are the layers as they came in.")
def _(layers):
    return layers
