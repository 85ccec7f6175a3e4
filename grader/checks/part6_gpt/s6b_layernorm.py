"""Part 6, layer normalisation from scratch."""

import torch
from torch import nn

from grader.check import check
from grader.checks import slips
from grader.checks.draw import normal, uniform
from grader.checks.part6_gpt.inputs import explain_learnt, weights_of
from grader.checks.part6_gpt.modules import answered
from grader.checks.part6_gpt.wrong import cut_graph, lacking
from reference import part6_gpt as reference

OVER_BATCH = "normalised over the batch"


@check(
    "LayerNorm",
    points=2,
    hints=(
        "Each position of each example is normalised for itself, over its own channels.",
        "Mean and variance run over the last dimension, and keep it, so that they can be subtracted and divided by. "
        "The variance is the mean of the squared distances from the mean.",
        "Subtract the mean over the last dimension; divide by the root of (the mean of the squares of that, plus eps); "
        "multiply by weight and add bias, two parameters of shape (dim,).",
    ),
    forbids=("layer_norm", "native_layer_norm", "group_norm", "batch_norm", "instance_norm", "rms_norm", "LayerNorm"),
)
def LayerNorm(m, given):
    """Mean 0 and variance 1 over the channels, then weight and bias; with the gradients"""
    layer = m.LayerNorm(given.dim) if given.eps is None else m.LayerNorm(given.dim, given.eps)
    return answered(layer, given, given.x)


@LayerNorm.inputs
def _(rng):
    # With a spread of a hundredth the variance is about ten times the usual eps, which then matters.
    for shape, eps, spread in (((2, 3, 5), 1e-5, 1.0), ((6, 4), 0.3, 1.0), ((3, 2, 7), None, 0.01)):
        yield {
            "dim": shape[-1],
            "eps": eps,
            "weights": weights_of(rng, reference.LayerNorm(shape[-1])),
            "x": spread * (normal(rng, *shape) * uniform(rng, 0.7, 1.5, *shape[:-1], 1) + 0.6),
            "upstream": normal(rng, *shape),
        }


LayerNorm.explain(explain_learnt)


def normalised(statistics, root=lambda v, eps: (v + eps) ** 0.5):
    """A LayerNorm with another `statistics(x)`, mean and variance, or another root."""

    class Wrong(reference.LayerNorm):
        def forward(self, x):
            mean, variance = statistics(x)
            return self.weight * (x - mean) / root(variance, self.eps) + self.bias

    return Wrong


def moments(dim, correction=0):
    """Mean and variance over some dimensions."""
    return lambda x: (x.mean(dim, keepdim=True), x.var(dim, correction=correction, keepdim=True))


right = moments(-1)

LayerNorm.mistake(
    OVER_BATCH,
    "Mean and variance are taken over the first dimension: this is BatchNorm. Here each position of each example is "
    "normalised over its own channels, the last dimension.",
)(normalised(moments(0)))
LayerNorm.mistake(
    "normalised over everything but the channels",
    "Mean and variance are taken over batch and time, one for each channel: this is BatchNorm for three dimensions. "
    "Here they run over the channels, one for each position.",
)(normalised(lambda x: moments(tuple(range(x.dim() - 1)))(x)))
LayerNorm.mistake(
    "time and channels together",
    "Mean and variance are taken over all positions of an example together. Each position has a mean and a variance of "
    "its own: the last dimension alone.",
)(normalised(lambda x: moments(tuple(range(1, x.dim())))(x)))
LayerNorm.mistake(
    "normalised over the second dimension",
    "Mean and variance run over dimension 1. That is the last one for a matrix, and time for (B, T, C): count from the "
    "end.",
)(normalised(moments(1)))
LayerNorm.mistake(
    slips.N_MINUS_1,
    "The variance is divided by dim - 1, as torch's var and std do where they are not told otherwise. Here the "
    "channels are all there is, not a sample of something: divide by dim.",
)(normalised(moments(-1, 1)))
LayerNorm.mistake(
    "eps outside the root",
    "Epsilon is added to the standard deviation, behind the root. It belongs to the variance, under the root: that "
    "keeps the gradient finite as well where the variance is 0.",
)(normalised(right, lambda v, eps: v.sqrt() + eps))
LayerNorm.mistake(
    "eps is missing",
    "Nothing is added to the variance: where all channels are equal, this divides by 0.",
)(normalised(right, lambda v, eps: v.sqrt()))
LayerNorm.mistake(
    "eps is subtracted",
    "Epsilon is taken from the variance. It is there to keep it away from 0: add it.",
)(normalised(right, lambda v, eps: (v - eps).abs().sqrt()))
LayerNorm.mistake(
    "eps is not the one that was given",
    "The usual epsilon is used, whatever the constructor was given. Keep the argument, and use it.",
)(normalised(right, lambda v, eps: (v + 1e-5) ** 0.5))
LayerNorm.mistake(
    "divided by the variance",
    "The distances are divided by the variance. Its root, the standard deviation, is what makes the variance 1.",
)(normalised(right, lambda v, eps: v + eps))
LayerNorm.mistake(
    "the mean is not taken away",
    "The numbers are divided by their standard deviation, but they keep their mean. Subtract it first.",
)(normalised(lambda x: (0.0, right(x)[1])))
LayerNorm.mistake(
    "the variance is measured from 0",
    "The squares of x itself are averaged. The variance is the mean of the squared distances from the mean.",
)(normalised(lambda x: (right(x)[0], (x**2).mean(-1, keepdim=True))))
LayerNorm.mistake(
    "the squares are summed",
    "The squared distances are summed and not averaged: the variance is too large by the number of channels.",
)(normalised(lambda x: (right(x)[0], right(x)[1] * x.shape[-1])))
LayerNorm.mistake(
    "multiplied by the root",
    "The distances are multiplied by the standard deviation. Dividing by it is what makes the variance 1.",
)(normalised(right, lambda v, eps: (v + eps) ** -0.5))
LayerNorm.mistake(
    "the statistics are cut from the graph",
    "The output is right, the gradient is not: mean and variance are treated as constants. They depend on x too, and "
    "part of the gradient flows through them.",
)(normalised(lambda x: right(x.detach())))


def affine(output):
    """A LayerNorm with another `output(normalised, weight, bias)`."""

    class Wrong(reference.LayerNorm):
        def forward(self, x):
            mean, variance = right(x)
            return output((x - mean) / (variance + self.eps) ** 0.5, self.weight, self.bias)

    return Wrong


LayerNorm.mistake(
    "weight and bias are not used",
    "The numbers are normalised, and that is all. Multiply by the weight and add the bias.",
)(affine(lambda raw, weight, bias: raw))
LayerNorm.mistake(
    "the bias is not used",
    "The bias is not added.",
)(affine(lambda raw, weight, bias: raw * weight))
LayerNorm.mistake(
    "the weight is not used",
    "The normalised numbers are not multiplied by the weight.",
)(affine(lambda raw, weight, bias: raw + bias))
LayerNorm.mistake(
    "the bias is subtracted",
    "The bias is taken away. Add it.",
)(affine(lambda raw, weight, bias: raw * weight - bias))
LayerNorm.mistake(
    "weight and bias are swapped",
    "The normalised numbers are multiplied by the bias, and the weight is added.",
)(affine(lambda raw, weight, bias: raw * bias + weight))


LayerNorm.mistake(
    "the difference is taken the wrong way round",
    "x is subtracted from its mean. The mean is to be taken from x.",
)(affine(lambda raw, weight, bias: bias - raw * weight))
LayerNorm.mistake(
    "there is no mean anywhere",
    "x is divided by the root of the mean of its squares; the mean is never taken away. (This is RMSNorm, which some "
    "newer models use.)",
)(normalised(lambda x: (0.0, (x**2).mean(-1, keepdim=True))))
LayerNorm.mistake(
    "the variance is cut from the graph",
    "The output is right, the gradient is not: the variance is treated as a constant. It depends on x too.",
)(normalised(lambda x: (right(x)[0], right(x)[1].detach())))
LayerNorm.mistake(
    "not divided by anything",
    "The mean is taken away, and that is all: the standard deviation is not 1.",
)(normalised(right, lambda v, eps: 1.0))
LayerNorm.mistake(
    "each number has a variance of its own",
    "The squares are not averaged: each number is divided by its own distance from the mean.",
)(normalised(lambda x: (right(x)[0], (x - right(x)[0]) ** 2)))


@LayerNorm.mistake(
    "weight or bias is not learnt",
    "One of the two is a plain tensor, which an optimizer does not see. Wrap it in nn.Parameter.",
)
class _(reference.LayerNorm):
    def __init__(self, dim, eps=1e-5):
        super().__init__(dim, eps)
        del self.bias
        self.bias = torch.zeros(dim)


@LayerNorm.mistake(
    "weight and bias are not learnt",
    "The layer has no parameters: plain tensors are not seen by an optimizer. Wrap them in nn.Parameter.",
)
class _(nn.Module):
    def __init__(self, dim, eps=1e-5):
        super().__init__()
        self.weight, self.bias = torch.ones(dim), torch.zeros(dim)

    def forward(self, x):
        return x


LayerNorm.mistake(
    "one mean for everything",
    "A single mean is taken, over the whole input. Each position is measured from the mean of its own channels.",
)(normalised(lambda x: (x.mean(), ((x - x.mean()) ** 2).mean(-1, keepdim=True))))
LayerNorm.mistake(
    "one variance for everything",
    "A single variance is taken, over the whole input. Each position has a variance of its own.",
)(normalised(lambda x: (right(x)[0], ((x - right(x)[0]) ** 2).mean())))
LayerNorm.mistake(
    "the mean is added",
    "The mean is added where it should be subtracted.",
)(normalised(lambda x: (-right(x)[0], ((x + right(x)[0]) ** 2).mean(-1, keepdim=True))))
LayerNorm.mistake(
    "a dimension is lost in the mean or the variance",
    "Means or variances have lost the last dimension, so that broadcasting lines them up with the channels, or refuses "
    "to. Keep the dimension.",
)(normalised(lambda x: (x.mean(-1), 0 * (x - x.mean(-1)))))
lacking(LayerNorm, "eps", "weight", "bias")
cut_graph(LayerNorm)
