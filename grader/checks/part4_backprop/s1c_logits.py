"""Part 4, from the shifted logits to the logits: the maximum of each row and back."""

import torch
from torch.nn.functional import one_hot

from grader.check import check
from grader.checks import slips
from grader.checks.part4_backprop import shapes
from grader.checks.part4_backprop.inputs import incoming


@check(
    "dlogit_maxes",
    points=1,
    hints=(
        "One maximum is subtracted from every entry of its row, so it acts through all of them.",
        "A subtraction passes the gradient on with a minus; what was broadcast forward is summed backward.",
        "Sum the incoming gradient of norm_logits over each row, kept as one column, and turn the sign.",
    ),
)
def dlogit_maxes(m, given):
    """Back through the subtraction, to the maximum that a row shares"""
    return m.dlogit_maxes(given.f, given.d)


dlogit_maxes.inputs(incoming("logit_maxes"))
shapes.dimension_lost(dlogit_maxes, dim=1)


@dlogit_maxes.mistake(
    slips.ZERO,
    "In this network the gradient is zero indeed, up to rounding: the maxima are there against "
    "overflow, and softmax does not change when a whole row is shifted. That is a fine thing to "
    "have seen. But it is true of all the steps together; this one step has a gradient for any "
    "d.norm_logits, and comes out as zero by itself where it should.",
)
def _(f, d):
    return torch.zeros_like(f.logit_maxes)


@dlogit_maxes.mistake(slips.SUM_MISSING, slips.sum_missing("(n, 1)", "(n, V)", "along its row, to every logit"))
def _(f, d):
    return -d.norm_logits


@dlogit_maxes.mistake(
    slips.SIGN,
    "The sum is right, the sign is not. When the maximum grows, what happens to the entries that "
    "it is subtracted from?",
)
def _(f, d):
    return d.norm_logits.sum(1, keepdim=True)


@dlogit_maxes.mistake(
    slips.WRONG_DIMENSION,
    "The sum runs down the batch and leaves one number for each character. logit_maxes has one "
    "number for each example: sum over the dimension along which it was copied.",
)
def _(f, d):
    return -d.norm_logits.sum(0, keepdim=True)


@dlogit_maxes.mistake(
    "only the entry at the maximum is counted",
    "Only the entry of d.norm_logits where the maximum stands is taken. Where it was found matters "
    "one step later; here it is subtracted from every entry of the row.",
)
def _(f, d):
    return -d.norm_logits.gather(1, f.logits.argmax(1, keepdim=True))


@check(
    "dlogits",
    points=1,
    hints=(
        "logits is used twice: as what the maximum is subtracted from, and as where it is found.",
        "The gradients of the two uses add up. A maximum hands its gradient to the entry that won and to no other.",
        "Take the incoming gradient of norm_logits as it is, and add that of logit_maxes in each "
        "row at the column of the largest logit, for example by way of a one-hot matrix.",
    ),
)
def dlogits(m, given):
    """Two paths: straight on, and through the maximum of the row"""
    return m.dlogits(given.f, given.d)


dlogits.inputs(incoming("logits"))


@dlogits.mistake(
    "an (n, 1) put into n places",
    "One place in each row is picked, which makes (n,) of them, and d.logit_maxes is (n, 1): PyTorch can't fit the "
    "two, or would make (n, n) of them. Take the dimension of size one away, or use what works on both dimensions.",
)
def _(f, d):
    gradient = d.norm_logits.clone()
    gradient[range(len(gradient)), f.logits.argmax(1)] += d.logit_maxes
    return gradient


@dlogits.mistake(slips.GUESSED, slips.CLASSES_FROM_SHAPE)
def _(f, d):
    return d.norm_logits + one_hot(f.logits.argmax(1)) * d.logit_maxes


@dlogits.mistake(
    f"{slips.PATH_MISSING}: through logit_maxes",
    "The path through norm_logits is right, the one through the maximum is left out. In this "
    "network nobody would notice, because d.logit_maxes is zero there up to rounding; for other "
    "incoming gradients it is not. Which logit moves the maximum of its row?",
)
def _(f, d):
    return d.norm_logits.clone()


@dlogits.mistake(
    f"{slips.PATH_MISSING}: through norm_logits",
    "The path through the maximum is right. But each logit is used directly as well: the maximum "
    "is subtracted from it.",
)
def _(f, d):
    return _winners(f) * d.logit_maxes


@dlogits.mistake(
    "the maximum's gradient goes to every entry",
    "d.logit_maxes is spread over the whole row. Only the entry that is the maximum moves it: if "
    "another logit changes a little, the maximum stays where it is.",
)
def _(f, d):
    return d.norm_logits + d.logit_maxes


@dlogits.mistake(
    "the maximum's gradient goes to the label's entry",
    "d.logit_maxes is added at the column of the label. Softmax does not know the labels: the "
    "maximum was found at the largest logit, which is often another column.",
)
def _(f, d):
    gradient = d.norm_logits.clone()
    gradient[range(len(f.Y)), f.Y] += d.logit_maxes.squeeze(1)
    return gradient


@dlogits.mistake(
    slips.OVERWRITTEN,
    "At the largest logit of each row, the gradient of the maximum takes the place of the other "
    "one. The two uses of that logit both count: they add up.",
)
def _(f, d):
    return torch.where(_winners(f) == 1, d.logit_maxes, d.norm_logits)


@dlogits.mistake(
    "whole columns instead of one entry a row",
    "A colon together with the list of columns picks these columns in every row. You want pairs: "
    "row 0 with its column, row 1 with its column, and so on.",
)
def _(f, d):
    gradient = d.norm_logits.clone()
    gradient[:, f.logits.argmax(1)] += d.logit_maxes
    return gradient


@dlogits.mistake(
    f"{slips.IGNORED}: d.logit_maxes",
    "A one is added at the largest logit of each row. That is where the gradient of the maximum "
    "goes, but not how much: what comes in is d.logit_maxes.",
)
def _(f, d):
    return d.norm_logits + _winners(f)


def _winners(f):
    """One where the largest logit of each row stands, else zero."""
    return torch.zeros_like(f.logits).scatter(1, f.logits.argmax(1, keepdim=True), 1.0)
