"""Part 5, the container."""

from grader.check import check
from grader.checks.draw import normal, uniform
from grader.checks.part5_wavenet.handling import (
    CUT,
    NOT_KEPT,
    NOT_KEPT_ADVICE,
    PARAMETERS,
    cut_advice,
    gradients,
    kept,
    lacking,
    named,
)
from reference import part5_wavenet as reference


@check(
    "Sequential",
    points=1,
    hints=(
        "What one layer returns is what the next one is given.",
        "A loop over the layers, in which one name is replaced by what the layer makes of it. For the parameters a "
        "loop over the layers and, inside it, one over the parameters of each.",
        "Keep the list as layers; in the call, let x be what each layer returns for x, one after the other, and keep "
        "the last as out; for the parameters, collect those of each layer in one list.",
    ),
)
def Sequential(m, given):
    """Layers one after the other, and all their parameters in one flat list"""

    class Affine:
        calls = 0

        def __init__(self, scale, shift):
            self.scale, self.shift = scale, shift

        def __call__(self, x):
            self.calls += 1
            self.out = x * self.scale + self.shift
            return self.out

        def parameters(self):
            return [self.scale, self.shift]

    class Squared:
        calls = 0

        def __call__(self, x):
            self.calls += 1
            self.out = x**2
            return self.out

        def parameters(self):
            return []

    layers = [Affine(*pair) for pair in given.pairs]
    layers.insert(given.squared_at, Squared())
    x = given.x.requires_grad_()
    model = m.Sequential(list(layers))
    first = model(-given.x.detach()[:1])
    out = model(x)
    found = gradients(out, given.upstream, {"x": x})
    parameters = model.parameters()
    scales = {f"scale of layer {i}": layer.scale for i, layer in enumerate(layers) if type(layer) is Affine}
    shifts = {f"shift of layer {i}": layer.shift for i, layer in enumerate(layers) if type(layer) is Affine}
    return {
        "out": out,
        "the call before, with other numbers": first,
        "gradients": found,
        ".out is what was returned": kept(model, out),
        "layers": [layer in layers for layer in model.layers],
        "calls of each layer": [layer.calls for layer in layers],
        "parameters() is a list": isinstance(parameters, list),
        "parameters()": named(parameters, scales | shifts),
    }


@Sequential.inputs
def _(rng):
    for shape, pairs, squared_at in (((3, 4), 2, 1), ((2, 3, 5), 3, 2), ((4,), 1, 0)):
        width = shape[-1]
        yield {
            "pairs": [(uniform(rng, 0.4, 1.5, width), normal(rng, width)) for _ in range(pairs)],
            "squared_at": squared_at,
            "x": normal(rng, *shape),
            "upstream": normal(rng, *shape),
        }


class _Sequential(reference.Sequential):
    """The container as a loop, with some of the layers."""

    def __call__(self, x):
        for layer in self.walk():
            x = layer(x)
        self.out = x
        return x

    def walk(self):
        return self.layers


@Sequential.mistake(NOT_KEPT, NOT_KEPT_ADVICE)
class _(_Sequential):
    def __call__(self, x):
        out = super().__call__(x)
        del self.out
        return out


@Sequential.mistake("from the last to the first", "The layers are called from the last to the first.")
class _(_Sequential):
    def walk(self):
        return self.layers[::-1]


@Sequential.mistake("the last layer is left out", "All layers are called but the last one.")
class _(_Sequential):
    def walk(self):
        return self.layers[:-1]


@Sequential.mistake("the first layer is left out", "All layers are called but the first one.")
class _(_Sequential):
    def walk(self):
        return self.layers[1:]


@Sequential.mistake(
    "it returns after the first layer",
    "Only the first layer is called. Does the return stand inside the loop?",
)
class _(_Sequential):
    def walk(self):
        return self.layers[:1]


@Sequential.mistake(
    "every layer gets the input of the whole",
    "Each layer is given the same x, and what comes back is that of the last one. Each is to be given what the one "
    "before it returned.",
)
class _(_Sequential):
    def __call__(self, x):
        for layer in self.layers:
            self.out = layer(x)
        return self.out


@Sequential.mistake(CUT, cut_advice("the input"))
class _(_Sequential):
    def __call__(self, x):
        return super().__call__(x.detach())


@Sequential.mistake(
    f"{PARAMETERS}: a list of lists",
    "parameters() has a list for each layer in it. An optimiser walks through one flat list of tensors.",
)
class _(_Sequential):
    def parameters(self):
        return [layer.parameters() for layer in self.layers]


@Sequential.mistake(
    f"{PARAMETERS}: a generator",
    "parameters() is a generator and not a list: it can be walked through once, and is empty after that. A training "
    "loop walks through the parameters at every step. Round brackets, or a yield, make one; a list is asked for.",
)
class _(_Sequential):
    def parameters(self):
        return (p for layer in self.layers for p in layer.parameters())


@Sequential.mistake(
    f"{PARAMETERS}: the layers are listed",
    "parameters() gives the layers and not their tensors.",
)
class _(_Sequential):
    def parameters(self):
        return self.layers


@Sequential.mistake(
    f"{PARAMETERS}: of the last layer only",
    "parameters() holds those of the last layer only: in the loop the list is replaced where it should grow.",
)
class _(_Sequential):
    def parameters(self):
        return self.layers[-1].parameters()


lacking(Sequential, reference.Sequential, "layers", "out")


@Sequential.mistake("no layer is called", "What comes back is the input: no layer has been called.")
class _(_Sequential):
    def walk(self):
        return []
