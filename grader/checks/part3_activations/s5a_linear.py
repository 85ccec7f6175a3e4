"""Part 3, a linear layer as an object."""

from grader.check import check
from grader.checks import slips
from grader.checks.draw import normal
from grader.checks.part3_activations import variants
from grader.checks.part3_activations.probing import attribute, back, gradient, learning, names_of, plain, put
from grader.checks.part3_activations.usual import cut_off, replaced


@check(
    "Linear",
    points=2,
    hints=(
        "The layer owns a weight and perhaps a bias, and remembers what it gave last.",
        "Each row of x times the matrix, plus the bias, which broadcasting copies to every row. parameters() lists "
        "the tensors that exist.",
        "In the call: x matrix-multiplied by the weight, plus the bias unless it is None, stored in self.out and "
        "returned. parameters returns a list of the weight, and of the bias if there is one.",
    ),
)
def Linear(m, given):
    """Forward, backward, and the list of parameters"""
    layer = m.Linear(given.fan_in, given.fan_out, **given.options)
    put(layer, given.values)
    parameters = learning(layer)
    x = given.x.clone().requires_grad_()
    out = layer(x)
    back(out, given.upstream)
    return {
        "weight": attribute(layer, "weight"),
        "bias": attribute(layer, "bias"),
        "out": plain(out),
        "out is kept": out is getattr(layer, "out", None),
        "parameters": names_of(parameters, layer, ("weight", "bias")),
        "gradient of x": gradient(x),
        "gradient of weight": gradient(getattr(layer, "weight", None)),
        "gradient of bias": gradient(getattr(layer, "bias", None)),
    }


@Linear.inputs
def _(rng):
    for n, fan_in, fan_out, options in ((4, 3, 5, {}), (6, 5, 2, {"bias": True}), (5, 4, 7, {"bias": False})):
        values = {"weight": normal(rng, fan_in, fan_out), "bias": normal(rng, fan_out)}
        if options == {"bias": False}:
            del values["bias"]
        yield {
            "fan_in": fan_in,
            "fan_out": fan_out,
            "options": options,
            "values": values,
            "x": normal(rng, n, fan_in),
            "upstream": normal(rng, n, fan_out),
        }


@Linear.mistake(
    "the bias is not added",
    "The product is right. The bias is stored and never used.",
)
class _(variants.Linear):
    def compute(self, x):
        return x @ self.weight


@Linear.mistake(slips.SIGN, "The bias is subtracted. It is to be added.")
class _(variants.Linear):
    def compute(self, x):
        return x @ self.weight if self.bias is None else x @ self.weight - self.bias


@Linear.mistake(
    "the bias is multiplied",
    "The product is multiplied by the bias. It is to be added.",
)
class _(variants.Linear):
    def compute(self, x):
        return x @ self.weight if self.bias is None else x @ self.weight * self.bias


@Linear.mistake(
    "bias=False is ignored",
    "With bias=False there should be no bias: self.bias is None, and the list of parameters is one shorter.",
)
class _(variants.Linear):
    def __init__(self, fan_in, fan_out, bias=True):
        super().__init__(fan_in, fan_out)


@Linear.mistake(
    "no bias unless it is asked for",
    "The default of bias is True: Linear(3, 5) has one.",
)
class _(variants.Linear):
    def __init__(self, fan_in, fan_out, bias=False):
        super().__init__(fan_in, fan_out, bias)


@Linear.mistake(
    "bias=True and bias=False are swapped",
    "There is a bias where none is asked for, and none where one is.",
)
class _(variants.Linear):
    def __init__(self, fan_in, fan_out, bias=True):
        super().__init__(fan_in, fan_out, not bias)


@Linear.mistake(
    "the bias is not among the parameters",
    "parameters() lists the weight alone, so the bias would never be trained.",
)
class _(variants.Linear):
    def parameters(self):
        return [self.weight]


@Linear.mistake(
    "None is among the parameters",
    "parameters() lists the bias even where it is None. Whoever goes through the list would stumble over it.",
)
class _(variants.Linear):
    def parameters(self):
        return [self.weight, self.bias]


@Linear.mistake(
    "the parameters are in another order",
    "parameters() is to be the weight, then the bias.",
)
class _(variants.Linear):
    def parameters(self):
        return super().parameters()[::-1]


@Linear.mistake(
    "the parameters are copies",
    "parameters() gives copies of the tensors. Their gradients and updates never reach the layer. Give the tensors "
    "themselves.",
)
class _(variants.Linear):
    def parameters(self):
        return [p.detach().clone() for p in super().parameters()]


@Linear.mistake(
    slips.TRANSPOSED,
    "The weight is (fan_out, fan_in), as torch's nn.Linear has it. In this course it is (fan_in, fan_out).",
)
class _(variants.Linear):
    def __init__(self, fan_in, fan_out, bias=True):
        super().__init__(fan_in, fan_out, bias)
        self.weight = self.weight.T.contiguous()

    def compute(self, x):
        return x @ self.weight.T if self.bias is None else x @ self.weight.T + self.bias


@Linear.mistake(
    "the output is not kept",
    "The layer returns the right values, but layer.out is not that very tensor (a detached copy will not do). The "
    "instruments will look for it there.",
)
class _(variants.Linear):
    def __call__(self, x):
        return self.compute(x)


@Linear.mistake(
    "weight and bias are no leaves",
    "Gradients were asked for before the weight was scaled. It is a result then, and its .grad stays None. Scale "
    "first, require a gradient last.",
)
class _(variants.Linear):
    def __init__(self, fan_in, fan_out, bias=True):
        super().__init__(fan_in, fan_out, bias)
        self.weight = self.weight.requires_grad_() * 1


@Linear.mistake("nothing is returned", "The output is kept, but the call returns None: a return is missing.")
class _(variants.Linear):
    def __call__(self, x):
        super().__call__(x)


def computing(name, advice, compute):
    """Register another forward pass."""
    Linear.mistake(name, advice)(replaced(variants.Linear, compute=compute))


computing(
    "the weight is transposed",
    "weight is (fan_in, fan_out) already, and needs no transposing.",
    lambda self, x: x @ self.weight.mT,
)
computing(
    "the factors are swapped",
    "The rows of x are to be multiplied by the matrix: x comes first.",
    lambda self, x: self.weight @ x,
)
computing(
    "an elementwise product",
    "* multiplies entry by entry. A matrix product is written @.",
    lambda self, x: x * self.weight,
)
computing(
    "None is added",
    "The bias is added where there is none. Ask whether it is None first.",
    lambda self, x: x @ self.weight + self.bias,
)
cut_off(Linear)


@Linear.mistake("there is never a bias", "The bias is None whatever is asked for. The default of bias is True.")
class _(variants.Linear):
    def __init__(self, fan_in, fan_out, bias=True):
        super().__init__(fan_in, fan_out, False)


@Linear.mistake(
    "the bias is listed where there is none",
    "The condition in parameters() is the wrong way round: it lists the bias where it is None, and leaves it out "
    "where there is one.",
)
class _(variants.Linear):
    def parameters(self):
        return [self.weight, self.bias] if self.bias is None else [self.weight]


@Linear.mistake("the parameters are listed twice", "Each parameter is in the list twice, and would be updated twice.")
class _(variants.Linear):
    def parameters(self):
        return super().parameters() * 2


@Linear.mistake("no parameters", "parameters() is empty, so nothing would be trained.")
class _(variants.Linear):
    def parameters(self):
        return []
