"""Part 2, the loss from scratch."""

import torch

from grader.check import check
from grader.checks import slips
from grader.checks.part2_mlp.inputs import scores
from grader.checks.part2_mlp.spoilt import TENSORS, handed_back, spoilt
from reference import part2_mlp as reference


@check(
    "cross_entropy",
    points=3,
    forbids=("cross_entropy", "log_softmax", "nll_loss", "cross_entropy_loss", "nll_loss_nd", "nll_loss2d"),
    hints=(
        "The loss of one example is the logarithm of the sum of its exponentials, minus the score of the right "
        "character. The loss of the batch is the mean.",
        "Subtract the largest score of each row before anything else: the difference between the two terms stays as it "
        "is, and no exponential is above 1. Never take the logarithm of a probability: it may have been rounded to 0.",
        "From the logits take the maximum of each row; sum the exponentials of each row and take the logarithm; "
        "subtract, in each row, the shifted score in the column of its label; average over the rows.",
    ),
)
def cross_entropy(m, given):
    """The mean surprise, and its gradient"""
    logits = given.logits.clone().requires_grad_()
    loss = m.cross_entropy(logits, given.Y)
    if given.loss_only:
        return {"loss": loss}
    if type(loss) is torch.Tensor and loss.numel() == 1 and loss.requires_grad:
        (loss * given.upstream).sum().backward()
    gradient = torch.zeros_like(logits) if logits.grad is None else logits.grad
    changed = not torch.equal(logits.detach(), given.logits)
    return {"loss": loss, "the gradient of logits": gradient, "the logits that were passed in are changed": changed}


cross_entropy.inputs(scores)


@cross_entropy.mistake(
    "the logits are changed in place",
    "The loss is right, but the scores that were passed in are changed, and the caller may still need them.",
)
def _(logits, Y):
    with torch.no_grad():
        logits -= logits.max(1, keepdim=True).values
    return reference.cross_entropy(logits, Y)


@cross_entropy.mistake(
    "exp overflows",
    "Right for small scores; NaN or infinity for large ones. The exponential of a score above 88 is infinite in "
    "float32. Subtract the largest score of each row first, which changes no probability.",
)
def _(logits, Y):
    return -_picked(_ratio(logits.exp()).log(), Y).mean()


@cross_entropy.mistake(
    "exp overflows: in the sum",
    "Right for small scores; infinite for large ones. The exponential of a score above 88 is infinite in float32. "
    "Subtract the largest score of each row first, which changes no probability.",
)
def _(logits, Y):
    return (logits.exp().sum(1).log() - _picked(logits, Y)).mean()


@cross_entropy.mistake(
    "the logarithm of a probability that is rounded to zero",
    "Right as long as no probability is tiny. A character that is hopeless gets the probability 0, and the logarithm "
    "of 0 is minus infinity. Take the logarithm on paper: it turns the fraction into a difference of two terms, none "
    "of which is large.",
)
def _(logits, Y):
    return -_picked(logits.softmax(1).log(), Y).mean()


HIDDEN = (
    "so that nothing is infinite. But no loss can then be greater than minus the logarithm of that number; where it "
    "should be, it is wrong, and next to no gradient is left. Take the logarithm on paper instead."
)


def hidden(name, what, function, numbers):
    for least in numbers:

        @cross_entropy.mistake(f"{name} to hide log(0): {least:g}", f"{what}, {HIDDEN}")
        def _(logits, Y, least=least):
            return -_picked(function(logits.softmax(1), least).log(), Y).mean()


ADDED = "A small number is added to the probability before its logarithm is taken, or it replaces what is smaller"
CLAMPED = "The probability is replaced by a small number where it is smaller than that"
LEAST = (1e-8, 1e-9, 1e-10, 1e-12, 1e-15, 1e-20, torch.finfo(torch.float32).tiny)
hidden("a small number is added", ADDED, torch.add, (1e-5, 1e-6, 1e-7, *LEAST))
hidden("the probabilities are clamped", CLAMPED, torch.clamp, (1e-5, 1e-6, 1e-7))


@cross_entropy.mistake(
    "one maximum for the whole batch",
    "The largest score of all examples is subtracted from every row. In a row that lies far below it, all exponentials "
    "are rounded to 0. Each row has a maximum of its own.",
)
def _(logits, Y):
    shifted = logits - logits.max()
    return (shifted.exp().sum(1).log() - _picked(shifted, Y)).mean()


@cross_entropy.mistake(
    "the maximum is subtracted in one place only",
    "The exponentials are of scores less their maximum, and the score of the right answer is not. The same number "
    "must be subtracted from both, or added again to the logarithm.",
)
def _(logits, Y):
    shifted = logits - logits.max(1, keepdim=True).values
    return (shifted.logsumexp(1) - _picked(logits, Y)).mean()


@cross_entropy.mistake(
    slips.ONE_N_MISSING,
    "The losses of the examples are added up. The mean is asked for: a larger batch should not mean larger steps.",
)
def _(logits, Y):
    return reference.cross_entropy(logits, Y) * len(Y)


@cross_entropy.mistake(
    "one loss for each example",
    "These are the losses of the single examples. Their mean is asked for, one number.",
)
def _(logits, Y):
    return _losses(logits, Y)


@cross_entropy.mistake(
    slips.SIGN,
    "The size is right, the sign is not. Logarithms of probabilities are negative; the loss is positive, and gets "
    "smaller as the right answer gets more likely.",
)
def _(logits, Y):
    return -reference.cross_entropy(logits, Y)


@cross_entropy.mistake(
    "whole columns instead of one entry a row",
    "Indexing with a colon for the rows takes the columns of all labels, from the first row to the last. Only one "
    "entry of each row is meant: the row's own label. Give a row for each column.",
)
def _(logits, Y):
    return -_log_probs(logits)[:, Y].mean()


@cross_entropy.mistake(
    slips.WRONG_DIMENSION,
    "The exponentials are summed over the batch. The probabilities of one example, a row, add up to 1.",
)
def _(logits, Y):
    return -_picked(_log_probs(logits, 0), Y).mean()


@cross_entropy.mistake(
    "the mean is over all entries",
    "The right log-probabilities are picked, and divided by the number of all entries, N * V. There are N of them.",
)
def _(logits, Y):
    return reference.cross_entropy(logits, Y) / logits.shape[1]


@cross_entropy.mistake(
    "every character instead of the right one",
    "This is the mean over all log-probabilities. Only those of the right answers count: what the network gave to the "
    "others is in there already, because the probabilities of a row add up to 1.",
)
def _(logits, Y):
    return -_log_probs(logits).mean()


@cross_entropy.mistake(
    "the logarithm of the mean probability",
    "The probabilities of the right answers are averaged, and the logarithm is taken of that. The other way round: "
    "first the logarithm of each, then the mean.",
)
def _(logits, Y):
    return -(_log_probs(logits).exp()[range(len(Y)), Y].mean() + 1e-30).log()


@cross_entropy.mistake(
    "only the score of the right character",
    "This is minus the mean score of the right characters. A loss like that would make all scores grow for ever: what "
    "holds them back is the logarithm of the sum of the exponentials.",
)
def _(logits, Y):
    return -_picked(logits, Y).mean()


@cross_entropy.mistake(
    "the score of the right character is missing",
    "This is the mean of the logarithms of the sums. The score of the right answer is to be subtracted from it.",
)
def _(logits, Y):
    return logits.logsumexp(1).mean()


@cross_entropy.mistake(
    "the probabilities have no logarithm",
    "This is minus the mean probability of the right answers. The logarithm is missing: it is what makes a hopeless "
    "guess expensive.",
)
def _(logits, Y):
    return -_log_probs(logits).exp()[range(len(Y)), Y].mean()


@cross_entropy.mistake(slips.HARD_CODED, slips.BATCH_FROM_SHAPE)
def _(logits, Y):
    return _losses(logits, Y).sum() / 32


@cross_entropy.mistake(
    "the loss is a float",
    "The value is right, but it is a plain number: nothing can be differentiated from there. A tensor of shape () is "
    "asked for, with its graph.",
)
def _(logits, Y):
    return reference.cross_entropy(logits, Y).item()


@cross_entropy.mistake(
    "the loss is cut off",
    "The value is right, but it has no connection with the logits any more, so no gradient can come from it.",
)
def _(logits, Y):
    return reference.cross_entropy(logits, Y).detach()


def lost(name, advice, shift=None, log_sum=None, loss=None):
    """Register a loss of which one of the three steps is another one."""
    shift = shift or (lambda z: z - z.max(1, keepdim=True).values)
    log_sum = log_sum or (lambda z: z.exp().sum(1).log())
    loss = loss or (lambda sums, right: sums - right)

    @cross_entropy.mistake(name, advice)
    def _(logits, Y):
        shifted = shift(logits)
        return loss(log_sum(shifted), _picked(shifted, Y)).mean()


MAXIMUM = "The largest score of a row is subtracted from each score of that row, so that the largest is then zero."
lost("the maximum is added", MAXIMUM, shift=lambda z: z + z.max(1, keepdim=True).values)
lost("the scores are taken away from the maximum", MAXIMUM, shift=lambda z: z.max(1, keepdim=True).values - z)
lost("the maximum of a column", MAXIMUM, shift=lambda z: z - z.max(0, keepdim=True).values)
lost(
    "the maximum has lost its dimension",
    "The maxima have the shape (N,), which broadcasting lines up with the columns of the logits and not with their "
    "rows. As (N, 1) they fit.",
    shift=lambda z: z - z.max(1).values,
)

SUMS = "Check the second term by hand, for the scores 0 and log 3: it is the logarithm of 1 + 3."
lost("the sum has no logarithm", SUMS, log_sum=lambda z: z.exp().sum(1))
lost("the sum of the scores, not of their exponentials", SUMS, log_sum=lambda z: z.sum(1).log())
lost("an exponential of the sum", SUMS, log_sum=lambda z: z.exp().sum(1).exp())
lost("one sum for the whole batch", SUMS, log_sum=lambda z: z.exp().sum().log())
lost("the sums run over the batch", SUMS, log_sum=lambda z: z.exp().sum(0).log())
lost(
    slips.MEAN,
    "The logarithm is taken of the mean of the exponentials. It belongs to their sum; the loss is off by the logarithm "
    "of the number of classes.",
    log_sum=lambda z: z.exp().mean(1).log(),
)
lost(
    "the sum is cut off",
    "The value is right, but no gradient passes through the sum of the exponentials: it was detached. What is left "
    "pushes the right scores up and nothing down.",
    log_sum=lambda z: z.exp().sum(1).log().detach(),
)

TERMS = "The loss of an example is the logarithm of the sum, minus the score of the right character."
lost("the two terms are added", TERMS, loss=lambda sums, right: sums + right)
lost("only the logarithm of the sum", TERMS, loss=lambda sums, right: sums)
lost("only the shifted score of the right character", TERMS, loss=lambda sums, right: -right)

spoilt(cross_entropy, TENSORS, "The loss", without=(slips.SIGN,))
handed_back(cross_entropy, "logits", "Y")


def _ratio(counts):
    return counts / counts.sum(1, keepdim=True)


def _picked(values, Y):
    return values[range(len(Y)), Y]


def _log_probs(logits, dim=1):
    return logits - logits.logsumexp(dim, keepdim=True)


def _losses(logits, Y):
    return -_picked(_log_probs(logits), Y)
