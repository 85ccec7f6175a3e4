"""Part 4, back to the first layer: the differences and the mean of the batch."""

import torch

from grader.check import check
from grader.checks import slips
from grader.checks.part4_backprop import shapes
from grader.checks.part4_backprop.inputs import incoming


@check(
    "dbndiff",
    points=1,
    hints=(
        "bndiff is used twice: it is scaled to make bnraw, and squared to make bndiff2.",
        "The gradients of the two uses add up. A product gives the other factor times what comes "
        "in; the slope of a square is twice the number.",
        "Multiply bnvar_inv by the incoming gradient of bnraw, and add twice bndiff times the "
        "incoming gradient of bndiff2.",
    ),
)
def dbndiff(m, given):
    """Two paths: through the scaling, and through the square"""
    return m.dbndiff(given.f, given.d)


dbndiff.inputs(incoming("bndiff"))


@dbndiff.mistake(
    f"{slips.PATH_MISSING}: through bndiff2",
    "The path through bnraw is right. But bndiff has a second user: it is squared to make the "
    "variance, so each difference also moves the scale of its whole column.",
)
def _(f, d):
    return f.bnvar_inv * d.bnraw


@dbndiff.mistake(
    f"{slips.PATH_MISSING}: through bnraw",
    "The path through the square is right. But bndiff has a second user: it is also scaled, to make bnraw.",
)
def _(f, d):
    return 2 * f.bndiff * d.bndiff2


@dbndiff.mistake(
    "the 2 of the square is missing",
    "Both paths are there. The slope of a square is not the number itself: the power comes down as a factor.",
)
def _(f, d):
    return f.bnvar_inv * d.bnraw + f.bndiff * d.bndiff2


@dbndiff.mistake(
    f"{slips.IGNORED}: d.bndiff2",
    "Both paths are there, but the second is a local derivative alone: the chain rule multiplies "
    "it by what comes in, d.bndiff2.",
)
def _(f, d):
    return f.bnvar_inv * d.bnraw + 2 * f.bndiff


@dbndiff.mistake(
    "1/(n - 1) is counted twice",
    "The path through the square is divided by n - 1. That factor belongs to the sum in the "
    "variance; it is already inside d.bndiff2.",
)
def _(f, d):
    return f.bnvar_inv * d.bnraw + 2 * f.bndiff * d.bndiff2 / (len(f.bndiff) - 1)


@dbndiff.mistake(
    "the power is not lowered",
    "The second path has twice bndiff2, the square itself. In the power rule the power comes down "
    "as a factor and is one less above.",
)
def _(f, d):
    return f.bnvar_inv * d.bnraw + 2 * f.bndiff2 * d.bndiff2


@check(
    "dbnmeani",
    points=1,
    hints=(
        "One mean is subtracted from a hidden unit in every example of the batch.",
        "A subtraction passes the gradient on with a minus; what was broadcast forward is summed "
        "backward, and keeps its shape of one row.",
        "Sum the incoming gradient of bndiff over the batch, kept as one row, and turn the sign.",
    ),
)
def dbnmeani(m, given):
    """Back through the subtraction, to the mean"""
    return m.dbnmeani(given.f, given.d)


dbnmeani.inputs(incoming("bnmeani"))
shapes.dimension_lost(dbnmeani, dim=0)


@dbnmeani.mistake(slips.SUM_MISSING, slips.sum_missing("(1, H)", "(n, H)", "down the batch"))
def _(f, d):
    return -d.bndiff


@dbnmeani.mistake(
    slips.SIGN,
    "The sum is right, the sign is not. When the mean grows, what happens to the differences from it?",
)
def _(f, d):
    return d.bndiff.sum(0, keepdim=True)


@dbnmeani.mistake(
    "1/n comes one node too early",
    "The sum over the batch is divided by n here. The mean was computed with a 1/n, yes, but on "
    "its way in, from hprebn to bnmeani; that is the next step back. From bnmeani on it is "
    "subtracted in full from each example.",
)
def _(f, d):
    return -d.bndiff.mean(0, keepdim=True)


@dbnmeani.mistake(
    slips.ZERO,
    "What is zero is the effect of the mean on the variance, because the differences sum to zero. "
    "The mean is also subtracted from every example, and this acts on the loss. For any d.bndiff "
    "the step has a gradient, and where it is zero it comes out as zero by itself.",
)
def _(f, d):
    return torch.zeros_like(f.bnmeani)


@check(
    "dhprebn",
    points=1,
    hints=(
        "hprebn is used twice: the mean is subtracted from it, and the mean is made of it.",
        "The gradients of the two uses add up. A mean gives each of its n numbers a share of one n-th of the gradient.",
        "Take the incoming gradient of bndiff as it is, and add that of bnmeani divided by the "
        "number of examples, which broadcasting spreads over the batch.",
    ),
)
def dhprebn(m, given):
    """Two paths: straight on, and through the mean"""
    return m.dhprebn(given.f, given.d)


dhprebn.inputs(incoming("hprebn"))


@dhprebn.mistake(
    f"{slips.PATH_MISSING}: through bnmeani",
    "The direct path is right. But hprebn has a second user: each example moves the mean of its "
    "column, and the mean is subtracted from all examples.",
)
def _(f, d):
    return d.bndiff.clone()


@dhprebn.mistake(
    f"{slips.PATH_MISSING}: through bndiff",
    "The path through the mean is right. But hprebn has a second user: it is also what the mean is subtracted from.",
)
def _(f, d):
    return torch.ones_like(f.hprebn) * d.bnmeani / len(f.hprebn)


@dhprebn.mistake(
    slips.ONE_N_MISSING,
    "Both paths are there. But one example is only one of n in the mean: if it grows by a little, "
    "the mean does not grow by as much.",
)
def _(f, d):
    return d.bndiff + d.bnmeani


@dhprebn.mistake(
    slips.N_MINUS_1,
    "The mean is divided by n. The n - 1 belongs to the variance alone.",
)
def _(f, d):
    return d.bndiff + d.bnmeani / (len(f.hprebn) - 1)


@dhprebn.mistake(
    "the second path is subtracted",
    "Both paths are right and then the second is taken away from the first. Gradients of two uses "
    "are always added; the minus of the subtraction is already inside d.bnmeani.",
)
def _(f, d):
    return d.bndiff - d.bnmeani / len(f.hprebn)


@dhprebn.mistake(slips.HARD_CODED, slips.BATCH_FROM_SHAPE)
def _(f, d):
    return d.bndiff + d.bnmeani / 32
