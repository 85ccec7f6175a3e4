"""Part 4, two layers in one go: layer norm, and a linear layer with tanh."""

import torch

from grader.check import check
from grader.checks import slips
from grader.checks.draw import normal, uniform
from grader.checks.tools import by_name
from reference import part4_backprop as reference


@check(
    "layernorm_backward",
    points=3,
    hints=(
        "It is BatchNorm turned by ninety degrees: mean and variance belong to one example and run "
        "over its numbers. Gain and bias still belong to the columns.",
        "Go back through the gain first. Then take away the average over the row, and what lines "
        "up with the normalised row. The variance is the biased one here, divided by D. Gain and "
        "bias are shared by the batch, so their gradients are sums over it.",
        "With g for the incoming gradient times the gain and z for the normalised row: dx is (g "
        "less its row mean, less z times the row mean of g times z) over the root of variance "
        "plus eps; dgain sums the incoming gradient times z over the batch, dbias the incoming "
        "gradient alone.",
    ),
)
def layernorm_backward(m, given):
    """Back through layer norm: dx, dgain, dbias"""
    gradients = m.layernorm_backward(given.dout, given.x, given.gain, given.eps)
    return by_name(gradients, "dx", "dgain", "dbias")


@layernorm_backward.inputs
def _(rng):
    for n, D, eps in ((5, 7, 1e-5), (8, 3, 0.1), (4, 12, 0.5)):
        # A spread of at least about a half in each row, and a mean that is not zero.
        x = normal(rng, n, D) + torch.linspace(-1, 1, D) + uniform(rng, 0.5, 2, n, 1)
        gain = uniform(rng, 0.4, 0.8, D) + (torch.arange(D) % 2)
        yield {"dout": normal(rng, n, D), "x": x, "gain": gain, "eps": eps}


@layernorm_backward.mistake(
    "the unbiased variance beside a mean over all",
    "x.var divides by D - 1 unless told otherwise, and the layer divides by D. The rest of the answer is for D.",
)
def _(dout, x, gain, eps):
    inverse = (x.var(-1, keepdim=True) + eps) ** -0.5
    hat = (x - x.mean(-1, keepdim=True)) * inverse
    g = dout * gain
    dx = inverse * (g - g.mean(-1, keepdim=True) - hat * (g * hat).mean(-1, keepdim=True))
    return dx, (dout * hat).sum(0), dout.sum(0)


@layernorm_backward.mistake(
    "the mean is treated as a constant",
    "In dx the path through the mean of the row is missing. A test: each row of dx must sum to zero.",
)
def _(dout, x, gain, eps):
    return _layernorm(dout, x, gain, eps, mean=0)


@layernorm_backward.mistake(
    "the variance is treated as a constant",
    "In dx the path through the variance of the row is missing: each number also moves the scale of its whole row.",
)
def _(dout, x, gain, eps):
    return _layernorm(dout, x, gain, eps, variance=0)


@layernorm_backward.mistake(
    "the statistics of the row are treated as constants",
    "dx is the direct path alone. Each number also moves the mean and the variance of its row.",
)
def _(dout, x, gain, eps):
    return _layernorm(dout, x, gain, eps, mean=0, variance=0)


@layernorm_backward.mistake(
    "the gain comes in too late",
    "In dx the means over the row are taken of the incoming gradient, and the gain is multiplied "
    "in at the end. The gain came last forward, so it comes first backward: before the means.",
)
def _(dout, x, gain, eps):
    dx = reference.layernorm_backward(dout, x, torch.ones_like(gain), eps)[0] * gain
    return dx, *reference.layernorm_backward(dout, x, gain, eps)[1:]


@layernorm_backward.mistake(
    "the gain is missing",
    "In dx the gain does not appear. It scales every column after the normalisation.",
)
def _(dout, x, gain, eps):
    dx = reference.layernorm_backward(dout, x, torch.ones_like(gain), eps)[0]
    return dx, *reference.layernorm_backward(dout, x, gain, eps)[1:]


@layernorm_backward.mistake(
    "the statistics run over the batch",
    "Mean and variance are taken down the columns: that is BatchNorm. Layer norm looks at one "
    "example at a time, along its row.",
)
def _(dout, x, gain, eps):
    return _layernorm(dout, x, gain, eps, dim=0)


@layernorm_backward.mistake(
    "n - 1 in the variance",
    "The variance is divided by one less than the length of the row. That is this part's "
    "BatchNorm; layer norm, as in PyTorch, divides by the full length.",
)
def _(dout, x, gain, eps):
    return _layernorm(dout, x, gain, eps, correction=1)


@layernorm_backward.mistake(
    "eps is left out",
    "Nearly. eps is not a detail when the variance is small or eps is large: it belongs under the "
    "root, with the variance.",
)
def _(dout, x, gain, eps):
    return _layernorm(dout, x, gain, 0.0)


@layernorm_backward.mistake(
    f"{slips.SUM_MISSING}: dgain and dbias",
    slips.sum_missing("(D,)", "(n, D)", "of the gain and of the bias down the batch"),
)
def _(dout, x, gain, eps):
    z = (x - x.mean(1, keepdim=True)) / torch.sqrt(x.var(1, correction=0, keepdim=True) + eps)
    return reference.layernorm_backward(dout, x, gain, eps)[0], dout * z, dout.clone()


@layernorm_backward.mistake(
    f"{slips.DIMENSION_KEPT}: dgain and dbias",
    "All values are right. The shapes of dgain and dbias are not: gain and bias have one "
    "dimension, the answers are rows of two. Broadcasting hides it until the update, where "
    "PyTorch refuses to take a row from a vector in place.",
)
def _(dout, x, gain, eps):
    dx, dgain, dbias = reference.layernorm_backward(dout, x, gain, eps)
    return dx, dgain.unsqueeze(0), dbias.unsqueeze(0)


@layernorm_backward.mistake(
    "x where the normalised x belongs",
    "In dgain the incoming gradient is multiplied by x. The gain is multiplied by the normalised row.",
)
def _(dout, x, gain, eps):
    dx, _, dbias = reference.layernorm_backward(dout, x, gain, eps)
    return dx, (dout * x).sum(0), dbias


@layernorm_backward.mistake(
    "dgain and dbias are swapped",
    "All three are right, but they come in another order than dx, dgain, dbias.",
)
def _(dout, x, gain, eps):
    dx, dgain, dbias = reference.layernorm_backward(dout, x, gain, eps)
    return dx, dbias, dgain


def _layernorm(dout, x, gain, eps, mean=1, variance=1, dim=1, correction=0):
    """The three gradients, the terms of the mean and of the variance multiplied by something."""
    spread = torch.sqrt(x.var(dim, correction=correction, keepdim=True) + eps)
    z = (x - x.mean(dim, keepdim=True)) / spread
    g = dout * gain
    along = z * (g * z).sum(dim, keepdim=True) / (x.shape[dim] - correction)
    dx = (g - mean * g.mean(dim, keepdim=True) - variance * along) / spread
    return dx, (dout * z).sum(0), dout.sum(0)


@check(
    "tanh_linear_backward",
    points=2,
    hints=(
        "You have done every part of it: a matrix product, a bias, and tanh on top.",
        "Last forward is first backward: go through tanh, whose slope is one minus its output "
        "squared; all three gradients start from what comes out there.",
        "Work out the output again, multiply the incoming gradient by its slope, and call the "
        "result g; dx is g times W transposed, dW is x transposed times g, db is the sum of g "
        "over the batch.",
    ),
)
def tanh_linear_backward(m, given):
    """Back through a tanh layer: dx, dW, db"""
    gradients = m.tanh_linear_backward(given.dout, given.x, given.W, given.b)
    return by_name(gradients, "dx", "dW", "db")


@tanh_linear_backward.inputs
def _(rng):
    for n, fan_in, fan_out in ((5, 4, 3), (7, 2, 6), (3, 8, 4)):
        W = 0.6 * normal(rng, fan_in, fan_out) / fan_in**0.5
        b = uniform(rng, 0.2, 0.6, fan_out)
        yield {"dout": normal(rng, n, fan_out), "x": normal(rng, n, fan_in), "W": W, "b": b}


@tanh_linear_backward.mistake(
    "tanh is left out",
    "These are the gradients of x @ W + b. The incoming gradient has to go back through tanh first.",
)
def _(dout, x, W, b):
    return _linear(dout, x, W)


@tanh_linear_backward.mistake(
    "(1 - h) squared",
    "The difference is squared, but only the output of tanh should be: the slope of tanh is never larger than 1.",
)
def _(dout, x, W, b):
    return _linear(dout * (1 - torch.tanh(x @ W + b)) ** 2, x, W)


@tanh_linear_backward.mistake(
    "the slope is taken from the pre-activation",
    "The slope of tanh, written as one minus a square, takes the square of the output of tanh, not of its input.",
)
def _(dout, x, W, b):
    return _linear(dout * (1 - (x @ W + b) ** 2), x, W)


@tanh_linear_backward.mistake(
    "the bias is forgotten on the way forward",
    "The output of tanh is worked out again without b, so its slope is that of another point.",
)
def _(dout, x, W, b):
    return _linear(dout * (1 - torch.tanh(x @ W) ** 2), x, W)


@tanh_linear_backward.mistake(
    "db does not go through tanh",
    "dx and dW are right, but db is the sum of the incoming gradient as it is. The bias is added "
    "before tanh, so its gradient goes back through tanh as well.",
)
def _(dout, x, W, b):
    dx, dW, _ = reference.tanh_linear_backward(dout, x, W, b)
    return dx, dW, dout.sum(0)


@tanh_linear_backward.mistake(
    f"{slips.SUM_MISSING}: db",
    slips.sum_missing("(fan_out,)", "(n, fan_out)", "of the bias down the batch"),
)
def _(dout, x, W, b):
    dx, dW, _ = reference.tanh_linear_backward(dout, x, W, b)
    return dx, dW, dout * (1 - torch.tanh(x @ W + b) ** 2)


@tanh_linear_backward.mistake(
    f"{slips.DIMENSION_KEPT}: db",
    "All values are right. The shape of db is not: b has one dimension, the answer is a row of "
    "two. Broadcasting hides it until the update, where PyTorch refuses to take a row from a "
    "vector in place.",
)
def _(dout, x, W, b):
    dx, dW, db = reference.tanh_linear_backward(dout, x, W, b)
    return dx, dW, db.unsqueeze(0)


@tanh_linear_backward.mistake(
    f"{slips.TRANSPOSED}: dW",
    "dx and db are right, and so are the numbers of dW, but they lie on their side: swap the roles of the two factors.",
)
def _(dout, x, W, b):
    dx, dW, db = reference.tanh_linear_backward(dout, x, W, b)
    return dx, dW.T.clone(), db


@tanh_linear_backward.mistake(
    "divided by the number of examples",
    "dW and db are means over the batch. Nothing is averaged in this layer: the examples add up.",
)
def _(dout, x, W, b):
    dx, dW, db = reference.tanh_linear_backward(dout, x, W, b)
    return dx, dW / len(x), db / len(x)


def _linear(g, x, W):
    return g @ W.T, x.T @ g, g.sum(0)
