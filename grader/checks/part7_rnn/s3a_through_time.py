"""Part 7, backwards through time, by hand."""

import torch

from grader.check import check
from grader.checks import slips
from grader.checks.draw import normal
from grader.checks.part7_rnn.inputs import SIZES, sequence
from grader.checks.part7_rnn.one_gradient import one_gradient
from grader.checks.part7_rnn.products import BACKWARD, FITTING, in_place
from grader.checks.part7_rnn.walks import SLOPES, WALKS, summed, walk
from grader.checks.tools import by_name
from reference import part7_rnn as reference


@check(
    "backprop_through_time",
    points=4,
    forbids=("autograd",),
    hints=(
        "Walk from the last step to the first. At each step two gradients meet in the state: one from outside, and "
        "one that the next step hands back.",
        "Add the two, go back through the tanh, and call the result g. It is all that the step needs: from it come "
        "the gradients of this x, of the weights and the bias (add them up over the steps), and the gradient for "
        "the state before, which is carried on to the step before.",
        "g is the sum of both gradients times one less the state squared. dx of the step is g times W_ih; dW_ih grows "
        "by g transposed times x, dW_hh by g transposed times the states before the step (h0 at the first), db by "
        "the sum of g over the batch; what is carried on is g times W_hh, and after the first step it is dh0.",
    ),
)
def backprop_through_time(m, given):
    """The gradients of the inputs, the initial state, both weights and the bias"""
    gradients = m.backprop_through_time(given.dstates, given.x, given.h0, given.states, given.W_ih, given.W_hh)
    return by_name(gradients, "dx", "dh0", "dW_ih", "dW_hh", "db")


@backprop_through_time.inputs
def _(rng):
    for T, B, I, H in (*SIZES, (1, 4, 2, 3), (3, 1, 4, 2)):  # noqa: E741
        values = sequence(rng, T, B, I, H)
        states, _ = reference.rnn_forward(**values)
        del values["b"]
        yield {"dstates": normal(rng, T, B, H), "states": states, **values}


def slip(name, advice, **replaced):
    """A mistake that is a walk with something replaced."""
    backprop_through_time.mistake(name, advice)(lambda *arguments: summed(walk(*arguments, **replaced)))


def in_one(name, advice, which, change):
    """A mistake in one gradient: `change` makes it from the right walk and the right value."""
    order = ("dx", "dh0", "dW_ih", "dW_hh", "db")

    def variant(*arguments):
        walked = walk(*arguments)
        values = dict(zip(order, summed(walked), strict=True))
        return (*(values | {which: change(walked, values[which])}).values(),)

    backprop_through_time.mistake(name, advice)(variant)


def nothing(x, h0, states, W_ih, W_hh):
    """Zeros for all gradients."""
    return tuple(torch.zeros_like(value) for value in (x, h0, W_ih, W_hh, W_hh[0]))


for name, advice, slope in SLOPES:
    slip(name, advice, slope=slope)

for name, advice, replaced in WALKS:
    slip(name, advice, **replaced)


@backprop_through_time.mistake(
    "the walk starts with h0",
    "What is carried into the last step is h0. That is a state and no gradient; no step comes after the last, so "
    "nothing is carried into it.",
)
def _(dstates, x, h0, *others):
    return summed(walk(dstates, x, h0, *others, start=h0))


@backprop_through_time.mistake(
    "one step too many",
    "The walk reads beyond the last step: with T steps the indices run from 0 to T - 1.",
)
def _(dstates, x, h0, states, *others):
    return states[len(x)]


@backprop_through_time.mistake(
    "the last step is left out",
    "The walk starts at the last step but one: dx of the last step is zero, and the weights lack its share.",
)
def _(dstates, x, *others):
    if len(x) == 1:
        return nothing(x, *others)
    dx, *gradients = summed(walk(dstates, x, *others, steps=range(len(x) - 1)))
    return torch.cat([dx, torch.zeros_like(dx[:1])]), *gradients


@backprop_through_time.mistake(
    "every step sees h0",
    "All is right but dW_hh, in which every step is multiplied by h0. Only the first step started from there.",
)
def _(dstates, x, h0, *others):
    return summed(walk(dstates, x, h0, *others, seen=lambda t, states, before: h0))


@backprop_through_time.mistake(
    f"{slips.PATH_MISSING}: from outside",
    "Only the gradient of the last state comes in from outside. Every state may have a gradient of its own in "
    "dstates, beside what the next step hands back.",
)
def _(dstates, *others):
    last_alone = torch.zeros_like(dstates)
    last_alone[-1] = dstates[-1]
    return reference.backprop_through_time(last_alone, *others)


@backprop_through_time.mistake(
    "the first step is left out",
    "The walk ends one step too early: dx of the first step is zero, and h0 and the weights lack its share.",
)
def _(dstates, x, *others):
    if len(x) == 1:
        return nothing(x, *others)
    dx, *gradients = summed(walk(dstates, x, *others, steps=range(1, len(x))))
    return torch.cat([torch.zeros_like(dx[:1]), dx]), *gradients


@backprop_through_time.mistake(
    f"{slips.MEAN}: over the batch",
    "dW_ih, dW_hh and db are divided by the size of the batch. Whatever averaging the loss does is in dstates already.",
)
def _(dstates, x, *others):
    return summed(walk(dstates, x, *others), how=lambda steps: steps.sum(0) / x.shape[1])


for words, advice, how in (
    (
        f"{slips.OVERWRITTEN}: the weights and the bias",
        "dW_ih, dW_hh and db hold the share of the first step alone: each step has replaced what was there. One and "
        "the same weight is used at every step, and its gradients add up over time.",
        lambda steps: steps[0],
    ),
    (
        f"{slips.MEAN}: over time",
        "dW_ih, dW_hh and db are divided by the number of steps. They are used at every step, and the gradients of "
        "all uses add up.",
        lambda steps: steps.mean(0),
    ),
    (
        "the shared weights go uphill",
        "dW_ih, dW_hh and db have the opposite sign: the shares of the steps are taken away, where they add up.",
        lambda steps: -steps.sum(0),
    ),
):
    backprop_through_time.mistake(words, advice)(lambda *arguments, how=how: summed(walk(*arguments), how))

for name, advice, which, change in one_gradient():
    in_one(name, advice, which, change)

for name, advice, step in BACKWARD:

    def product(dstates, x, h0, states, W_ih, W_hh, step=step):
        """The product at the last step, which raises."""
        return step(dstates[-1], x[-1], (h0, *states)[len(x) - 1], W_ih, W_hh)

    backprop_through_time.mistake(name, f"{advice} {FITTING}")(product)

for name, advice, da in (
    (f"{slips.SUM_MISSING}: db, in place", "(B, H) is added to db, which is (H,)", lambda da: da),
    (f"{slips.DIMENSION_KEPT}: db, in place", "(1, H) is added to db, which is (H,)", lambda da: da.sum(0, True)),
    (f"{slips.WRONG_DIMENSION}: db", "the units are summed, and the batch is left, (B,)", lambda da: da.sum(1)),
):
    backprop_through_time.mistake(name, f"{advice}: each unit has one bias, and the batch is to be summed over.")(
        lambda dstates, x, h0, states, W_ih, W_hh, da=da: in_place(W_hh[0], da(dstates[-1]))
    )
