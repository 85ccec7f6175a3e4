"""Part 0, the slope of any function by nudging."""

from grader.check import check
from grader.checks import slips
from grader.checks.draw import uniform
from grader.checks.part0_micrograd.look import plain
from grader.checks.part0_micrograd.scalar import numbers


@check(
    "numerical_derivative",
    points=1,
    hints=(
        "A slope is how far the result moves, divided by how far the input has moved.",
        "Look equally far to both sides of x. How far apart are the two places at which f is evaluated?",
        "Subtract f at x minus h from f at x plus h, and divide by the distance between the two places, which is "
        "twice h. Mind the parentheses around what you divide by.",
    ),
)
def numerical_derivative(m, given):
    """The central difference, with large and with small nudges"""

    def curve(x):
        return given.a + x * (given.b + x * (given.c + x * given.d))

    def steep(x):
        return given.a * 1e12 * x**3

    return {
        "slope": plain(m.numerical_derivative(curve, given.x, given.h)),
        "slope, h by name": plain(m.numerical_derivative(curve, given.x, h=2 * given.h)),
        "slope, h left at 1e-6": plain(m.numerical_derivative(steep, 0.0)),
    }


@numerical_derivative.inputs
def _(rng):
    for _ in range(3):
        a, b, c, d, x = numbers(rng, 5)
        yield {"a": a, "b": b, "c": c, "d": d, "x": x, "h": uniform(rng, 0.1, 0.5).item()}


@numerical_derivative.mistake(
    "one-sided",
    "This is the one-sided difference: from x to x + h. Its error shrinks like h, because it takes the bend of the "
    "curve for slope. Look to both sides of x.",
)
def _(f, x, h=1e-6):
    return (f(x + h) - f(x)) / h


@numerical_derivative.mistake(
    "one-sided, to the left",
    "This is the one-sided difference from x - h to x. Its error shrinks like h, because it takes the bend of the "
    "curve for slope. Look to both sides of x.",
)
def _(f, x, h=1e-6):
    return (f(x) - f(x - h)) / h


@numerical_derivative.mistake(
    "divided by h instead of the distance",
    "The two places lie h to the left and h to the right of x. How far apart are they? The answer is too large by a "
    "factor of two.",
)
def _(f, x, h=1e-6):
    return (f(x + h) - f(x - h)) / h


@numerical_derivative.mistake(
    "multiplied by h where it should be divided",
    "`/ 2 * h` divides by 2 and then multiplies by h: Python reads products and quotients from left to right. "
    "Put parentheses around what you divide by.",
)
def _(f, x, h=1e-6):
    return (f(x + h) - f(x - h)) / 2 * h


@numerical_derivative.mistake(
    "one-sided, and divided by both sides",
    "f is looked at in x and to the right of it, a distance of h; but the difference is divided by 2h.",
)
def _(f, x, h=1e-6):
    return (f(x + h) - f(x)) / (2 * h)


@numerical_derivative.mistake(
    "one-sided to the left, and divided by both sides",
    "f is looked at in x and to the left of it, a distance of h; but the difference is divided by 2h.",
)
def _(f, x, h=1e-6):
    return (f(x) - f(x - h)) / (2 * h)


@numerical_derivative.mistake(
    "multiplied by the distance",
    "The difference is multiplied by the distance of the two places. A slope is the difference divided by it.",
)
def _(f, x, h=1e-6):
    return (f(x + h) - f(x - h)) * (2 * h)


@numerical_derivative.mistake(
    "divided by twice the distance",
    "The two places are 2h apart. The answer is too small by a factor of two.",
)
def _(f, x, h=1e-6):
    return (f(x + h) - f(x - h)) / (4 * h)


@numerical_derivative.mistake(
    "zero everywhere",
    "The slope comes out as zero for every function. Is f evaluated at the same place twice?",
)
def _(f, x, h=1e-6):
    return 0.0 * f(x)


@numerical_derivative.mistake(
    "turned upside down",
    "This is the distance divided by the difference of f. It is the other way round.",
)
def _(f, x, h=1e-6):
    return (2 * h) / (f(x + h) - f(x - h))


@numerical_derivative.mistake(
    "only the place to the right",
    "f at x - h is not subtracted. A slope needs the difference of two values.",
)
def _(f, x, h=1e-6):
    return f(x + h) / (2 * h)


@numerical_derivative.mistake(
    "only the place to the left",
    "f at x + h is missing. A slope needs the difference of two values.",
)
def _(f, x, h=1e-6):
    return -f(x - h) / (2 * h)


@numerical_derivative.mistake(
    "not divided",
    "This is how far f moves. A slope is that distance divided by how far x was moved.",
)
def _(f, x, h=1e-6):
    return f(x + h) - f(x - h)


@numerical_derivative.mistake(
    "divided by 2 only",
    "The difference is halved, but not divided by the size of the nudge. What is the distance between the places?",
)
def _(f, x, h=1e-6):
    return (f(x + h) - f(x - h)) / 2


@numerical_derivative.mistake(
    "the nudge is half of h",
    "This goes h/2 to both sides. It is a central difference, but h is asked to be the nudge to each side.",
)
def _(f, x, h=1e-6):
    return (f(x + h / 2) - f(x - h / 2)) / h


@numerical_derivative.mistake(
    "h is ignored",
    "The nudge is a fixed number here, whatever h the caller asks for.",
)
def _(f, x, h=1e-6):
    return (f(x + 1e-6) - f(x - 1e-6)) / 2e-6


@numerical_derivative.mistake(
    "another default for h",
    "Right where the caller says what h is. Where it is left out, 1e-6 is to be used, as in the signature that was "
    "given.",
)
def _(f, x, h=1e-5):
    return (f(x + h) - f(x - h)) / (2 * h)


@numerical_derivative.mistake(
    slips.SIGN,
    "The size is right, the sign is not. For a function that grows, f at x + h is the larger of the two.",
)
def _(f, x, h=1e-6):
    return (f(x - h) - f(x + h)) / (2 * h)


@numerical_derivative.mistake(
    "the slope at 0 and not at x",
    "f is evaluated at h and at -h, so this is the slope at 0. The places lie around x.",
)
def _(f, x, h=1e-6):
    return (f(h) - f(-h)) / (2 * h)


@numerical_derivative.mistake(
    "the two values are added",
    "The two values of f are added up. How far f moves is their difference.",
)
def _(f, x, h=1e-6):
    return (f(x + h) + f(x - h)) / (2 * h)
