"""Part 4, tanh, and the gain and bias of BatchNorm."""

import torch

from grader.check import check
from grader.checks import slips
from grader.checks.part4_backprop import shapes
from grader.checks.part4_backprop.inputs import incoming


@check(
    "dhpreact",
    points=1,
    hints=(
        "Each number of h comes from one number of hpreact. Where tanh is flat, hardly any "
        "gradient gets through: this is why saturated units stop learning.",
        "The slope of tanh can be written with its output alone: one minus the output squared.",
        "Multiply one minus the square of h by the incoming gradient of h, entry by entry.",
    ),
)
def dhpreact(m, given):
    """Back through tanh"""
    return m.dhpreact(given.f, given.d)


dhpreact.inputs(incoming("hpreact"))


@dhpreact.mistake(
    "the brackets are missing",
    "Only the square is multiplied by what comes in; the one before it is not, because a product binds more "
    "tightly than a difference. The whole derivative belongs in brackets.",
)
def _(f, d):
    return 1 - f.h**2 * d.h


@dhpreact.mistake(slips.IGNORED, slips.ignored("d.h"))
def _(f, d):
    return 1 - f.h**2


@dhpreact.mistake(
    "(1 - h) squared",
    "The difference is squared, but only h should be. A look at h = -1: tanh is flat there, and "
    "this answer says that the slope is 4.",
)
def _(f, d):
    return (1 - f.h) ** 2 * d.h


@dhpreact.mistake(
    "the slope is taken from the pre-activation",
    "The slope of tanh, written as one minus a square, takes the square of the output of tanh. "
    "This answer squares hpreact, the input.",
)
def _(f, d):
    return (1 - f.hpreact**2) * d.h


@dhpreact.mistake(
    "the square is missing",
    "The slope is written as one minus h. At h = 0 that is right by chance; tanh is as steep at "
    "-0.5 as at 0.5, and this answer is not.",
)
def _(f, d):
    return (1 - f.h) * d.h


@dhpreact.mistake(
    "tanh is applied a second time",
    "The slope is worked out from the tanh of h. h is already the tanh of hpreact.",
)
def _(f, d):
    return (1 - torch.tanh(f.h) ** 2) * d.h


@dhpreact.mistake(
    "the slope of the sigmoid",
    "h times one minus h is the slope of the sigmoid in terms of its output. The function here is tanh.",
)
def _(f, d):
    return f.h * (1 - f.h) * d.h


@check(
    "dbngain",
    points=1,
    hints=(
        "One gain scales a hidden unit in every example of the batch.",
        "In a product each factor gets the other factor times what comes in; what was broadcast "
        "forward is summed backward.",
        "Multiply bnraw by the incoming gradient of hpreact, entry by entry, then sum over the "
        "batch and keep the result as one row.",
    ),
)
def dbngain(m, given):
    """Back through the scaling, to the gain"""
    return m.dbngain(given.f, given.d)


dbngain.inputs(incoming("bngain"))
shapes.dimension_lost(dbngain, dim=0)


@dbngain.mistake(
    "hprebn where bnraw belongs",
    "The product is taken with hprebn, the values before they were normalised. The gain is multiplied by bnraw.",
)
def _(f, d):
    return (f.hprebn * d.hpreact).sum(0, keepdim=True)


@dbngain.mistake(slips.SUM_MISSING, slips.sum_missing("(1, H)", "(n, H)", "down the batch"))
def _(f, d):
    return f.bnraw * d.hpreact


@dbngain.mistake(
    slips.SUM_FIRST,
    "The two factors are summed over the batch on their own and then multiplied. bnraw sums to "
    "zero over a batch, so everything vanishes. Multiply first, then sum.",
)
def _(f, d):
    return f.bnraw.sum(0, keepdim=True) * d.hpreact.sum(0, keepdim=True)


@dbngain.mistake(slips.LOCAL_MISSING, slips.local_missing("the gain is multiplied by bnraw"))
def _(f, d):
    return d.hpreact.sum(0, keepdim=True)


@dbngain.mistake(
    "bndiff where bnraw belongs",
    "bndiff is bnraw before it was divided by the standard deviation. The gain is multiplied by "
    "what comes after that division.",
)
def _(f, d):
    return (f.bndiff * d.hpreact).sum(0, keepdim=True)


@dbngain.mistake(slips.MEAN, slips.mean("for each example"))
def _(f, d):
    return (f.bnraw * d.hpreact).mean(0, keepdim=True)


@check(
    "dbnbias",
    points=1,
    hints=(
        "One bias is added to a hidden unit in every example of the batch.",
        "An addition passes the gradient on as it is; what was broadcast forward is summed backward.",
        "Sum the incoming gradient of hpreact over the batch, and keep the result as one row.",
    ),
)
def dbnbias(m, given):
    """Back through the shift, to the bias"""
    return m.dbnbias(given.f, given.d)


dbnbias.inputs(incoming("bnbias"))
shapes.dimension_lost(dbnbias, dim=0)


@dbnbias.mistake(slips.SUM_MISSING, slips.sum_missing("(1, H)", "(n, H)", "down the batch"))
def _(f, d):
    return d.hpreact.clone()


@dbnbias.mistake(slips.MEAN, slips.mean("for each example"))
def _(f, d):
    return d.hpreact.mean(0, keepdim=True)


@dbnbias.mistake(
    slips.WRONG_DIMENSION,
    "The sum runs over the hidden units and leaves one number for each example. bnbias has one "
    "number for each hidden unit: sum over the dimension along which it was copied.",
)
def _(f, d):
    return d.hpreact.sum(1, keepdim=True)


@dbnbias.mistake(
    "multiplied by the gain",
    "The gain is multiplied in. The bias is added after the scaling, so the gain does not touch it.",
)
def _(f, d):
    return (f.bngain * d.hpreact).sum(0, keepdim=True)


@dbnbias.mistake(slips.IGNORED, slips.ignored("d.hpreact"))
def _(f, d):
    return torch.ones_like(f.bnbias)


@check(
    "dbnraw",
    points=1,
    hints=(
        "Each number of bnraw is scaled by the gain of its hidden unit, and then shifted.",
        "In a product each factor gets the other factor times what comes in. A constant that is "
        "added afterwards does not change a slope.",
        "Multiply bngain by the incoming gradient of hpreact; broadcasting gives every example its gain.",
    ),
)
def dbnraw(m, given):
    """Back through the scaling, to the normalised values"""
    return m.dbnraw(given.f, given.d)


dbnraw.inputs(incoming("bnraw"))


@dbnraw.mistake(slips.IGNORED, slips.ignored("d.hpreact"))
def _(f, d):
    return f.bngain.clone()


@dbnraw.mistake(slips.LOCAL_MISSING, slips.local_missing("bnraw is multiplied by the gain"))
def _(f, d):
    return d.hpreact.clone()


@dbnraw.mistake(
    "its own value instead of the other factor",
    "The incoming gradient is multiplied by bnraw itself. That belongs to the gradient of the "
    "gain: in a product, each factor gets the other one.",
)
def _(f, d):
    return f.bnraw * d.hpreact


@dbnraw.mistake(
    "summed over the batch",
    "The answer is one row. The gain was shared by the batch, bnraw was not: each example has its "
    "own, and nothing is summed.",
)
def _(f, d):
    return (f.bngain * d.hpreact).sum(0, keepdim=True)


@dbnraw.mistake(
    "the bias is added again",
    "bnbias is added, as in the forward pass. A gradient tells how fast hpreact changes with "
    "bnraw, and a constant that is added changes nothing about that.",
)
def _(f, d):
    return f.bngain * d.hpreact + f.bnbias
