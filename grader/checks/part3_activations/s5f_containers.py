"""Part 3, layers without tensors of their own."""

import torch

from grader.check import check
from grader.checks.draw import normal, uniform
from grader.checks.part3_activations.probing import back, gradient, listed, plain
from grader.checks.part3_activations.usual import cut_off, lost
from reference import part3_activations as reference


@check(
    "Tanh",
    points=1,
    hints=(
        "The layer applies one function, and remembers what it gave.",
        "torch.tanh works on every entry; there is nothing to train, and an empty list says so.",
        "In the call: store torch.tanh of x in self.out and return it. parameters returns an empty list.",
    ),
)
def Tanh(m, given):
    """Forward, backward, and no parameters"""
    layer = m.Tanh()
    x = given.x.clone().requires_grad_()
    out = layer(x)
    back(out, given.upstream)
    return {
        "out": plain(out),
        "out is kept": out is getattr(layer, "out", None),
        "gradient of x": gradient(x),
        "parameters": [type(p).__name__ for p in listed(layer)],
    }


@Tanh.inputs
def _(rng):
    for shape in ((4, 3), (5, 6), (2, 3, 4)):
        yield {"x": 1.5 * normal(rng, *shape), "upstream": normal(rng, *shape)}


def replaced(name, advice, function):
    """Register a Tanh that computes something else."""

    @Tanh.mistake(name, advice)
    class _(reference.Tanh):
        def __call__(self, x):
            self.out = function(x)
            return self.out


replaced("sigmoid instead of tanh", "This is the sigmoid, which lies between 0 and 1.", torch.sigmoid)
replaced("relu instead of tanh", "This is ReLU. tanh is asked for.", torch.relu)
replaced("tanh without the function", "x is passed on as it is. tanh is asked for.", lambda x: x * 1)
replaced("tan instead of tanh", "This is the tangent. The hyperbolic one, tanh, is asked for.", torch.tan)
replaced("cut off at -1 and 1", "x is cut off at -1 and 1. tanh approaches them in a curve.", lambda x: x.clamp(-1, 1))


@Tanh.mistake("the output is not kept", "The values are right, but layer.out is not the very tensor that is returned.")
class _(reference.Tanh):
    def __call__(self, x):
        return torch.tanh(x)


@Tanh.mistake("nothing is returned", "The output is kept, but the call returns None: a return is missing.")
class _(reference.Tanh):
    def __call__(self, x):
        self.out = torch.tanh(x)


@Tanh.mistake(
    "parameters gives None", "parameters() returns None. A layer without parameters has an empty list of them."
)
class _(reference.Tanh):
    def parameters(self):
        return None


@Tanh.mistake("the output counts as a parameter", "parameters() lists the output. There is nothing to train in tanh.")
class _(reference.Tanh):
    def parameters(self):
        return [self.out]


cut_off(Tanh)


@check(
    "Sequential",
    points=2,
    hints=(
        "What comes out of one layer goes into the next.",
        "Go through the layers with one variable that is replaced each time; the parameters are one flat list, layer "
        "after layer.",
        "In the call: for each layer, x becomes the layer called on x; store and return the last one. In parameters: "
        "collect every parameter of every layer, in two nested loops.",
    ),
)
def Sequential(m, given):
    """Layers in a row, and all their parameters"""
    layers = [stand_in(values) for values in given.layers]
    spare = stand_in(given.spare)
    model = m.Sequential([layers[0], m.Sequential(layers[1:3]), *layers[3:]] if given.nested else layers)
    out = model(given.x)
    kept = out is getattr(model, "out", None)
    parameters = owners(model, layers)
    calls = [layer.calls for layer in layers]
    held = getattr(model, "layers", None)
    count = len(held) if isinstance(held, list) else f"layers is a {type(held).__name__}"
    if isinstance(held, list):
        held[0] = spare
    return {
        "out": plain(out),
        "out is kept": kept,
        "parameters": parameters,
        "calls of each layer": calls,
        "number of layers": count,
        "out, with the first layer exchanged": plain(model(given.x)),
        "parameters, with the first layer exchanged": owners(model, [spare, *layers[1:]]),
    }


def stand_in(values):
    """A layer with some tensors: scale and shift, or none, and then it squares and halves."""

    class Layer:
        def __init__(self):
            self.tensors = [v.clone().requires_grad_() for v in values]
            self.calls = 0

        def __call__(self, x):
            self.calls += 1
            self.out = self.tensors[0] * x + self.tensors[1] if self.tensors else x * x / 2
            return self.out

        def parameters(self):
            return list(self.tensors)

    return Layer()


def owners(model, layers):
    """For each parameter of the model, which tensor of which layer it is."""
    known = {id(t): f"tensor {j} of layer {i}" for i, layer in enumerate(layers) for j, t in enumerate(layer.tensors)}
    return [known.get(id(p), "something else") for p in listed(model)]


@Sequential.inputs
def _(rng):
    for n, size, kinds, nested in ((4, 3, "ab", False), (5, 2, "aba", False), (3, 4, "aabab", True)):
        layers = [[uniform(rng, 0.5, 1.5, size), normal(rng, size)] if kind == "a" else [] for kind in kinds]
        spare = [uniform(rng, 0.5, 1.5, size), normal(rng, size)]
        yield {"layers": layers, "spare": spare, "x": normal(rng, n, size), "nested": nested}


@Sequential.mistake(
    "every layer gets the input of the model",
    "Every layer is called on x itself, and the last one's output is returned. Each should get the output of the one "
    "before it.",
)
class _(reference.Sequential):
    def __call__(self, x):
        for layer in self.layers:
            self.out = layer(x)
        return self.out


@Sequential.mistake("the last layer is left out", "The output is that of the layer before the last one.")
class _(reference.Sequential):
    def __call__(self, x):
        for layer in self.layers[:-1]:
            x = layer(x)
        self.out = x
        return x


@Sequential.mistake(
    "only the first layer is called", "The loop ends after its first layer. Return after the loop, not in it."
)
class _(reference.Sequential):
    def __call__(self, x):
        self.out = self.layers[0](x)
        return self.out


@Sequential.mistake("the layers are called from the last to the first", "The layers are called in reverse order.")
class _(reference.Sequential):
    def __call__(self, x):
        for layer in reversed(self.layers):
            x = layer(x)
        self.out = x
        return x


@Sequential.mistake(
    "the output is not kept", "The values are right, but model.out is not the very tensor that is returned."
)
class _(reference.Sequential):
    def __call__(self, x):
        for layer in self.layers:
            x = layer(x)
        return x


@Sequential.mistake("nothing is returned", "The output is kept, but the call returns None: a return is missing.")
class _(reference.Sequential):
    def __call__(self, x):
        super().__call__(x)


@Sequential.mistake(
    "a list of lists of parameters",
    "parameters() gives one list for each layer. One flat list of tensors is asked for.",
)
class _(reference.Sequential):
    def parameters(self):
        return [layer.parameters() for layer in self.layers]


@Sequential.mistake(
    "the parameters of one layer only",
    "parameters() gives those of the first layer. All layers are to be trained.",
)
class _(reference.Sequential):
    def parameters(self):
        return self.layers[0].parameters()


@Sequential.mistake("no parameters", "parameters() is empty. It is to list those of all layers.")
class _(reference.Sequential):
    def parameters(self):
        return []


@Sequential.mistake(
    "the parameters are in another order",
    "parameters() lists all of them, but not layer after layer from the first to the last.",
)
class _(reference.Sequential):
    def parameters(self):
        return super().parameters()[::-1]


@Sequential.mistake(
    "the parameters are copies",
    "parameters() gives copies, whose gradients and updates never reach the layers. Give the tensors themselves.",
)
class _(reference.Sequential):
    def parameters(self):
        return [p.detach().clone() for p in super().parameters()]


@Sequential.mistake(
    "the parameters are collected once and for all",
    "The list of parameters is made when the model is. A layer that is exchanged later keeps out of it. Ask the "
    "layers each time.",
)
class _(reference.Sequential):
    def __init__(self, layers):
        super().__init__(layers)
        self.collected = super().parameters()

    def parameters(self):
        return self.collected


@Sequential.mistake("no layer is called", "The input comes out as it went in: the layers are not called.")
class _(reference.Sequential):
    def __call__(self, x):
        self.out = x
        return x


@Sequential.mistake(
    "layers are walked through instead of their parameters",
    "A layer is no list: it can't be walked through. Ask it for the list of its parameters, by calling parameters().",
)
class _(reference.Sequential):
    def parameters(self):
        return [p for layer in self.layers for p in layer]


for factor in (-1, 2, 0.5):

    @Sequential.mistake(
        f"the output times {factor}", f"The output is {factor} times that of the last layer. Return it as it is."
    )
    class _(reference.Sequential):
        def __call__(self, x, factor=factor):
            self.out = super().__call__(x)
            return factor * self.out


lost(Sequential, reference.Sequential, ("layers",))
