"""Part 3, BatchNorm as an object: the running statistics."""

import torch

from grader.check import check
from grader.checks import slips
from grader.checks.draw import normal, uniform
from grader.checks.part3_activations import variants
from grader.checks.part3_activations.probing import attribute, learning
from grader.checks.part3_activations.usual import replaced


@check(
    "BatchNorm1d",
    points=2,
    hints=(
        "After each batch of the training, both buffers move a little towards what this batch gave.",
        "This is the rule of update_running, once for the mean and once for the variance (the one with n - 1, and "
        "not its root), each time the layer is called in training.",
        "In training, under no_grad: each running value becomes one minus momentum times itself plus momentum times "
        "the batch's value.",
    ),
)
def running(m, given):
    """In training: the running statistics after each of three batches"""
    layer = m.BatchNorm1d(*given.arguments, **given.options)
    learning(layer)
    means, variances = [], []
    for x in given.batches:
        layer(x)
        means.append(flat(attribute(layer, "running_mean")))
        variances.append(flat(attribute(layer, "running_var")))
    return {"running_mean": means, "running_var": variances}


def flat(value):
    """(1, dim) as (dim,), because in the lecture's layer the batch's statistics make it so."""
    return value.reshape(-1) if isinstance(value, torch.Tensor) else value


@running.inputs
def _(rng):
    for n, arguments, options in ((6, [4], {}), (4, [3], {"momentum": 0.3, "eps": 0.5}), (5, [7, 0.4, 0.02], {})):
        dim = arguments[0]
        shift, scale = uniform(rng, 0.5, 1.5, dim), uniform(rng, 1.5, 3.0, dim)
        batches = [scale * normal(rng, n, dim) + shift for _ in range(3)]
        yield {"arguments": arguments, "options": options, "batches": batches}


def wrong(name, advice, **methods):
    """Register a layer of which one step is another one."""
    running.mistake(name, advice)(replaced(variants.BatchNorm1d, **methods))


def following(name, advice, follow, alone=True):
    """The same for the rule by which a buffer follows: of both, and perhaps of each alone."""

    def update(self, mean, variance, of_mean=follow, of_variance=follow):
        self.running_mean = of_mean(self, self.running_mean, mean.detach())
        self.running_var = of_variance(self, self.running_var, variance.detach())

    right = variants.BatchNorm1d.follow
    wrong(name, advice, update=update)
    if not alone:
        return
    wrong(f"{name}: running_mean", advice, update=lambda self, m, v: update(self, m, v, of_variance=right))
    wrong(f"{name}: running_var", advice, update=lambda self, m, v: update(self, m, v, of_mean=right))


wrong(
    slips.N,
    "The running variance follows the biased variance of the batches, divided by n. In this course it is n - 1.",
    batch=lambda self, x: (x.mean(0), x.var(0, correction=0)),
)
following(
    "the running statistics are never updated",
    "What should follow the batches stays as it was at the start. Every batch in training is to move both buffers. Is "
    "the name spelt alike everywhere?",
    lambda self, running, value: running,
)
following(
    "the momentum is the wrong way round",
    "The batch gets the large weight and the past the small one. Here momentum is the weight of the batch, as in "
    "PyTorch.",
    lambda self, running, value: self.momentum * running + (1 - self.momentum) * value,
)
following(
    "the batch replaces the past",
    "The buffer holds the statistics of the last batch alone. Only a part of them is to be taken.",
    lambda self, running, value: value,
)
following(
    "the weights do not add up to one",
    "The share of the batch is added, and nothing of the old value is given up for it: it grows without end.",
    lambda self, running, value: running + self.momentum * value,
)
following(
    "the old value is given up, and nothing is taken",
    "The old value is multiplied by one minus momentum, and the share of the batch is not added.",
    lambda self, running, value: (1 - self.momentum) * running,
    alone=False,
)
following(
    "multiplied where it should be added",
    "The two weighted values are multiplied with each other. They are to be added.",
    lambda self, running, value: (1 - self.momentum) * running * self.momentum * value,
    alone=False,
)
following(
    slips.SIGN,
    "The buffer moves away from the batch's statistics instead of towards them.",
    lambda self, running, value: running - self.momentum * (value - running),
)
following(
    "the share of the batch is subtracted",
    "The old value is weighted as it should be, but the share of the batch is taken away instead of added.",
    lambda self, running, value: (1 - self.momentum) * running - self.momentum * value,
)
following(
    "the weight of the past is more than one",
    "The old value counts with one plus momentum. What the batch gets, the past has to give up: a difference where a "
    "sum is.",
    lambda self, running, value: (1 + self.momentum) * running + self.momentum * value,
)
following(
    slips.OVERWRITTEN,
    "The buffer becomes the step, instead of being moved by it: momentum times a difference is what is to be added.",
    lambda self, running, value: self.momentum * (value - running),
)
following(
    "the momentum alone is added",
    "The buffer moves by the momentum itself. The difference that it multiplies is missing.",
    lambda self, running, value: running + self.momentum,
)
following(
    "divided by the momentum",
    "The difference is divided by momentum. It is to be multiplied: a small share is taken of every batch.",
    lambda self, running, value: running + (value - running) / self.momentum,
)
following(
    "the step is twice as large",
    "The buffer moves by twice the momentum.",
    lambda self, running, value: running + 2 * self.momentum * (value - running),
)
following(
    "the step is half as large",
    "The buffer moves by half the momentum.",
    lambda self, running, value: running + 0.5 * self.momentum * (value - running),
)
following(
    "the batch is added whole",
    "The old value gives up a share, and the batch is added to it whole. Take the share of it that is given up.",
    lambda self, running, value: (1 - self.momentum) * running + value,
)
following(
    "one minus momentum for both",
    "Both weights are one minus momentum, so they do not add up to one.",
    lambda self, running, value: (1 - self.momentum) * (running + value),
)
following(
    "the momentum is hard-coded",
    "The momentum is 0.1 here, whatever the layer was made with.",
    lambda self, running, value: 0.9 * running + 0.1 * value,
)
wrong(
    "the standard deviation instead of the variance",
    "running_var follows the standard deviation of the batches. It is the running variance; the root is taken when it "
    "is used.",
    update=lambda self, mean, variance: variants.BatchNorm1d.update(self, mean, variance.sqrt()),
)
wrong(
    "eps is in the running variance",
    "eps has been added to what running_var follows. It is added when the variance is used, and not before.",
    update=lambda self, mean, variance: variants.BatchNorm1d.update(self, mean, variance + self.eps),
)
wrong(
    "mean and variance are swapped",
    "running_mean follows the variance and running_var the mean.",
    update=lambda self, mean, variance: variants.BatchNorm1d.update(self, variance, mean),
)
wrong(
    "both buffers follow the mean",
    "running_var is moved towards the mean of the batch. It follows the variance.",
    update=lambda self, mean, variance: variants.BatchNorm1d.update(self, mean, mean),
)
wrong(
    "one mean and one variance for everything",
    "All entries of the batch were thrown together. Each unit has its own running statistics.",
    batch=lambda self, x: (x.mean(), x.var()),
)


@running.mistake(
    "running_var follows the running mean",
    "running_var is updated from running_mean instead of from itself: a name was copied and not changed.",
)
class _(variants.BatchNorm1d):
    def update(self, mean, variance):
        self.running_mean = self.follow(self.running_mean, mean.detach())
        self.running_var = self.follow(self.running_mean, variance.detach())


@running.mistake(
    "an average over all batches",
    "The buffers hold the plain average over all batches so far. The running one forgets: each batch gets momentum.",
)
class _(variants.BatchNorm1d):
    seen = 0

    def follow(self, running, value):
        self.seen += 0.5  # it is called twice a batch
        count = int(self.seen + 0.5)
        return running * (count - 1) / count + value / count


@running.mistake(
    "the statistics of the output",
    "The buffers follow the output of the layer, which has mean beta and standard deviation gamma. They are to follow "
    "the input.",
)
class _(variants.BatchNorm1d):
    def update(self, mean, variance):
        pass

    def affine(self, xhat):
        out = super().affine(xhat)
        super().update(out.mean(0), out.var(0))
        return out
