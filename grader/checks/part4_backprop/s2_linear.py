"""Part 4, the last layer: logits = h @ W2 + b2."""

import torch

from grader.check import check
from grader.checks import slips
from grader.checks.part4_backprop import shapes
from grader.checks.part4_backprop.inputs import incoming


@check(
    "dh",
    points=1,
    hints=(
        "Each hidden number acts on all logits of its own example, through one row of W2.",
        "The gradient of a factor of a matrix product is again a matrix product: of what comes in "
        "and of the other factor, transposed. The shapes leave only one way to write it.",
        "Multiply, as matrices, the incoming gradient of logits by the transpose of W2.",
    ),
)
def dh(m, given):
    """Back through the matrix product, to the hidden layer"""
    return m.dh(given.f, given.d)


dh.inputs(incoming("h"))


@dh.mistake(
    slips.TRANSPOSED,
    "The numbers are right and lie on their side: the answer is (H, n), f.h is (n, H). Turning "
    "both factors round and swapping them gives the transpose of the product.",
)
def _(f, d):
    return f.W2 @ d.logits.T


@dh.mistake(slips.IGNORED, slips.ignored("d.logits"))
def _(f, d):
    return f.W2.T.clone()


@dh.mistake(
    slips.ONE_N_TWICE,
    "The answer is divided by the number of examples. That division was part of the mean at the "
    "loss and is already inside d.logits; a matrix product has none.",
)
def _(f, d):
    return d.logits @ f.W2.T / len(f.Y)


@dh.mistake(
    "the step through tanh is taken too early",
    "The slope of tanh is already multiplied in: that is the gradient of hpreact. h is what comes "
    "out of tanh, and here we only go back through the matrix product.",
)
def _(f, d):
    return d.logits @ f.W2.T * (1 - f.h**2)


@dh.mistake(
    "elementwise where a matrix product belongs",
    "The two factors are summed until the shapes fit, and multiplied entry by entry. Each entry of "
    "W2 has to meet the logit of its own column before anything is summed: that is what a matrix "
    "product does.",
)
def _(f, d):
    return d.logits.sum(1, keepdim=True) * f.W2.sum(1)


@check(
    "dW2",
    points=1,
    hints=(
        "One weight joins one hidden unit to one logit, in every example of the batch.",
        "The gradient of a factor of a matrix product is a matrix product of the other factor, "
        "transposed, and of what comes in; the sum over the batch is inside it.",
        "Multiply, as matrices, the transpose of h by the incoming gradient of logits.",
    ),
)
def dW2(m, given):
    """Back through the matrix product, to the weights"""
    return m.dW2(given.f, given.d)


dW2.inputs(incoming("W2"))


@dW2.mistake(
    slips.TRANSPOSED,
    "The numbers are right and lie on their side: the answer is (V, H), f.W2 is (H, V). Swap the "
    "roles of the two factors.",
)
def _(f, d):
    return d.logits.T @ f.h


@dW2.mistake(slips.IGNORED, slips.ignored("d.logits"))
def _(f, d):
    return f.h.T @ torch.ones_like(d.logits)


@dW2.mistake(
    slips.ONE_N_TWICE,
    "The answer is the mean over the examples. They add up: the 1/n of the mean loss is already inside d.logits.",
)
def _(f, d):
    return f.h.T @ d.logits / len(f.Y)


@dW2.mistake(
    "hpreact where h belongs",
    "The product is taken with hpreact, the hidden layer before tanh. W2 is multiplied by what comes out of tanh.",
)
def _(f, d):
    return f.hpreact.T @ d.logits


@dW2.mistake(
    slips.SUM_FIRST,
    "h and d.logits are summed over the batch on their own, and then multiplied. The hidden layer "
    "of one example belongs with the gradient of the same example: multiply first, then sum.",
)
def _(f, d):
    return f.h.sum(0).unsqueeze(1) * d.logits.sum(0)


@check(
    "db2",
    points=1,
    hints=(
        "The same bias is added in every example, so it acts on the loss once for each of them.",
        "An addition passes the gradient on as it is; what was broadcast forward is summed backward.",
        "Sum the incoming gradient of logits over the batch, without keeping the dimension: the "
        "bias is a plain vector.",
    ),
)
def db2(m, given):
    """Back through the sum, to the bias that all examples share"""
    return m.db2(given.f, given.d)


db2.inputs(incoming("b2"))
shapes.dimension_kept(db2)


@db2.mistake(slips.SUM_MISSING, slips.sum_missing("(V,)", "(n, V)", "down the batch"))
def _(f, d):
    return d.logits.clone()


@db2.mistake(slips.MEAN, slips.mean("for each example"))
def _(f, d):
    return d.logits.mean(0)


@db2.mistake(slips.IGNORED, slips.ignored("d.logits"))
def _(f, d):
    return torch.ones_like(f.b2)


@db2.mistake(
    slips.WRONG_DIMENSION,
    "The sum runs over the characters and leaves one number for each example. The bias has one "
    "number for each character: sum over the dimension along which it was copied.",
)
def _(f, d):
    return d.logits.sum(1)
