"""Part 2, candidates for the learning rate."""

import torch

from grader.check import check
from grader.checks.draw import uniform
from grader.checks.part2_mlp.spoilt import TENSORS, handed_back, spoilt
from reference import part2_mlp as reference


@check(
    "lr_candidates",
    points=1,
    hints=(
        "It is the exponents that are evenly spaced, not the rates.",
        "Ten to the power of a tensor is taken entry by entry. For evenly spaced numbers with both ends there is a "
        "function, linspace.",
        "Raise ten to a linspace from the low to the high exponent with so many steps.",
    ),
)
def lr_candidates(m, given):
    """Evenly spaced exponents"""
    return m.lr_candidates(given.low_exponent, given.high_exponent, given.steps)


@lr_candidates.inputs
def _(rng):
    for low, high, steps in ((-3.0, 0.0, 10), (-2.5, -0.25, 7), (-1.25, 0.5, 33), (-2.0, -1.0, 2)):
        shift = round(uniform(rng, -0.2, 0.2).item(), 2)
        yield {"low_exponent": low + shift, "high_exponent": high + shift, "steps": steps}


@lr_candidates.mistake(
    "the exponents are returned",
    "These are the exponents. The rates are ten to the power of them.",
)
def _(low_exponent, high_exponent, steps):
    return torch.linspace(low_exponent, high_exponent, steps)


@lr_candidates.mistake(
    "the rates are evenly spaced",
    "The rates have equal distances, so that nearly all of them are of the largest order of magnitude. Their "
    "exponents should have equal distances.",
)
def _(low_exponent, high_exponent, steps):
    return torch.linspace(10**low_exponent, 10**high_exponent, steps)


@lr_candidates.mistake(
    "powers of e",
    "These are powers of e, 2.718. An exponent of -3 stands for one thousandth: powers of ten are asked for.",
)
def _(low_exponent, high_exponent, steps):
    return torch.linspace(low_exponent, high_exponent, steps).exp()


@lr_candidates.mistake(
    "powers of two",
    "These are powers of two. An exponent of -3 stands for one thousandth: powers of ten are asked for.",
)
def _(low_exponent, high_exponent, steps):
    return 2 ** torch.linspace(low_exponent, high_exponent, steps)


@lr_candidates.mistake(
    "base and exponent are swapped",
    "The evenly spaced numbers are raised to the tenth power. They are the exponents, and ten is the base.",
)
def _(low_exponent, high_exponent, steps):
    return torch.linspace(low_exponent, high_exponent, steps) ** 10


@lr_candidates.mistake(
    "the upper end is left out",
    "The steps are a little too short, and the last rate is not ten to the high exponent. With both ends, so many "
    "numbers have one gap less between them.",
)
def _(low_exponent, high_exponent, steps):
    return _spaced(low_exponent, (high_exponent - low_exponent) / steps, steps)


@lr_candidates.mistake(
    "a multiplied exponent instead of a spaced one",
    "The gap between the exponents is the high one over the number of steps. It is the distance between the two, over "
    "the number of gaps.",
)
def _(low_exponent, high_exponent, steps):
    return _spaced(low_exponent, high_exponent / (steps - 1), steps)


@lr_candidates.mistake(
    "one rate too many",
    "There is one rate more than asked for. Between `steps` numbers there are steps - 1 gaps.",
)
def _(low_exponent, high_exponent, steps):
    return reference.lr_candidates(low_exponent, high_exponent, steps + 1)


@lr_candidates.mistake(
    "from the largest to the smallest",
    "The rates are right, in the reverse order: the sweep begins with small steps, which do no damage.",
)
def _(low_exponent, high_exponent, steps):
    return reference.lr_candidates(high_exponent, low_exponent, steps)


@lr_candidates.mistake(
    "the sign of the exponents is wrong",
    "These are ten to the power of minus each exponent, one over what is asked for.",
)
def _(low_exponent, high_exponent, steps):
    return reference.lr_candidates(-low_exponent, -high_exponent, steps)


@lr_candidates.mistake(
    "a list instead of a tensor",
    "The rates are right, but they come as a list of Python numbers. A tensor is asked for.",
)
def _(low_exponent, high_exponent, steps):
    return reference.lr_candidates(low_exponent, high_exponent, steps).tolist()


@lr_candidates.mistake(
    "float64 instead of float32",
    "The rates are right, but in float64, as NumPy gives them, for instance. Torch's usual float32 is asked for.",
)
def _(low_exponent, high_exponent, steps):
    return torch.logspace(low_exponent, high_exponent, steps, dtype=torch.float64)


@lr_candidates.mistake(
    "ten times the exponents",
    "The exponents are multiplied by ten. Ten is to be raised to the power of each.",
)
def _(low_exponent, high_exponent, steps):
    return 10 * torch.linspace(low_exponent, high_exponent, steps)


@lr_candidates.mistake("the base without its exponents", "This is the number 10. It is to be raised to each exponent.")
def _(low_exponent, high_exponent, steps):
    return 10


def other_base(base):
    """Register the powers of another number near ten."""

    @lr_candidates.mistake(f"powers of {base}", f"These are powers of {base}. Powers of ten are asked for.")
    def _(low_exponent, high_exponent, steps):
        return base ** torch.linspace(low_exponent, high_exponent, steps)


other_base(9)
other_base(11)
spoilt(lr_candidates, TENSORS, "The tensor of rates", without=("float64 instead of float32",))
handed_back(lr_candidates, "low_exponent", "high_exponent", "steps")


def _spaced(start, gap, steps):
    return torch.tensor([10 ** (start + i * gap) for i in range(steps)])
