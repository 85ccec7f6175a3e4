"""Part 0, trusted: every slope by a complex step, so that no derivative is written down anywhere.

For a function f that is also one of complex numbers, f(x + ih) = f(x) + ih f'(x) + O(h^2), so its slope is
the imaginary part of f(x + ih), divided by h. Nothing is subtracted: with a tiny h it is right to the last
digit. A neuron is a single function of all its weights and inputs here, a loss one of all outputs.
`tests/oracles` compares this with PyTorch's autograd in float64, on random expressions.

Sources: A. Karpathy, "The spelled-out intro to neural networks and backpropagation: building micrograd";
W. Squire and G. Trapp, "Using complex variables to estimate derivatives of real functions" (1998).
"""

import cmath
import itertools
import math
import operator
import random

STEP = 2.0**-100


def numerical_derivative(f, x, h=1e-6):
    """The central difference, a float: the mean of the slopes of f to the right and to the left of the float x."""
    return math.fsum([(f(x + h) - f(x)) / h, (f(x) - f(x - h)) / h]) / 2


class Value:
    """A number made by a function from other Values, its children."""

    def __init__(self, data):
        self.data = data
        self.grad = 0.0
        self._prev = ()
        self._function = None

    @classmethod
    def apply(cls, function, *arguments):
        """The Value of a function of Values and plain numbers, which must take complex numbers too."""
        children = tuple([argument if isinstance(argument, Value) else cls(argument) for argument in arguments])
        value = cls(function(*[child.data for child in children]).real)
        value._prev, value._function = children, function
        return value

    def _backward(self):
        numbers = [child.data for child in self._prev]
        for place, child in enumerate(self._prev):
            nudged = list(numbers)
            nudged[place] = complex(numbers[place], STEP)
            child.grad += self._function(*nudged).imag / STEP * self.grad

    def backward(self):
        """Each value passes its gradient on as soon as the last of its users has done so."""
        waiting = {self: 0}
        found = [self]
        for value in found:
            for child in value._prev:
                if child not in waiting:
                    waiting[child] = 0
                    found.append(child)
                waiting[child] += 1
        self.grad = 1.0
        ready = [self]
        while ready:
            value = ready.pop()
            value._backward()
            for child in value._prev:
                waiting[child] -= 1
                if not waiting[child]:
                    ready.append(child)

    def __add__(self, other):
        return Value.apply(operator.add, self, other)

    def __sub__(self, other):
        return Value.apply(operator.sub, self, other)

    def __mul__(self, other):
        return Value.apply(operator.mul, self, other)

    def __truediv__(self, other):
        return Value.apply(operator.truediv, self, other)

    def __pow__(self, n):
        return Value.apply(lambda base: base**n, self)

    def __neg__(self):
        return Value.apply(operator.neg, self)

    def __radd__(self, other):
        return Value.apply(operator.add, other, self)

    def __rsub__(self, other):
        return Value.apply(operator.sub, other, self)

    def __rmul__(self, other):
        return Value.apply(operator.mul, other, self)

    def __rtruediv__(self, other):
        return Value.apply(operator.truediv, other, self)

    def exp(self):
        """The exponential."""
        return Value.apply(cmath.exp, self)

    def tanh(self):
        """The hyperbolic tangent."""
        return Value.apply(cmath.tanh, self)

    def log(self):
        """The natural logarithm."""
        return Value.apply(cmath.log, self)

    def relu(self):
        """The number itself where it is positive, else 0."""
        return Value.apply(lambda number: number if number.real > 0 else 0.0, self)


class Neuron:
    """tanh of the weighted sum of nin inputs, and a bias: one function of 2 * nin + 1 numbers, that makes a Value."""

    def __init__(self, nin):
        self._nin = nin
        self._parameters = [Value(2 * random.random() - 1) for _ in range(nin + 1)]

    def __call__(self, x):
        def output(*numbers):
            weights, bias, inputs = numbers[: self._nin], numbers[self._nin], numbers[self._nin + 1 :]
            return cmath.tanh(sum(map(operator.mul, weights, inputs)) + bias)

        return Value.apply(output, *self._parameters, *x)

    def parameters(self):
        """The weights, then the bias."""
        return list(self._parameters)


class Layer:
    """nout neurons of nin inputs, `MLP` with a single layer: a list of nout Values, or one Value where nout is 1."""

    def __init__(self, nin, nout):
        self._mlp = MLP(nin, [nout])

    def __call__(self, x):
        return self._mlp(x)

    def parameters(self):
        """Those of the first neuron, then those of the second, and so on."""
        return self._mlp.parameters()


class MLP:
    """Rows of neurons, each fed with all outputs of the row before: a list of Values, or one Value."""

    def __init__(self, nin, nouts):
        fan_ins = [nin, *nouts[:-1]]
        self._rows = [[Neuron(fan_in) for _ in range(size)] for fan_in, size in zip(fan_ins, nouts, strict=True)]

    def __call__(self, x):
        for row in self._rows:
            x = [neuron(x) for neuron in row]
        return x if len(x) > 1 else x[0]

    def parameters(self):
        """Row by row, neuron by neuron."""
        return list(itertools.chain.from_iterable(neuron.parameters() for row in self._rows for neuron in row))

    def zero_grad(self):
        """Set all gradients back."""
        for p in self.parameters():
            p.grad = 0.0


def train_step(mlp, xs, ys, lr):
    """One step of gradient descent on the summed squared error; the loss before it, a float."""

    def error(*outputs):
        return sum((output - y) ** 2 for output, y in zip(outputs, ys, strict=True))

    mlp.zero_grad()
    loss = Value.apply(error, *(mlp(x) for x in xs))
    loss.backward()
    for p in mlp.parameters():
        p.data = p.data - lr * p.grad
    return loss.data
