"""Part 3, how a linear layer starts."""

import torch

from grader.check import check
from grader.checks import slips
from grader.checks.part3_activations import variants
from grader.checks.part3_activations.measures import normal_bands
from grader.checks.part3_activations.probing import attribute
from grader.judge import Band


@check(
    "Linear",
    points=1,
    hints=(
        "As in kaiming_normal with the gain 1; the bias needs no randomness.",
        "Standard normal numbers over the root of fan_in for the weight, zeros for the bias, and no seed of its own.",
        "Divide torch.randn of (fan_in, fan_out) by the square root of fan_in; torch.zeros of fan_out for the bias.",
    ),
)
def start(m, given):
    """How weight and bias start"""
    layer, other = (m.Linear(given.fan_in, given.fan_out) for _ in range(2))
    first, second = attribute(layer, "weight"), attribute(other, "weight")
    alike = isinstance(first, torch.Tensor) and isinstance(second, torch.Tensor) and torch.equal(first, second)
    return {"weight": first, "bias": attribute(layer, "bias"), "two layers start alike": alike}


@start.inputs
def _(rng):
    for fan_in, fan_out in ((30, 200), (120, 60)):
        yield {"fan_in": fan_in, "fan_out": fan_out}


@start.statistic
def _(given, answer):
    return {
        **normal_bands("the weight", answer["weight"], given.fan_in**-0.5),
        "largest |bias|": Band(answer["bias"].abs().max().item(), 0.0, 0.0),
        "two layers start alike": Band(float(answer["two layers start alike"]), 0.0, 0.0),
    }


def starting(name, advice, weight=None, bias=None, seed=None):
    """Register a mistake in how the layer starts."""

    @start.mistake(name, advice)
    class _(variants.Linear):
        def __init__(self, fan_in, fan_out, **options):
            if seed is not None:
                torch.manual_seed(seed)
            super().__init__(fan_in, fan_out, **options)
            self.weight = weight(fan_in, fan_out) if weight else self.weight
            self.bias = bias(fan_out) if bias else self.bias


starting(
    "the weight is not scaled",
    "The weight is standard normal. A sum of fan_in products is too large by the root of fan_in.",
    weight=torch.randn,
)
starting(
    "divided by fan_in and not by its root",
    "The weight is too small: variances add up, not standard deviations, so it is the root of fan_in that counts.",
    weight=lambda fan_in, fan_out: torch.randn(fan_in, fan_out) / fan_in,
)
starting(
    "multiplied by the root of fan_in",
    "The weight grows with fan_in. The more products are added up, the smaller each weight has to be.",
    weight=lambda fan_in, fan_out: torch.randn(fan_in, fan_out) * fan_in**0.5,
)
starting(
    "fan_out where fan_in belongs",
    "The root is that of fan_out. What counts is how many products are added up in one unit, and that is fan_in.",
    weight=lambda fan_in, fan_out: torch.randn(fan_in, fan_out) / fan_out**0.5,
)
starting(
    "the gain of tanh is built in",
    "The weight has the gain of tanh. The layer does not know what follows it; here its gain is 1.",
    weight=lambda fan_in, fan_out: torch.randn(fan_in, fan_out) * (5 / 3) / fan_in**0.5,
)
starting(
    "uniform instead of normal",
    "The numbers are spread evenly between minus and plus one over the root of fan_in, as in PyTorch's own layer. "
    "Here they are normal.",
    weight=lambda fan_in, fan_out: (2 * torch.rand(fan_in, fan_out) - 1) / fan_in**0.5,
)
starting(
    "rand instead of randn",
    "torch.rand gives numbers from 0 to 1, all of them positive. torch.randn, with an n, gives normal ones.",
    weight=lambda fan_in, fan_out: torch.rand(fan_in, fan_out) / fan_in**0.5,
)
starting("the bias is random", "The bias starts with random numbers. It is to start at zero.", bias=torch.randn)
starting("the bias starts at one", "The bias starts at one. It is to start at zero.", bias=torch.ones)
starting(
    "every layer is seeded",
    "Two layers of the same size start with the same weights: a seed is set inside. Leave seeding to the caller.",
    seed=42,
)
starting(
    slips.TRANSPOSED,
    "The weight is (fan_out, fan_in), as torch's nn.Linear has it. In this course it is (fan_in, fan_out).",
    weight=lambda fan_in, fan_out: torch.randn(fan_out, fan_in) / fan_in**0.5,
)
