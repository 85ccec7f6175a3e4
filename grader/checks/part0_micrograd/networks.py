"""Neurons, layers and networks of the reference's Values in which one thing can be spoilt, for the known mistakes."""

import random

from reference import part0_micrograd as reference


def look_at_value(wrong):
    """What to say where nothing but gradients is wrong."""
    if all("gradients" in label for label in wrong):
        return "The outputs are right, and only gradients are wrong. Do all checks of Value pass (`part0.Value`)?"
    return None


class Neuronish:
    """A neuron of the reference's Values with one thing wrong."""

    def __init__(self, nin):
        self.w = [reference.Value(random.uniform(-1, 1)) for _ in range(nin)]
        self.b = reference.Value(random.uniform(-1, 1))

    def products(self, x):
        return [w * number for w, number in zip(self.w, x, strict=True)]

    def __call__(self, x):
        return sum(self.products(x), self.b).tanh()

    def parameters(self):
        return [*self.w, self.b]


class Layerish:
    """A layer of the reference's neurons with one thing wrong."""

    def __init__(self, nin, nout):
        self.neurons = [reference.Neuron(nin) for _ in range(nout)]

    def __call__(self, x):
        outputs = [neuron(x) for neuron in self.neurons]
        return outputs[0] if len(outputs) == 1 else outputs

    def parameters(self):
        return [p for neuron in self.neurons for p in neuron.parameters()]


class Networkish:
    """A network of the reference's layers with one thing wrong."""

    def __init__(self, nin, nouts):
        self.layers = [reference.Layer(a, b) for a, b in zip([nin, *nouts], nouts, strict=False)]

    def __call__(self, x):
        for layer in self.layers:
            x = layer(x)
        return x

    def parameters(self):
        return [p for layer in self.layers for p in layer.parameters()]

    def zero_grad(self):
        for p in self.parameters():
            p.grad = 0.0
