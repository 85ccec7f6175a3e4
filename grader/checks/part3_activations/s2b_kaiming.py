"""Part 3, weights that keep activations at their size."""

import torch

from grader.check import check
from grader.checks import slips
from grader.checks.draw import normal
from grader.checks.part3_activations.measures import normal_bands
from grader.checks.part3_activations.probing import plain
from grader.judge import Band
from reference import part3_activations as reference


@check(
    "kaiming_normal",
    points=2,
    hints=(
        "A sum of fan_in independent products has fan_in times the variance of one of them.",
        "Standard normal numbers times s have the standard deviation s; here s is to be the gain over the root of "
        "fan_in.",
        "Draw a (fan_in, fan_out) tensor with torch.randn and the generator, multiply it by your gain of the "
        "non-linearity, and divide it by the square root of fan_in.",
    ),
)
def kaiming_normal(m, given):
    """Normal, with the right standard deviation"""
    generator = torch.Generator().manual_seed(given.seed)
    return plain(m.kaiming_normal(given.fan_in, given.fan_out, given.nonlinearity, generator))


@kaiming_normal.inputs
def _(rng):
    # 6,000 numbers or more: the standard deviation is known to 5 %, and the nearest mistake is 10 % off.
    for fan_in, fan_out, nonlinearity in ((30, 200, "tanh"), (150, 60, "relu"), (48, 130, "linear"), (90, 70, "tanh")):
        yield {"fan_in": fan_in, "fan_out": fan_out, "nonlinearity": nonlinearity, "seed": seed(rng)}


@kaiming_normal.statistic
def _(given, answer):
    return normal_bands("the weights", answer, reference.gain(given.nonlinearity) / given.fan_in**0.5)


def seed(rng):
    """A seed for the generator of a probe."""
    return int(torch.randint(2**31, (), generator=rng))


def scaled(fan_in, fan_out, generator, std):
    """Normal weights with that standard deviation."""
    return std * torch.randn(fan_in, fan_out, generator=generator)


NO_GAIN = "the gain is missing"
NO_ROOT = "divided by fan_in and not by its root"
NOT_SCALED = "the weights are not scaled"
FAN_OUT = "fan_out where fan_in belongs"


def no_gain(fan_in, fan_out, nonlinearity, generator):
    """Kaiming for a linear layer."""
    return scaled(fan_in, fan_out, generator, fan_in**-0.5)


def no_root(fan_in, fan_out, nonlinearity, generator):
    """Far too small."""
    return scaled(fan_in, fan_out, generator, reference.gain(nonlinearity) / fan_in)


def not_scaled(fan_in, fan_out, nonlinearity, generator):
    """Far too large."""
    return torch.randn(fan_in, fan_out, generator=generator)


kaiming_normal.mistake(
    NO_GAIN,
    "The weights are scaled for a linear layer whatever follows: tanh and relu take something away, "
    "and the gain makes up for it.",
)(no_gain)
kaiming_normal.mistake(
    NO_ROOT,
    "The weights are too small: variances add up, not standard deviations, so it is the root of fan_in that counts. "
    "(Gain squared over fan_in is the variance; multiply by its root.)",
)(no_root)
kaiming_normal.mistake(
    NOT_SCALED,
    "The weights are standard normal numbers as they come. A sum of fan_in of them times the inputs is too large by "
    "the root of fan_in.",
)(not_scaled)


@kaiming_normal.mistake(
    FAN_OUT,
    "The root is that of fan_out. What counts is how many products are added up in one unit, and that is fan_in.",
)
def _(fan_in, fan_out, nonlinearity, generator):
    return scaled(fan_in, fan_out, generator, reference.gain(nonlinearity) / fan_out**0.5)


@kaiming_normal.mistake(
    "the mean of fan_in and fan_out",
    "This is the initialisation of Xavier Glorot, a compromise between forwards and backwards. Kaiming's looks at "
    "fan_in alone.",
)
def _(fan_in, fan_out, nonlinearity, generator):
    return scaled(fan_in, fan_out, generator, reference.gain(nonlinearity) * (2 / (fan_in + fan_out)) ** 0.5)


@kaiming_normal.mistake(
    "the gain is under the root",
    "The root is taken of the gain as well. The gain multiplies the standard deviation as it is.",
)
def _(fan_in, fan_out, nonlinearity, generator):
    return scaled(fan_in, fan_out, generator, (reference.gain(nonlinearity) / fan_in) ** 0.5)


@kaiming_normal.mistake(
    "multiplied by the root of fan_in",
    "The weights grow with fan_in. The more products are added up, the smaller each weight has to be.",
)
def _(fan_in, fan_out, nonlinearity, generator):
    return scaled(fan_in, fan_out, generator, reference.gain(nonlinearity) * fan_in**0.5)


@kaiming_normal.mistake(
    "divided by the gain",
    "The gain makes the weights smaller here. It has to make up for what the non-linearity takes away.",
)
def _(fan_in, fan_out, nonlinearity, generator):
    return scaled(fan_in, fan_out, generator, 1 / reference.gain(nonlinearity) / fan_in**0.5)


@kaiming_normal.mistake(
    "uniform instead of normal",
    "The standard deviation is right, but the numbers are spread evenly. Normal ones are asked for.",
)
def _(fan_in, fan_out, nonlinearity, generator):
    even = 2 * torch.rand(fan_in, fan_out, generator=generator) - 1
    return even * 3**0.5 * reference.gain(nonlinearity) / fan_in**0.5


@kaiming_normal.mistake(
    "rand instead of randn",
    "torch.rand gives numbers from 0 to 1, all of them positive. torch.randn, with an n, gives normal ones.",
)
def _(fan_in, fan_out, nonlinearity, generator):
    return torch.rand(fan_in, fan_out, generator=generator) * reference.gain(nonlinearity) / fan_in**0.5


@kaiming_normal.mistake(
    slips.TRANSPOSED,
    "The shape is (fan_out, fan_in), as torch's own layers have it. Here x @ W is computed, so W is (fan_in, fan_out).",
)
def _(fan_in, fan_out, nonlinearity, generator):
    return reference.kaiming_normal(fan_in, fan_out, nonlinearity, generator).T.contiguous()


@kaiming_normal.mistake(
    "divided by the standard deviation",
    "Normal numbers are divided by the standard deviation that they should have. Multiply by it.",
)
def _(fan_in, fan_out, nonlinearity, generator):
    return scaled(fan_in, fan_out, generator, fan_in**0.5 / reference.gain(nonlinearity))


@check("kaiming_normal", points=1)
def stack(m, given):
    """Ten layers in a row keep their size"""
    generator = torch.Generator().manual_seed(given.seed)
    x = given.x
    for _ in range(10):
        weight = m.kaiming_normal(given.width, given.width, given.nonlinearity, generator)
        if not isinstance(weight, torch.Tensor) or weight.shape != (given.width, given.width):
            return weight
        x = plain(x @ weight)
        x = torch.tanh(x) if given.nonlinearity == "tanh" else x.relu() if given.nonlinearity == "relu" else x
    return x


@stack.inputs
def _(rng):
    for width, nonlinearity in ((100, "linear"), (110, "tanh"), (150, "relu")):
        yield {"x": normal(rng, 50, width), "width": width, "nonlinearity": nonlinearity, "seed": seed(rng)}


@stack.statistic
def _(given, answer):
    # The logarithm of the root mean square of the last layer is close to normal, a sum of ten layers' shares. In
    # 2,000 runs of these sizes its mean and standard deviation were 0.00 and 0.064 (linear), -0.43 and 0.009
    # (tanh), -0.05 and 0.21 (relu). The bands are 6 of these or more to each side; without the gain it is -1.49
    # (0.036) for tanh and -3.5 (0.21) for relu.
    low, high = {"linear": (-0.38, 0.38), "tanh": (-0.49, -0.37), "relu": (-1.35, 1.25)}[given.nonlinearity]
    rms = answer.double().square().mean().sqrt().clamp(min=1e-30)
    return {"logarithm of the root mean square after ten layers": Band(rms.log().item(), low, high)}


stack.mistake(
    NO_GAIN,
    "Without the gain tanh makes the activations smaller in every layer, and relu much smaller: after ten layers "
    "little is left.",
)(no_gain)
stack.mistake(
    NO_ROOT,
    "The activations vanish: each layer makes them smaller by the root of fan_in.",
)(no_root)
stack.mistake(
    NOT_SCALED,
    "The activations explode, or with tanh saturate: each layer makes them larger by the root of fan_in.",
)(not_scaled)
