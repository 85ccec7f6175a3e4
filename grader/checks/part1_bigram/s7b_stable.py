"""Part 1, softmax with very large logits."""

import torch

from grader.check import check
from grader.checks.draw import normal
from grader.checks.part1_bigram.s7a_softmax import IN_PLACE, in_place, with_gradient
from reference import part1_bigram as reference


@check("softmax", points=1)
def stable(m, given):
    """The same with logits around 10,000 and -10,000"""
    return with_gradient(m, given.logits + given.level, given.upstream)


@stable.inputs
def _(rng):
    # Rows far up, far down, below what exp can hold, far apart, and one logit far above all others. The fractions are
    # so coarse that float32 holds the sums exactly: what is asked for does not hang on rounding.
    for shape in ((5, 6), (2, 5, 4)):
        level = torch.zeros(shape, dtype=torch.int64)
        level[..., :3, :] += torch.tensor([[10_000], [-10_000], [-300]])
        level[..., 3, 1] += 70
        level[..., 3, 2] -= 70
        level[..., 4, 3] += 10_000
        logits = (96 * normal(rng, *shape)).round() / 64
        rows = torch.randperm(5, generator=rng)
        yield {"logits": logits, "level": level[..., rows, :], "upstream": normal(rng, *shape)}


stable.mistake(*IN_PLACE)(in_place)


@stable.mistake(
    "no maximum is subtracted",
    "The exponential of a logit of 10,000 is infinite, and infinity divided by infinity is NaN; those of a row "
    "around -10,000 are all 0, and 0 divided by 0 is NaN too. Adding a number to a whole row changes no probability: "
    "choose it so that the largest logit of the row becomes 0.",
)
def _(logits):
    counts = logits.exp()
    return counts / counts.sum(-1, keepdim=True)


@stable.mistake(
    "the maximum of the whole tensor is subtracted",
    "Nothing overflows, because the largest number of the whole tensor is taken away. But a row far below it becomes "
    "all zeros, and 0 divided by 0 is NaN. Each row needs its own maximum.",
)
def _(logits):
    counts = (logits - logits.max()).exp()
    return counts / counts.sum(-1, keepdim=True)


@stable.mistake(
    "the maximum over the first dimension is subtracted",
    "The maxima are those of the first dimension, so the largest logit of a row may still be far from 0. Take the "
    "maximum where you take the sum: over the last dimension.",
)
def _(logits):
    counts = (logits - logits.max(0, keepdim=True).values).exp()
    return counts / counts.sum(-1, keepdim=True)


@stable.mistake(
    "the maximum over the last dimension but one is subtracted",
    "The maxima are taken down the examples, so the largest logit of a row may still be far from 0. Take the maximum "
    "where you take the sum: over the last dimension.",
)
def _(logits):
    counts = (logits - logits.max(-2, keepdim=True).values).exp()
    return counts / counts.sum(-1, keepdim=True)


@stable.mistake(
    "the mean is subtracted",
    "The mean of each row is taken away. Where one logit stands far above the others, it stays far above 0, and its "
    "exponential is infinite. After the subtraction of the maximum nothing is above 0.",
)
def _(logits):
    counts = (logits - logits.mean(-1, keepdim=True)).exp()
    return counts / counts.sum(-1, keepdim=True)


@stable.mistake(
    "the minimum is subtracted",
    "The smallest logit of each row becomes 0, and all others are above it: a large one is still infinite after the "
    "exponential. It is the largest that should become 0.",
)
def _(logits):
    counts = (logits - logits.min(-1, keepdim=True).values).exp()
    return counts / counts.sum(-1, keepdim=True)


@stable.mistake(
    "the largest absolute value is subtracted",
    "The largest absolute value of each row is taken away. For a row around -10,000 that makes it -20,000, and all its "
    "exponentials are 0. It is the maximum that should become 0.",
)
def _(logits):
    counts = (logits - logits.abs().amax(-1, keepdim=True)).exp()
    return counts / counts.sum(-1, keepdim=True)


@stable.mistake(
    "the maximum is added",
    "The maximum is added where it should be subtracted: 10,000 becomes 20,000, and no exponential can hold it.",
)
def _(logits):
    counts = (logits + logits.max(-1, keepdim=True).values).exp()
    return counts / counts.sum(-1, keepdim=True)


@stable.mistake(
    "the maximum is subtracted in the numerator only",
    "The exponentials above the line are of shifted logits, and those in the sum below it are not. Shift once, and use "
    "the shifted ones in both places.",
)
def _(logits):
    return (logits - logits.max(-1, keepdim=True).values).exp() / logits.exp().sum(-1, keepdim=True)


@stable.mistake(
    "the logits are clamped",
    "Nothing overflows, because large logits are cut off. But then rows with large logits come out uniform, although "
    "their logits differ. Shifting a row changes no probability; cutting it off does.",
)
def _(logits):
    return reference.softmax(logits.clamp(-80, 80))


@stable.mistake(
    "NaN is replaced by 0",
    "NaN is replaced by 0 after the fact. The probabilities that it stood for are not 0: they could not be computed "
    "that way. Subtracting the maximum first makes them computable.",
)
def _(logits):
    counts = logits.exp()
    return (counts / counts.sum(-1, keepdim=True)).nan_to_num(0.0)


@stable.mistake(
    "the logarithm of the sum is subtracted from large logits",
    "The formula is right and nothing overflows. But around 10,000 two neighbouring float32 numbers are 0.001 apart, "
    "so the logarithm of the sum is rounded to that, and the probabilities are off by up to 0.05 percent. Take the "
    "maximum away first, as long as the numbers are large; what is left is small and exact.",
)
def _(logits):
    return (logits - logits.logsumexp(-1, keepdim=True)).exp()
