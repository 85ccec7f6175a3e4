"""Part 1, the loss of the network and its gradient: the likelihood."""

import torch
import torch.nn.functional as F

from grader.check import check
from grader.checks import slips
from grader.checks.draw import normal, uniform
from grader.checks.part1_bigram.inputs import pairs
from reference import part1_bigram as reference


def with_gradient(m, given):
    """The loss, and the gradient of W for the number that comes in."""
    W = given.W.clone().requires_grad_()
    loss = m.neural_bigram_loss(W, given.xs, given.ys, given.l2)
    if not isinstance(loss, torch.Tensor):
        return {"loss": loss}
    if loss.requires_grad:
        (loss * given.upstream).sum().backward()
    found = {} if W.grad is None else {"gradient of W": W.grad}
    return {"loss": loss.detach(), **found}


@check(
    "neural_bigram_loss",
    points=2,
    hints=(
        "Everything is there already: one_hot, a matrix product, softmax. What is left is to read one probability of "
        "each row, and to make a loss of it.",
        "Pair the row numbers 0 to n - 1 with ys to read the probability of each right answer. Logarithm, mean and "
        "sign as in average_nll; the penalty is a mean over all entries of W.",
        "Multiply the one-hot inputs by W, take the softmax, pick entry ys[i] of row i for all i, take the logarithm, "
        "the mean and the minus; add l2 times the mean of the squared entries of W. Leave it a tensor.",
    ),
)
def neural_bigram_loss(m, given):
    """The mean NLL and its gradient, where l2 is 0"""
    return with_gradient(m, given)


@neural_bigram_loss.inputs
def _(rng):
    for size, n in ((5, 9), (27, 40), (8, 6)):
        xs, ys = pairs(rng, size, n)
        W = normal(rng, size, size) + 0.4
        yield {"W": W, "xs": xs, "ys": ys, "l2": 0.0, "upstream": uniform(rng, 0.5, 1.5)}


def nll(W, xs, ys):
    """The loss without the penalty."""
    return F.cross_entropy(W[xs], ys)


@neural_bigram_loss.mistake(
    slips.ONE_N_MISSING,
    "The logarithms are summed over the examples. The mean is asked for, so that the loss, and with it the right rate, "
    "does not depend on how many examples there are.",
)
def _(W, xs, ys, l2):
    return len(xs) * nll(W, xs, ys)


@neural_bigram_loss.mistake(
    slips.SIGN,
    "The log-likelihood has kept its minus sign, so this loss is smallest for the worst model. Turn the sign of the "
    "mean logarithm, not of the penalty.",
)
def _(W, xs, ys, l2):
    return -nll(W, xs, ys)


@neural_bigram_loss.mistake(
    "the logarithm is missing",
    "This is minus the mean probability of the right answers. The logarithm of each is taken before the mean.",
)
def _(W, xs, ys, l2):
    return -torch.softmax(W[xs], 1)[range(len(xs)), ys].mean()


@neural_bigram_loss.mistake(
    "the logarithm of the mean",
    "The mean of the probabilities is taken first, and then its logarithm. First the logarithms, then their mean.",
)
def _(W, xs, ys, l2):
    return -torch.softmax(W[xs], 1)[range(len(xs)), ys].mean().log()


@neural_bigram_loss.mistake(
    "the softmax is missing",
    "The logits of the right answers are taken for log-probabilities. They are not, until the softmax has divided by "
    "the sum of the row: as it is, growing logits would lower the loss without end.",
)
def _(W, xs, ys, l2):
    return -W[xs, ys].mean()


@neural_bigram_loss.mistake(
    "softmax down the batch",
    "The probabilities sum to 1 over the examples. They should sum to 1 over the characters, for each example: over "
    "the last dimension.",
)
def _(W, xs, ys, l2):
    return -torch.log_softmax(W[xs], 0)[range(len(xs)), ys].mean()


@neural_bigram_loss.mistake(
    "softmax twice",
    "The softmax is taken twice: cross_entropy takes it by itself, of logits, and was given probabilities.",
)
def _(W, xs, ys, l2):
    return F.cross_entropy(torch.softmax(W[xs], 1), ys)


@neural_bigram_loss.mistake(
    "every row with every answer",
    "The columns ys are taken of every row, which gives an (n, n) table: each example is held against the answers of "
    "all others as well. With the row numbers in place of the colon, each row is paired with its own answer.",
)
def _(W, xs, ys, l2):
    return -torch.log_softmax(W[xs], 1)[:, ys].mean()


@neural_bigram_loss.mistake(
    "the mean over all characters",
    "The mean runs over all characters of each row, right or wrong: ys is not used.",
)
def _(W, xs, ys, l2):
    return -torch.log_softmax(W[xs], 1).mean()


@neural_bigram_loss.mistake(
    "columns of W instead of rows",
    "The inputs select columns of W, as W.T or a product from the other side does. Row i of W belongs to input i.",
)
def _(W, xs, ys, l2):
    return nll(W.T, xs, ys)


@neural_bigram_loss.mistake(
    "inputs and answers are exchanged",
    "The model is asked for the first character, given the second one. xs are the inputs, ys the right answers.",
)
def _(W, xs, ys, l2):
    return nll(W, ys, xs)


@neural_bigram_loss.mistake(
    "a float instead of a tensor",
    "The value is right, but it came as a plain number, and no gradient flows through a plain number. Leave it a "
    "tensor; whoever prints the loss can call item() on it.",
)
def _(W, xs, ys, l2):
    return nll(W, xs, ys).item()


@neural_bigram_loss.mistake(
    "the graph is cut",
    "The value is right, but no gradient comes back to W, so it could never learn. Does detach, .data, no_grad or "
    "torch.tensor stand on the way?",
)
def _(W, xs, ys, l2):
    return nll(W, xs, ys).detach()


@neural_bigram_loss.mistake(
    "only the penalty has a gradient",
    "The value is right, but the gradient of W is that of the penalty alone: the way through the probabilities is cut, "
    "by detach, .data, no_grad or torch.tensor.",
)
def _(W, xs, ys, l2):
    return nll(W, xs, ys).detach() + l2 * (W**2).mean()


@neural_bigram_loss.mistake(
    "the mean is missing",
    "One loss for each example came. Gradient descent needs a single number to go down: their mean.",
)
def _(W, xs, ys, l2):
    return F.cross_entropy(W[xs], ys, reduction="none")


@neural_bigram_loss.mistake(
    "the exponential instead of the logarithm",
    "The exponential of the probabilities is taken, where their logarithm belongs.",
)
def _(W, xs, ys, l2):
    return -torch.softmax(W[xs], 1)[range(len(xs)), ys].exp().mean()


@neural_bigram_loss.mistake(
    "the loss is halved",
    "The loss is half of what it should be, as in some books that put a 1/2 in front of a square. There is none here.",
)
def _(W, xs, ys, l2):
    return nll(W, xs, ys) / 2


@neural_bigram_loss.mistake(
    "W stands on the left of the product",
    "The factors of the matrix product are in the wrong order, and their sizes do not fit. One-hot vectors are rows: "
    "(n, V) @ (V, V).",
)
def _(W, xs, ys, l2):
    return F.cross_entropy(W @ reference.one_hot(xs, len(W)), ys)


@neural_bigram_loss.mistake(
    "multiplied entry by entry",
    "The one-hot inputs are multiplied by W entry by entry, and their sizes do not fit. A layer is a matrix product.",
)
def _(W, xs, ys, l2):
    return F.cross_entropy(reference.one_hot(xs, len(W)) * W, ys)


@neural_bigram_loss.mistake(
    "computed in float64", "The value is right, but it came as float64. Something on the way has changed the dtype."
)
def _(W, xs, ys, l2):
    return nll(W, xs, ys).double()


@neural_bigram_loss.mistake("always zero", "The loss is 0. A placeholder, perhaps?")
def _(W, xs, ys, l2):
    return 0 * W.sum()


@neural_bigram_loss.mistake(
    "27 is hard-coded",
    "The one-hot vectors have 27 places, as for the names data. W says how many characters there are: it has a row for "
    "each.",
)
def _(W, xs, ys, l2):
    return F.cross_entropy(reference.one_hot(xs, 27) @ W, ys) + l2 * (W**2).mean()
