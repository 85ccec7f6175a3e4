"""Part 0, Value: the operators that are made from sums, products and powers, and plain numbers."""

from grader.check import check
from grader.checks import slips
from grader.checks.part0_micrograd.look import slopes
from grader.checks.part0_micrograd.scalar import Scalar, numbers
from grader.checks.part0_micrograd.spoilt import forgets_incoming, wrong_operators


@check(
    "Value",
    points=2,
    hints=(
        "None of these needs a derivative of its own: each can be said with operators that you have.",
        "A difference is a sum with the negative, a quotient a product with the power -1. In a reflected form such as "
        "__rsub__, self stands on the right of the sign: for 2 - a, self is a and other is 2.",
        "In sums and products, put a plain number into a Value first. For the reflected sum and product swap the "
        "sides. For the reflected difference add other to the negative of self; for the reflected quotient multiply "
        "other by self to the power -1.",
    ),
)
def operators(m, given):
    """Differences, quotients, negatives, and plain numbers on either side"""
    n, incoming, pair, one = given.n, given.incoming, (given.a, given.b), (given.a,)
    return {
        "a - b": slopes(m, lambda a, b: a - b, pair, incoming),
        "a / b": slopes(m, lambda a, b: a / b, pair, incoming),
        "-a": slopes(m, lambda a: -a, one, incoming),
        "a + n": slopes(m, lambda a: a + n, one, incoming),
        "n + a": slopes(m, lambda a: n + a, one, incoming),
        "a * n": slopes(m, lambda a: a * n, one, incoming),
        "n * a": slopes(m, lambda a: n * a, one, incoming),
        "a - n": slopes(m, lambda a: a - n, one, incoming),
        "n - a": slopes(m, lambda a: n - a, one, incoming),
        "a / n": slopes(m, lambda a: a / n, one, incoming),
        "n / a": slopes(m, lambda a: n / a, one, incoming),
        "sum([a, b])": slopes(m, lambda a, b: sum([a, b]), pair, incoming),
    }


@operators.inputs
def _(rng):
    for n in (3, -2, *numbers(rng, 2)):
        a, b, incoming = numbers(rng, 3)
        yield {"a": a, "b": b, "n": n, "incoming": incoming}


forgets_incoming(operators, "+", "*", ("+", "*"), None)


@operators.mistake(
    "swapped: n - a",
    "n - a comes out as a - n. Python calls a.__rsub__(n): self is what stands on the right of the minus sign.",
)
class _(Scalar):
    def __rsub__(self, other):
        return self - other


@operators.mistake(
    "swapped: n / a",
    "n / a comes out as a / n. Python calls a.__rtruediv__(n): self is what stands below the line.",
)
class _(Scalar):
    def __rtruediv__(self, other):
        return self / other


@operators.mistake(
    "swapped: n - a and n / a",
    "n - a comes out as a - n, and n / a as a / n. In a reflected form, self is what stands on the right.",
)
class _(Scalar):
    def __rsub__(self, other):
        return self - other

    def __rtruediv__(self, other):
        return self / other


@operators.mistake(
    "swapped: a - b",
    "a - b comes out as b - a. In __sub__, self is what stands on the left.",
)
class _(Scalar):
    def __sub__(self, other):
        return self.wrapped(other) + -self


@operators.mistake(
    "swapped: a / b",
    "a / b comes out as b / a. In __truediv__, self is what stands above the line.",
)
class _(Scalar):
    def __truediv__(self, other):
        return self.wrapped(other) * self**-1


@operators.mistake(
    "the second operand is not negated: a - b",
    "a - b comes out as a + b: the negative of the second operand is to be added.",
)
class _(Scalar):
    def __sub__(self, other):
        return self + other


@operators.mistake(
    "self is not negated: n - a",
    "n - a comes out as n + a: it is the negative of self that is to be added.",
)
class _(Scalar):
    def __rsub__(self, other):
        return self.wrapped(other) + self


@operators.mistake(
    "both are negated: n - a",
    "n - a comes out as -a - n. Only a is to be negated.",
)
class _(Scalar):
    def __rsub__(self, other):
        return -self - other


@operators.mistake(
    "a product instead of a quotient: a / b",
    "a / b comes out as a * b: the second operand is to be taken to the power -1 first.",
)
class _(Scalar):
    def __truediv__(self, other):
        return self * other


@operators.mistake(
    "a product instead of a quotient: n / a",
    "n / a comes out as n * a: self is to be taken to the power -1 first.",
)
class _(Scalar):
    def __rtruediv__(self, other):
        return self * other


@operators.mistake(
    f"{slips.SIGN}: the gradient of b in a - b",
    "The differences are right, but b gets its gradient as in a sum. If b grows, a - b shrinks.",
)
class _(Scalar):
    def __sub__(self, other):
        other = self.wrapped(other)
        return self.node("-", self.data - other.data, (self, 1.0), (other, 1.0))


@operators.mistake(
    f"{slips.SIGN}: the gradient of -a",
    "The negative is right, but its gradient is handed on as if a had been passed through. If a grows, -a shrinks.",
)
class _(Scalar):
    def __neg__(self):
        return self.node("neg", -self.data, (self, 1.0))


@operators.mistake(
    "the negative is no Value with children",
    "-a has the right data, but it has lost its way back to a: it is a new Value made of a number. Write it with an "
    "operator of Value, so that it knows a.",
)
class _(Scalar):
    def __neg__(self):
        return self.node("neg", -self.data)


@operators.mistake(
    "the denominator gets no gradient",
    "The quotients are right, but the denominator is treated as a plain number: it gets no gradient. If b grows, "
    "a / b changes as well.",
)
class _(Scalar):
    def __truediv__(self, other):
        return self * (1 / self.wrapped(other).data)


@operators.mistake(
    f"{slips.SIGN}: the gradient of the denominator",
    "The quotients are right; the gradient of what stands below the line has the wrong sign. If it grows, the "
    "quotient of positive numbers shrinks.",
)
class _(Scalar):
    def __truediv__(self, other):
        other = self.wrapped(other)
        slope = self.data / other.data**2
        return self.node("/", self.data / other.data, (self, 1 / other.data), (other, slope))


@operators.mistake(
    "the gradient of the denominator forgets the numerator",
    "The quotients are right; the gradient of b in a / b is that of 1 / b. It has to be multiplied by a.",
)
class _(Scalar):
    def __truediv__(self, other):
        other = self.wrapped(other)
        return self.node("/", self.data / other.data, (self, 1 / other.data), (other, -1 / other.data**2))


@operators.mistake(
    "a sum instead of a product: n * a",
    "n * a comes out as n + a.",
)
class _(Scalar):
    def __rmul__(self, other):
        return self + other


@operators.mistake(
    "a product instead of a sum: n + a",
    "n + a comes out as n * a.",
)
class _(Scalar):
    def __radd__(self, other):
        return self * other


def _wrong(label, method, name, advice, function):
    """Register function(self, other) in the place of a method of Value."""
    operators.mistake(f"{name}: {label}", f"`{label}` {advice}")(type("Wrong", (Scalar,), {method: function}))


for label, method in (
    ("n + a", "__radd__"),
    ("n * a", "__rmul__"),
    ("a / b", "__truediv__"),
    ("n / a", "__rtruediv__"),
):
    wrong_operators(operators, label, method)
for label, method in (("-a", "__neg__"), ("a - b", "__sub__"), ("n - a", "__rsub__")):
    wrong_operators(operators, label, method, ("the result is doubled", "the result is halved", "the result is zero"))
for label, method in (("n + a", "__radd__"), ("n * a", "__rmul__")):
    _wrong(label, method, "n is lost", "comes out as a.", lambda self, other: self)
    _wrong(label, method, "a is lost", "comes out as n, which is no Value.", lambda self, other: other)
_wrong("n + a", "__radd__", "n is subtracted", "comes out as a - n.", lambda self, other: self - other)
_wrong("n * a", "__rmul__", "divided by n", "comes out as a / n.", lambda self, other: self / other)
_wrong("n - a", "__rsub__", "n is lost", "comes out as -a.", lambda self, other: -self)
_wrong("n - a", "__rsub__", "a is lost", "comes out as n, which is no Value.", lambda self, other: other)
_wrong("n - a", "__rsub__", "a is returned", "comes out as a.", lambda self, other: self)
_wrong("n / a", "__rtruediv__", "n is lost", "comes out as 1 / a.", lambda self, other: self**-1)
_wrong("n / a", "__rtruediv__", "a is lost", "comes out as n, which is no Value.", lambda self, other: other)
_wrong("n / a", "__rtruediv__", "a is returned", "comes out as a.", lambda self, other: self)
_wrong("-a", "__neg__", "the minus is lost", "comes out as a.", lambda self: self * 1)
_wrong("-a", "__neg__", "the result is a plain number", "is a number and no Value.", lambda self: -self.data)
_wrong("a - b", "__sub__", "b is lost", "comes out as a.", lambda self, other: self)
_wrong("a - b", "__sub__", "a is lost", "comes out as -b.", lambda self, other: -other)
_wrong("a - b", "__sub__", "b is returned", "comes out as b.", lambda self, other: other)
_wrong("a / b", "__truediv__", "b is lost", "comes out as a.", lambda self, other: self)
_wrong("a / b", "__truediv__", "a is lost", "comes out as 1 / b.", lambda self, other: other**-1)
_wrong("a / b", "__truediv__", "b is returned", "comes out as b.", lambda self, other: other)
for label, method, turned in (
    ("a / b", "__truediv__", lambda self, other, n: self * other**n),
    ("n / a", "__rtruediv__", lambda self, other, n: self**n * other),
):
    _wrong(label, method, "the exponent is -2", "is to be made with the power -1.", lambda s, o, f=turned: f(s, o, -2))
    _wrong(label, method, "the exponent is 0", "is to be made with the power -1.", lambda s, o, f=turned: f(s, o, 0))
for label, method in (("a / b", "__truediv__"), ("n / a", "__rtruediv__")):
    text = "has a factor -1, where the *power* -1 is needed."
    _wrong(label, method, "times -1 instead of the power -1", text, lambda self, other: self * other * -1)


@operators.mistake(
    "plain numbers are not put into a Value",
    "The plain number beside the sign has no `data` of its own. Put a plain number into a Value before you add or "
    "multiply.",
)
class _(Scalar):
    def wrapped(self, other):
        return other

    def __radd__(self, other):
        return self + other
