"""Part 0, Value: powers."""

import math

from grader.check import check
from grader.checks.draw import uniform
from grader.checks.part0_micrograd.look import slopes
from grader.checks.part0_micrograd.scalar import Scalar, numbers
from grader.checks.part0_micrograd.spoilt import handed_on_wrongly, wrong_results


@check(
    "Value",
    points=2,
    hints=(
        "A power of a Value, with a plain number above: one child, one slope.",
        "The slope of a to the power n is n times a to the power n - 1, and it is multiplied by the gradient of the "
        "result.",
        "Add to the operand's grad the exponent, times its data to the power of the exponent minus one, times the "
        "grad of the result.",
    ),
)
def powers(m, given):
    """Powers, with whole-number and fractional exponents of either sign"""
    return {f"({base:.3f})**{n}": slopes(m, lambda a, n=n: a**n, (base,), given.incoming) for base, n in given.powers}


@powers.inputs
def _(rng):
    for exponents in ((2, 3, -1, 1), (-2, 4, 2.0, -3.0), (0.5, 2.5, -1.5)):
        whole = all(n == int(n) for n in exponents)
        bases = numbers(rng, len(exponents)) if whole else uniform(rng, 0.4, 1.9, len(exponents)).tolist()
        yield {"powers": list(zip(bases, exponents, strict=True)), "incoming": numbers(rng, 1)[0]}


handed_on_wrongly(powers, "**")
wrong_results(powers, "**")


def wrong_power_slope(name, advice, slope):
    """Register a slope(a, n) that is not that of a**n."""

    @powers.mistake(name, advice)
    class _(Scalar):
        def __pow__(self, n):
            return self.node("**", self.data**n, (self, slope(self.data, n)))


wrong_power_slope(
    "the exponent is missing as a factor",
    "The power is lowered by one, but the exponent in front is missing: the slope of a squared is not a, but 2a.",
    lambda a, n: a ** (n - 1),
)
wrong_power_slope(
    "the power is not lowered",
    "The exponent stands in front, but the power is not lowered by one: the slope of a cubed is 3 times a squared.",
    lambda a, n: n * a**n,
)
wrong_power_slope(
    "the power is raised",
    "The exponent of the slope is one higher than that of the power, where it should be one lower.",
    lambda a, n: n * a ** (n + 1),
)
wrong_power_slope(
    "the power is lowered by two",
    "The exponent of the slope is lower by two, where it should be lower by one.",
    lambda a, n: n * a ** (n - 2),
)
wrong_power_slope(
    "1 - n instead of n - 1",
    "The exponent of the slope has the wrong sign, or the power is divided by where it should multiply.",
    lambda a, n: n * a ** (1 - n),
)
wrong_power_slope(
    "the power is missing",
    "The exponent stands in front, but the base to the power n - 1 is missing.",
    lambda a, n: n,
)
wrong_power_slope(
    "the base without its power",
    "The base stands in the slope without its power n - 1: that is right for a square, and for nothing else.",
    lambda a, n: n * a,
)
wrong_power_slope(
    "the power -1 always",
    "The power in the slope is -1, whatever the exponent is.",
    lambda a, n: n / a,
)
wrong_power_slope(
    "the slope of a square, whatever the exponent",
    "2a is the slope of a squared only. The exponent may be any number.",
    lambda a, n: 2 * a,
)
wrong_power_slope(
    "the exponent is lowered as a factor, too",
    "In the slope, the factor in front is the exponent itself; only the power is lowered by one.",
    lambda a, n: (n - 1) * a ** (n - 1),
)
wrong_power_slope(
    "n * (n - 1) instead of n",
    "The base is missing in the slope: it is the exponent times the *base* to the power n - 1.",
    lambda a, n: n * (n - 1),
)
wrong_power_slope(
    "the slope with respect to the exponent",
    "This is the slope for a nudge of the exponent, with a logarithm in it. Here the base is nudged.",
    lambda a, n: a**n * math.log(abs(a)),
)
wrong_power_slope(
    "a product instead of a power in the slope",
    "The slope has the base times n - 1, where the base to the power n - 1 is meant.",
    lambda a, n: n * a * (n - 1),
)
wrong_power_slope(
    "a sum instead of a product in the slope",
    "The exponent is a factor of the slope and no term of it.",
    lambda a, n: n + a ** (n - 1),
)


@powers.mistake("a product instead of a power", "a ** n comes out as a * n.")
class _(Scalar):
    def __pow__(self, n):
        return self.node("**", self.data * n, (self, n * self.data ** (n - 1)))


@powers.mistake("the base instead of its power", "a ** n comes out as a.")
class _(Scalar):
    def __pow__(self, n):
        return self.node("**", self.data, (self, n * self.data ** (n - 1)))


@powers.mistake(
    "whole exponents only",
    "The exponent is rounded to a whole number. It may be 0.5, too: the square root.",
)
class _(Scalar):
    def __pow__(self, n):
        return super().__pow__(int(n))
