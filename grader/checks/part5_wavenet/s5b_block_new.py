"""Part 5, the block of the WaveNet paper as it is when new."""

import torch

from grader.check import check
from grader.checks.part5_wavenet.handling import drawn, drawn_bands, normal_bands, not_drawn, zero_band
from grader.checks.part5_wavenet.s5a_block import NAMES
from grader.judge import Band
from reference import part5_wavenet as reference


@check(
    "GatedResidualBlock",
    points=1,
    hints=(
        "As for a linear layer: how many numbers are summed for one output of the convolution?",
        "One for each input channel and each tap. The weights are divided by the root of that number; biases are zero.",
        "Draw filter and gate with torch.randn and divide by the root of channels times kernel_size; residual and "
        "skip, with one tap, by the root of channels; make four biases of zeros.",
    ),
)
def initial(m, given):
    """A new block: shapes, the sizes of the weights, biases of zeros"""

    def make():
        block = m.GatedResidualBlock(given.channels, given.kernel_size, given.dilation)
        return {name: getattr(block, name).detach() for name in given.names}

    return make() | {"drawn": drawn(lambda: list(make().values())[::2], given.seed)}


@initial.inputs
def _(rng):
    seed = int(torch.randint(10**6, (), generator=rng))
    yield {"channels": 34, "kernel_size": 3, "dilation": 2, "names": NAMES, "seed": seed}


@initial.statistic
def _(given, answer):
    bands = drawn_bands(answer["drawn"])
    for name in given.names[::2]:
        bands |= normal_bands(name, answer[name], (given.channels * answer[name].shape[2]) ** -0.5)
    for name in given.names[1::2]:
        bands |= zero_band(name, answer[name])
    # Nothing is shared: weights that were drawn twice are nowhere the same.
    pairs = (("filter_weight", "gate_weight"), ("residual_weight", "skip_weight"))
    for one, other in pairs:
        same = (answer[one] == answer[other]).double().mean().item()
        bands[f"share of {one} that {other} has too"] = Band(same, 0.0, 0.01)
    return bands


not_drawn(initial, reference.GatedResidualBlock)


def _started(**changes):
    """A new block with some of its tensors changed: each by a function of itself and of the block."""

    class Other(reference.GatedResidualBlock):
        def __init__(self, channels, kernel_size, dilation):
            super().__init__(channels, kernel_size, dilation)
            for name, change in changes.items():
                setattr(self, name, change(getattr(self, name), self))

    return Other


def _wide(change):
    return {"filter_weight": change, "gate_weight": change}


def _narrow(change):
    return {"residual_weight": change, "skip_weight": change}


initial.mistake(
    "the weights are not scaled",
    "The weights are standard normal numbers as they were drawn. Each output sums channels * kernel_size terms, and "
    "tanh and sigmoid are saturated from the first step.",
)(
    _started(
        **_wide(lambda t, b: t * (t.shape[1] * t.shape[2]) ** 0.5),
        **_narrow(lambda t, b: t * t.shape[1] ** 0.5),
    )
)

initial.mistake(
    "the taps are not counted",
    "The weights of filter and gate are divided by the root of channels. Each output sums over the channels and over "
    "the taps: channels * kernel_size terms.",
)(_started(**_wide(lambda t, b: t * t.shape[2] ** 0.5)))

initial.mistake(
    "divided by the number instead of its root",
    "The weights are divided by the number of terms; it is the root of it that keeps the size of a sum.",
)(
    _started(
        **_wide(lambda t, b: t * (t.shape[1] * t.shape[2]) ** -0.5),
        **_narrow(lambda t, b: t * t.shape[1] ** -0.5),
    )
)

initial.mistake(
    "one tap is counted as many",
    "The weights of residual and skip are divided by the root of channels * kernel_size. They have one tap: channels.",
)(_started(**_narrow(lambda t, b: t * b.filter_weight.shape[2] ** -0.5)))

initial.mistake(
    "the weights of filter and gate are shared",
    "Filter and gate start with the same numbers, or are one tensor under two names. Each has weights of its own.",
)(_started(gate_weight=lambda t, b: b.filter_weight))

initial.mistake(
    "the weights of residual and skip are shared",
    "Residual and skip start with the same numbers, or are one tensor under two names. Each has weights of its own.",
)(_started(skip_weight=lambda t, b: b.residual_weight))

initial.mistake(
    "residual and skip have more than one tap",
    "The weights of residual and skip are (channels, channels, kernel_size). They have one tap: they mix the "
    "channels of a position, and look at no other.",
)(_started(**_narrow(lambda t, b: b.filter_weight.clone())))

initial.mistake(
    "residual and skip are plain matrices",
    "The weights of residual and skip are (channels, channels). As convolutions with one tap they have three "
    "dimensions, the last of size 1.",
)(_started(**_narrow(lambda t, b: t[:, :, 0])))

initial.mistake("the biases are drawn at random", "The biases start with random numbers; they should start at zero.")(
    _started(**{name: lambda t, b: torch.randn_like(t) for name in NAMES[1::2]})
)


initial.mistake(
    "multiplied by the root where it should be divided",
    "The weights are multiplied by the root of the number of terms, and make a sum that is too large larger still.",
)(_started(**{name: lambda t, b: t * (t.shape[1] * t.shape[2]) for name in NAMES[::2]}))

initial.mistake(
    "the channels are not counted",
    "The weights are divided by the root of kernel_size alone. Each output sums over the channels too.",
)(_started(**{name: lambda t, b: t * t.shape[1] ** 0.5 for name in NAMES[::2]}))

initial.mistake(
    "divided where it should be multiplied, under the root",
    "The weights are divided by the root of channels / kernel_size. There are channels * kernel_size terms in a sum.",
)(_started(**{name: lambda t, b: t * t.shape[2] for name in NAMES[::2]}))

initial.mistake(
    "uniform instead of normal",
    "The weights lie between 0 and a limit, all equally likely: torch.rand. Normal numbers with mean 0 are asked for.",
)(_started(**{name: lambda t, b: torch.rand_like(t) * (t.shape[1] * t.shape[2]) ** -0.5 for name in NAMES[::2]}))

initial.mistake("the biases start at one", "The biases start at one; they should start at zero.")(
    _started(**{name: lambda t, b: torch.ones_like(t) for name in NAMES[1::2]})
)
