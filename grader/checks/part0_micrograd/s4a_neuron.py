"""Part 0, a neuron."""

from grader.check import check
from grader.checks import slips
from grader.checks.part0_micrograd.look import passed_back, with_parameters
from grader.checks.part0_micrograd.networks import Neuronish, look_at_value
from grader.checks.part0_micrograd.scalar import numbers
from reference import part0_micrograd as reference


@check(
    "Neuron",
    points=2,
    hints=(
        "A neuron keeps a Value for each input, and one more. All it computes is made from operators that you have.",
        "Multiply each weight by its input, add the products and the bias, and take the tanh of the sum, once.",
        "Keep a list of Values with random numbers, and a Value for the bias. When called, go through weights and "
        "inputs side by side, add up the products, starting from the bias, and return the tanh. The parameters are the "
        "list of the weights with the bias at its end.",
    ),
)
def Neuron(m, given):
    """The output of a neuron, and the gradients of its weights, its bias and its inputs"""
    neuron = m.Neuron(len(given.x))
    parameters = with_parameters(neuron, given.parameters)
    inputs = [m.Value(number) for number in given.x]
    of_values = passed_back(neuron(inputs), given.incoming, [*parameters, *inputs])
    other = m.Neuron(len(given.x))
    others = with_parameters(other, given.parameters[::-1])
    of_numbers = passed_back(other(given.x), given.incoming, others)
    return {"parameters": len(parameters), "x is a list of Values": of_values, "x is a list of numbers": of_numbers}


@Neuron.inputs
def _(rng):
    for inputs, side in ((3, 1), (1, -1), (6, -1)):
        x, parameters = numbers(rng, inputs), numbers(rng, inputs + 1, 0.1, 0.9)
        total = parameters[-1] + sum(w * number for w, number in zip(parameters[:-1], x, strict=True))
        turned = side if total > 0 else -side  # so that the tanh is once above and twice below zero
        yield {"x": x, "parameters": [turned * number for number in parameters], "incoming": numbers(rng, 1)}


@Neuron.explain
def _(given, got, wrong):
    """Where the outputs are right, the mistake may well lie in Value."""
    return look_at_value(wrong)


@Neuron.mistake("the tanh is missing", "The output is the weighted sum itself. A neuron squeezes it through tanh.")
class _(Neuronish):
    def __call__(self, x):
        return sum(self.products(x), self.b)


@Neuron.mistake("relu instead of tanh", "The output goes through relu. The docstring asks for tanh.")
class _(Neuronish):
    def __call__(self, x):
        return sum(self.products(x), self.b).relu()


@Neuron.mistake("tanh of each product", "First add up all products and the bias, then take the tanh, once.")
class _(Neuronish):
    def __call__(self, x):
        return sum((product.tanh() for product in self.products(x)), self.b)


@Neuron.mistake("the bias comes after the tanh", "The bias is added to the sum before the tanh, not after it.")
class _(Neuronish):
    def __call__(self, x):
        return sum(self.products(x)).tanh() + self.b


@Neuron.mistake("the bias is left out of the sum", "The bias is one of the parameters, but it is not added to the sum.")
class _(Neuronish):
    def __call__(self, x):
        return sum(self.products(x)).tanh()


@Neuron.mistake("the bias is added for every input", "The bias is added once for every input. It is added once.")
class _(Neuronish):
    def __call__(self, x):
        return sum(product + self.b for product in self.products(x)).tanh()


@Neuron.mistake("the bias is subtracted", "The bias is taken away from the sum where it should be added.")
class _(Neuronish):
    def __call__(self, x):
        return (sum(self.products(x)) - self.b).tanh()


@Neuron.mistake("the products are subtracted", "The products are taken away from the bias where they should be added.")
class _(Neuronish):
    def __call__(self, x):
        return (self.b - sum(self.products(x))).tanh()


@Neuron.mistake("weights are added to the inputs", "Each weight is added to its input. It multiplies it.")
class _(Neuronish):
    def products(self, x):
        return [w + number for w, number in zip(self.w, x, strict=True)]


@Neuron.mistake("the inputs are left out", "The weights are added up without their inputs.")
class _(Neuronish):
    def products(self, x):
        return self.w


@Neuron.mistake("the weights are left out", "The inputs are added up without their weights.")
class _(Neuronish):
    def products(self, x):
        return x


@Neuron.mistake("the last input only", "The products are not added up: each one takes the place of the one before.")
class _(Neuronish):
    def products(self, x):
        return super().products(x)[-1:]


@Neuron.mistake("the weights are left out altogether", "The output is the tanh of the bias, whatever the inputs are.")
class _(Neuronish):
    def products(self, x):
        return []


@Neuron.mistake(
    "the bias is no parameter",
    "parameters() holds the weights and not the bias. The bias is trained as well: one more than inputs.",
)
class _(Neuronish):
    def parameters(self):
        return self.w


@Neuron.mistake("the weights are no parameters", "parameters() holds the bias and not the weights.")
class _(Neuronish):
    def parameters(self):
        return [self.b]


@Neuron.mistake(
    "the bias comes first",
    "parameters() begins with the bias. The order matters to whoever sets or reads them: the weights in the order of "
    "the inputs, then the bias.",
)
class _(Neuronish):
    def parameters(self):
        return [self.b, *self.w]


@Neuron.mistake(
    "the weights in a list of their own",
    "parameters() is a list with a list in it. Make one flat list of Values.",
)
class _(Neuronish):
    def parameters(self):
        return [self.w, self.b]


@Neuron.mistake(
    "copies of the parameters",
    "parameters() hands out new Values. Whoever changes them changes nothing in the neuron, and no gradient reaches "
    "them. Hand out the very Values that the neuron computes with.",
)
class _(Neuronish):
    def parameters(self):
        return [reference.Value(p.data) for p in super().parameters()]


@Neuron.mistake(
    "numbers instead of Values in the result",
    "The output has the right number, but there is no way back from it to the weights: somewhere on the way, `.data` "
    "was taken, or a new Value was made of a number.",
)
class _(Neuronish):
    def __call__(self, x):
        return reference.Value(super().__call__(x).data)


@Neuron.mistake(
    "one Value for all weights",
    "All weights are the same Value: a list that is multiplied by a number holds one object many times. Make a new "
    "Value for each weight.",
)
class _(Neuronish):
    def __init__(self, nin):
        super().__init__(nin)
        self.w = [self.w[0]] * nin


@Neuron.mistake("one weight too few", "There is a weight missing: one for each input, and the bias.")
class _(Neuronish):
    def __init__(self, nin):
        super().__init__(nin - 1)

    def products(self, x):
        return super().products(x[:-1])


@Neuron.mistake("one weight too many", "There is a weight too many: one for each input, and the bias.")
class _(Neuronish):
    def __init__(self, nin):
        super().__init__(nin + 1)

    def products(self, x):
        return [w * number for w, number in zip(self.w, x, strict=False)]


@Neuron.mistake(
    "the last product only",
    "Each product takes the place of the sum so far, so what is left is the last one, without the bias. Add up.",
)
class _(Neuronish):
    def __call__(self, x):
        return self.products(x)[-1].tanh()


@Neuron.mistake("divided by the inputs", "Each weight is divided by its input. It is multiplied with it.")
class _(Neuronish):
    def products(self, x):
        return [w / number for w, number in zip(self.w, x, strict=True)]


@Neuron.mistake(slips.SIGN, "The output has the right size and the wrong sign.")
class _(Neuronish):
    def __call__(self, x):
        return -super().__call__(x)


@Neuron.mistake("the input is returned", "What comes out is what was put in.")
class _(Neuronish):
    def __call__(self, x):
        return x
