"""Part 4, from the counts back to the logits: two places where paths meet."""

import torch

from grader.check import check
from grader.checks import slips
from grader.checks.part4_backprop.inputs import incoming


@check(
    "dcounts",
    points=1,
    hints=(
        "counts is used twice: in the product that makes probs, and in the sum of its row.",
        "Where a value is used twice, the gradients of the two uses add up. A product passes on "
        "the other factor times what comes in; a sum passes what comes in to each of its terms, "
        "as it is.",
        "Multiply counts_sum_inv by the incoming gradient of probs, and add the incoming gradient "
        "of counts_sum, which broadcasting spreads over each row.",
    ),
)
def dcounts(m, given):
    """Two paths: through probs, and through the sum of the row"""
    return m.dcounts(given.f, given.d)


dcounts.inputs(incoming("counts"))


@dcounts.mistake(
    "the two ways are multiplied",
    "Both ways are there, and they are multiplied with each other. A nudge of a count reaches the loss on both at "
    "once, and the two effects add.",
)
def _(f, d):
    return f.counts_sum_inv * d.probs * d.counts_sum


@dcounts.mistake(
    f"{slips.PATH_MISSING}: through counts_sum",
    "The path through probs is right. But counts has a second user: a larger count also makes the "
    "sum of its row larger, and that takes from every probability in the row.",
)
def _(f, d):
    return f.counts_sum_inv * d.probs


@dcounts.mistake(
    f"{slips.PATH_MISSING}: through probs",
    "The path through counts_sum is right. But counts has a second user: it is also multiplied, "
    "entry by entry, to make probs.",
)
def _(f, d):
    return torch.ones_like(f.counts) * d.counts_sum


@dcounts.mistake(
    slips.THIS_LOSS,
    "In this network this is the right gradient, and the algebra behind it is good: the second "
    "path is followed on from d.probs through counts_sum_inv. But that is the work of the two "
    "functions before this one, whose result arrives here as d.counts_sum. With any other "
    "d.counts_sum this answer would not notice: use d.probs once, and d.counts_sum once.",
)
def _(f, d):
    inverse = f.counts_sum_inv
    return inverse * d.probs - inverse**2 * (f.counts * d.probs).sum(1, keepdim=True)


@dcounts.mistake(
    f"{slips.LOCAL_MISSING}: counts_sum_inv",
    "The two paths are there and are added, which is the main thing. But on the way through probs, "
    "counts is multiplied by something, and the gradient of that path has to be as well.",
)
def _(f, d):
    return d.probs + d.counts_sum


@dcounts.mistake(
    "the path through the sum is multiplied by counts",
    "The path through the sum carries a factor counts. A sum has no factors: if one of its terms "
    "grows by a little, the sum grows by just as much.",
)
def _(f, d):
    return f.counts_sum_inv * d.probs + f.counts * d.counts_sum


@dcounts.mistake(
    "the second path is subtracted",
    "Both paths are right and then the second is taken away from the first. Gradients of two uses "
    "are always added; any minus is already inside d.counts_sum.",
)
def _(f, d):
    return f.counts_sum_inv * d.probs - d.counts_sum


@check(
    "dnorm_logits",
    points=1,
    hints=(
        "Each count comes from one entry of norm_logits, through the exponential.",
        "The exponential is its own derivative, so the forward pass has already computed the local derivative.",
        "Multiply counts by the incoming gradient of counts, entry by entry.",
    ),
)
def dnorm_logits(m, given):
    """Back through the exponential"""
    return m.dnorm_logits(given.f, given.d)


dnorm_logits.inputs(incoming("norm_logits"))


@dnorm_logits.mistake(
    "divided where it should be multiplied",
    "The incoming gradient is divided by counts. Where the exponential is large it is steep as well: a nudge there "
    "arrives enlarged, not reduced.",
)
def _(f, d):
    return d.counts / f.counts


@dnorm_logits.mistake(slips.IGNORED, slips.ignored("d.counts"))
def _(f, d):
    return f.counts.clone()


@dnorm_logits.mistake(slips.LOCAL_MISSING, slips.local_missing("the exponential has a slope"))
def _(f, d):
    return d.counts.clone()


@dnorm_logits.mistake(
    "the derivative is taken at the output",
    "The exponential is taken a second time, of counts. counts is already the exponential of "
    "norm_logits, and a derivative is taken at the input.",
)
def _(f, d):
    return f.counts.exp() * d.counts


@dnorm_logits.mistake(
    "the input itself instead of the slope there",
    "The incoming gradient is multiplied by norm_logits. What belongs there is the slope of the "
    "exponential at norm_logits.",
)
def _(f, d):
    return f.norm_logits * d.counts


@dnorm_logits.mistake(
    "probs where counts belongs",
    "probs is what counts becomes after it was divided by the sum of its row. Here we are before that division.",
)
def _(f, d):
    return f.probs * d.counts
