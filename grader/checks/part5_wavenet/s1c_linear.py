"""Part 5, the linear layer on inputs of two and more dimensions."""

import torch

from grader.check import check
from grader.checks import slips
from grader.checks.draw import normal
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
    put,
)
from reference import part5_wavenet as reference


@check(
    "Linear",
    points=1,
    hints=(
        "Each vector along the last dimension is multiplied by the same matrix; how many there are, and in how many "
        "dimensions they are arranged, does not matter.",
        "The matrix product of a (..., fan_in) tensor and a (fan_in, fan_out) matrix is (..., fan_out) in torch, "
        "without any reshaping. A bias of shape (fan_out,) broadcasts from the right.",
        "Multiply x by the weight as matrices; add the bias if there is one; keep the result as out, and return it.",
    ),
)
def Linear(m, given):
    """x @ weight + bias over the last dimension, with its gradients"""
    fan_in, fan_out = given.weight.shape
    layer = m.Linear(fan_in, fan_out) if given.bias is not None else m.Linear(fan_in, fan_out, bias=False)
    none = layer.bias is None
    put(layer, "weight", given.weight)
    leaves = {"x": given.x.requires_grad_(), "weight": layer.weight.requires_grad_()}
    if given.bias is not None and not none:
        put(layer, "bias", given.bias)
        leaves["bias"] = layer.bias.requires_grad_()
    first = layer(-given.x.detach()[:1])
    out = layer(given.x)
    return {
        "out": out,
        "the call before, with a batch of one": first.detach() if isinstance(first, torch.Tensor) else first,
        "gradients": gradients(out, given.upstream, leaves),
        "bias is None": none,
        ".out is what was returned": kept(layer, out),
        "weight and bias are leaves": all(leaf.is_leaf for leaf in leaves.values()),
        "parameters()": named(layer.parameters(), {"weight": layer.weight, "bias": layer.bias}),
    }


@Linear.inputs
def _(rng):
    for leading, fan_in, fan_out, bias in (((5,), 4, 3, True), ((2, 6), 3, 5, True), ((1, 3, 2), 4, 6, True)):
        yield _case(rng, leading, fan_in, fan_out, bias)
    yield _case(rng, (3, 4), 5, 2, False)


def _case(rng, leading, fan_in, fan_out, bias):
    return {
        "weight": normal(rng, fan_in, fan_out),
        "bias": normal(rng, fan_out) if bias else None,
        "x": normal(rng, *leading, fan_in),
        "upstream": normal(rng, *leading, fan_out),
    }


class _Linear(reference.Linear):
    """The layer in plain operations."""

    def __call__(self, x):
        self.out = self.product(x) if self.bias is None else self.product(x) + self.bias
        return self.out

    def product(self, x):
        return x @ self.weight


@Linear.mistake(NOT_KEPT, NOT_KEPT_ADVICE)
class _(_Linear):
    def __call__(self, x):
        out = super().__call__(x)
        del self.out
        return out


@Linear.mistake(CUT, cut_advice("the input, the weight or the bias"))
class _(_Linear):
    def __call__(self, x):
        with torch.no_grad():
            return super().__call__(x)


@Linear.mistake(f"{CUT}: at the weight", cut_advice("the weight"))
class _(_Linear):
    def product(self, x):
        return x @ self.weight.detach()


@Linear.mistake(
    "the weight is not a leaf",
    "The values are right, but the weight's own gradient stays empty. It was told to require a gradient first and was "
    "divided afterwards, so that what the layer holds is no leaf but the recorded result of a division, and PyTorch "
    "keeps gradients at leaves. Let the layer hold a plain tensor; whoever trains it says requires_grad.",
)
class _(_Linear):
    def __init__(self, fan_in, fan_out, bias=True):
        super().__init__(fan_in, fan_out, bias)
        self.weight = torch.randn(fan_in, fan_out, requires_grad=True) / fan_in**0.5


@Linear.mistake("the bias is not added", "The bias exists, and the call leaves it out.")
class _(_Linear):
    def __call__(self, x):
        self.out = self.product(x)
        return self.out


@Linear.mistake("the bias is subtracted", "The bias is taken away where it should be added.")
class _(_Linear):
    def __call__(self, x):
        self.out = self.product(x) if self.bias is None else self.product(x) - self.bias
        return self.out


@Linear.mistake(
    "there is always a bias",
    "A layer made with bias=False has a bias all the same. Before BatchNorm it would be a parameter that can't do "
    "anything: subtracted with the mean, and with a gradient of zero. It should be None.",
)
class _(_Linear):
    def __init__(self, fan_in, fan_out, bias=True):
        super().__init__(fan_in, fan_out, True)


@Linear.mistake(
    "there is never a bias",
    "A layer has no bias though none was refused: bias is True unless the caller says otherwise.",
)
class _(_Linear):
    def __init__(self, fan_in, fan_out, bias=False):
        super().__init__(fan_in, fan_out, bias)


@Linear.mistake(
    slips.TRANSPOSED,
    "The layer multiplies by the transposed weight, as torch's own does, whose weight is (fan_out, fan_in). Here it is "
    "(fan_in, fan_out), so that x times the weight fits as it is.",
)
class _(_Linear):
    def product(self, x):
        return x @ self.weight.T


@Linear.mistake(
    "everything but the batch is flattened",
    "The input is first made a (B, ...) matrix. A (B, T, C) tensor holds B * T vectors of C numbers, and each of "
    "them is to be multiplied; torch's matrix product does that without being asked.",
)
class _(_Linear):
    def product(self, x):
        return x.flatten(1) @ self.weight


@Linear.mistake(
    "the leading dimensions are run together",
    "The numbers are right, but the shape of the input is lost: (B, T, fan_in) went in and (B * T, fan_out) came out. "
    "The time dimension is still needed afterwards; torch's matrix product keeps it if you let it.",
)
class _(_Linear):
    def product(self, x):
        return x.flatten(0, -2) @ self.weight


@Linear.mistake(
    f"{PARAMETERS}: without the bias",
    "parameters() leaves the bias out, so that it would stay zero for ever.",
)
class _(_Linear):
    def parameters(self):
        return [self.weight]


@Linear.mistake(
    f"{PARAMETERS}: with None in it",
    "Where there is no bias, the list of parameters holds None in its place. Whoever trains the model would try to set "
    "None's gradient.",
)
class _(_Linear):
    def parameters(self):
        return [self.weight, self.bias]


@Linear.mistake(
    f"{PARAMETERS}: it is empty",
    "parameters() is an empty list, so that the layer would never be trained.",
)
class _(_Linear):
    def parameters(self):
        return []


lacking(Linear, reference.Linear, "weight", "bias", "out")


@Linear.mistake(
    f"{PARAMETERS}: each is there twice",
    "parameters() holds its tensors twice, so that a training step would move each of them twice.",
)
class _(_Linear):
    def parameters(self):
        return 2 * super().parameters()


@Linear.mistake(
    f"{PARAMETERS}: with the bias where there is none, and without it where there is one",
    "parameters() asks for the bias the wrong way round: it holds None where the layer has no bias, and leaves out the "
    "bias where it has one.",
)
class _(_Linear):
    def parameters(self):
        return [self.weight, self.bias] if self.bias is None else [self.weight]


@Linear.mistake(
    f"{CUT}: where a bias is added",
    "The values are right, but a layer with a bias loses its gradients: its sum has no graph.",
)
class _(_Linear):
    def __call__(self, x):
        out = super().__call__(x)
        self.out = out if self.bias is None else out.detach()
        return self.out


@Linear.mistake("only the bias", "What comes out is the bias alone, without the product.")
class _(_Linear):
    def __call__(self, x):
        self.out = self.product(x) if self.bias is None else self.bias
        return self.out


@Linear.mistake(
    f"{CUT}: at the product",
    "The values are right, but the product of x and the weight has lost its graph; only a bias would still learn.",
)
class _(_Linear):
    def product(self, x):
        return super().product(x).detach()


@Linear.mistake(
    "the factors are swapped",
    "The weight stands before x. In a matrix product the last dimension of the first factor meets the rows of the "
    "second: the channels of x meet fan_in.",
)
class _(_Linear):
    def product(self, x):
        return self.weight @ x


@Linear.mistake(
    "a product entry by entry",
    "x and the weight are multiplied entry by entry, which fits by accident at best. A matrix product is meant.",
)
class _(_Linear):
    def product(self, x):
        return x * self.weight


@Linear.mistake(
    "the bias is asked for the wrong way round",
    "A layer without a bias tries to add None, and one with a bias leaves it out: look at the condition.",
)
class _(_Linear):
    def __call__(self, x):
        self.out = self.product(x) + self.bias if self.bias is None else self.product(x)
        return self.out
