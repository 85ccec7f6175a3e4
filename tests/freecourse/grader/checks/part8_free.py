"""A tiny part in which one exercise may use what another may not"""

import torch

from grader.check import check
from grader.judge import Band


@check("soft", points=1, hints=("Exp.", "Exp over its sum.", "Divide exp by its sum."), forbids=("softmax",))
def soft(m, given):
    """Softmax, from scratch"""
    return m.soft(given.x)


@soft.inputs
def _(rng):
    for size in (3, 5):
        yield {"x": torch.randn(size, 2, generator=rng)}


@soft.mistake("the wrong dimension", "These sum to one down the columns.")
def _(x):
    return torch.softmax(x, 0)


@check("slope", points=1, hints=("Two.", "Twice.", "Twice x."), forbids=("autograd",))
def slope(m, given):
    """The slope of the square, by hand"""
    return m.slope(given.x)


@slope.inputs
def _(rng):
    yield {"x": torch.randn(4, generator=rng)}


@slope.mistake("the power is missing", "The power comes down as a factor.")
def _(x):
    return x.clone()


@check("descend", points=1, hints=("Autograd.", "Backward.", "Call backward."))
def descend(m, given):
    """The gradient of the sum of squares, by autograd"""
    return m.descend(given.x)


@descend.inputs
def _(rng):
    yield {"x": torch.randn(4, generator=rng)}


@descend.mistake("uphill", "The sign is wrong.")
def _(x):
    return -2 * x


@check("noise", points=1, hints=("Normal.", "Scaled.", "Scale randn by spread."))
def noise(m, given):
    """Normal noise of a given spread"""
    return m.noise(given.size, given.spread)


@noise.inputs
def _(rng):
    yield {"size": 4000, "spread": 3.0}
    yield {"size": 5000, "spread": 0.5}


@noise.statistic
def _(given, answer):
    # The deviation of n normal numbers spreads by sigma / sqrt(2n), their mean by sigma / sqrt(n): 5.5 of each.
    each = 5.5 * given.spread / given.size**0.5
    return {
        "mean": Band(answer.mean().item(), -each, each),
        "standard deviation": Band(answer.std().item(), given.spread - each / 2**0.5, given.spread + each / 2**0.5),
    }


@noise.mistake("the spread is squared", "This is the variance: spread is the root of it.")
def _(size, spread):
    return torch.randn(size) * spread**2


@noise.mistake("uniform", "Uniform numbers are no normal ones.")
def _(size, spread):
    return torch.rand(size) * spread


@check("wobbly", points=1, hints=("Subtract.", "Take away a million.", "Subtract 1e6 from x and sum."))
def wobbly(m, given):
    """One number that hangs on the rounding of its inputs"""
    return m.wobbly(given.x, given.y)


@wobbly.inputs
def _(rng):
    x = 30 + torch.randn(7, generator=rng)
    yield {"x": x, "y": x.flip(0) + 0.3 + 0.1 * torch.randn(7, generator=rng)}


@wobbly.mistake("nothing is taken away", "y is not used.")
def _(x, y):
    return x.mean()
