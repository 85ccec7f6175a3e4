"""Part 5, BatchNorm's running statistics: they move while training."""

import torch

from grader.check import check
from grader.checks import slips
from grader.checks.part5_wavenet.handling import as_vector, put, variant
from grader.checks.part5_wavenet.norms import PlainBatchNorm, batch, parameters


@check(
    "BatchNorm1d",
    points=2,
    hints=(
        "In use there may be a single name, which has no variance. So the layer remembers, while it is trained, what "
        "means and variances are like.",
        "After each training call, a running value is (1 - momentum) of what it was and momentum of what the batch "
        "has. There is one for each channel. It is no parameter: nothing should be recorded.",
        "Inside no_grad, give running_mean and running_var their new values, from the mean and the unbiased variance "
        "that were taken over batch and time.",
    ),
)
def running(m, given):
    """The running statistics after two training calls, without a graph"""
    layer = m.BatchNorm1d(len(given.gamma), momentum=given.momentum)
    for name in ("gamma", "beta", "running_mean", "running_var"):
        put(layer, name, getattr(given, name))
    layer.gamma.requires_grad_()
    for x in (given.first, given.second):
        layer(x.requires_grad_())
    return {
        # The lecture's layer has them as (1, dim) or (1, 1, dim) afterwards, which broadcasts alike.
        "running_mean": as_vector(layer.running_mean),
        "running_var": as_vector(layer.running_var),
        "they hang on a graph": layer.running_mean.requires_grad or layer.running_var.requires_grad,
    }


@running.inputs
def _(rng):
    for shape, momentum in (((6, 4), 0.3), ((3, 4, 5), 0.25), ((2, 5, 3), 0.6)):
        two = {"first": batch(rng, shape)["x"], "second": batch(rng, shape)["x"]}
        yield {**parameters(rng, shape[-1]), **two, "momentum": momentum}


@running.mistake(
    "statistics over the batch only",
    "The running statistics have a value for each position and each channel: running_mean of shape (dim,) has become "
    "(1, T, dim), or (T, dim), by broadcasting. A channel has one mean, over batch and time, and so one running mean.",
)
class _(PlainBatchNorm):
    def over(self, x):
        return (0,)


running.mistake(
    "statistics over the batch only, with keepdim",
    "The running statistics have a value for each position and each channel: running_mean has become (1, T, dim). "
    "A channel has one mean, over batch and time, and so one running mean.",
)(variant(PlainBatchNorm, statistics=lambda self, x: (x.mean(0, keepdim=True), x.var(0, keepdim=True))))

running.mistake(
    "dimensions 0 and 1 whatever the input is",
    "For (B, T, dim) the running values are right. For (B, dim) they are not: there dimension 1 is the channels, and "
    "a mean over 0 and 1 mixes them all. It is taken over all dimensions but the last.",
)(variant(PlainBatchNorm, over=lambda self, x: (0, 1)))

running.mistake(
    "one mean for all channels",
    "The batch's mean and variance are single numbers, taken over the whole tensor, and every channel moves towards "
    "the same value. Each channel has its own.",
)(variant(PlainBatchNorm, over=lambda self, x: tuple(range(x.ndim))))


@running.mistake(
    "the running statistics are never updated",
    "After training calls the running statistics are what they were before, so that evaluation would go by numbers "
    "that have nothing to do with the data. Or are they updated in evaluation only?",
)
class _(PlainBatchNorm):
    def update(self, x, mean, var):
        pass


MOVES = (
    (
        "momentum the wrong way round",
        "The running values keep the share momentum of themselves and take the rest from the batch. With a momentum of "
        "0.1 they would jump about with each batch; it is the batch that gets the share momentum.",
        lambda running, batch, m: m * running + (1 - m) * batch,
    ),
    (
        "0.1 is hard-coded",
        "The running values move by a tenth whatever the layer's momentum is. Keep it when the layer is made, and "
        "use it.",
        lambda running, batch, m: 0.9 * running + 0.1 * batch,
    ),
    (
        slips.OVERWRITTEN,
        "The running values are those of the last batch. They should remember the ones before it too, and move only by "
        "the share momentum.",
        lambda running, batch, m: batch * 1.0,
    ),
    (
        "the old value is not faded",
        "The batch's share is added and the old value stays whole, so that the running values grow and grow. The two "
        "shares are (1 - momentum) and momentum.",
        lambda running, batch, m: running + m * batch,
    ),
    (
        "the batch comes in whole",
        "The old value is faded, but the batch is added with its full size. Its share is momentum.",
        lambda running, batch, m: (1 - m) * running + batch,
    ),
    (
        "moved away from the batch",
        "The running values move by the right amount in the wrong direction. Look at the order of the difference.",
        lambda running, batch, m: running - m * (batch - running),
    ),
    (
        "the two are added where their difference belongs",
        "The running values move by a share of the sum of the old value and the batch's. They move by a share of the "
        "difference, towards the batch.",
        lambda running, batch, m: running + m * (batch + running),
    ),
    (
        "the old value is lost",
        "Only the share that is to be added is kept, and the old value is not in it any more.",
        lambda running, batch, m: m * (batch - running),
    ),
    (
        "the batch is left out",
        "The old value is faded, and nothing of the batch is added: the running values fade away.",
        lambda running, batch, m: (1 - m) * running,
    ),
    (
        "momentum itself is added",
        "The momentum is added to the running values, and not the share momentum of anything.",
        lambda running, batch, m: running + m,
    ),
)


def _moving(mean, var):
    """A layer that moves its running mean and its running variance in these ways."""

    class Other(PlainBatchNorm):
        def update(self, x, batch_mean, batch_var):
            self.running_mean = mean(self.running_mean, batch_mean, self.momentum)
            self.running_var = var(self.running_var, batch_var, self.momentum)

    return Other


def _right(running, batch, m):
    return (1 - m) * running + m * batch


for name, advice, move in MOVES:
    running.mistake(name, advice)(_moving(move, move))
    running.mistake(f"{name}: of the mean", f"running_var is right. {advice}")(_moving(move, _right))
    running.mistake(f"{name}: of the variance", f"running_mean is right. {advice}")(_moving(_right, move))


@running.mistake(
    slips.N,
    "running_mean is right; the variance that goes into running_var is divided by n. Here it is the unbiased one, with "
    "n - 1. torch's layer normalises by the biased one, but keeps the unbiased one too.",
)
class _(PlainBatchNorm):
    def update(self, x, mean, var):
        super().update(x, mean, x.var(self.over(x), correction=0))


@running.mistake(
    "the standard deviation is kept instead of the variance",
    "What goes into running_var is a standard deviation. In evaluation the root will be taken once more.",
)
class _(PlainBatchNorm):
    def update(self, x, mean, var):
        super().update(x, mean, var.sqrt())


@running.mistake(
    "only the mean is updated",
    "running_mean is right, and running_var is what it was before. Both are needed in evaluation.",
)
class _(PlainBatchNorm):
    def update(self, x, mean, var):
        self.running_mean = self.moved(self.running_mean, mean)


@running.mistake(
    "only the variance is updated",
    "running_var is right, and running_mean is what it was before. Both are needed in evaluation.",
)
class _(PlainBatchNorm):
    def update(self, x, mean, var):
        self.running_var = self.moved(self.running_var, var)


@running.mistake(
    "mean and variance are swapped",
    "The batch's variance goes into running_mean, and its mean into running_var.",
)
class _(PlainBatchNorm):
    def update(self, x, mean, var):
        super().update(x, var, mean)


@running.mistake(
    "the running statistics hang on the graph",
    "The values are right, but the update was recorded. Each step would keep the graphs of all steps before it alive, "
    "slower and larger with every step. Buffers are updated inside no_grad.",
)
class _(PlainBatchNorm):
    def update(self, x, mean, var):
        with torch.enable_grad():
            super().update(x, mean, var)
