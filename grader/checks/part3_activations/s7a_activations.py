"""Part 3, the instruments: how activations are distributed."""

import torch

from grader.check import check
from grader.checks.draw import normal
from grader.checks.tools import by_name
from reference import part3_activations as reference


def row_of_layers(m, kinds, outs, gradients=()):
    """Tanh layers of the answer, and others, each as after a pass: with .out, and its .grad if there are any."""

    class Linear:
        pass

    layers = []
    for i, (kind, out) in enumerate(zip(kinds, outs, strict=True)):
        layer = m.Tanh() if kind == "Tanh" else Linear()
        layer.out = out.clone().requires_grad_()
        if gradients:
            layer.out.grad = gradients[i].clone()
        layers.append(layer)
    return layers


def rows(values, *names):
    """A list of tuples as a list of dicts."""
    return [by_name(row, *names) for row in values] if isinstance(values, (list, tuple)) else values


def tanhs(layers):
    """What is in .out of the Tanh layers."""
    return [layer.out.detach() for layer in layers if isinstance(layer, reference.Tanh)]


def saturating(rng, *shape):
    """Outputs of tanh with a mean well away from zero, some beyond 0.97, none close to it."""
    while True:
        out = torch.tanh(1.5 * normal(rng, *shape) + 0.6)
        if ((out.abs() - 0.97).abs() > 1e-5).all() and out.mean() > 0.1:
            return out


@check(
    "activation_stats",
    points=1,
    hints=(
        "Each layer has kept its last output; only those of Tanh layers count.",
        "isinstance tells a layer's class. Of each output: mean, std, and the share of absolute values above 0.97, as "
        "plain floats.",
        "Go through the layers, skip those that are no Tanh, and append a tuple of mean, standard deviation and share "
        "to a list, each made a float with item().",
    ),
)
def activation_stats(m, given):
    """Mean, standard deviation and saturation of each Tanh"""
    return rows(m.activation_stats(row_of_layers(m, given.kinds, given.outs)), "mean", "std", "saturated")


@activation_stats.inputs
def _(rng):
    for kinds, shape in (
        (["Linear", "Tanh", "Linear", "Tanh", "Linear"], (6, 5)),
        (["Tanh", "Linear"], (9, 4)),
        (["Tanh", "Linear", "Tanh", "Tanh"], (4, 7)),
    ):
        yield {"kinds": kinds, "outs": [saturating(rng, *shape) for _ in kinds]}


def share(out, threshold=0.97):
    """The share of large entries, a float."""
    return (out.abs() > threshold).double().mean().item()


@activation_stats.mistake(
    "all layers instead of the Tanh ones",
    "There is a tuple for each layer. Only those that are a Tanh are asked for.",
)
def _(layers):
    return [(out.mean().item(), out.std().item(), share(out)) for out in (layer.out.detach() for layer in layers)]


@activation_stats.mistake(
    "the layers that are no Tanh",
    "There is a tuple for each layer that is not a Tanh: the condition is the wrong way round.",
)
def _(layers):
    outs = [layer.out.detach() for layer in layers if not isinstance(layer, reference.Tanh)]
    return [(out.mean().item(), out.std().item(), share(out)) for out in outs]


@activation_stats.mistake(
    "the absolute value is missing",
    "Only the activations near 1 count as saturated. tanh is as flat near -1.",
)
def _(layers):
    return [(out.mean().item(), out.std().item(), (out > 0.97).double().mean().item()) for out in tanhs(layers)]


@activation_stats.mistake(
    "another threshold",
    "Mean and standard deviation are right. The share is for another threshold: here it is 0.97.",
)
def _(layers):
    return [(out.mean().item(), out.std().item(), share(out, 0.99)) for out in tanhs(layers)]


@activation_stats.mistake(
    "below the threshold instead of above",
    "The last number is the share of the activations that are not saturated.",
)
def _(layers):
    return [(out.mean().item(), out.std().item(), 1 - share(out)) for out in tanhs(layers)]


@activation_stats.mistake("per cent", "The share is given in per cent. A number from 0 to 1 is asked for.")
def _(layers):
    return [(out.mean().item(), out.std().item(), 100 * share(out)) for out in tanhs(layers)]


@activation_stats.mistake(
    "the variance instead of the standard deviation",
    "The second number is the variance. The standard deviation is its root.",
)
def _(layers):
    return [(out.mean().item(), out.var().item(), share(out)) for out in tanhs(layers)]


@activation_stats.mistake(
    "the biased standard deviation",
    "The second number is divided by n. PyTorch's std divides by n - 1 unless told otherwise.",
)
def _(layers):
    return [(out.mean().item(), out.std(correction=0).item(), share(out)) for out in tanhs(layers)]


@activation_stats.mistake(
    "mean and standard deviation are swapped",
    "Both numbers are right, in the other order: the mean comes first.",
)
def _(layers):
    return [(out.std().item(), out.mean().item(), share(out)) for out in tanhs(layers)]


@activation_stats.mistake(
    "the mean of the absolute values",
    "The first number is the mean of |a|. Here signs count: a mean near zero is what you want to see.",
)
def _(layers):
    return [(out.abs().mean().item(), out.std().item(), share(out)) for out in tanhs(layers)]


@activation_stats.mistake(
    "tensors instead of floats",
    "The values are right, but they come as tensors. Plain Python floats are asked for.",
)
def _(layers):
    outs = [layer.out for layer in layers if isinstance(layer, reference.Tanh)]
    return [(out.mean(), out.std(), (out.abs() > 0.97).float().mean()) for out in outs]


def numbers(check, tensors, *right):
    """Register mistakes in one number: in `right` a name, the right function, and wrong ones by name, of each."""
    for i, (name, _, wrong) in enumerate(right):
        for mistake, (advice, function) in wrong.items():

            @check.mistake(f"{mistake}: the {name}", advice)
            def _(layers, i=i, function=function):
                functions = [function if i == j else f for j, (_, f, _) in enumerate(right)]
                return [tuple(function(t) for function in functions) for t in tensors(layers)]


ITEM = "item() makes a number of a tensor with one entry. Take all entries together first."
SUM = {
    "the sum instead of the mean": ("A sum grows with the size of the layer. Take the mean.", lambda t: t.sum().item())
}


def tensor(function):
    """The same number, still a tensor."""
    return {
        "a tensor instead of a float": ("One of the numbers is still a tensor: item() makes a float of it.", function)
    }


numbers(
    activation_stats,
    tanhs,
    ("mean", lambda t: t.mean().item(), SUM | tensor(lambda t: t.mean())),
    ("standard deviation", lambda t: t.std().item(), tensor(lambda t: t.std())),
    (
        "share",
        share,
        tensor(lambda t: (t.abs() > 0.97).float().mean())
        | {
            "the count": (
                "Divide the count by the number of entries.",
                lambda t: (t.abs() > 0.97).float().sum().item(),
            ),
            "the mean of booleans": (
                "PyTorch takes no mean of booleans. Turn them into floats first.",
                lambda t: (t.abs() > 0.97).mean().item(),
            ),
            "never": ("Nothing is ever above this threshold. It is 0.97.", lambda t: 0.0),
        },
    ),
)


@activation_stats.mistake("an item of many", ITEM)
def _(layers):
    return [(out.item(),) for out in tanhs(layers)]


@activation_stats.mistake("the layers are returned", "These are the layers as they came in.")
def _(layers):
    return layers
