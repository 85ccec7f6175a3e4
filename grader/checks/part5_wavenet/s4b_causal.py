"""Part 5, the causal convolution never looks ahead."""

import torch

from grader.check import check
from grader.checks.draw import normal
from grader.checks.part5_wavenet.s4a_conv import case_of, convolved


@check(
    "causal_conv1d",
    points=1,
    hints=(
        "What comes later must not be known earlier. Try it: change the last position, and see which outputs change.",
        "The output at t reads t, t - dilation, t - 2 * dilation, and nothing after t.",
        "All zeros go to the left of the sequence; the last tap reads the unshifted sequence.",
    ),
)
def causal(m, given):
    """Changing the input from some time on changes no output before it, and the output at that time"""
    arguments = given.weight, given.bias, given.dilation
    before = m.causal_conv1d(given.x, *arguments)
    changed = m.causal_conv1d(given.other, *arguments)
    differs = (before != changed).any(0).any(0)
    return {
        "shape": tuple(before.shape),
        "an output before the change differs": bool(differs[: given.at].any()),
        "the output at the change differs": bool(differs[given.at]),
        "which outputs differ": differs,
    }


@causal.inputs
def _(rng):
    for B, C_in, C_out, T, K, dilation, at in ((2, 3, 4, 9, 2, 1, 5), (3, 2, 5, 13, 3, 2, 4), (2, 4, 3, 12, 2, 4, 6)):
        case = case_of(rng, B, C_in, C_out, T, K, dilation)
        other = case["x"].clone()
        other[:, :, at] = normal(rng, B, C_in)
        yield {**case, "other": other, "at": at}


@causal.mistake(
    "it looks one step ahead",
    "An output changes before the change: it has read the next position. The zeros belong on the left, all of them.",
)
def _(x, weight, bias, dilation):
    return convolved(x, weight, bias, dilation, ahead=1)


@causal.mistake(
    "it looks ahead: zeros on the right only",
    "Outputs change before the change: they are made of what comes after them. The zeros belong before the beginning.",
)
def _(x, weight, bias, dilation):
    return convolved(x, weight, bias, dilation, ahead=(weight.shape[2] - 1) * dilation)


@causal.mistake(
    "it looks ahead: zeros on both sides",
    "Outputs change before the change: half of the zeros are on the right, so that each output looks as far ahead as "
    "back.",
)
def _(x, weight, bias, dilation):
    return convolved(x, weight, bias, dilation, ahead=((weight.shape[2] - 1) * dilation + 1) // 2)


@causal.mistake(
    "it lags behind by one step",
    "It is causal, but the output at the time of the change stays as it was: it has not read its own position.",
)
def _(x, weight, bias, dilation):
    return convolved(x, weight, bias, dilation, ahead=-1)


@causal.mistake("the dilation is ignored", "It is causal, but the outputs that change are not a dilation apart.")
def _(x, weight, bias, dilation):
    return convolved(x, weight, bias, 1)


@causal.mistake(
    "the output depends on nothing",
    "Whatever is changed, the output stays the same: it does not depend on x.",
)
def _(x, weight, bias, dilation):
    return bias[:, None] + torch.zeros(x.shape[0], weight.shape[0], x.shape[2], dtype=x.dtype)
