"""Part 5, how far back a stack of convolutions looks."""

from grader.check import check


@check(
    "receptive_field",
    points=1,
    hints=(
        "Begin with one layer of two taps: it sees two positions, its own and one before it.",
        "A layer reaches (kernel_size - 1) * dilation steps back, and the reaches of stacked layers add up.",
        "One, for the position itself, plus kernel_size minus one times the sum of the dilations.",
    ),
)
def receptive_field(m, given):
    """How many positions an output of the stack depends on"""
    return m.receptive_field(given.kernel_size, given.dilations)


@receptive_field.inputs
def _(rng):
    yield {"kernel_size": 2, "dilations": [1, 2, 4]}
    yield {"kernel_size": 3, "dilations": [1, 5, 2, 7]}
    yield {"kernel_size": 5, "dilations": [6, 3]}
    yield {"kernel_size": 4, "dilations": [3]}


@receptive_field.mistake(
    "the position itself does not count",
    "The answer is how many steps back the stack reaches. The position itself counts too: one more.",
)
def _(kernel_size, dilations):
    return (kernel_size - 1) * sum(dilations)


@receptive_field.mistake(
    "K distances instead of K - 1",
    "K taps span K - 1 distances, as five fence posts span four gaps; here K are counted.",
)
def _(kernel_size, dilations):
    return 1 + kernel_size * sum(dilations)


@receptive_field.mistake(
    "K distances, and the position itself does not count",
    "The kernel size times the sum of the dilations: that counts K distances for K taps, which span one less, and "
    "forgets the position itself.",
)
def _(kernel_size, dilations):
    return kernel_size * sum(dilations)


@receptive_field.mistake(
    "the dilations are ignored",
    "The answer is right for layers without dilation. Taps that are d apart reach d times as far.",
)
def _(kernel_size, dilations):
    return 1 + (kernel_size - 1) * len(dilations)


@receptive_field.mistake(
    "the last layer only",
    "Only the last layer's reach is counted. It reads outputs that have looked back themselves: the reaches add up.",
)
def _(kernel_size, dilations):
    return 1 + (kernel_size - 1) * dilations[-1]


@receptive_field.mistake(
    "the widest layer only",
    "Only the layer with the largest dilation is counted. The reaches of all layers add up.",
)
def _(kernel_size, dilations):
    return 1 + (kernel_size - 1) * max(dilations)


@receptive_field.mistake(
    "a power of the kernel size",
    "The kernel size to the power of the number of layers: that is right where each dilation is the kernel size "
    "times the one before, as 1, 2, 4 for two taps, and not in general.",
)
def _(kernel_size, dilations):
    return kernel_size ** len(dilations)


@receptive_field.mistake(
    "the kernel size is ignored", "Two taps are taken for granted. With K taps a layer reaches K - 1 distances back."
)
def _(kernel_size, dilations):
    return 1 + sum(dilations)


@receptive_field.mistake(
    "the position itself counts for each layer",
    "The spans of the layers are added, the position itself with each. The layers meet at a position: it counts once.",
)
def _(kernel_size, dilations):
    return sum(1 + (kernel_size - 1) * dilation for dilation in dilations)


@receptive_field.mistake("one too many", "The answer is one too large: the position itself counts once.")
def _(kernel_size, dilations):
    return 2 + (kernel_size - 1) * sum(dilations)


@receptive_field.mistake(
    "the kernel size alone",
    "The answer is the kernel size. That is right for a single layer without dilation; the reaches of all layers add "
    "up.",
)
def _(kernel_size, dilations):
    return kernel_size


@receptive_field.mistake("K - 2 distances", "K taps span K - 1 distances; here K - 2 are counted.")
def _(kernel_size, dilations):
    return 1 + (kernel_size - 2) * sum(dilations)


@receptive_field.mistake("K + 1 distances", "K taps span K - 1 distances; here K + 1 are counted.")
def _(kernel_size, dilations):
    return 1 + (kernel_size + 1) * sum(dilations)


@receptive_field.mistake(
    "always one", "The answer is 1 whatever the layers are: the position itself, and nothing before it."
)
def _(kernel_size, dilations):
    return 1


@receptive_field.mistake(
    "counted backwards",
    "The answer is negative. The reach is added to the position itself, and counts how many there are.",
)
def _(kernel_size, dilations):
    return 1 - (kernel_size - 1) * sum(dilations)


@receptive_field.mistake(
    "twice too large", "The answer is twice what it should be. A causal stack looks to one side only."
)
def _(kernel_size, dilations):
    return 2 + 2 * (kernel_size - 1) * sum(dilations)


@receptive_field.mistake(
    "a fraction", "The answer is a float: something was divided. Positions are counted, so it is a whole number."
)
def _(kernel_size, dilations):
    return 1 + (kernel_size - 1) / sum(dilations)
