"""Part 1, the loss of the network and its gradient: the penalty."""

import torch.nn.functional as F

from grader.check import check
from grader.checks.draw import normal, uniform
from grader.checks.part1_bigram.inputs import pairs
from grader.checks.part1_bigram.s8a_loss import nll, with_gradient
from reference import part1_bigram as reference


@check("neural_bigram_loss", points=1)
def penalty(m, given):
    """The same with the penalty on W"""
    return with_gradient(m, given)


@penalty.inputs
def _(rng):
    for (size, n), l2 in zip(((5, 9), (27, 40), (8, 6)), (0.3, 1.7, 0.8), strict=True):
        xs, ys = pairs(rng, size, n)
        W = normal(rng, size, size) + 0.4
        yield {"W": W, "xs": xs, "ys": ys, "l2": l2, "upstream": uniform(rng, 0.5, 1.5)}


@penalty.mistake(
    "the penalty is a sum",
    "The squares of W are summed. The mean is asked for: it does not grow with the size of the vocabulary.",
)
def _(W, xs, ys, l2):
    return nll(W, xs, ys) + l2 * (W**2).sum()


@penalty.mistake("the penalty is missing", "The NLL is right. The penalty on W is not there.")
def _(W, xs, ys, l2):
    return nll(W, xs, ys)


@penalty.mistake("the penalty alone", "The penalty is right. The NLL, which is the loss proper, is not there.")
def _(W, xs, ys, l2):
    return l2 * (W**2).mean()


@penalty.mistake(
    "the penalty is not weighted",
    "The mean of the squares is added as it is. It should be multiplied by l2, which says how hard it pulls.",
)
def _(W, xs, ys, l2):
    return nll(W, xs, ys) + (W**2).mean()


@penalty.mistake("l2 is hard-coded", "The penalty has the weight 0.01, whatever l2 is. Use the argument.")
def _(W, xs, ys, l2):
    return nll(W, xs, ys) + 0.01 * (W**2).mean()


@penalty.mistake(
    "the penalty is subtracted",
    "The penalty is taken away from the loss, which then falls without end as W grows. It is added.",
)
def _(W, xs, ys, l2):
    return nll(W, xs, ys) - l2 * (W**2).mean()


@penalty.mistake(
    "the penalty has no square",
    "The penalty is the mean of W itself. A large negative weight would then lower the loss. Squares punish both "
    "signs.",
)
def _(W, xs, ys, l2):
    return nll(W, xs, ys) + l2 * W.mean()


@penalty.mistake(
    "the penalty takes absolute values",
    "The penalty is the mean of the absolute values. The squares are asked for: they pull hard at large weights and "
    "hardly at small ones.",
)
def _(W, xs, ys, l2):
    return nll(W, xs, ys) + l2 * W.abs().mean()


@penalty.mistake(
    "the square of the mean",
    "The mean of W is taken first and squared then. Positive and negative weights cancel in it. First the squares, "
    "then their mean.",
)
def _(W, xs, ys, l2):
    return nll(W, xs, ys) + l2 * W.mean() ** 2


@penalty.mistake(
    "the penalty counts double",
    "The penalty is twice what it should be.",
)
def _(W, xs, ys, l2):
    return nll(W, xs, ys) + 2 * l2 * (W**2).mean()


@penalty.mistake(
    "the penalty is halved",
    "The penalty has a factor of 1/2, as in some books, where it makes the derivative look nicer. Here it has none.",
)
def _(W, xs, ys, l2):
    return nll(W, xs, ys) + l2 * (W**2).mean() / 2


@penalty.mistake(
    "the penalty is on the rows that were used",
    "The penalty is the mean over the rows of W that belong to these inputs. All entries of W count, each once.",
)
def _(W, xs, ys, l2):
    return nll(W, xs, ys) + l2 * (W[xs] ** 2).mean()


@penalty.mistake(
    "the penalty is outside the graph",
    "The loss is right, but the penalty adds nothing to the gradient: it was computed from W.data, from a detached W, "
    "or under no_grad. So it would be printed and have no effect.",
)
def _(W, xs, ys, l2):
    return nll(W, xs, ys) + l2 * (W.detach() ** 2).mean()


@penalty.mistake(
    "the sign of everything is turned", "The loss has the right size and the wrong sign, penalty included."
)
def _(W, xs, ys, l2):
    return -reference.neural_bigram_loss(W, xs, ys, l2)


@penalty.mistake(
    "the mean of the penalty is missing",
    "The penalty is a table, one number for each weight, and made one of the loss. The mean of the squares is one "
    "number.",
)
def _(W, xs, ys, l2):
    return nll(W, xs, ys) + l2 * W**2


@penalty.mistake("doubled instead of squared", "The weights are multiplied by 2 where they should be squared.")
def _(W, xs, ys, l2):
    return nll(W, xs, ys) + l2 * (W * 2).mean()


@penalty.mistake(
    "l2 itself is added", "l2 is added as it is. It is the weight of the penalty, and the penalty is missing."
)
def _(W, xs, ys, l2):
    return nll(W, xs, ys) + l2


@penalty.mistake(
    "27 is hard-coded",
    "The one-hot vectors have 27 places, as for the names data. W says how many characters there are: it has a row for "
    "each.",
)
def _(W, xs, ys, l2):
    return F.cross_entropy(reference.one_hot(xs, 27) @ W, ys) + l2 * (W**2).mean()
