"""Part 4, binary cross-entropy in one go."""

import torch

from grader.check import check
from grader.checks import slips
from grader.checks.draw import normal


@check(
    "sigmoid_bce_backward",
    points=1,
    hints=(
        "It is the cross-entropy with two classes and one logit: the same cancellation happens.",
        "The slope of the sigmoid cancels the denominators of the two logarithms. The mean runs "
        "over every entry, whatever the shape.",
        "Take the sigmoid of the logits, subtract the targets, and divide by the number of all entries.",
    ),
)
def sigmoid_bce_backward(m, given):
    """From the mean binary cross-entropy to the logits"""
    return m.sigmoid_bce_backward(given.logits, given.targets)


@sigmoid_bce_backward.inputs
def _(rng):
    for shape in ((7,), (4, 5), (2, 3, 4)):
        logits = normal(rng, *shape)
        if len(shape) == 2:
            logits[0, 0] = 150  # exp alone overflows
        targets = torch.rand(shape, generator=rng)
        # Labels in the first case; in the others probabilities are targets as well.
        yield {"logits": logits, "targets": targets.round() if len(shape) == 1 else targets}


@sigmoid_bce_backward.mistake(
    "exp overflows",
    "The exponential of a large logit is infinite in float32, and infinity divided by infinity is NaN. Write the "
    "sigmoid so that a large logit gives the exponential of something negative, or take torch's.",
)
def _(logits, targets):
    return (logits.exp() / (1 + logits.exp()) - targets) / logits.numel()


@sigmoid_bce_backward.mistake(
    "the mean's share is missing",
    "This is the gradient of the summed loss. The loss is a mean, so each entry has only its share.",
)
def _(logits, targets):
    return torch.sigmoid(logits) - targets


@sigmoid_bce_backward.mistake(
    "divided by the first size alone",
    "The answer is divided by the size of the first dimension. The mean runs over all entries; "
    "with one dimension that is the same, with more it is not.",
)
def _(logits, targets):
    return (torch.sigmoid(logits) - targets) / len(logits)


@sigmoid_bce_backward.mistake(
    slips.SIGN,
    "The size is right, the sign is not. Where the target is 1, a larger logit makes the loss smaller.",
)
def _(logits, targets):
    return (targets - torch.sigmoid(logits)) / logits.numel()


@sigmoid_bce_backward.mistake(
    "the slope of the sigmoid is counted twice",
    "The difference between probability and target is what is left after the sigmoid's slope has "
    "cancelled; here the slope is multiplied in once more. This is the gradient of a squared "
    "error: it vanishes where the network is sure and wrong.",
)
def _(logits, targets):
    probs = torch.sigmoid(logits)
    return (probs - targets) * probs * (1 - probs) / logits.numel()


@sigmoid_bce_backward.mistake(
    "the chain stops at the probability",
    "This is the gradient with respect to the probability. One step is left, back through the sigmoid.",
)
def _(logits, targets):
    probs = torch.sigmoid(logits)
    return (probs - targets) / (probs * (1 - probs)) / logits.numel()


@sigmoid_bce_backward.mistake(
    "the sigmoid is left out",
    "The targets are subtracted from the logits. They are to be compared with probabilities.",
)
def _(logits, targets):
    return (logits - targets) / logits.numel()
