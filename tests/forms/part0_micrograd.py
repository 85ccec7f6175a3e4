# Other right answers to part 0: each cell takes the place of the exercise's own.

# %% numerical_derivative: the mean of the two one-sided differences
def numerical_derivative(f, x, h=1e-6):
    right = (f(x + h) - f(x)) / h
    left = (f(x) - f(x - h)) / h
    return (right + left) / 2


# %% numerical_derivative: step by step
def numerical_derivative(f, x, h=1e-6):
    up = f(x + h)
    down = f(x - h)
    return 0.5 * (up - down) / h


# %% Value: the lecture's, with a closure for each operation and a walk that calls itself, the limit raised
import sys

sys.setrecursionlimit(100_000)


class Value:
    def __init__(self, data, _children=(), _op="", label=""):
        self.data = data
        self.grad = 0.0
        self._backward = lambda: None
        self._prev = set(_children)
        self._op = _op
        self.label = label

    def __repr__(self):
        return f"Value(data={self.data})"

    def __add__(self, other):
        other = other if isinstance(other, Value) else Value(other)
        out = Value(self.data + other.data, (self, other), "+")

        def _backward():
            self.grad += 1.0 * out.grad
            other.grad += 1.0 * out.grad

        out._backward = _backward
        return out

    def __mul__(self, other):
        other = other if isinstance(other, Value) else Value(other)
        out = Value(self.data * other.data, (self, other), "*")

        def _backward():
            self.grad += other.data * out.grad
            other.grad += self.data * out.grad

        out._backward = _backward
        return out

    def __pow__(self, other):
        assert isinstance(other, (int, float)), "only int and float powers"
        out = Value(self.data**other, (self,), f"**{other}")

        def _backward():
            self.grad += other * (self.data ** (other - 1)) * out.grad

        out._backward = _backward
        return out

    def __rmul__(self, other):
        return self * other

    def __radd__(self, other):
        return self + other

    def __truediv__(self, other):
        return self * other**-1

    def __rtruediv__(self, other):
        return other * self**-1

    def __neg__(self):
        return self * -1

    def __sub__(self, other):
        return self + (-other)

    def __rsub__(self, other):
        return other + (-self)

    def tanh(self):
        x = self.data
        t = (math.exp(2 * x) - 1) / (math.exp(2 * x) + 1)
        out = Value(t, (self,), "tanh")

        def _backward():
            self.grad += (1 - t**2) * out.grad

        out._backward = _backward
        return out

    def exp(self):
        x = self.data
        out = Value(math.exp(x), (self,), "exp")

        def _backward():
            self.grad += out.data * out.grad

        out._backward = _backward
        return out

    def relu(self):
        out = Value(0 if self.data < 0 else self.data, (self,), "ReLU")

        def _backward():
            self.grad += (out.data > 0) * out.grad

        out._backward = _backward
        return out

    def log(self):
        out = Value(math.log(self.data), (self,), "log")

        def _backward():
            self.grad += (1 / self.data) * out.grad

        out._backward = _backward
        return out

    def backward(self):
        topo = []
        visited = set()

        def build_topo(v):
            if v not in visited:
                visited.add(v)
                for child in v._prev:
                    build_topo(child)
                topo.append(v)

        build_topo(self)
        self.grad = 1.0
        for node in reversed(topo):
            node._backward()


# %% Value: slopes are kept beside the operands, and the walk goes by the number of creation
import itertools

CREATED = itertools.count()


class Value:
    __slots__ = ("data", "grad", "_prev", "_slopes", "_number")

    def __init__(self, data, operands=(), slopes=()):
        self.data = data
        self.grad = 0.0
        self._prev = operands
        self._slopes = slopes
        self._number = next(CREATED)

    def _backward(self):
        for operand, slope in zip(self._prev, self._slopes):
            operand.grad = operand.grad + slope * self.grad

    @staticmethod
    def of(number):
        return number if isinstance(number, Value) else Value(float(number))

    def __add__(self, other):
        other = Value.of(other)
        return Value(self.data + other.data, (self, other), (1.0, 1.0))

    def __sub__(self, other):
        other = Value.of(other)
        return Value(self.data - other.data, (self, other), (1.0, -1.0))

    def __mul__(self, other):
        other = Value.of(other)
        return Value(self.data * other.data, (self, other), (other.data, self.data))

    def __truediv__(self, other):
        other = Value.of(other)
        return Value(self.data / other.data, (self, other), (1 / other.data, -self.data / other.data**2))

    def __pow__(self, n):
        return Value(self.data**n, (self,), (n * self.data ** (n - 1),))

    def __neg__(self):
        return Value(-self.data, (self,), (-1.0,))

    __radd__ = __add__
    __rmul__ = __mul__

    def __rsub__(self, other):
        return Value.of(other) - self

    def __rtruediv__(self, other):
        return Value.of(other) / self

    def exp(self):
        e = math.e**self.data
        return Value(e, (self,), (e,))

    def tanh(self):
        return Value(math.tanh(self.data), (self,), (math.cosh(self.data) ** -2,))

    def relu(self):
        return Value(self.data, (self,), (1.0,)) if self.data > 0 else Value(0.0, (self,), (0.0,))

    def log(self):
        return Value(math.log(self.data), (self,), (1 / self.data,))

    def backward(self):
        found = {self}
        todo = [self]
        while todo:
            for child in todo.pop()._prev:
                if child not in found:
                    found.add(child)
                    todo.append(child)
        self.grad = 1.0
        for value in sorted(found, key=lambda value: value._number, reverse=True):
            value._backward()


# %% Value: NumPy for the functions, tanh and relu made from other operations, users counted first
import numpy as np


class Value:
    def __init__(self, data, children=()):
        self.data = data
        self.grad = 0
        self._prev = set(children)

        def nothing():
            pass

        self._backward = nothing

    def __add__(self, other):
        if not isinstance(other, Value):
            other = Value(other)
        result = Value(self.data + other.data, [self, other])

        def hand_on():
            for operand in (self, other):
                operand.grad += result.grad

        result._backward = hand_on
        return result

    def __mul__(self, other):
        if not isinstance(other, Value):
            other = Value(other)
        result = Value(self.data * other.data, [self, other])

        def hand_on():
            self.grad += result.grad * other.data
            other.grad += result.grad * self.data

        result._backward = hand_on
        return result

    def __pow__(self, power):
        result = Value(self.data**power, [self])

        def hand_on():
            self.grad += result.grad * power * np.power(float(self.data), power - 1)

        result._backward = hand_on
        return result

    def __neg__(self):
        return 0 - self

    def __sub__(self, other):
        return self + other * -1

    def __truediv__(self, other):
        return self * (other**-1 if isinstance(other, Value) else 1 / other)

    def __radd__(self, other):
        return Value(other) + self

    def __rmul__(self, other):
        return Value(other) * self

    def __rsub__(self, other):
        return Value(other) - self

    def __rtruediv__(self, other):
        return Value(other) / self

    def exp(self):
        result = Value(np.exp(self.data), [self])

        def hand_on():
            self.grad += result.grad * np.exp(self.data)

        result._backward = hand_on
        return result

    def tanh(self):
        e = (2 * self).exp()
        return (e - 1) / (e + 1)

    def relu(self):
        return self * (1.0 if self.data > 0 else 0.0)

    def log(self):
        result = Value(np.log(self.data), [self])

        def hand_on():
            self.grad += result.grad / self.data

        result._backward = hand_on
        return result

    def backward(self):
        users = {self: 0}
        found = [self]
        for value in found:
            for child in value._prev:
                if child not in users:
                    users[child] = 0
                    found.append(child)
                users[child] += 1
        self.grad = 1
        ready = [self]
        while ready:
            value = ready.pop()
            value._backward()
            for child in value._prev:
                users[child] -= 1
                if users[child] == 0:
                    ready.append(child)


# %% Neuron: the lecture's
class Neuron:
    def __init__(self, nin):
        self.w = [Value(random.uniform(-1, 1)) for _ in range(nin)]
        self.b = Value(random.uniform(-1, 1))

    def __call__(self, x):
        act = sum((wi * xi for wi, xi in zip(self.w, x)), self.b)
        out = act.tanh()
        return out

    def parameters(self):
        return self.w + [self.b]


# %% Neuron: with torch's random numbers, one list of parameters, the bias added last
import torch


class Neuron:
    def __init__(self, nin):
        self._parameters = [Value(number) for number in (2 * torch.rand(nin) - 1).tolist()] + [Value(0)]

    def __call__(self, x):
        *weights, bias = self._parameters
        return (sum(x[i] * weights[i] for i in range(len(x))) + bias).tanh()

    def parameters(self):
        return self._parameters


# %% Layer: the lecture's
class Layer:
    def __init__(self, nin, nout):
        self.neurons = [Neuron(nin) for _ in range(nout)]

    def __call__(self, x):
        outs = [n(x) for n in self.neurons]
        return outs[0] if len(outs) == 1 else outs

    def parameters(self):
        params = []
        for neuron in self.neurons:
            ps = neuron.parameters()
            params.extend(ps)
        return params


# %% Layer: with append and sum
class Layer:
    def __init__(self, nin, nout):
        self.nout = nout
        self.neurons = []
        for _ in range(nout):
            self.neurons.append(Neuron(nin))

    def __call__(self, x):
        if self.nout == 1:
            return self.neurons[0](x)
        return list(map(lambda neuron: neuron(x), self.neurons))

    def parameters(self):
        return sum([neuron.parameters() for neuron in self.neurons], [])


# %% MLP: the lecture's
class MLP:
    def __init__(self, nin, nouts):
        sz = [nin] + nouts
        self.layers = [Layer(sz[i], sz[i + 1]) for i in range(len(nouts))]

    def __call__(self, x):
        for layer in self.layers:
            x = layer(x)
        return x

    def parameters(self):
        return [p for layer in self.layers for p in layer.parameters()]

    def zero_grad(self):
        for p in self.parameters():
            p.grad = 0


# %% MLP: with a base class for what every module has
import functools


class Module:
    def zero_grad(self):
        for p in self.parameters():
            p.grad = 0.0

    def parameters(self):
        return []


class MLP(Module):
    def __init__(self, nin, nouts):
        self.layers = []
        for nout in nouts:
            self.layers += [Layer(nin, nout)]
            nin = nout

    def __call__(self, x):
        return functools.reduce(lambda x, layer: layer(x), self.layers, x)

    def parameters(self):
        found = []
        for layer in self.layers:
            found += layer.parameters()
        return found


# %% train_step: the lecture's
def train_step(mlp, xs, ys, lr):
    ypred = [mlp(x) for x in xs]
    loss = sum((yout - ygt) ** 2 for ygt, yout in zip(ys, ypred))
    for p in mlp.parameters():
        p.grad = 0.0
    loss.backward()
    for p in mlp.parameters():
        p.data += -lr * p.grad
    return loss.data


# %% train_step: a loop, the other difference, squared by a product, flushed twice
def train_step(mlp, xs, ys, lr):
    mlp.zero_grad()
    loss = Value(0.0)
    for i in range(len(xs)):
        error = ys[i] - mlp(xs[i])
        loss += error * error
    loss.backward()
    for p in mlp.parameters():
        p.data = p.data - lr * p.grad
    mlp.zero_grad()
    return float(loss.data)
