"""Part 0, a network."""

from grader.check import check
from grader.checks.part0_micrograd.look import gradients_of, numbers_of, passed_back, with_parameters
from grader.checks.part0_micrograd.networks import Networkish, look_at_value
from grader.checks.part0_micrograd.scalar import numbers
from reference import part0_micrograd as reference


@check(
    "MLP",
    points=2,
    hints=(
        "A list of layers; what comes out of one goes into the next.",
        "The first layer has nin inputs; each later one has as many as the layer before it has outputs. So put nin in "
        "front of the sizes, and take neighbours.",
        "Make a Layer for each pair of neighbours in the list of nin and the sizes. When called, go through the layers "
        "and put in the place of x what the layer makes of it; return the last x.",
    ),
)
def MLP(m, given):
    """The outputs of a network, and the gradients of its parameters and inputs"""
    mlp = m.MLP(len(given.x), list(given.nouts))
    parameters = with_parameters(mlp, given.parameters)
    inputs = [m.Value(number) for number in given.x]
    of_values = passed_back(mlp(inputs), given.incoming, [*parameters, *inputs])
    return {
        "parameters": len(parameters),
        **of_values,
        "for plain numbers": passed_back(mlp(given.x), given.incoming, []),
    }


@MLP.inputs
def _(rng):
    for nin, nouts in ((3, (4, 2)), (2, (3, 4, 1)), (4, (3,))):
        count = sum((a + 1) * b for a, b in zip((nin, *nouts), nouts, strict=False))
        yield {
            "x": numbers(rng, nin),
            "nouts": nouts,
            "parameters": numbers(rng, count, 0.1, 0.9),
            "incoming": numbers(rng, nouts[-1]),
        }


@MLP.explain
def _(given, got, wrong):
    """Where the outputs are right, the mistake may well lie in Value."""
    return look_at_value(wrong)


@MLP.mistake(
    "the last layer is missing",
    "There is a layer missing at the end: the list of sizes has one size for each layer, the last one included.",
)
class _(Networkish):
    def __init__(self, nin, nouts):
        super().__init__(nin, nouts)
        self.layers = self.layers[:-1]


@MLP.mistake(
    "the first layer is missing",
    "There is a layer missing at the beginning: the one that takes the inputs.",
)
class _(Networkish):
    def __init__(self, nin, nouts):
        super().__init__(nin, nouts)
        self.layers = self.layers[1:]


@MLP.mistake(
    "every layer looks at the input",
    "Every layer is called with the input of the network, and only what the last one makes of it comes out. Each layer "
    "is to be called with what the layer before it has given.",
)
class _(Networkish):
    def __init__(self, nin, nouts):
        super().__init__(nin, nouts)
        self.last = nouts[-1]

    def __call__(self, x):
        outputs = [_shortened(layer, x) for layer in self.layers]
        return outputs[-1]


@MLP.mistake(
    "the input is returned", "What comes out is what was put in: the layers are not called, or x is not replaced."
)
class _(Networkish):
    def __call__(self, x):
        return x


@MLP.mistake("the first layer only", "What comes out is the output of the first layer. The others are to follow.")
class _(Networkish):
    def __call__(self, x):
        return self.layers[0](x)


@MLP.mistake(
    "no tanh in the last layer", "The last layer has no tanh. Every neuron has one, those of the last layer too."
)
class _(Networkish):
    def __call__(self, x):
        x = Networkish.__call__(self, x)
        return [_without_tanh(value) for value in x] if isinstance(x, list) else _without_tanh(x)


@MLP.mistake("the parameters of the last layer only", "parameters() holds those of one layer. Every layer has its own.")
class _(Networkish):
    def parameters(self):
        return self.layers[-1].parameters()


@MLP.mistake("the parameters in the wrong order", "parameters() begins with the last layer. The first one comes first.")
class _(Networkish):
    def parameters(self):
        return [p for layer in self.layers[::-1] for p in layer.parameters()]


@MLP.mistake(
    "parameters() is not called",
    "The loop goes over a layer itself. What it should go over is what the layer's parameters() gives.",
)
class _(Networkish):
    def parameters(self):
        return [p for layer in self.layers for p in layer]


@MLP.mistake(
    "inputs and outputs of the layers are swapped",
    "Each layer has as many neurons as it should have inputs, and the other way round.",
)
class _(Networkish):
    def __init__(self, nin, nouts):
        self.layers = [reference.Layer(b, a) for a, b in zip([nin, *nouts], nouts, strict=False)]


@MLP.mistake("the output is doubled", "The outputs are twice what the last layer gives.")
class _(Networkish):
    def __call__(self, x):
        return 2 * super().__call__(x)


@MLP.mistake("no parameters", "parameters() is empty.")
class _(Networkish):
    def parameters(self):
        return []


@MLP.mistake(
    "a list for each layer",
    "parameters() is a list of lists, one for each layer. Make one flat list of Values.",
)
class _(Networkish):
    def parameters(self):
        return [layer.parameters() for layer in self.layers]


@MLP.mistake(
    "the layers instead of their parameters", "parameters() holds the layers. Their Values are asked for, in one list."
)
class _(Networkish):
    def parameters(self):
        return self.layers


def _shortened(layer, x):
    """A layer called with as many inputs as it has weights, or as there are: what zip makes of a wrong length."""
    size = len(layer._mlp._rows[0][0].parameters()) - 1
    return layer([*x, *[0.0] * size][:size])


def _without_tanh(output):
    """The number of which a Value is the tanh, with all its gradients."""
    return ((1 + output) / (1 - output)).log() / 2


@check(
    "MLP",
    points=1,
    hints=(
        "Gradients add up. Before a new walk, somebody has to set them back.",
        "Go through all parameters, and set the grad of each to 0.0. Nothing is returned.",
        "A loop over what parameters() gives, with one assignment to grad in it.",
    ),
)
def zero_grad(m, given):
    """Gradients are set back, all of them, and nothing else"""
    mlp = m.MLP(len(given.x), list(given.nouts))
    parameters = with_parameters(mlp, given.parameters)
    for parameter in parameters:
        parameter.grad = 7.0
    mlp.zero_grad()
    return {
        "data as before": numbers_of(parameters) == given.parameters,
        "gradients that are 0": gradients_of(parameters).count(0.0),
        "after a walk that follows": passed_back(mlp(given.x), given.incoming, parameters),
    }


zero_grad.inputs(MLP.make_inputs)


@zero_grad.mistake("nothing is set back", "The gradients are what they were before.")
class _(Networkish):
    def zero_grad(self):
        pass


@zero_grad.mistake(
    "the data is set back",
    "The numbers themselves are set to zero, and the gradients are not: all that has been learnt would be lost.",
)
class _(Networkish):
    def zero_grad(self):
        for p in self.parameters():
            p.data = 0.0


@zero_grad.mistake("the gradients are set to 1", "The gradients are set to 1. They are sums; a sum begins at 0.")
class _(Networkish):
    def zero_grad(self):
        for p in self.parameters():
            p.grad = 1.0


@zero_grad.mistake(
    "the gradients are set to None", "The gradients are None, so that nothing can be added to them. Set them to 0.0."
)
class _(Networkish):
    def zero_grad(self):
        for p in self.parameters():
            p.grad = None


@zero_grad.mistake(
    "parameters() is not called",
    "The loop goes over the network itself. What it should go over is what parameters() gives.",
)
class _(Networkish):
    def zero_grad(self):
        raise TypeError("'MLP' object is not iterable")


@zero_grad.mistake("one layer only", "Only one layer is set back. All parameters are.")
class _(Networkish):
    def zero_grad(self):
        for p in self.layers[-1].parameters():
            p.grad = 0.0


@zero_grad.mistake("the biases are left out", "The weights are set back, and the biases are not. All parameters are.")
class _(Networkish):
    def zero_grad(self):
        for row in (row for layer in self.layers for row in layer._mlp._rows):
            for neuron in row:
                for p in neuron.parameters()[:-1]:
                    p.grad = 0.0
