"""Part 4, from the loss back to the normalised counts."""

import torch
from torch.nn.functional import one_hot

from grader.check import check
from grader.checks import slips
from grader.checks.part4_backprop import shapes
from grader.checks.part4_backprop.inputs import incoming


@check(
    "dlogprobs",
    points=1,
    hints=(
        "The loss looks at one entry in each row of logprobs. What can the other entries do to it?",
        "A mean gives each of its n numbers a share of one n-th of the gradient, and here a minus "
        "stands in front of the mean.",
        "Start from zeros in the shape of logprobs; then, in each row, at the column of its label, "
        "put minus the incoming gradient divided by the number of rows.",
    ),
)
def dlogprobs(m, given):
    """Back through the mean of the labels' log-probabilities"""
    return m.dlogprobs(given.f, given.d)


dlogprobs.inputs(incoming("logprobs"))


@dlogprobs.mistake(
    "whole columns instead of one entry a row",
    "Indexing with a colon for the rows takes the columns of all labels, from the first row to the last. Only one "
    "entry of each row is meant: the row's own label. Give a row for each column.",
)
def _(f, d):
    gradient = torch.zeros_like(f.logprobs)
    gradient[:, f.Y] = -d.loss / len(f.Y)
    return gradient


@dlogprobs.mistake(
    slips.IGNORED,
    "The loss is the end of this network, and there d.loss is 1. But the step is asked for any "
    "incoming gradient: had the loss been doubled, or added to a penalty, d.loss would not be 1. "
    + slips.ignored("d.loss"),
)
def _(f, d):
    return _at_labels(f, -1 / len(f.Y))


@dlogprobs.mistake(
    slips.SIGN,
    "The size is right, the sign is not. If the log-probability of the right character goes up, "
    "which way does the loss go?",
)
def _(f, d):
    return _at_labels(f, d.loss / len(f.Y))


@dlogprobs.mistake(
    slips.ONE_N_MISSING,
    "The loss is a mean and not a sum: a change of one of its n numbers changes it by an n-th of "
    "that. The answer is n times too large.",
)
def _(f, d):
    return _at_labels(f, -d.loss)


@dlogprobs.mistake(
    "every entry instead of the labels' only",
    "Every entry gets a gradient here, but the loss reads only the entry of the label in each row. "
    "What would happen to the loss if one of the others were changed?",
)
def _(f, d):
    return torch.ones_like(f.logprobs) * (-d.loss / len(f.Y))


@dlogprobs.mistake(
    "divided by all entries of logprobs",
    "The answer is divided by the number of all entries, n * V. The mean is taken over the n "
    "numbers that were picked, one in each row.",
)
def _(f, d):
    return _at_labels(f, -d.loss / f.logprobs.numel())


@dlogprobs.mistake(slips.HARD_CODED, slips.BATCH_FROM_SHAPE)
def _(f, d):
    return _at_labels(f, -d.loss / 32)


@dlogprobs.mistake(f"{slips.HARD_CODED}: in the index", slips.BATCH_FROM_SHAPE)
def _(f, d):
    gradient = torch.zeros_like(f.logprobs)
    gradient[range(32), f.Y] = -d.loss / len(f.Y)
    return gradient


@dlogprobs.mistake(slips.GUESSED, slips.CLASSES_FROM_SHAPE)
def _(f, d):
    return one_hot(f.Y) * (-d.loss / len(f.Y))


def _at_labels(f, value):
    gradient = torch.zeros_like(f.logprobs)
    gradient[range(len(f.Y)), f.Y] = value
    return gradient


@check(
    "dprobs",
    points=1,
    hints=(
        "Each log-probability comes from one probability, entry by entry: nothing is summed here.",
        "The chain rule: the derivative of the logarithm at the probability, times what comes in. "
        "A small probability makes a large gradient; that is how the network learns most from its "
        "surprises.",
        "Divide the incoming gradient of logprobs by probs, entry by entry.",
    ),
)
def dprobs(m, given):
    """Back through the logarithm"""
    return m.dprobs(given.f, given.d)


dprobs.inputs(incoming("probs"))


@dprobs.mistake(slips.IGNORED, slips.ignored("d.logprobs"))
def _(f, d):
    return 1 / f.probs


@dprobs.mistake(
    slips.THIS_LOSS,
    "For this network's own loss this is the right gradient, so you have seen through it. But it "
    "is worked out from Y again and leaves d.logprobs aside: it cannot be used after any other "
    "loss. The step asked for here knows nothing of labels; it has probs and what comes in.",
)
def _(f, d):
    gradient = torch.zeros_like(f.probs)
    rows = range(len(f.Y))
    gradient[rows, f.Y] = -1 / (len(f.Y) * f.probs[rows, f.Y])
    return gradient


@dprobs.mistake(
    "the derivative is taken at the output",
    "The incoming gradient is divided by logprobs, the output of the logarithm. A derivative is "
    "taken at the input of the function.",
)
def _(f, d):
    return d.logprobs / f.logprobs


@dprobs.mistake(
    "multiplied where it should be divided",
    "The incoming gradient is multiplied by probs. Think of the slope of the logarithm: is it "
    "steep near zero, or flat?",
)
def _(f, d):
    return d.logprobs * f.probs


@dprobs.mistake(slips.LOCAL_MISSING, slips.local_missing("the logarithm has a slope of its own"))
def _(f, d):
    return d.logprobs.clone()


@check(
    "dcounts_sum_inv",
    points=1,
    hints=(
        "One number of counts_sum_inv serves a whole row of probs. How often does it act on the loss?",
        "Two rules meet: in a product each factor gets the other factor times what comes in, and "
        "what was broadcast forward is summed backward, over the dimension it was copied along.",
        "Multiply counts by the incoming gradient of probs, entry by entry, then sum each row and "
        "keep the result as one column.",
    ),
)
def dcounts_sum_inv(m, given):
    """Back through the normalisation, to the factor that a row shares"""
    return m.dcounts_sum_inv(given.f, given.d)


dcounts_sum_inv.inputs(incoming("counts_sum_inv"))
shapes.dimension_lost(dcounts_sum_inv, dim=1)


@dcounts_sum_inv.mistake(slips.SUM_MISSING, slips.sum_missing("(n, 1)", "(n, V)", "along its row, to every character"))
def _(f, d):
    return f.counts * d.probs


@dcounts_sum_inv.mistake(
    slips.THIS_LOSS,
    "For this network's own loss this is right: there d.probs is zero except at the label, so that "
    "one entry of each row is the whole sum. For any other incoming gradients the other entries "
    "count as well. Leave Y out of it: this step knows only counts and what comes in.",
)
def _(f, d):
    rows = range(len(f.Y))
    return (f.counts[rows, f.Y] * d.probs[rows, f.Y]).unsqueeze(1)


@dcounts_sum_inv.mistake(slips.LOCAL_MISSING, slips.local_missing("counts_sum_inv is multiplied by counts"))
def _(f, d):
    return d.probs.sum(1, keepdim=True)


@dcounts_sum_inv.mistake(slips.IGNORED, slips.ignored("d.probs"))
def _(f, d):
    return f.counts.sum(1, keepdim=True)


@dcounts_sum_inv.mistake(
    slips.SUM_FIRST,
    "counts and d.probs are summed on their own and then multiplied. Each entry of counts belongs "
    "to the entry of d.probs in its own column: a product of sums is not a sum of products.",
)
def _(f, d):
    return f.counts.sum(1, keepdim=True) * d.probs.sum(1, keepdim=True)


@dcounts_sum_inv.mistake(
    slips.WRONG_DIMENSION,
    "The sum runs down the batch and leaves one number for each character. counts_sum_inv has one "
    "number for each example: sum over the dimension along which it was copied.",
)
def _(f, d):
    return (f.counts * d.probs).sum(0, keepdim=True)


@check(
    "dcounts_sum",
    points=1,
    hints=(
        "Each entry of counts_sum_inv comes from one entry of counts_sum: one over it.",
        "The power rule, with minus one as the power: the power comes down as a factor, and the new power is one less.",
        "Minus one, over the square of counts_sum, times the incoming gradient of counts_sum_inv.",
    ),
)
def dcounts_sum(m, given):
    """Back through one over the sum"""
    return m.dcounts_sum(given.f, given.d)


dcounts_sum.inputs(incoming("counts_sum"))
shapes.dimension_lost(dcounts_sum, dim=1)


@dcounts_sum.mistake(slips.IGNORED, slips.ignored("d.counts_sum_inv"))
def _(f, d):
    return -(f.counts_sum**-2)


@dcounts_sum.mistake(
    slips.SIGN,
    "The size is right, the sign is not. When a sum grows, does one over it grow or shrink?",
)
def _(f, d):
    return f.counts_sum**-2 * d.counts_sum_inv


@dcounts_sum.mistake(
    "the power is not lowered",
    "The power came down as a factor, but it was left where it was above. The power rule takes one "
    "away from it, and one less than minus one is not minus one.",
)
def _(f, d):
    return -(f.counts_sum**-1) * d.counts_sum_inv


@dcounts_sum.mistake(
    "the derivative is taken at the output",
    "The power rule is applied to counts_sum_inv, which is the output. The derivative is taken at "
    "the input, counts_sum; if you prefer to write it with the output, the power changes.",
)
def _(f, d):
    return -(f.counts_sum_inv**-2) * d.counts_sum_inv


@dcounts_sum.mistake(
    slips.LOCAL_MISSING,
    "The answer is minus what comes in: one over a number does fall when the number grows, but how "
    "fast depends on the number.",
)
def _(f, d):
    return -d.counts_sum_inv
