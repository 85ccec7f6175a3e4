"""Part 3, what a non-linearity takes away."""

import math

from grader.check import check
from grader.checks.part3_activations.usual import off_by_a_factor


@check(
    "gain",
    points=1,
    hints=(
        "Each gain makes up for what the non-linearity takes away from the spread of its input.",
        "The table above the exercise has all four; a gain multiplies standard deviations, not variances.",
        "Return one for linear and for sigmoid, five thirds for tanh and the root of two for relu.",
    ),
)
def gain(m, given):
    """The gains of four non-linearities"""
    gains = {name: m.gain(name) for name in ("linear", "sigmoid", "tanh", "relu")}
    return {name: float(value) if type(value) is int else value for name, value in gains.items()}


@gain.mistake(
    "the gain of relu is that of the variance",
    "The gain of relu is 2 here. ReLU halves the mean square, so the variance is to be doubled; the gain multiplies "
    "the weights themselves, that is standard deviations.",
)
def _(nonlinearity):
    return _gains(relu=2.0)[nonlinearity]


@gain.mistake(
    "the gain of relu is upside down",
    "The gain of relu is less than 1 here. ReLU takes away; the gain has to add.",
)
def _(nonlinearity):
    return _gains(relu=0.5**0.5)[nonlinearity]


@gain.mistake(
    "the gain of tanh is upside down",
    "The gain of tanh is less than 1 here. tanh pulls numbers towards zero; the gain has to push them out.",
)
def _(nonlinearity):
    return _gains(tanh=3 / 5)[nonlinearity]


@gain.mistake(
    "the gain of tanh is rounded",
    "The gain of tanh is nearly right: five thirds is no number with a few decimals. Let Python divide.",
)
def _(nonlinearity):
    return _gains(tanh=1.67)[nonlinearity]


@gain.mistake(
    "tanh has no gain",
    "tanh gets the gain 1, as a linear layer would. But tanh shrinks what goes through it, layer after layer.",
)
def _(nonlinearity):
    return _gains(tanh=1.0)[nonlinearity]


@gain.mistake(
    "relu has no gain",
    "relu gets the gain 1, as a linear layer would. But ReLU sets half of its input to zero.",
)
def _(nonlinearity):
    return _gains(relu=1.0)[nonlinearity]


@gain.mistake(
    "sigmoid has the gain of tanh",
    "The two curves look alike, but by convention the gain of sigmoid is 1.",
)
def _(nonlinearity):
    return _gains(sigmoid=5 / 3)[nonlinearity]


@gain.mistake(
    "relu and tanh are swapped",
    "Both numbers are right, each at the other's name.",
)
def _(nonlinearity):
    return _gains(relu=5 / 3, tanh=math.sqrt(2))[nonlinearity]


@gain.mistake("always the gain of tanh", "The answer is five thirds whatever is asked. Look at nonlinearity.")
def _(nonlinearity):
    return 5 / 3


def other(name, advice, **changed):
    """Register a table with other numbers."""
    gain.mistake(name, advice)(lambda nonlinearity: _gains(**changed)[nonlinearity])


other("the gain of tanh is five", "The five is not divided.", tanh=5.0)


def unknown(missing):
    """Register a table without that name."""

    @gain.mistake(
        f"{missing} is unknown",
        f"{missing!r} is not among the names that the function knows. There are four: linear, sigmoid, tanh, relu.",
    )
    def _(nonlinearity):
        if nonlinearity == missing:
            raise KeyError(missing)
        return _gains()[nonlinearity]


unknown("linear")
unknown("sigmoid")
unknown("tanh")
unknown("relu")


def _gains(**changed):
    return {"linear": 1.0, "sigmoid": 1.0, "tanh": 5 / 3, "relu": math.sqrt(2)} | changed


off_by_a_factor(gain)
