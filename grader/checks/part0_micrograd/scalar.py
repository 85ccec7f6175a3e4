"""A Value in which one thing can be spoilt at a time: a known mistake of Value is a few lines beside it."""

import math

from grader.checks.draw import uniform


class Scalar:
    """Each operation is one `node`: its result, and for each operand the slope with respect to it."""

    def __init__(self, data):
        self.data = data
        self.grad = 0.0
        self._prev = ()
        self._op = ""
        self._slopes = ()

    def node(self, op, data, *slopes):
        """A new value, made by `op` from operands that come with their slopes: (operand, slope), ..."""
        out = type(self)(data)
        out._op, out._prev, out._slopes = op, tuple(operand for operand, _ in slopes), slopes
        return out

    def wrapped(self, other):
        """A plain number as a value."""
        return other if isinstance(other, Scalar) else type(self)(other)

    def _backward(self):
        for place, (child, slope) in enumerate(self._slopes):
            child.grad = self.share(child.grad, slope, place)

    def share(self, before, slope, place):
        """The grad of the child in that place after this value's share has come to it."""
        return before + slope * self.grad

    def order(self):
        """All values of the graph, each behind its children."""
        found = {}

        def visit(value):
            if id(value) not in found:
                for child in value._prev:
                    visit(child)
                found[id(value)] = value

        visit(self)
        return list(found.values())

    def backward(self):
        self.grad = 1.0
        for value in reversed(self.order()):
            value._backward()

    def __add__(self, other):
        other = self.wrapped(other)
        return self.node("+", self.data + other.data, (self, 1.0), (other, 1.0))

    def __mul__(self, other):
        other = self.wrapped(other)
        return self.node("*", self.data * other.data, (self, other.data), (other, self.data))

    def __pow__(self, n):
        return self.node("**", self.data**n, (self, n * self.data ** (n - 1)))

    def __neg__(self):
        return self * -1

    def __sub__(self, other):
        return self + -other

    def __truediv__(self, other):
        return self * other**-1

    def __radd__(self, other):
        return self + other

    def __rmul__(self, other):
        return self * other

    def __rsub__(self, other):
        return -self + other

    def __rtruediv__(self, other):
        return self**-1 * other

    def exp(self):
        return self.node("exp", math.exp(self.data), (self, math.exp(self.data)))

    def tanh(self):
        return self.node("tanh", math.tanh(self.data), (self, 1 / math.cosh(self.data) ** 2))

    def relu(self):
        return self.node("relu", max(0.0, self.data), (self, float(self.data > 0)))

    def log(self):
        return self.node("log", math.log(self.data), (self, 1 / self.data))


def numbers(rng, count, low=0.4, high=1.9):
    """Floats whose sizes lie between low and high, with either sign."""
    sizes, signs = uniform(rng, low, high, count).tolist(), uniform(rng, -1, 1, count).tolist()
    return [math.copysign(size, sign) for size, sign in zip(sizes, signs, strict=True)]
