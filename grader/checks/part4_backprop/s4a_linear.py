"""Part 4, the first layer: hprebn = embcat @ W1 + b1."""

import torch

from grader.check import check
from grader.checks import slips
from grader.checks.part4_backprop import shapes
from grader.checks.part4_backprop.inputs import incoming


@check(
    "dembcat",
    points=1,
    hints=(
        "The first layer is a matrix product like the last one, with other names.",
        "The gradient of a factor of a matrix product is a matrix product of what comes in and of "
        "the other factor, transposed. Check the shapes.",
        "Multiply, as matrices, the incoming gradient of hprebn by the transpose of W1.",
    ),
)
def dembcat(m, given):
    """Back through the first matrix product, to its input"""
    return m.dembcat(given.f, given.d)


dembcat.inputs(incoming("embcat"))


@dembcat.mistake(
    slips.TRANSPOSED,
    "The numbers are right and lie on their side: the examples run along the columns, in f.embcat "
    "they are the rows. Turning both factors round and swapping them gives the transpose of the "
    "product.",
)
def _(f, d):
    return f.W1 @ d.hprebn.T


@dembcat.mistake(slips.IGNORED, slips.ignored("d.hprebn"))
def _(f, d):
    return f.W1.T.clone()


@dembcat.mistake(
    slips.ONE_N_TWICE,
    "The answer is divided by the number of examples. That division was part of the mean at the "
    "loss and is already inside d.hprebn; a matrix product has none.",
)
def _(f, d):
    return d.hprebn @ f.W1.T / len(f.Y)


@dembcat.mistake(
    "right values, but in the shape of emb",
    "The values are right and already cut into characters: that is the shape of emb, and the next "
    "step back. f.embcat has one row for each example.",
)
def _(f, d):
    return (d.hprebn @ f.W1.T).view(f.emb.shape)


@dembcat.mistake(
    "elementwise where a matrix product belongs",
    "The two factors are summed until the shapes fit, and multiplied entry by entry. Each entry of "
    "W1 has to meet the hidden unit of its own column before anything is summed.",
)
def _(f, d):
    return d.hprebn.sum(1, keepdim=True) * f.W1.sum(1)


@check(
    "dW1",
    points=1,
    hints=(
        "One weight joins one number of embcat to one hidden unit, in every example of the batch.",
        "The gradient of a factor of a matrix product is a matrix product of the other factor, "
        "transposed, and of what comes in.",
        "Multiply, as matrices, the transpose of embcat by the incoming gradient of hprebn.",
    ),
)
def dW1(m, given):
    """Back through the first matrix product, to the weights"""
    return m.dW1(given.f, given.d)


dW1.inputs(incoming("W1"))


@dW1.mistake(
    slips.TRANSPOSED,
    "The numbers are right and lie on their side: in f.W1 the hidden units are the columns, here "
    "they are the rows. Swap the roles of the two factors.",
)
def _(f, d):
    return d.hprebn.T @ f.embcat


@dW1.mistake(slips.IGNORED, slips.ignored("d.hprebn"))
def _(f, d):
    return f.embcat.T @ torch.ones_like(d.hprebn)


@dW1.mistake(
    slips.ONE_N_TWICE,
    "The answer is the mean over the examples. They add up: the 1/n of the mean loss is already inside d.hprebn.",
)
def _(f, d):
    return f.embcat.T @ d.hprebn / len(f.Y)


@dW1.mistake(
    slips.SUM_FIRST,
    "embcat and d.hprebn are summed over the batch on their own, and then multiplied. The input of "
    "one example belongs with the gradient of the same example: multiply first, then sum.",
)
def _(f, d):
    return f.embcat.sum(0).unsqueeze(1) * d.hprebn.sum(0)


@check(
    "db1",
    points=1,
    hints=(
        "The same bias is added in every example. In this network BatchNorm removes it again, so "
        "its true gradient is zero; the step itself does not know that.",
        "An addition passes the gradient on as it is; what was broadcast forward is summed backward.",
        "Sum the incoming gradient of hprebn over the batch, without keeping the dimension: the "
        "bias is a plain vector.",
    ),
)
def db1(m, given):
    """Back through the sum, to the bias that BatchNorm will remove"""
    return m.db1(given.f, given.d)


db1.inputs(incoming("b1"))
shapes.dimension_kept(db1)


@db1.mistake(
    slips.ZERO,
    "In this network db1 is zero indeed, up to rounding: whatever b1 adds to a unit in all "
    "examples, BatchNorm takes away with the mean. That is a fine thing to have seen. But it is "
    "true of all the steps together; this one step has a gradient for any d.hprebn, and in this "
    "network the zero comes out of it by itself.",
)
def _(f, d):
    return torch.zeros_like(f.b1)


@db1.mistake(slips.SUM_MISSING, slips.sum_missing("(H,)", "(n, H)", "down the batch"))
def _(f, d):
    return d.hprebn.clone()


@db1.mistake(slips.MEAN, slips.mean("for each example"))
def _(f, d):
    return d.hprebn.mean(0)


@db1.mistake(slips.IGNORED, slips.ignored("d.hprebn"))
def _(f, d):
    return torch.ones_like(f.b1)


@db1.mistake(
    slips.WRONG_DIMENSION,
    "The sum runs over the hidden units and leaves one number for each example. The bias has one "
    "number for each hidden unit: sum over the dimension along which it was copied.",
)
def _(f, d):
    return d.hprebn.sum(1)
