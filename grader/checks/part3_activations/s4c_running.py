"""Part 3, statistics for the time after training: a little from every batch."""

import torch

from grader.check import check
from grader.checks import slips
from grader.checks.draw import normal
from grader.checks.part3_activations.probing import plain


@check(
    "update_running",
    points=1,
    hints=(
        "Keep most of the old value and take a little of the new one.",
        "The two weights add up to one; momentum is the weight of the batch. It is bookkeeping, so no graph.",
        "Under no_grad: one minus momentum times the running value, plus momentum times that of the batch.",
    ),
)
def update_running(m, given):
    """A step of a running average, without a graph"""
    leaf = given.batch_value.clone().requires_grad_()
    running = given.running.clone()
    after = m.update_running(running, leaf * 1, given.momentum)
    return {
        "value": plain(after),
        "it requires a gradient": getattr(after, "requires_grad", None),
        "it is a new tensor": after is not running and torch.equal(running, given.running),
        "recording is still on afterwards": torch.is_grad_enabled(),
    }


@update_running.inputs
def _(rng):
    for size, momentum in ((5, 0.1), (3, 0.3), (7, 0.02)):
        yield {"running": normal(rng, 1, size), "batch_value": normal(rng, 1, size) + 1, "momentum": momentum}


def average(running, batch_value, momentum):
    """The right value, with the graph of the batch."""
    return (1 - momentum) * running + momentum * batch_value


@update_running.mistake(
    "the momentum is the wrong way round",
    "The batch gets the large weight and the past the small one. Here momentum is the weight of the batch, as in "
    "PyTorch (elsewhere it may be that of the past).",
)
def _(running, batch_value, momentum):
    return average(running, batch_value.detach(), 1 - momentum)


@update_running.mistake(
    "the value is kept in the graph",
    "The value is right, but it requires a gradient: it holds on to the graph of this batch, and the next one will "
    "hold on to both.",
)
def _(running, batch_value, momentum):
    return average(running, batch_value, momentum)


@update_running.mistake(
    "the weights do not add up to one",
    "The share of the batch is added, and nothing of the old value is given up for it: it grows without end.",
)
def _(running, batch_value, momentum):
    return running + momentum * batch_value.detach()


@update_running.mistake(
    "the batch replaces the past",
    "This is the value of the batch alone. Only a part of it is to be taken.",
)
def _(running, batch_value, momentum):
    return batch_value.detach().clone()


@update_running.mistake(
    slips.SIGN,
    "The step goes away from the batch's value instead of towards it.",
)
def _(running, batch_value, momentum):
    return average(running, batch_value.detach(), -momentum)


@update_running.mistake(
    "the share of the batch is subtracted",
    "The old value is weighted as it should be, but the share of the batch is taken away instead of added.",
)
def _(running, batch_value, momentum):
    return (1 - momentum) * running - momentum * batch_value.detach()


@update_running.mistake(
    "the weight of the past is more than one",
    "The old value is multiplied by one plus momentum. What the batch gets, the past has to give up.",
)
def _(running, batch_value, momentum):
    return (1 + momentum) * running + momentum * batch_value.detach()


@update_running.mistake(
    "the running value itself is changed",
    "The value is right, but the tensor that came in was written into. A new one is asked for.",
)
def _(running, batch_value, momentum):
    return running.mul_(1 - momentum).add_(momentum * batch_value.detach())


@update_running.mistake(
    "the momentum is hard-coded",
    "The momentum is 0.1 here, whatever is passed in.",
)
def _(running, batch_value, momentum):
    return average(running, batch_value.detach(), 0.1)


@update_running.mistake(
    "recording is switched off for good",
    "Gradients are switched off and not on again: the training that calls this would end here. A with block puts "
    "things back by itself.",
)
def _(running, batch_value, momentum):
    torch.set_grad_enabled(False)
    return average(running, batch_value, momentum)


def weighted(name, advice, value):
    """Register another mixture of the two values."""
    update_running.mistake(name, advice)(lambda running, batch, momentum: value(running, batch.detach(), momentum))


weighted(
    "the old value alone",
    "The weighted old value is there. The share of the batch is missing.",
    lambda r, b, m: (1 - m) * r,
)
weighted(
    "the share of the batch alone", "The share of the batch is there. The old value is missing.", lambda r, b, m: m * b
)
weighted(
    "momentum for both",
    "Both values are weighted with momentum. The weights are to add up to one.",
    lambda r, b, m: m * r + m * b,
)
weighted(
    "one minus momentum for both",
    "Both values are weighted with one minus momentum. The weights are to add up to one.",
    lambda r, b, m: (1 - m) * r + (1 - m) * b,
)
weighted(
    "the batch is added whole",
    "The value of the batch is added whole. Weight it with momentum.",
    lambda r, b, m: (1 - m) * r + b,
)
weighted(
    "the step instead of the value",
    "This is momentum times the difference: the step. The old value is to be moved by it.",
    lambda r, b, m: m * (b - r),
)
weighted(
    "the old value is subtracted",
    "The weight of the old value is negative: momentum minus one instead of one minus momentum.",
    lambda r, b, m: (m - 1) * r + m * b,
)
