"""Part 0, Value: sums and products, and with plain numbers the operators that are made from them."""

from grader.check import check
from grader.checks.part0_micrograd.look import children_of, plain, slopes
from grader.checks.part0_micrograd.scalar import Scalar, numbers
from grader.checks.part0_micrograd.spoilt import BOTH, LEFT, RIGHT, forgets_incoming, handed_on_wrongly, wrong_results


@check(
    "Value",
    points=2,
    hints=(
        "A result has to remember two things for later: which Values it was made from, and how to hand its gradient "
        "on to them.",
        "To each operand goes the local slope times the gradient of the result. Of a sum the slopes are 1 and 1; of a "
        "product each factor's slope is the other factor.",
        "Make the new Value with a tuple of both operands as its children. Define a function inside the method that "
        "adds to the grad of each operand its slope times the grad of the new Value; put it into _backward of the "
        "new Value, without calling it.",
    ),
)
def Value(m, given):
    """Numbers that remember: a new Value, sums and products"""
    numbers = (given.a, given.b)
    new = m.Value(given.a)
    if callable(new._backward):
        new._backward()
    return {
        "Value(a)": {"data": plain(new.data), "grad": plain(new.grad), "children": len(children_of(new))},
        "_backward can be called": callable(new._backward),
        "a + b": slopes(m, lambda a, b: a + b, numbers, given.incoming),
        "a * b": slopes(m, lambda a, b: a * b, numbers, given.incoming),
    }


@Value.inputs
def _(rng):
    for _ in range(3):
        a, b, incoming = numbers(rng, 3)
        yield {"a": a, "b": b, "incoming": incoming}


for op in ("+", "*"):
    for places in (LEFT, RIGHT, BOTH):
        handed_on_wrongly(Value, op, places)

forgets_incoming(Value, ("+", "*"))
wrong_results(Value, "+")


@Value.mistake(
    "each factor gets itself",
    "Nudge a in a * b: the result moves by b times the nudge. So the slope for one factor is the other factor, and "
    "not the factor itself.",
)
class _(Scalar):
    def __mul__(self, other):
        return self.node("*", self.data * other.data, (self, self.data), (other, other.data))


@Value.mistake(
    "the slope of a product is the product",
    "The slope for a factor is the other factor alone. The product of the two is the result.",
)
class _(Scalar):
    def __mul__(self, other):
        data = self.data * other.data
        return self.node("*", data, (self, data), (other, data))


@Value.mistake(
    "the slope of a sum is that of a product",
    "In a sum, a nudge of one term moves the result by just as much, whatever the other term is.",
)
class _(Scalar):
    def __add__(self, other):
        return self.node("+", self.data + other.data, (self, other.data), (other, self.data))


@Value.mistake(
    "the children are not recorded: *",
    "The products are right, but they don't know what they were made from: from a * b there is no way back to a and b "
    "by way of _prev. Hand both operands over when you make the new Value.",
)
class _(Scalar):
    def __mul__(self, other):
        out = super().__mul__(other)
        out._prev = ()
        return out


@Value.mistake(
    "the children are not recorded",
    "The results are right, but they don't know what they were made from: there is no way back to the operands by way "
    "of _prev. Does the constructor keep what is handed over as children?",
)
class _(Scalar):
    def node(self, op, data, *slopes):
        out = super().node(op, data, *slopes)
        out._prev = ()
        return out


@Value.mistake(
    "the gradient starts at 1",
    "A new Value has the gradient 0.0: nothing depends on it yet. The 1 belongs to the result that backward() is "
    "called on, and is put there by backward().",
)
class _(Scalar):
    def __init__(self, data):
        super().__init__(data)
        self.grad = 1.0


@Value.mistake(
    "the result is a plain number: *",
    "a * b is a number and no Value, so it can't remember what it was made from. Make a new Value of it.",
)
class _(Scalar):
    def __mul__(self, other):
        return self.data * other.data


@Value.mistake(
    "the result is a plain number",
    "Operations give plain numbers and no Values, so these can't remember what they were made from. Make a new Value "
    "of each result.",
)
class _(Scalar):
    def node(self, op, data, *slopes):
        return data


@Value.mistake(
    "an operand is changed: +",
    "a + b changes a itself. An operation makes a new Value; its operands stay as they are, since others may use them.",
)
class _(Scalar):
    def __add__(self, other):
        out = super().__add__(other)
        self.data += other.data
        return out


def _combined(op, name, function):
    """Register another function of the two numbers in the place of a sum or a product."""

    @Value.mistake(f"{name}: {op}", f"`a {op} b` gives {name}.")
    class _(Scalar):
        def node(self, made_by, data, *slopes):
            if made_by == op:
                data = function(*(operand.data for operand, _ in slopes))
            return super().node(made_by, data, *slopes)


_combined("+", "a product", lambda a, b: a * b)
_combined("*", "a sum", lambda a, b: a + b)
_combined("*", "a quotient", lambda a, b: a / b)
for sign in ("+", "*"):
    _combined(sign, "the left operand", lambda a, b: a)
    _combined(sign, "the right operand", lambda a, b: b)
_combined("+", "a difference", lambda a, b: a - b)
