"""Part 3, units that have gone flat."""

import torch

from grader.check import check
from grader.checks import slips
from grader.checks.draw import normal
from grader.checks.part3_activations.usual import off_by_a_factor
from reference import part3_activations as reference


def activations(rng, n, hidden):
    """Outputs of tanh of which many are saturated, on both sides, and some exactly one half."""
    while True:
        h = torch.tanh(2.5 * normal(rng, n, hidden))
        h[0, :3] = torch.tensor([0.5, -0.5, 0.5])
        if ((h.abs() - 0.99).abs() > 1e-5).all() and ((h.abs() - 0.95).abs() > 1e-5).all():
            return h


@check(
    "saturation",
    points=1,
    hints=(
        "Count the activations that are flat, on either side, and divide by how many there are.",
        "A comparison gives booleans; as floats their mean is the share that is true. Compare the absolute value.",
        "Take the absolute value of h, compare it with the threshold, turn the booleans into floats, take their "
        "mean, and make it a Python float.",
    ),
)
def saturation(m, given):
    """The share of saturated activations"""
    return m.saturation(given.h, **given.options)


@saturation.inputs
def _(rng):
    for n, hidden, options in ((9, 7, {}), (6, 11, {"threshold": 0.95}), (8, 5, {"threshold": 0.5})):
        yield {"h": activations(rng, n, hidden), "options": options}


@saturation.mistake(
    "the absolute value is missing",
    "Only the activations near 1 are counted. tanh is as flat near -1.",
)
def _(h, threshold=0.99):
    return (h > threshold).double().mean().item()


@saturation.mistake(
    "below the threshold instead of above",
    "This is the share of the activations that are not saturated.",
)
def _(h, threshold=0.99):
    return 1 - reference.saturation(h, threshold)


@saturation.mistake("per cent", "This is the share in per cent. A number from 0 to 1 is asked for.")
def _(h, threshold=0.99):
    return 100 * reference.saturation(h, threshold)


@saturation.mistake(
    "counted, not divided",
    "This is the number of saturated activations. Divide by how many there are.",
)
def _(h, threshold=0.99):
    return reference.saturation(h, threshold) * h.numel()


@saturation.mistake(
    "divided by the number of examples",
    "The count is divided by the number of rows. There are n times H activations.",
)
def _(h, threshold=0.99):
    return reference.saturation(h, threshold) * h.shape[1]


@saturation.mistake(
    "at the threshold counts too",
    "Right but for entries that are equal to the threshold. Only what is strictly above it counts.",
)
def _(h, threshold=0.99):
    return (h.abs() >= threshold).double().mean().item()


@saturation.mistake(
    "the threshold is hard-coded",
    "The answer is for 0.99, whatever the threshold that is passed in.",
)
def _(h, threshold=0.99):
    return reference.saturation(h, 0.99)


@saturation.mistake(
    "the share of units with a saturated example",
    "This counts units that are saturated for at least one example. Every activation counts for itself here.",
)
def _(h, threshold=0.99):
    return (h.abs() > threshold).any(0).double().mean().item()


@saturation.mistake(
    "the mean of the absolute values",
    "This is the average size of the activations. Compare them with the threshold first; then average what comes out.",
)
def _(h, threshold=0.99):
    return h.abs().mean().item()


@saturation.mistake(
    "a tensor instead of a float",
    "The value is right, but it comes as a tensor. A plain Python float is asked for.",
)
def _(h, threshold=0.99):
    return torch.tensor(reference.saturation(h, threshold))


@saturation.mistake(
    "the mean of booleans",
    "PyTorch takes no mean of booleans. Turn them into floats first.",
)
def _(h, threshold=0.99):
    return (h.abs() > threshold).mean().item()


@saturation.mistake(
    "an item of many",
    "item() makes a number of a tensor with one entry. The mean over all entries comes before it.",
)
def _(h, threshold=0.99):
    return (h.abs() > threshold).float().item()


off_by_a_factor(saturation)


@check(
    "dead_neurons",
    points=1,
    hints=(
        "A unit is dead if no example is left that it could learn from.",
        "Saturated is an absolute value above the threshold; a unit is a column, so look at all rows of it.",
        "Compare the absolute value of h with the threshold, and ask for each column whether all of it is true.",
    ),
)
def dead_neurons(m, given):
    """Which units are saturated for every example"""
    return m.dead_neurons(given.h, **given.options)


@dead_neurons.inputs
def _(rng):
    for n, hidden, options in ((9, 7, {}), (6, 11, {"threshold": 0.95}), (8, 6, {"threshold": 0.5})):
        h = 0.9 * activations(rng, n, hidden)
        threshold = options.get("threshold", 0.99)
        above = threshold + (1 - threshold) * (0.1 + 0.8 * torch.rand(n, hidden, generator=rng))
        sign = torch.where(torch.rand(n, hidden, generator=rng) < 0.5, -1.0, 1.0)
        sign[:2, 1] = torch.tensor([-1.0, 1.0])
        h[:, 0] = above[:, 0]  # dead, all positive
        h[:, 1] = (above * sign)[:, 1]  # dead, on both sides
        h[1:, 2] = above[1:, 2]  # alive by its first example
        h[:, 3] = -above[:, 3]  # dead, all negative
        h[:, 4] = above[:, 4]
        h[0, 4] = 0.5  # alive; for the threshold 0.5, by not being above it
        h[0, 5] = -above[0, 5]  # alive, and saturated for one example
        h[1, 5] = 0.1
        yield {"h": h, "options": options}


@dead_neurons.mistake(
    "any for all",
    "A unit counts as dead here as soon as one example saturates it. It is dead if all of them do: one live "
    "example is enough to learn from.",
)
def _(h, threshold=0.99):
    return (h.abs() > threshold).any(0)


@dead_neurons.mistake(
    "the absolute value is missing",
    "Units that are saturated at -1, for some or all examples, are missed. tanh is as flat there.",
)
def _(h, threshold=0.99):
    return (h > threshold).all(0)


@dead_neurons.mistake(
    "each side by itself",
    "A unit that is at 1 for some examples and at -1 for the others counts as alive here. Its slope is close to zero "
    "for all of them: dead.",
)
def _(h, threshold=0.99):
    return (h > threshold).all(0) | (h < -threshold).all(0)


@dead_neurons.mistake(
    slips.WRONG_DIMENSION,
    "There is one answer for each example: the rows were gone through. A unit is a column.",
)
def _(h, threshold=0.99):
    return (h.abs() > threshold).all(1)


@dead_neurons.mistake(
    "the mean of the absolute values",
    "The average of |h| over the examples is compared. One example in the linear range is enough for a unit to "
    "live, even if the average is high.",
)
def _(h, threshold=0.99):
    return h.abs().mean(0) > threshold


@dead_neurons.mistake(
    "the units that are alive",
    "This is the opposite: True for the units that still learn.",
)
def _(h, threshold=0.99):
    return ~reference.dead_neurons(h, threshold)


@dead_neurons.mistake(
    "the units that are never saturated",
    "This asks for units with no saturated example at all. Dead are those with nothing but saturated ones.",
)
def _(h, threshold=0.99):
    return (h.abs() <= threshold).all(0)


@dead_neurons.mistake(
    "at the threshold counts too",
    "Right but for entries that are equal to the threshold. Only what is strictly above it counts.",
)
def _(h, threshold=0.99):
    return (h.abs() >= threshold).all(0)


@dead_neurons.mistake(
    "the threshold is hard-coded",
    "The answer is for 0.99, whatever the threshold that is passed in.",
)
def _(h, threshold=0.99):
    return reference.dead_neurons(h, 0.99)


@dead_neurons.mistake(
    "numbers instead of booleans",
    "The values are right as zeros and ones. Booleans are asked for, so that they can be used as a mask.",
)
def _(h, threshold=0.99):
    return reference.dead_neurons(h, threshold).float()


@dead_neurons.mistake(
    "one answer for all units",
    "This is a single number for the whole layer. One for each unit is asked for.",
)
def _(h, threshold=0.99):
    return (h.abs() > threshold).all()


@dead_neurons.mistake(
    slips.DIMENSION_KEPT,
    "The values are right, the shape is not: the examples are gone, so their dimension should be too.",
)
def _(h, threshold=0.99):
    return reference.dead_neurons(h, threshold).unsqueeze(0)


@dead_neurons.mistake(
    "one answer for each activation",
    "This tells which activations are saturated. A unit is a column of them: one answer for each column is asked for.",
)
def _(h, threshold=0.99):
    return h.abs() > threshold
