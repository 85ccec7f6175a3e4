"""Part 4, softmax on its own, in one go."""

import torch

from grader.check import check
from grader.checks import slips
from grader.checks.draw import normal


@check(
    "softmax_backward",
    points=2,
    hints=(
        "Every probability depends on every logit of its row: a logit that grows takes from all the others.",
        "The slope of one probability with respect to a logit is the probability times (one, if "
        "it is its own logit, less the other probability). Summed against what comes in, the "
        "matrix disappears: what is left is a weighted average.",
        "In each row take the sum of probs times the incoming gradient, subtract it from the "
        "incoming gradient, and multiply the difference by probs. The last dimension is the row.",
    ),
)
def softmax_backward(m, given):
    """Back through softmax, for any number of leading dimensions"""
    return m.softmax_backward(given.dprobs, given.probs)


@softmax_backward.inputs
def _(rng):
    for shape in ((5, 7), (2, 3, 4), (8,)):
        probs = torch.softmax(0.8 * normal(rng, *shape), -1)
        yield {"dprobs": normal(rng, *shape), "probs": probs}


@softmax_backward.mistake(
    "the sum is not weighted by the probabilities",
    "What is taken off is the plain sum of the incoming gradients. It is their average, each weighted by its "
    "probability: then a gradient that is the same for all entries gives zero, as it should.",
)
def _(dprobs, probs):
    return probs * (dprobs - dprobs.sum(-1, keepdim=True))


@softmax_backward.mistake(
    "only the logit's own probability",
    "Only the effect of each logit on its own probability is there. The probabilities share a sum "
    "of one: a logit that grows makes all the others smaller.",
)
def _(dprobs, probs):
    return dprobs * probs * (1 - probs)


@softmax_backward.mistake(
    f"{slips.PATH_MISSING}: through the sum",
    "The path through the exponential is right; the one through the sum that everything is "
    "divided by is missing. A test: each row of the answer must sum to zero.",
)
def _(dprobs, probs):
    return dprobs * probs


@softmax_backward.mistake(
    "the factor probs is missing",
    "The average was taken away from the incoming gradient, and then nothing more. A logit with a "
    "tiny probability can hardly move anything.",
)
def _(dprobs, probs):
    return dprobs - (dprobs * probs).sum(-1, keepdim=True)


@softmax_backward.mistake(
    slips.SUM_FIRST,
    "The incoming gradients are summed as they are. Each counts by its own probability: multiply first, then sum.",
)
def _(dprobs, probs):
    return probs * (dprobs - probs * dprobs.sum(-1, keepdim=True))


@softmax_backward.mistake(
    "a mean where a weighted sum belongs",
    "The plain mean of the products is taken away. The probabilities are the weights already; "
    "nothing is to be divided by the length of the row.",
)
def _(dprobs, probs):
    return probs * (dprobs - (dprobs * probs).mean(-1, keepdim=True))


@softmax_backward.mistake(
    slips.WRONG_DIMENSION,
    "The sum runs over the first dimension. Each row, along the last dimension, is a distribution of its own.",
)
def _(dprobs, probs):
    return probs * (dprobs - (dprobs * probs).sum(0, keepdim=True))


@softmax_backward.mistake(
    "the sum runs over everything",
    "One sum is taken over the whole tensor, so the rows mix. Each row, along the last dimension, "
    "is a distribution of its own.",
)
def _(dprobs, probs):
    return probs * (dprobs - (dprobs * probs).sum())
