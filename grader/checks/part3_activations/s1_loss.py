"""Part 3, the loss of a network that knows nothing."""

import math

import torch

from grader.check import check
from grader.checks import slips
from grader.checks.part3_activations.usual import off_by_a_factor


@check(
    "expected_initial_loss",
    points=1,
    hints=(
        "A network that knows nothing should have no preference: every character is as likely as any other.",
        "The loss of one example is minus the natural logarithm of the probability of the right character.",
        "Take the natural logarithm of one over the number of characters, and turn its sign.",
    ),
)
def expected_initial_loss(m, given):
    """What the loss should be before anything is learnt"""
    return m.expected_initial_loss(given.vocab_size)


@expected_initial_loss.inputs
def _(rng):
    for low in (2, 60, 1000):
        yield {"vocab_size": low + int(torch.randint(low, (), generator=rng))}
    yield {"vocab_size": 27}


@expected_initial_loss.mistake(
    slips.SIGN,
    "This is the logarithm of the probability, which is negative. The loss is minus that: surprise, not probability.",
)
def _(vocab_size):
    return -math.log(vocab_size)


@expected_initial_loss.mistake(
    "a probability instead of a loss",
    "This is the probability of each character. The loss is minus its logarithm.",
)
def _(vocab_size):
    return 1 / vocab_size


@expected_initial_loss.mistake(
    "the logarithm is missing",
    "This is the number of characters itself. The loss takes a logarithm.",
)
def _(vocab_size):
    return float(vocab_size)


@expected_initial_loss.mistake(
    "the logarithm has another base: 2",
    "This is the loss in bits. Cross-entropy, here and in PyTorch, takes the natural logarithm.",
)
def _(vocab_size):
    return math.log2(vocab_size)


@expected_initial_loss.mistake(
    "the logarithm has another base: 10",
    "This is the logarithm to the base ten. Cross-entropy takes the natural one.",
)
def _(vocab_size):
    return math.log10(vocab_size)


@expected_initial_loss.mistake(
    "27 is hard-coded",
    "This is right for the 27 characters of the names and for no other vocabulary. Use vocab_size.",
)
def _(vocab_size):
    return math.log(27)


@expected_initial_loss.mistake(
    "one character too few",
    "This spreads the probability over one character less. The dot that begins and ends a name is a character too; "
    "it is among the vocab_size.",
)
def _(vocab_size):
    return math.log(vocab_size - 1)


@expected_initial_loss.mistake(
    "one character too many",
    "This spreads the probability over one character more than there are: vocab_size counts all of them.",
)
def _(vocab_size):
    return math.log(vocab_size + 1)


@expected_initial_loss.mistake(
    "a tensor instead of a float",
    "The value is right, but it comes as a tensor. A plain Python float is asked for: .item() makes one.",
)
def _(vocab_size):
    return -torch.tensor(1 / vocab_size).log()


@expected_initial_loss.mistake(
    "the size of the vocabulary is returned",
    "This is vocab_size as it came in. The loss is a logarithm.",
)
def _(vocab_size):
    return vocab_size


off_by_a_factor(expected_initial_loss, sign=False)
