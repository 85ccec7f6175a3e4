"""Part 0, Value: what is used more than once."""

from grader.check import check
from grader.checks.draw import uniform
from grader.checks.part0_micrograd.look import slopes
from grader.checks.part0_micrograd.scalar import Scalar, numbers
from grader.checks.part0_micrograd.spoilt import BOTH, LEFT, RIGHT, forgets_incoming, overwrites


@check(
    "Value",
    points=2,
    hints=(
        "A value that is used twice moves the result in two ways at once.",
        "The effects add up, so every use adds its share to what stands in grad already.",
        "In each _backward, the grad of an operand is not set but increased.",
    ),
)
def reused(m, given):
    """A gradient adds to what is there: a + a, a * a, and every operation"""
    a, b, incoming, before = given.a, given.b, given.incoming, given.before
    return {
        "a + b": slopes(m, lambda a, b: a + b, (a, b), incoming, before),
        "a * b": slopes(m, lambda a, b: a * b, (a, b), incoming, before),
        "a ** 3": slopes(m, lambda a: a**3, (a,), incoming, before),
        "a.exp()": slopes(m, lambda a: a.exp(), (a,), incoming, before),
        "a.tanh()": slopes(m, lambda a: a.tanh(), (a,), incoming, before),
        "a.relu()": slopes(m, lambda a: a.relu(), (a,), incoming, before),
        "a.log()": slopes(m, lambda a: a.log(), (a,), incoming, before),
        "a + a": slopes(m, lambda a: a + a, (a,), incoming),
        "a * a": slopes(m, lambda a: a * a, (a,), incoming),
        "a * b + a": slopes(m, lambda a, b: a * b + a, (a, b), incoming),
        "a / (a + b)": slopes(m, lambda a, b: a / (a + b), (a, b), incoming),
    }


@reused.inputs
def _(rng):
    for _ in range(3):
        a, b = uniform(rng, 0.4, 1.9, 2).tolist()
        incoming, before = numbers(rng, 2)
        yield {"a": a, "b": b, "incoming": incoming, "before": before}


overwrites(reused, None)
overwrites(reused, ("+", "*"))
for places in (LEFT, RIGHT, BOTH):
    overwrites(reused, "+", places)
    overwrites(reused, "*", places)
for op in ("**", "exp", "tanh", "relu", "log"):
    overwrites(reused, op)
forgets_incoming(reused, "+", "*", ("+", "*"), None)


@reused.mistake(
    "a value that is used twice in one operation counts once",
    "a + a has one child that counts twice. The children are kept without repeats, which is fine for the walk; but the "
    "shares have to be handed to both operands, even where they are the same Value.",
)
class _(Scalar):
    def _backward(self):
        for child, slope in {id(child): (child, slope) for child, slope in self._slopes}.values():
            child.grad += slope * self.grad


@reused.mistake(
    "multiplied where it should add up",
    "A new share is multiplied with what stood in the gradient. Shares add up.",
)
class _(Scalar):
    def share(self, before, slope, place):
        return before * slope * self.grad if before else slope * self.grad
