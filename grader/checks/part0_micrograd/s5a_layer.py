"""Part 0, a layer."""

from grader.check import check
from grader.checks.part0_micrograd.look import passed_back, with_parameters
from grader.checks.part0_micrograd.networks import Layerish, look_at_value
from grader.checks.part0_micrograd.scalar import numbers
from reference import part0_micrograd as reference


@check(
    "Layer",
    points=1,
    hints=(
        "A layer is a list of neurons, and each of them looks at the whole input.",
        "The outputs are those of the neurons, in their order, in a list; with one neuron there is no list around it. "
        "The parameters of all neurons make one flat list.",
        "Keep a list of nout new Neurons. When called, collect what each of them gives for x, and return that list, or "
        "its only member. For the parameters, go through the neurons, and within each through its parameters.",
    ),
)
def Layer(m, given):
    """The outputs of a layer, and the gradients of its parameters and inputs"""
    layer = m.Layer(len(given.x), given.nout)
    parameters = with_parameters(layer, given.parameters)
    inputs = [m.Value(number) for number in given.x]
    return {
        "parameters": len(parameters),
        **passed_back(layer(inputs), given.incoming, [*parameters, *inputs]),
    }


@Layer.inputs
def _(rng):
    for nin, nout in ((3, 2), (2, 4), (4, 1)):
        count = nout * (nin + 1)
        yield {
            "x": numbers(rng, nin),
            "nout": nout,
            "parameters": numbers(rng, count, 0.1, 0.9),
            "incoming": numbers(rng, nout),
        }


@Layer.explain
def _(given, got, wrong):
    """Where the outputs are right, the mistake may well lie in Value."""
    return look_at_value(wrong)


@Layer.mistake(
    "one neuron many times",
    "All places of the layer hold the same neuron: a list that is multiplied by a number holds one object many times. "
    "Make a new Neuron for each place.",
)
class _(Layerish):
    def __init__(self, nin, nout):
        self.neurons = [reference.Neuron(nin)] * nout


@Layer.mistake(
    "a list around a single output",
    "A layer of one neuron gives its Value in a list. The bare Value is asked for there, so that one can write mlp(x) "
    "- y.",
)
class _(Layerish):
    def __call__(self, x):
        return [neuron(x) for neuron in self.neurons]


@Layer.mistake(
    "a single output always",
    "Only the first neuron's output comes out. All of them are asked for, in a list; the bare Value only where there "
    "is one neuron.",
)
class _(Layerish):
    def __call__(self, x):
        return super().__call__(x) if len(self.neurons) == 1 else self.neurons[0](x)


@Layer.mistake(
    "the second output only",
    "Of several outputs only one comes out. All of them are asked for, in a list.",
)
class _(Layerish):
    def __call__(self, x):
        return super().__call__(x) if len(self.neurons) == 1 else self.neurons[1](x)


@Layer.mistake(
    "the outputs are added up",
    "The outputs of the neurons are added up. They are asked for one by one, in a list.",
)
class _(Layerish):
    def __call__(self, x):
        return sum(neuron(x) for neuron in self.neurons)


@Layer.mistake(
    "nin and nout swapped",
    "There are nin neurons with nout inputs each. It is the other way round.",
)
class _(Layerish):
    def __init__(self, nin, nout):
        super().__init__(nout, nin)


@Layer.mistake("a layer of nin neurons", "There are nin neurons. nout of them are asked for.")
class _(Layerish):
    def __init__(self, nin, nout):
        super().__init__(nin, nin)


@Layer.mistake("one neuron too few", "There is a neuron missing: nout of them are asked for.")
class _(Layerish):
    def __init__(self, nin, nout):
        super().__init__(nin, nout - 1)


@Layer.mistake("one neuron too many", "There is a neuron too many: nout of them are asked for.")
class _(Layerish):
    def __init__(self, nin, nout):
        super().__init__(nin, nout + 1)


@Layer.mistake("the parameters of one neuron", "parameters() holds those of one neuron. Every neuron has its own.")
class _(Layerish):
    def parameters(self):
        return self.neurons[-1].parameters()


@Layer.mistake(
    "parameters() is not called",
    "The loop goes over a neuron itself. What it should go over is what the neuron's parameters() gives.",
)
class _(Layerish):
    def parameters(self):
        return [p for neuron in self.neurons for p in neuron]


@Layer.mistake(
    "the input is returned",
    "What comes out is what was put in. The neurons are to be called with it, one after the other.",
)
class _(Layerish):
    def __call__(self, x):
        return x


@Layer.mistake(
    "a list where there is one neuron, and none where there are more",
    "The one Value comes in a list where there is only one, and bare where there are more. Turn it round.",
)
class _(Layerish):
    def __call__(self, x):
        outputs = [neuron(x) for neuron in self.neurons]
        return outputs if len(outputs) == 1 else outputs[0]


@Layer.mistake(
    "no outputs",
    "What comes out is empty, or nothing but zero. The outputs of the neurons are asked for.",
)
class _(Layerish):
    def __call__(self, x):
        outputs = [neuron(x) for neuron in self.neurons]
        return 0 * outputs[0] if len(outputs) == 1 else []


@Layer.mistake("no parameters", "parameters() is empty.")
class _(Layerish):
    def parameters(self):
        return []


@Layer.mistake(
    "a list for each neuron",
    "parameters() is a list of lists, one for each neuron. Make one flat list of Values.",
)
class _(Layerish):
    def parameters(self):
        return [neuron.parameters() for neuron in self.neurons]


@Layer.mistake(
    "the neurons instead of their parameters",
    "parameters() holds the neurons. Their Values are asked for, in one list.",
)
class _(Layerish):
    def parameters(self):
        return self.neurons
