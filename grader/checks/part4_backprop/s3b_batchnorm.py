"""Part 4, back to the squared differences: the variance of the batch."""

import torch

from grader.check import check
from grader.checks import slips
from grader.checks.part4_backprop import shapes
from grader.checks.part4_backprop.inputs import incoming


@check(
    "dbnvar_inv",
    points=1,
    hints=(
        "One number of bnvar_inv scales a hidden unit in every example of the batch.",
        "In a product each factor gets the other factor times what comes in; what was broadcast "
        "forward is summed backward.",
        "Multiply bndiff by the incoming gradient of bnraw, entry by entry, then sum over the "
        "batch and keep the result as one row.",
    ),
)
def dbnvar_inv(m, given):
    """Back through the division by the standard deviation"""
    return m.dbnvar_inv(given.f, given.d)


dbnvar_inv.inputs(incoming("bnvar_inv"))
shapes.dimension_lost(dbnvar_inv, dim=0)


@dbnvar_inv.mistake(slips.SUM_MISSING, slips.sum_missing("(1, H)", "(n, H)", "down the batch"))
def _(f, d):
    return f.bndiff * d.bnraw


@dbnvar_inv.mistake(
    slips.SUM_FIRST,
    "The two factors are summed over the batch on their own and then multiplied. bndiff sums to "
    "zero over a batch, so everything vanishes. Multiply first, then sum.",
)
def _(f, d):
    return f.bndiff.sum(0, keepdim=True) * d.bnraw.sum(0, keepdim=True)


@dbnvar_inv.mistake(slips.LOCAL_MISSING, slips.local_missing("bnvar_inv is multiplied by bndiff"))
def _(f, d):
    return d.bnraw.sum(0, keepdim=True)


@dbnvar_inv.mistake(
    "bnraw where bndiff belongs",
    "bnraw is what comes out of the product that bnvar_inv takes part in. The other factor of that product is bndiff.",
)
def _(f, d):
    return (f.bnraw * d.bnraw).sum(0, keepdim=True)


@dbnvar_inv.mistake(slips.MEAN, slips.mean("for each example"))
def _(f, d):
    return (f.bndiff * d.bnraw).mean(0, keepdim=True)


@check(
    "dbnvar",
    points=1,
    hints=(
        "Each number of bnvar_inv comes from one number of bnvar: one over its square root, with a "
        "tiny constant under the root.",
        "The power rule with minus one half: the power comes down as a factor, and the new power "
        "is one less, minus three halves.",
        "Minus one half, times bnvar plus the constant to the power of minus three halves, times "
        "the incoming gradient of bnvar_inv.",
    ),
)
def dbnvar(m, given):
    """Back through one over the square root"""
    return m.dbnvar(given.f, given.d)


dbnvar.inputs(incoming("bnvar"))
shapes.dimension_lost(dbnvar, dim=0)


@dbnvar.mistake(
    "the epsilon is forgotten",
    "Very nearly: the derivative is taken at bnvar, and the root is of bnvar plus a small epsilon. It makes little "
    "difference here and all of it where a variance is close to zero, which is what it is there for.",
)
def _(f, d):
    return -0.5 * f.bnvar**-1.5 * d.bnvar_inv


@dbnvar.mistake(slips.IGNORED, slips.ignored("d.bnvar_inv"))
def _(f, d):
    return -0.5 * (f.bnvar + 1e-5) ** -1.5


@dbnvar.mistake(
    slips.SIGN,
    "The size is right, the sign is not. When the variance grows, what happens to one over its root?",
)
def _(f, d):
    return 0.5 * (f.bnvar + 1e-5) ** -1.5 * d.bnvar_inv


@dbnvar.mistake(
    "the power is not lowered",
    "The power came down as a factor, but it was left where it was above. The power rule takes one "
    "away from it: a negative power becomes more negative.",
)
def _(f, d):
    return -0.5 * (f.bnvar + 1e-5) ** -0.5 * d.bnvar_inv


@dbnvar.mistake(
    "the power is raised instead of lowered",
    "The new power is one half: one was added to minus one half. The power rule takes one away.",
)
def _(f, d):
    return -0.5 * (f.bnvar + 1e-5) ** 0.5 * d.bnvar_inv


@dbnvar.mistake(
    "the power does not come down as a factor",
    "The new power and the sign are right. But in the power rule the old power itself comes down "
    "as a factor, with its size and not only its sign.",
)
def _(f, d):
    return -((f.bnvar + 1e-5) ** -1.5) * d.bnvar_inv


@dbnvar.mistake(
    "the derivative is taken at the output",
    "The power rule is applied to bnvar_inv, which is the output. The derivative is taken at the "
    "input, bnvar; if you prefer to write it with the output, the power changes.",
)
def _(f, d):
    return -0.5 * f.bnvar_inv**-1.5 * d.bnvar_inv


@check(
    "dbndiff2",
    points=1,
    hints=(
        "A column of bndiff2 is summed into one number of bnvar, and divided.",
        "A sum passes what comes in to each of its terms; the factor in front of the sum goes "
        "with it. Look whether the factor is one over n or one over n - 1.",
        "Give each entry of a column the incoming gradient of its variance, divided by the number "
        "of examples less one, in the full shape of bndiff2.",
    ),
)
def dbndiff2(m, given):
    """Back through the sum in the variance"""
    return m.dbndiff2(given.f, given.d)


dbndiff2.inputs(incoming("bndiff2"))


@dbndiff2.mistake(
    slips.N,
    "The answer divides by n. This network's variance is the unbiased one: look at the factor in its forward line.",
)
def _(f, d):
    return torch.ones_like(f.bndiff2) * d.bnvar / len(f.bndiff2)


@dbndiff2.mistake(
    "the factor of the variance is missing",
    "The incoming gradient reaches each entry unchanged. The sum passes it on like that, but the "
    "sum is also multiplied by a factor.",
)
def _(f, d):
    return torch.ones_like(f.bndiff2) * d.bnvar


@dbndiff2.mistake(
    "not spread over the batch",
    "The values are right, the shape is not: f.bndiff2 is (n, H), the answer is one row. "
    "Broadcasting hides it in the next product. It bites as soon as someone sums over the batch, "
    "because there is only one row left to sum. Every entry of the sum has a gradient of its own.",
)
def _(f, d):
    return d.bnvar / (len(f.bndiff2) - 1)


@dbndiff2.mistake(slips.IGNORED, slips.ignored("d.bnvar"))
def _(f, d):
    return torch.ones_like(f.bndiff2) / (len(f.bndiff2) - 1)


@dbndiff2.mistake(slips.HARD_CODED, "31 is the lecture's 32 less one. " + slips.BATCH_FROM_SHAPE)
def _(f, d):
    return torch.ones_like(f.bndiff2) * d.bnvar / 31
