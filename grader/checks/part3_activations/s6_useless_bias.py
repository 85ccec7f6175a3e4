"""Part 3, the bias that BatchNorm takes away again."""

import torch

from grader.check import check
from grader.checks import slips
from grader.checks.draw import normal, uniform
from grader.checks.tools import by_name
from reference import part3_activations as reference


@check(
    "useless_bias",
    points=2,
    after="batchnorm",
    hints=(
        "A number that is added to a whole column moves its mean by just as much, and the mean is subtracted.",
        "Autograd gives a gradient to leaves that require one. Make such a copy of b for each of the two losses, and "
        "one of bnbias for the second.",
        "Detach and clone b and require its gradient; compute x @ W plus it, tanh, times upstream, sum, backward, and "
        "read .grad. Then the same with new copies of b and of bnbias, and batchnorm before the tanh.",
    ),
)
def useless_bias(m, given):
    """The gradient of a bias without and with BatchNorm, and that of BatchNorm's own"""
    b, bngain, bnbias = (t.clone().requires_grad_() for t in (given.b, given.bngain, given.bnbias))
    gradients = m.useless_bias(given.x, given.W, b, bngain, bnbias, given.upstream)
    named = by_name(gradients, "plain", "normalised", "own")
    second = named.get("normalised")
    if type(second) is torch.Tensor and second.is_floating_point():
        named["normalised"] = second.round(decimals=4)  # rounding is all that is left of it
    return named


@useless_bias.inputs
def _(rng):
    for n, fan_in, hidden in ((6, 3, 4), (9, 5, 3), (7, 2, 5)):
        spread = False
        while not spread:  # a unit with next to no variance would make much of the rounding
            x, W = normal(rng, n, fan_in), normal(rng, fan_in, hidden) / fan_in**0.5
            spread = (x @ W).var(0).min() > 0.1
        yield {
            "x": x,
            "W": W,
            "b": normal(rng, hidden),
            "bngain": uniform(rng, 0.5, 1.5, 1, hidden),
            "bnbias": normal(rng, 1, hidden),
            "upstream": normal(rng, n, hidden) + 0.3,
        }


def leaf(tensor):
    """A copy that gets a gradient."""
    return tensor.detach().clone().requires_grad_()


def right_loss(pre, upstream):
    """The weighted sum of the activations."""
    return (upstream * torch.tanh(pre)).sum()


def right_norm(pre, bngain, bnbias):
    """Batch normalisation."""
    return reference.batchnorm(pre, bngain, bnbias, 1e-5)


def gradients(x, W, b, bngain, bnbias, upstream, first=right_loss, second=right_loss, norm=right_norm):
    """The three gradients, of other losses or with another norm."""
    one, two, own = leaf(b), leaf(b), leaf(bnbias)
    first(x @ W + one, upstream).backward()
    second(norm(x @ W + two, bngain.detach(), own), upstream).backward()
    return one.grad, two.grad, own.grad


def changed(name, advice, change):
    """Register a mistake that changes the right gradients."""
    useless_bias.mistake(name, advice)(lambda *given: change(*reference.useless_bias(*given)))


def losing(name, advice, loss, alone=True):
    """Register another loss: in both cases, and perhaps in each of them alone."""
    useless_bias.mistake(name, advice)(lambda *given: gradients(*given, first=loss, second=loss))
    for where, option in (("the loss without BatchNorm", "first"), ("the loss with BatchNorm", "second"))[: 2 * alone]:
        variant = lambda *given, option=option: gradients(*given, **{option: loss})  # noqa: E731
        useless_bias.mistake(f"{name}: {where}", advice)(variant)


def norming(name, advice, norm):
    """Register another norm."""
    useless_bias.mistake(name, advice)(lambda *given: gradients(*given, norm=norm))


changed(
    "plain and normalised are swapped",
    "All gradients are right, the first two in the other order: the one without BatchNorm comes first.",
    lambda plain, normalised, own: (normalised, plain, own),
)
changed(
    "the gradients of the two losses add up",
    "The first two gradients are equal: backward adds to what is in .grad already, and both are the same tensor. "
    "Flush it in between and clone what you keep, or use a copy of b for each loss.",
    lambda plain, normalised, own: (plain, plain, own),
)
changed(
    "the copies are no leaves",
    "All gradients are None. A clone of a tensor that requires a gradient is a result and no leaf, and has no .grad: "
    "detach it first.",
    lambda plain, normalised, own: (None, None, None),
)
changed(
    "the gradient of bnbias is missing",
    "Two gradients came. The third one, of bnbias, shows who does the work of the bias.",
    lambda plain, normalised, own: (plain, normalised),
)
changed(
    slips.DIMENSION_LOST,
    "The values are right, one shape is not: bnbias is (1, H), so its gradient is too.",
    lambda plain, normalised, own: (plain, normalised, own.squeeze(0)),
)
changed(
    slips.DIMENSION_KEPT,
    "The values are right, the shapes are not: b is (H,), so its gradients are too.",
    lambda plain, normalised, own: (plain.unsqueeze(0), normalised.unsqueeze(0), own),
)
changed(
    "no backward pass for the first loss",
    "The first gradient is None: nobody has called backward on the loss without BatchNorm.",
    lambda plain, normalised, own: (None, normalised, own),
)
changed(
    "no backward pass for the second loss",
    "Two gradients are None: nobody has called backward on the loss with BatchNorm.",
    lambda plain, normalised, own: (plain, None, None),
)
changed(
    "b is not part of the second loss",
    "The second gradient is None: b, or rather this copy of it, has no part in the loss with BatchNorm.",
    lambda plain, normalised, own: (plain, None, own),
)
losing(
    slips.IGNORED,
    "The activations are summed without their weights. Multiply them by upstream first.",
    lambda pre, upstream: torch.tanh(pre).sum(),
)
losing(
    "the tanh is missing",
    "The weighted sum is one of the pre-activations.",
    lambda pre, upstream: (upstream * pre).sum(),
)
losing(
    "sigmoid instead of tanh",
    "The activations are those of a sigmoid. tanh is asked for.",
    lambda pre, upstream: (upstream * torch.sigmoid(pre)).sum(),
)
losing(
    "the mean instead of the sum",
    "The mean of the weighted activations is taken. The loss is their sum.",
    lambda pre, upstream: (upstream * torch.tanh(pre)).mean(),
)
losing(
    "the sum is missing",
    "backward starts from a single number: PyTorch does not know how to add up the entries of a tensor for you.",
    lambda pre, upstream: upstream * torch.tanh(pre),
    alone=False,
)
losing(
    "the graph is cut off",
    "The activations were detached, or nothing in the loss requires a gradient, so backward has nowhere to go.",
    lambda pre, upstream: (upstream * torch.tanh(pre).detach()).sum(),
    alone=False,
)
norming(
    "BatchNorm is missing",
    "bnbias is added, but nothing is normalised: the mean is not taken away, so the bias is not useless.",
    lambda pre, bngain, bnbias: pre + bnbias,
)
norming(
    "the statistics are treated as constants",
    "With a mean that is cut off from the graph the bias does get a gradient. Nothing in batchnorm is to be detached.",
    lambda pre, gain, bias: gain * (pre - pre.detach().mean(0)) / (pre.detach().var(0) + 1e-5).sqrt() + bias,
)
norming(
    slips.WRONG_DIMENSION,
    "The normalisation runs over the units of each example. That is LayerNorm, behind which a bias is not useless.",
    lambda pre, gain, bias: gain * (pre - pre.mean(1, keepdim=True)) / (pre.var(1, keepdim=True) + 1e-5).sqrt() + bias,
)
norming(
    "gain and bias are swapped",
    "bngain and bnbias are passed to batchnorm in the other order.",
    lambda pre, bngain, bnbias: right_norm(pre, bnbias, bngain),
)


@useless_bias.mistake(
    "BatchNorm after the tanh",
    "tanh comes first and BatchNorm after it. A bias inside of the tanh is not taken away. BatchNorm belongs between "
    "the product and the tanh.",
)
def _(*given):
    def normed(pre, bngain, bnbias):
        return right_norm(torch.tanh(pre), bngain, bnbias)

    return gradients(*given, norm=normed, second=lambda out, upstream: (upstream * out).sum())


@useless_bias.mistake(
    "the gradient of bngain for that of bnbias",
    "The last value is the gradient of bngain. That of bnbias is asked for.",
)
def _(x, W, b, bngain, bnbias, upstream):
    plain, normalised, _ = reference.useless_bias(x, W, b, bngain, bnbias, upstream)
    gain = leaf(bngain)
    right_loss(right_norm(x @ W + b.detach(), gain, bnbias.detach()), upstream).backward()
    return plain, normalised, gain.grad


@useless_bias.mistake("the bias is subtracted", "b is taken away from the product. It is to be added.")
def _(x, W, b, bngain, bnbias, upstream):
    plain, normalised, own = gradients(x, W, -b, bngain, bnbias, upstream)
    return -plain, normalised, own


@useless_bias.mistake("the factors are swapped", "x comes first in the product: its rows are multiplied by W.")
def _(x, W, b, bngain, bnbias, upstream):
    return W @ x
