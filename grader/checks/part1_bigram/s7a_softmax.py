"""Part 1, softmax: with ordinary logits, and with very large ones."""

import torch

from grader.check import check
from grader.checks import slips
from grader.checks.draw import normal


def with_gradient(m, values, upstream):
    """The probabilities, and the gradient of the logits for the one that comes in."""
    logits = values.clone().requires_grad_()
    probs = m.softmax(logits)
    if not isinstance(probs, torch.Tensor):
        return {"probs": probs}
    changed = not torch.equal(logits.detach(), values)
    if probs.requires_grad:
        (probs * (upstream if probs.shape == logits.shape else 1)).sum().backward()
    found = {} if logits.grad is None else {"gradient of logits": logits.grad}
    return {"probs": probs.detach(), **found, "the logits that were passed in are changed": changed}


@check(
    "softmax",
    points=2,
    forbids=("softmax", "log_softmax", "softmin"),
    hints=(
        "Exponentials are never negative, and dividing by their sum makes them sum to 1.",
        "Whatever is taken over a row (its maximum, its sum) is taken over the last dimension, and keeps it, so that "
        "it is lined up with its own row. Taking a row's maximum away from it first changes nothing but the size of "
        "the numbers.",
        "Subtract from the logits their maximum over dimension -1 (the values, with the dimension kept), take the "
        "exponential, and divide by its sum over dimension -1, dimension kept.",
    ),
)
def softmax(m, given):
    """Probabilities over the last dimension, and their gradient"""
    return with_gradient(m, given.logits, given.upstream)


@softmax.inputs
def _(rng):
    for shape in ((7,), (4, 6), (3, 2, 5), (2, 3, 1, 4)):
        yield {"logits": 2 * normal(rng, *shape), "upstream": normal(rng, *shape)}


def _over(dim):
    return lambda logits: torch.softmax(logits, dim)


softmax.mistake(
    "over the first dimension",
    "The probabilities sum to 1 down the first dimension: the examples compete with each other. For one example, the "
    "characters compete: it is the last dimension that should sum to 1.",
)(_over(0))

softmax.mistake(
    "over dimension 1",
    "Dimension 1 is the last one only where there are two. Count from the end: -1 is the last of any number of "
    "dimensions.",
)(_over(1))


@softmax.mistake(
    "over everything at once",
    "All entries together sum to 1. Each row is a distribution of its own.",
)
def _(logits):
    return torch.softmax(logits.flatten(), 0).view(logits.shape)


@softmax.mistake(
    "the maximum or the sum loses its dimension",
    "The maximum, or the sum, over the last dimension has one dimension less than the logits, and is lined up with the "
    "wrong one of theirs. Keep the dimension.",
)
def _(logits):
    counts = (logits - logits.max(-1, keepdim=True).values).exp()
    return counts / counts.sum(-1)


@softmax.mistake(
    "the logarithms come back",
    "These are the logarithms of the probabilities. Asked are the probabilities.",
)
def _(logits):
    return torch.log_softmax(logits, -1)


@softmax.mistake(
    "not divided by the sum",
    "The exponentials are right, and they are not divided by their sum: rows do not sum to 1.",
)
def _(logits):
    return (logits - logits.max(-1, keepdim=True).values).exp()


@softmax.mistake("not divided by the sum, nor shifted", "These are the exponentials alone: rows do not sum to 1.")
def _(logits):
    return logits.exp()


@softmax.mistake("multiplied by the sum", "The exponentials are multiplied by their sum, where they should be divided.")
def _(logits):
    counts = (logits - logits.max(-1, keepdim=True).values).exp()
    return counts * counts.sum(-1, keepdim=True)


@softmax.mistake(
    "the exponential is missing",
    "The logits are divided by their sum as they are. Logits are logarithms: they may be negative, and so may their "
    "sum. The exponential makes counts of them.",
)
def _(logits):
    return logits / logits.sum(-1, keepdim=True)


@softmax.mistake(
    "the sum is taken before the exponential",
    "The exponentials are divided by the exponential of the sum of the logits. It is the other way round: first the "
    "exponentials, then their sum.",
)
def _(logits):
    return logits.exp() / logits.sum(-1, keepdim=True).exp()


@softmax.mistake(
    "divided by the sum of the logits",
    "The exponentials are divided by the sum of the logits. Divide them by their own sum.",
)
def _(logits):
    return logits.exp() / logits.sum(-1, keepdim=True)


@softmax.mistake(
    "the sign is turned", "The largest logit gets the smallest probability: the sign of the logits is turned."
)
def _(logits):
    return torch.softmax(-logits, -1)


@softmax.mistake(
    "the mean instead of the sum", "The exponentials are divided by their mean, so that a row sums to its length."
)
def _(logits):
    return torch.softmax(logits, -1) * logits.shape[-1]


@softmax.mistake(
    slips.WRONG_DIMENSION,
    "The sum is taken down the examples, over the last dimension but one. It should run over the characters: the last.",
)
def _(logits):
    counts = (logits - logits.max(-1, keepdim=True).values).exp()
    return counts / counts.sum(-2, keepdim=True)


@softmax.mistake(
    "the sum runs over everything",
    "Each row is shifted by its own maximum, but all are divided by the sum of all entries. Each row has a sum of its "
    "own.",
)
def _(logits):
    counts = (logits - logits.max(-1, keepdim=True).values).exp()
    return counts / counts.sum()


@softmax.mistake(
    "the exponential is missing after the shift",
    "The shifted logits are divided by their sum as they are. The exponential makes counts of them first.",
)
def _(logits):
    shifted = logits - logits.max(-1, keepdim=True).values
    return shifted / shifted.sum(-1, keepdim=True)


@softmax.mistake(
    "the logarithm instead of the exponential",
    "The logarithm of the logits is taken; of negative ones it is NaN. Logits are logarithms already, and the "
    "exponential undoes that.",
)
def _(logits):
    counts = (logits - logits.max(-1, keepdim=True).values).log()
    return counts / counts.sum(-1, keepdim=True)


@softmax.mistake(
    "the fraction is upside down", "The sum is divided by the exponentials. It is the exponentials that are divided."
)
def _(logits):
    return 1 / torch.softmax(logits, -1)


@softmax.mistake(
    "max gives two things",
    "Torch's max over a dimension gives two tensors, the largest values and the places where they stand. Only the "
    "first can be subtracted.",
)
def _(logits):
    return (logits - logits.max(-1, keepdim=True)).exp()


@softmax.mistake(
    "the maximum of everything has no values",
    "Without a dimension, max gives the one largest number of all, as a tensor and not as a pair. And each row needs "
    "its own maximum: say over which dimension.",
)
def _(logits):
    return (logits - logits.max().values).exp()


@softmax.mistake(
    "computed in float64",
    "The values are right, but they came as float64. It does not help against large logits either: the exponential of "
    "10,000 is infinite there too.",
)
def _(logits):
    return torch.softmax(logits.double(), -1)


@softmax.mistake("all zeros", "Every probability is zero. A placeholder, perhaps? They should sum to 1.")
def _(logits):
    return 0 * logits


def in_place(logits):
    """The right probabilities, and the logits shifted where they stand."""
    with torch.no_grad():
        logits -= logits.max(-1, keepdim=True).values
    counts = logits.exp()
    return counts / counts.sum(-1, keepdim=True)


IN_PLACE = (
    "the logits are changed in place",
    "The probabilities are right, but the logits that were passed in are changed. They are the caller's: they may be "
    "needed again after the call. Compute a new tensor.",
)
softmax.mistake(*IN_PLACE)(in_place)


@softmax.mistake("the logits themselves", "These are the logits, as they came in.")
def _(logits):
    return logits.clone()


@softmax.mistake(
    "the graph is cut",
    "The probabilities are right, but no gradient comes back through them, so nothing in front of them could ever "
    "learn. Does detach, .data, no_grad, item, tolist or NumPy stand on the way?",
)
def _(logits):
    return torch.softmax(logits.detach(), -1)


@softmax.mistake(
    "the sum is a constant for the gradient",
    "The probabilities are right, their gradient is not: it is computed as if the sum did not depend on the logits. A "
    "larger logit makes its own probability larger and, by way of the sum, all others smaller.",
)
def _(logits):
    counts = (logits - logits.detach().max(-1, keepdim=True).values).exp()
    return counts / counts.detach().sum(-1, keepdim=True)
