"""Part 5, the linear layer as it is when new."""

import torch

from grader.check import check
from grader.checks.part5_wavenet.handling import drawn, drawn_bands, normal_bands, not_drawn, zero_band
from reference import part5_wavenet as reference


@check(
    "Linear",
    points=1,
    hints=(
        "A sum of fan_in independent terms of size 1 has the size of the root of fan_in. The weights are to make up "
        "for that.",
        "Draw standard normal numbers and divide them by the square root of fan_in; the bias is zeros, or None.",
        "The weight is torch.randn of fan_in by fan_out, divided by fan_in to the power one half; the bias is "
        "torch.zeros of fan_out if one is wanted.",
    ),
)
def initial(m, given):
    """A new layer: shapes, the size of the weights, a bias of zeros"""

    def make():
        return [m.Linear(given.fan_in, given.fan_out).weight.detach()]

    layer = m.Linear(given.fan_in, given.fan_out)
    return {
        "weight": layer.weight.detach(),
        "bias": layer.bias.detach() if isinstance(layer.bias, torch.Tensor) else layer.bias,
        "drawn": drawn(make, given.seed),
    }


@initial.inputs
def _(rng):
    for fan_in, fan_out in ((80, 30), (25, 90)):
        yield {"fan_in": fan_in, "fan_out": fan_out, "seed": int(torch.randint(10**6, (), generator=rng))}


@initial.statistic
def _(given, answer):
    sigma = given.fan_in**-0.5
    bands = normal_bands("weight", answer["weight"], sigma) | zero_band("bias", answer["bias"])
    return bands | drawn_bands(answer["drawn"])


not_drawn(initial, reference.Linear)


def _initial(scale, draw=torch.randn, bias=torch.zeros):
    """A linear layer that starts differently."""

    class Other(reference.Linear):
        def __init__(self, fan_in, fan_out):
            self.weight = draw(fan_in, fan_out) * scale(fan_in, fan_out)
            self.bias = bias(fan_out)

    return Other


initial.mistake(
    "the weights are not scaled",
    "The weights are standard normal numbers as they were drawn. Each output is a sum of fan_in terms, and comes out "
    "larger by the root of fan_in; tanh is saturated from the first step.",
)(_initial(lambda fan_in, fan_out: 1.0))

initial.mistake(
    "divided by fan_in instead of its root",
    "The weights are divided by fan_in. The size of a sum of fan_in independent terms grows with the root of fan_in; "
    "this makes the signal fade from layer to layer.",
)(_initial(lambda fan_in, fan_out: 1 / fan_in))

initial.mistake(
    "scaled by fan_out",
    "The weights are divided by the root of fan_out. An output is a sum over the fan_in inputs, so it is their number "
    "that counts.",
)(_initial(lambda fan_in, fan_out: fan_out**-0.5))

initial.mistake(
    "multiplied by the root where it should be divided",
    "The weights are multiplied by the root of fan_in, and make a sum that is too large larger still.",
)(_initial(lambda fan_in, fan_out: fan_in**0.5))

initial.mistake(
    "scaled with the gain of tanh",
    "The weights are larger by 5/3, the gain for a tanh that follows. Here BatchNorm follows and sets the size anyway, "
    "and the layer does not know what comes after it.",
)(_initial(lambda fan_in, fan_out: 5 / 3 * fan_in**-0.5))

initial.mistake(
    "uniform instead of normal",
    "The weights lie between 0 and a limit, all equally likely: torch.rand. Normal numbers with mean 0 are asked for; "
    "their function's name has one letter more.",
)(_initial(lambda fan_in, fan_out: fan_in**-0.5, draw=torch.rand))

initial.mistake(
    "the bias is drawn at random",
    "The bias starts with random numbers; it should start at zero.",
)(_initial(lambda fan_in, fan_out: fan_in**-0.5, bias=torch.randn))

initial.mistake("the bias starts at one", "The bias starts at one; it should start at zero.")(
    _initial(lambda fan_in, fan_out: fan_in**-0.5, bias=torch.ones)
)


@initial.mistake(
    "the weight is stored as torch does",
    "The weight is (fan_out, fan_in), as in torch's own layer, which multiplies by its transpose. Here it is "
    "(fan_in, fan_out): it is used as it is.",
)
class _(reference.Linear):
    def __init__(self, fan_in, fan_out):
        self.weight = torch.randn(fan_out, fan_in) / fan_in**0.5
        self.bias = torch.zeros(fan_out)
