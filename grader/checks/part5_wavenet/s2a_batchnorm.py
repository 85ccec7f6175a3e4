"""Part 5, BatchNorm in training: what comes out, and the gradients."""

import torch

from grader.check import check
from grader.checks import slips
from grader.checks.part5_wavenet.handling import (
    CUT,
    NOT_KEPT,
    NOT_KEPT_ADVICE,
    cut_advice,
    gradients,
    kept,
    lacking,
    put,
    variant,
)
from grader.checks.part5_wavenet.norms import PlainBatchNorm, batch, parameters
from reference import part5_wavenet as reference


@check(
    "BatchNorm1d",
    points=2,
    forbids=("batch_norm", "native_batch_norm", "instance_norm", "layer_norm", "group_norm"),
    hints=(
        "A channel is the same thing at all positions: its mean and its variance are taken over all examples and over "
        "all positions, and there is one of each for a channel.",
        "mean and var take a tuple of dimensions. For (B, C) it is dimension 0, for (B, T, C) it is 0 and 1. In "
        "evaluation the running statistics stand in their place; the formula after that is the same.",
        "Choose mean and variance by the mode; subtract the one, divide by the root of the other plus eps; multiply by "
        "gamma, add beta. In training, without a graph, replace each running value by the sum of (1 - momentum) times "
        "itself and momentum times the batch's.",
    ),
)
def BatchNorm1d(m, given):
    """In training: normalised by the statistics over batch and time, with gradients"""
    layer = m.BatchNorm1d(len(given.gamma), eps=given.eps, momentum=given.momentum)
    for name in ("gamma", "beta", "running_mean", "running_var"):
        put(layer, name, getattr(given, name))
    leaves = {"x": given.x, "gamma": layer.gamma, "beta": layer.beta}
    for leaf in leaves.values():
        leaf.requires_grad_()
    first = layer(torch.cat([given.x, -2 * given.x]).detach())
    out = layer(given.x)
    return {
        "out": out,
        "the call before, with a larger batch": first.detach() if isinstance(first, torch.Tensor) else first,
        "gradients": gradients(out, given.upstream, leaves),
        ".out is what was returned": kept(layer, out),
    }


@BatchNorm1d.inputs
def _(rng):
    for shape, eps in (((7, 4), 0.4), ((3, 4, 5), 0.3), ((2, 5, 3), 0.05), ((4, 2, 6), 0.2)):
        yield {**parameters(rng, shape[-1]), **batch(rng, shape), "eps": eps, "momentum": 0.2}
    # Numbers so small that even an eps of 1e-5 can be told from others.
    small = batch(rng, (3, 6, 2))
    yield {**parameters(rng, 2), "x": 0.004 * small["x"], "upstream": small["upstream"], "eps": 3e-5, "momentum": 0.2}


BatchNorm1d.mistake(
    "statistics over the batch only",
    "Each position in time has a mean and a variance of its own here, as if the four positions of a level were four "
    "different layers. It raises no error, trains, and costs a little: look at the shape of running_mean. The "
    "positions share their weights, so a channel has one mean, over batch and time.",
)(variant(PlainBatchNorm, over=lambda self, x: (0,)))


BatchNorm1d.mistake(
    "dimensions 0 and 1 whatever the input is",
    "For (B, T, dim) this is right. For (B, dim) it is not: there dimension 1 is the channels, and a mean over 0 and 1 "
    "mixes them all. The statistics run over all dimensions but the last.",
)(variant(PlainBatchNorm, over=lambda self, x: (0, 1)))


@BatchNorm1d.mistake(
    "statistics over the time only",
    "Each example has a mean and a variance of its own here. They are taken over batch and time together.",
)
class _(PlainBatchNorm):
    def statistics(self, x):
        over = x.ndim - 2
        return x.mean(over, keepdim=True), x.var(over, keepdim=True)

    def update(self, x, mean, var):
        pass


@BatchNorm1d.mistake(
    "statistics over the channels",
    "The mean and the variance run over the last dimension: each position of each example is normalised by itself. "
    "That is LayerNorm, of a later part. Here each channel is normalised, over batch and time.",
)
class _(PlainBatchNorm):
    def statistics(self, x):
        return x.mean(-1, keepdim=True), x.var(-1, keepdim=True)

    def update(self, x, mean, var):
        pass


BatchNorm1d.mistake(
    "one mean for all channels",
    "There is a single mean and a single variance for the whole tensor. Each channel has its own.",
)(variant(PlainBatchNorm, over=lambda self, x: tuple(range(x.ndim))))

BatchNorm1d.mistake(
    slips.N,
    "The variance is divided by n, as torch's layer does in training. Here, as in the lecture, it is the unbiased one, "
    "divided by n - 1.",
)(variant(PlainBatchNorm, statistics=lambda self, x: (x.mean(self.over(x)), x.var(self.over(x), correction=0))))


@BatchNorm1d.mistake(
    f"{slips.N}: counted over the batch",
    "The variance is corrected for the number of examples, B - 1. Its mean was taken of B * T numbers, so there are "
    "B * T - 1 to divide by.",
)
class _(PlainBatchNorm):
    def statistics(self, x):
        mean, n = x.mean(self.over(x)), x.shape[0]
        squares = ((x - mean) ** 2).mean(self.over(x))
        return mean, squares * n / (n - 1)


@BatchNorm1d.mistake(
    "the running statistics are used in training",
    "In training the batch is normalised by its own mean and variance. Here the running ones are used, which belong to "
    "evaluation.",
)
class _(PlainBatchNorm):
    def __call__(self, x):
        self.out = self.scaled((x - self.running_mean) / self.root(self.running_var))
        return self.out


@BatchNorm1d.mistake(
    "the running statistics are updated, and used in training",
    "The running statistics are moved, and then the batch is normalised by them. In training it is normalised by its "
    "own mean and variance. Is an else missing, so that the two lines for evaluation are always reached?",
)
class _(PlainBatchNorm):
    def __call__(self, x):
        with torch.no_grad():
            self.update(x, *self.statistics(x))
        self.out = self.scaled((x - self.running_mean) / self.root(self.running_var))
        return self.out


@BatchNorm1d.mistake(
    f"{CUT}: at the statistics",
    "The output is right and the gradient of x is not: the mean and the variance were computed without a graph, or "
    "detached. They are made of x, so a change of x acts through them as well. Only the running buffers are updated "
    "without a graph.",
)
class _(PlainBatchNorm):
    def statistics(self, x):
        mean, var = super().statistics(x)
        return mean.detach(), var.detach()


@BatchNorm1d.mistake(f"{CUT}: everywhere", cut_advice("x, gamma or beta"))
class _(PlainBatchNorm):
    def __call__(self, x):
        with torch.no_grad():
            return super().__call__(x)


BatchNorm1d.mistake(
    f"{CUT}: at gamma and beta",
    "The output is right, but gamma and beta get no gradient, so that they would stay one and zero for ever. They are "
    "what this layer learns.",
)(variant(PlainBatchNorm, scaled=lambda self, normal: self.gamma.detach() * normal + self.beta.detach()))

BatchNorm1d.mistake(
    "eps outside the root",
    "eps is added to the standard deviation. It belongs to the variance, under the root, as the formula has it.",
)(variant(PlainBatchNorm, root=lambda self, var: torch.sqrt(var) + self.eps))

BatchNorm1d.mistake(
    "eps is added to the standard deviation, and the root taken twice",
    "The root is taken of the standard deviation, which is a root already. Under the root stands the variance, with "
    "eps.",
)(variant(PlainBatchNorm, root=lambda self, var: torch.sqrt(torch.sqrt(var) + self.eps)))

BatchNorm1d.mistake(
    "divided by the variance",
    "The difference from the mean is divided by the variance; a root is missing. In units: a length divided by a "
    "squared length.",
)(variant(PlainBatchNorm, root=lambda self, var: var + self.eps))

BatchNorm1d.mistake(
    "eps is missing",
    "There is no eps under the root. A channel that is constant over the batch would be divided by zero.",
)(variant(PlainBatchNorm, root=lambda self, var: torch.sqrt(var)))

BatchNorm1d.mistake(
    "eps is hard-coded",
    "1e-5 is used whatever eps the layer was made with. Keep it when the layer is made, and use what was kept.",
)(variant(PlainBatchNorm, root=lambda self, var: torch.sqrt(var + 1e-5)))


@BatchNorm1d.mistake(
    "the mean is not subtracted",
    "The numbers are divided by their standard deviation, but the mean is still in them.",
)
class _(PlainBatchNorm):
    def statistics(self, x):
        mean, var = super().statistics(x)
        return torch.zeros_like(mean), var


BatchNorm1d.mistake(
    "gamma and beta are not used",
    "The output has mean 0 and variance 1 whatever gamma and beta are. It is to be multiplied by gamma, and beta is "
    "added.",
)(variant(PlainBatchNorm, scaled=lambda self, normal: normal))

BatchNorm1d.mistake("beta is missing", "beta is not added.")(
    variant(PlainBatchNorm, scaled=lambda self, normal: self.gamma * normal)
)

BatchNorm1d.mistake("gamma is missing", "gamma is not there: the normalised numbers are to be multiplied by it.")(
    variant(PlainBatchNorm, scaled=lambda self, normal: normal + self.beta)
)

BatchNorm1d.mistake("beta is subtracted", "beta is taken away where it should be added.")(
    variant(PlainBatchNorm, scaled=lambda self, normal: self.gamma * normal - self.beta)
)

BatchNorm1d.mistake(
    "gamma multiplies beta as well",
    "A bracket stands in the wrong place: beta is added before the multiplication, so that gamma scales it too.",
)(variant(PlainBatchNorm, scaled=lambda self, normal: self.gamma * (normal + self.beta)))


@BatchNorm1d.mistake(NOT_KEPT, NOT_KEPT_ADVICE)
class _(PlainBatchNorm):
    def __call__(self, x):
        out = super().__call__(x)
        del self.out
        return out


lacking(
    BatchNorm1d,
    reference.BatchNorm1d,
    *("eps", "momentum", "training", "gamma", "beta", "running_mean", "running_var", "out"),
)


BatchNorm1d.mistake(
    "one mean, but a variance for each channel",
    "There is a single mean for the whole tensor. Each channel has its own, as each has its own variance.",
)(variant(PlainBatchNorm, statistics=lambda self, x: (x.mean(), x.var(self.over(x)))))

BatchNorm1d.mistake(
    "one variance, but a mean for each channel",
    "There is a single variance for the whole tensor. Each channel has its own, as each has its own mean.",
)(variant(PlainBatchNorm, statistics=lambda self, x: (x.mean(self.over(x)), x.var())))

BatchNorm1d.mistake(
    "a sum in place of the mean", "What is subtracted is the sum of the numbers; a mean is their sum by n."
)(variant(PlainBatchNorm, statistics=lambda self, x: (x.sum(self.over(x)), x.var(self.over(x)))))

BatchNorm1d.mistake(
    "multiplied by the standard deviation",
    "The difference from the mean is multiplied by the standard deviation; it is divided by it, to have the spread "
    "one.",
)(variant(PlainBatchNorm, root=lambda self, var: 1 / torch.sqrt(var + self.eps)))

BatchNorm1d.mistake(
    "the spread is left as it is",
    "The mean is subtracted, and nothing is divided: the numbers keep the spread that they had.",
)(variant(PlainBatchNorm, root=lambda self, var: 1.0))

BatchNorm1d.mistake("eps is subtracted", "eps is taken away from the variance; it is added, to keep it from zero.")(
    variant(PlainBatchNorm, root=lambda self, var: torch.sqrt(var - self.eps))
)


BatchNorm1d.mistake(
    "the mean is added", "The mean is added to x; it is subtracted, so that what is left has mean zero."
)(variant(PlainBatchNorm, statistics=lambda self, x: (-x.mean(self.over(x)), x.var(self.over(x)))))

BatchNorm1d.mistake(
    "x is subtracted from the mean",
    "The difference is taken the wrong way round: the mean is to be subtracted from x.",
)(variant(PlainBatchNorm, scaled=lambda self, normal: self.gamma * -normal + self.beta))

BatchNorm1d.mistake("only beta", "What comes out is beta alone, without the normalised numbers.")(
    variant(PlainBatchNorm, scaled=lambda self, normal: self.beta * 1.0)
)
