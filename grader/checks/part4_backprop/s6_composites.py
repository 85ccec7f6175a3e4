"""Part 4, many steps in one go: what is left when the algebra is done on paper first."""

import torch
from torch.nn.functional import one_hot

from grader.check import check
from grader.checks import slips
from grader.checks.draw import normal
from grader.checks.part4_backprop.inputs import SIZES, shared_networks


@check(
    "cross_entropy_backward",
    points=2,
    hints=(
        "Write the loss of one example as a function of its logits, and take the derivative at the "
        "label's logit and at another one. The result is surprisingly short.",
        "Each logit is pushed down by its probability, and the label's is pulled up by one: in "
        "each row the forces balance. The mean divides everything by n.",
        "Take the softmax of each row, subtract one at the column of its label, and divide the "
        "whole by the number of rows.",
    ),
)
def cross_entropy_backward(m, given):
    """From the mean cross-entropy to the logits in one go"""
    return m.cross_entropy_backward(given.logits, given.Y)


@cross_entropy_backward.inputs
def _(rng):
    for sizes in SIZES:
        Y = torch.randint(sizes.V - 1, (sizes.n,), generator=rng)
        logits = normal(rng, sizes.n, sizes.V)
        if sizes == SIZES[2]:
            logits[0, 0] = 150  # exp alone overflows
        yield {"logits": logits, "Y": Y}


@cross_entropy_backward.mistake(
    "Y itself is subtracted",
    "Y holds the numbers of the labels, from 0 to V - 1. What is to be subtracted is a one at the label's place in "
    "each row, and nothing elsewhere.",
)
def _(logits, Y):
    return (torch.softmax(logits, 1) - Y) / len(Y)


@cross_entropy_backward.mistake(slips.GUESSED, slips.CLASSES_FROM_SHAPE)
def _(logits, Y):
    return (torch.softmax(logits, 1) - one_hot(Y)) / len(Y)


@cross_entropy_backward.mistake(
    "exp overflows",
    "The exponential is taken of the logits as they are. Above 88 it is infinite in float32, and infinity divided "
    "by infinity is NaN. Softmax does not change when a row is shifted: take its largest entry off first.",
)
def _(logits, Y):
    probs = logits.exp() / logits.exp().sum(1, keepdim=True)
    return (probs - _one_hot(logits, Y)) / len(Y)


@cross_entropy_backward.mistake(
    "the -1 at the label is missing",
    "Every logit is pushed down by its probability, which is half of it. Nothing pulls the label's "
    "logit up, so the labels would not matter at all: look at what each row sums to.",
)
def _(logits, Y):
    return torch.softmax(logits, 1) / len(Y)


@cross_entropy_backward.mistake(
    slips.ONE_N_MISSING,
    "This is the gradient of the summed loss. The loss is the mean over the examples, so each of "
    "them has only its share.",
)
def _(logits, Y):
    return torch.softmax(logits, 1) - _one_hot(logits, Y)


@cross_entropy_backward.mistake(
    "1/n reaches only one of the two terms",
    "The probabilities are divided by n, and the one at the label is not. The mean divides the whole gradient.",
)
def _(logits, Y):
    return torch.softmax(logits, 1) / len(Y) - _one_hot(logits, Y)


@cross_entropy_backward.mistake(
    slips.SIGN,
    "The size is right, the sign is not. A larger logit at the label makes the loss smaller.",
)
def _(logits, Y):
    return (_one_hot(logits, Y) - torch.softmax(logits, 1)) / len(Y)


@cross_entropy_backward.mistake(
    "the -1 is everywhere",
    "One is subtracted from every probability. Only the label's logit is pulled up.",
)
def _(logits, Y):
    return (torch.softmax(logits, 1) - 1) / len(Y)


@cross_entropy_backward.mistake(
    "whole columns instead of one entry a row",
    "A colon together with Y picks the columns of all labels in every row. You want pairs: row 0 "
    "with its label, row 1 with its label, and so on.",
)
def _(logits, Y):
    gradient = torch.softmax(logits, 1)
    gradient[:, Y] -= 1
    return gradient / len(Y)


@cross_entropy_backward.mistake(
    "softmax over the wrong dimension",
    "The probabilities of each column add up to one, over the examples. Each example has its own "
    "distribution over the characters.",
)
def _(logits, Y):
    return (torch.softmax(logits, 0) - _one_hot(logits, Y)) / len(Y)


@cross_entropy_backward.mistake(slips.HARD_CODED, slips.BATCH_FROM_SHAPE)
def _(logits, Y):
    return (torch.softmax(logits, 1) - _one_hot(logits, Y)) / 32


def _one_hot(logits, Y):
    return torch.zeros_like(logits).scatter(1, Y.unsqueeze(1), 1.0)


@check(
    "batchnorm_backward",
    points=4,
    hints=(
        "One example of a unit acts in three ways: directly, through the mean of the batch, and "
        "through its variance. Write the three down on paper for one column and simplify.",
        "The path through the mean takes the average of the incoming gradient away; the path "
        "through the variance takes away what lines up with bnraw. Mind that the variance was "
        "divided by n - 1 and that the mean was divided by n.",
        "The common factor is bngain times bnvar_inv over n. It multiplies: n times the incoming "
        "gradient, less its sum over the batch, less n over n - 1 times bnraw times the sum over "
        "the batch of the incoming gradient times bnraw.",
    ),
)
def batchnorm_backward(m, given):
    """Through BatchNorm in one go, Bessel's correction included"""
    return m.batchnorm_backward(given.dhpreact, given.f)


@batchnorm_backward.inputs
def _(rng):
    for f in shared_networks(rng.initial_seed()):
        yield {"dhpreact": normal(rng, *f.hpreact.shape), "f": f}


@batchnorm_backward.mistake(
    slips.N,
    "Nearly: this is the gradient for a variance that is divided by n. This network divides by n "
    "- 1, and a factor of n over n - 1 is missing from one of the terms.",
)
def _(dhpreact, f):
    return _normalised(dhpreact, f, variance=(len(dhpreact) - 1) / len(dhpreact))


@batchnorm_backward.mistake(
    "the statistics of the batch are treated as constants",
    "This is the direct path alone. Each example also moves the mean and the variance of its "
    "column, and through them all the other examples.",
)
def _(dhpreact, f):
    return _normalised(dhpreact, f, mean=0, variance=0)


@batchnorm_backward.mistake(
    "the mean is treated as a constant",
    "The path through the mean of the batch is missing. A test: a shift of a whole column changes "
    "nothing after BatchNorm, so the gradient of each column must sum to zero.",
)
def _(dhpreact, f):
    return _normalised(dhpreact, f, mean=0)


@batchnorm_backward.mistake(
    "the variance is treated as a constant",
    "The path through the variance of the batch is missing. A test: if a column is stretched, "
    "BatchNorm shrinks it again, so the gradient hardly has a part along bnraw.",
)
def _(dhpreact, f):
    return _normalised(dhpreact, f, variance=0)


@batchnorm_backward.mistake(
    "the variance's term has the wrong sign",
    "The three terms are there, but the one of the variance is added. A larger variance makes the outputs smaller.",
)
def _(dhpreact, f):
    return _normalised(dhpreact, f, variance=-1)


@batchnorm_backward.mistake(
    slips.ONE_N_MISSING,
    "The answer is n times too large: in the form with n times the incoming gradient inside, the "
    "whole is divided by n.",
)
def _(dhpreact, f):
    return _normalised(dhpreact, f) * len(dhpreact)


@batchnorm_backward.mistake(
    "1/n is missing in the mean's term",
    "The sum of the incoming gradient over the batch is taken away from each example, n times too "
    "much: the mean gives each example only its share.",
)
def _(dhpreact, f):
    return _normalised(dhpreact, f, mean=len(dhpreact))


@batchnorm_backward.mistake(
    "1/(n - 1) is missing in the variance's term",
    "The path through the variance is not divided by n - 1: twice the difference times the "
    "gradient of the variance, and the factor in front of the sum forgotten.",
)
def _(dhpreact, f):
    return _normalised(dhpreact, f, variance=len(dhpreact) - 1)


@batchnorm_backward.mistake(
    "the gain is missing",
    "bngain does not appear. It scales each unit after the normalisation, and so it scales the gradient as well.",
)
def _(dhpreact, f):
    return _normalised(dhpreact, f) / f.bngain


@batchnorm_backward.mistake(
    "hpreact where bnraw belongs",
    "hpreact is what comes out after gain and bias. The variance acts on the normalised values before them, bnraw.",
)
def _(dhpreact, f):
    n = len(dhpreact)
    along = f.hpreact * (dhpreact * f.hpreact).sum(0) / (n - 1)
    return f.bngain * f.bnvar_inv * (dhpreact - dhpreact.mean(0) - along)


@batchnorm_backward.mistake(slips.HARD_CODED, slips.BATCH_FROM_SHAPE)
def _(dhpreact, f):
    along = f.bnraw * (dhpreact * f.bnraw).sum(0) * 32 / 31
    return f.bngain * f.bnvar_inv / 32 * (32 * dhpreact - dhpreact.sum(0) - along)


def _normalised(dhpreact, f, mean=1, variance=1):
    """BatchNorm's gradient, the terms of the mean and of the variance multiplied by something."""
    n = len(dhpreact)
    average = dhpreact.mean(0)
    along = f.bnraw * (dhpreact * f.bnraw).sum(0) / (n - 1)
    return f.bngain * f.bnvar_inv * (dhpreact - mean * average - variance * along)
