"""Part 0, Value: functions of one Value."""

import math

from grader.check import check
from grader.checks.draw import uniform
from grader.checks.part0_micrograd.look import slopes
from grader.checks.part0_micrograd.scalar import Scalar, numbers
from grader.checks.part0_micrograd.spoilt import (
    forgets_incoming,
    handed_on_wrongly,
    wrong_function,
    wrong_results,
    wrong_slope,
)


@check(
    "Value",
    points=3,
    hints=(
        "Four functions of one Value: one child, one slope each. The slopes are in the table of section 2.",
        "Two of the slopes are best said with the output: the exponential is its own slope, and that of tanh is one "
        "minus the square of the output. The other two are said with the input.",
        "Add to the operand's grad, times the grad of the result: for exp the output; for tanh one minus the output "
        "squared; for relu one if the input is above zero, else nothing; for log one divided by the input.",
    ),
)
def functions(m, given):
    """exp, tanh, relu, log"""
    calls = {
        "exp": lambda a: a.exp(),
        "tanh": lambda a: a.tanh(),
        "relu": lambda a: a.relu(),
        "log": lambda a: a.log(),
    }
    return {
        f"({number:.3f}).{name}()": slopes(m, calls[name], (number,), given.incoming) for name, number in given.calls
    }


@functions.inputs
def _(rng):
    for side in (1, -1):  # of the incoming gradient
        signed, (small, large) = numbers(rng, 3), uniform(rng, 0.4, 0.9, 2).tolist()
        calls = [(name, number) for name in ("exp", "tanh") for number in (*signed[:2], small)]
        calls += [("relu", number) for number in (small, 1 + large, -large, 0.0)]
        calls += [("log", number) for number in (small, 2 + large)]
        yield {"calls": calls, "incoming": side * abs(signed[2])}


for function in ("exp", "tanh", "relu", "log"):
    handed_on_wrongly(functions, function)
    wrong_results(functions, function)
forgets_incoming(functions, None)

wrong_slope(functions, "exp", "the input is the slope", "The slope of exp is exp itself: the output.", lambda x, y: x)
wrong_slope(
    functions,
    "tanh",
    "the output is not squared",
    "The slope is one minus the *square* of the output. Without the square it is right only where the output is 0 "
    "or 1.",
    lambda x, y: 1 - y,
)
wrong_slope(
    functions,
    "tanh",
    "the difference is squared",
    "It is one minus the square of the output, and not the square of one minus the output.",
    lambda x, y: (1 - y) ** 2,
)
wrong_slope(
    functions,
    "tanh",
    "the slope is taken from the input",
    "One minus the square of the *output* is the slope, not of the input.",
    lambda x, y: 1 - x**2,
)
wrong_slope(functions, "tanh", "a sum in the slope", "One *minus* the square of the output.", lambda x, y: 1 + y**2)
wrong_slope(
    functions, "tanh", "the one is missing in the slope", "One minus the square of the output.", lambda x, y: -(y**2)
)
wrong_slope(
    functions, "tanh", "twice the output", "The output is to be squared, and not doubled.", lambda x, y: 1 - 2 * y
)
wrong_slope(functions, "tanh", "the output cubed", "The output is to be squared.", lambda x, y: 1 - y**3)
wrong_slope(functions, "tanh", "2 minus the square", "One minus the square of the output.", lambda x, y: 2 - y**2)
wrong_slope(
    functions,
    "relu",
    "the output is the slope",
    "The gradient is multiplied by the output. But the slope of relu is 1 wherever the input is above zero: there, "
    "the output moves just as far as the input.",
    lambda x, y: y,
)
wrong_slope(
    functions,
    "relu",
    "1 at zero",
    "At exactly 0 the slope is asked to be 0, as in PyTorch. Is it `>` or `>=`?",
    lambda x, y: float(x >= 0),
)
wrong_slope(
    functions,
    "relu",
    "turned round",
    "The gradient passes where the input is below zero and is stopped where it is above.",
    lambda x, y: float(x < 0),
)


@functions.mistake(
    "the incoming gradient decides: relu",
    "The gradient passes where *it* is above zero. What decides is the input of relu, not what comes in from behind.",
)
class _(Scalar):
    def share(self, before, slope, place):
        return before + max(0.0, self.grad) if self._op == "relu" else super().share(before, slope, place)


wrong_slope(
    functions,
    "relu",
    "above 1 only",
    "The gradient passes only where the input is above 1. It passes wherever the input is above 0.",
    lambda x, y: float(x > 1),
)
above = {
    "the absolute value": ("Below zero, relu is 0.", abs),
    "the smaller one": ("relu keeps what is above zero.", lambda x: min(0.0, x)),
    "at least 1": ("relu keeps what is above 0, and not only what is above 1.", lambda x: max(1.0, x)),
    "the input": ("Below zero, relu is 0.", lambda x: x),
}
for name, (advice, function) in above.items():
    wrong_function(functions, "relu", name, advice, function, lambda x, y: float(x > 0))
wrong_slope(
    functions,
    "log",
    "the output is in the denominator",
    "The slope is one divided by the *input*.",
    lambda x, y: 1 / y,
)
wrong_slope(functions, "log", "the input is the slope", "The slope is one *divided by* the input.", lambda x, y: x)
wrong_function(
    functions,
    "log",
    "another base",
    "It is the natural logarithm that is asked for, with the slope 1/x.",
    math.log10,
    lambda x, y: 1 / x,
)
wrong_function(functions, "log", "exp", "This is the exponential.", math.exp, lambda x, y: 1 / x)
wrong_function(functions, "log", "the input", "The result is the input itself.", lambda x: x, lambda x, y: 1 / x)
wrong_function(functions, "exp", "the input", "The result is the input itself.", lambda x: x, lambda x, y: y)
wrong_function(
    functions, "exp", "a power of 2", "It is e, and not 2, to the power of the input.", lambda x: 2**x, lambda x, y: y
)
wrong_function(functions, "tanh", "the input", "The result is the input itself.", lambda x: x, lambda x, y: 1 - y**2)
wrong_function(
    functions,
    "tanh",
    "the sigmoid",
    "This is the sigmoid, which goes from 0 to 1. tanh goes from -1 to 1.",
    lambda x: 1 / (1 + math.exp(-x)),
    lambda x, y: 1 - y**2,
)
