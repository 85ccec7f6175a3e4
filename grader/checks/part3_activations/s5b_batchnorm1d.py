"""Part 3, BatchNorm as an object, in training."""

import torch

from grader.check import check
from grader.checks import slips
from grader.checks.draw import normal, uniform
from grader.checks.part3_activations import variants
from grader.checks.part3_activations.probing import attribute, back, gradient, learning, plain, put
from grader.checks.part3_activations.usual import cut_off, lost, replaced


@check(
    "BatchNorm1d",
    points=2,
    forbids=("batch_norm", "native_batch_norm", "instance_norm", "group_norm"),
    hints=(
        "In training this is your batchnorm, with gamma and beta for its gain and bias.",
        "Mean and variance over dimension 0 of x (n - 1), from x itself and not detached, so that gradients flow "
        "through them; only the running statistics are kept out of the graph.",
        "If self.training: take mean and variance of x over dimension 0. Subtract the mean, divide by the root of "
        "variance plus self.eps, multiply by gamma, add beta; keep it in self.out and return it.",
    ),
)
def BatchNorm1d(m, given):
    """In training: output and gradients"""
    layer = m.BatchNorm1d(*given.arguments, **given.options)
    put(layer, given.values)
    learning(layer)
    x = given.x.clone().requires_grad_()
    out = layer(x)
    back(out, given.upstream)
    return {
        "gamma": attribute(layer, "gamma"),
        "beta": attribute(layer, "beta"),
        "out": plain(out),
        "out is kept": out is getattr(layer, "out", None),
        "gradient of x": gradient(x),
        "gradient of gamma": gradient(getattr(layer, "gamma", None)),
        "gradient of beta": gradient(getattr(layer, "beta", None)),
    }


@BatchNorm1d.inputs
def _(rng):
    # The second has so little variance that the default eps matters.
    for n, scale, arguments, options in (
        (6, 1.5, [4], {"eps": 0.3}),
        (5, 4e-3, [3], {}),
        (9, 1.0, [7, 0.05, 0.2], {}),
    ):
        dim = arguments[0]
        values = {"gamma": uniform(rng, 0.4, 2.0, dim), "beta": normal(rng, dim)}
        values |= {"running_mean": normal(rng, dim), "running_var": uniform(rng, 0.3, 3.0, dim)}
        yield {
            "arguments": arguments,
            "options": options,
            "values": values,
            "x": scale * (normal(rng, n, dim) + uniform(rng, -1, 1, dim)),
            "upstream": normal(rng, n, dim),
        }


def wrong(name, advice, **methods):
    """Register a layer of which one step is another one."""
    BatchNorm1d.mistake(name, advice)(replaced(variants.BatchNorm1d, **methods))


wrong(
    slips.N,
    "The variance is divided by n, as PyTorch's own layer does in training. In this course it is n - 1 everywhere.",
    batch=lambda self, x: (x.mean(0), x.var(0, correction=0)),
)
for name, advice, normalised in variants.EPS:
    wrong(name, advice, normal=normalised)
wrong(
    "eps is missing",
    "A unit that has the same value for all examples is divided by zero. eps is there to prevent it.",
    normal=lambda self, x, mean, variance: (x - mean) / variance.sqrt(),
)
wrong(
    "the root of the standard deviation",
    "The root is taken twice: what stands under it is the standard deviation already. It should be the variance.",
    normal=lambda self, x, mean, variance: (x - mean) / torch.sqrt(variance.sqrt() + self.eps),
)
wrong(
    "the root is missing",
    "The answer divides by the variance. It should divide by its root, the standard deviation.",
    normal=lambda self, x, mean, variance: (x - mean) / (variance + self.eps),
)
wrong(
    "multiplied by the standard deviation",
    "The answer multiplies by the standard deviation. To bring it to one, divide.",
    normal=lambda self, x, mean, variance: (x - mean) * torch.sqrt(variance + self.eps),
)
wrong(
    "the fraction is upside down",
    "The standard deviation is divided by the difference. Divide the difference by it.",
    normal=lambda self, x, mean, variance: torch.sqrt(variance + self.eps) / (x - mean),
)
wrong(
    "not divided by the standard deviation",
    "The mean is taken away, and nothing is divided.",
    normal=lambda self, x, mean, variance: x - mean,
)
wrong(
    "the mean is divided and not the difference",
    "Only the mean is divided by the standard deviation, and then taken away from x. Parentheses are missing.",
    normal=lambda self, x, mean, variance: x - mean / torch.sqrt(variance + self.eps),
)
wrong(
    "the mean is not taken away",
    "x is divided by the standard deviation, its mean still in it.",
    normal=lambda self, x, mean, variance: x / torch.sqrt(variance + self.eps),
)
wrong(
    "the mean is added",
    "The mean is added to x. To bring it to zero it has to be taken away.",
    normal=lambda self, x, mean, variance: (x + mean) / torch.sqrt(variance + self.eps),
)
wrong(
    "x is taken away from the mean",
    "The difference is the wrong way round: the normalised values have the opposite sign.",
    normal=lambda self, x, mean, variance: (mean - x) / torch.sqrt(variance + self.eps),
)
wrong(
    "gamma and beta are multiplied",
    "The normalised values are multiplied by gamma and by beta. beta is to be added.",
    affine=lambda self, xhat: self.gamma * xhat * self.beta,
)
wrong(
    "gamma and beta are swapped",
    "beta multiplies and gamma is added: the other way round.",
    affine=lambda self, xhat: self.beta * xhat + self.gamma,
)
wrong(
    "beta is subtracted",
    "beta is taken away. It is to be added.",
    affine=lambda self, xhat: self.gamma * xhat - self.beta,
)
wrong(
    "gamma is not used",
    "The normalised values are not multiplied by gamma.",
    affine=lambda self, xhat: xhat + self.beta,
)
wrong(
    "beta is not used",
    "The normalised values are multiplied by gamma, but beta is not added.",
    affine=lambda self, xhat: self.gamma * xhat,
)
wrong(
    "gamma and beta are not used",
    "These are the normalised values, without gain and bias.",
    affine=lambda self, xhat: xhat,
)
wrong(
    "the running statistics are used in training",
    "In training the batch is normalised with the running statistics. They are for later: in training use those of "
    "the batch.",
    batch=lambda self, x: (self.running_mean, self.running_var),
)
wrong(
    "the running statistics are used in training: after their update",
    "The running statistics are updated with the batch and then used to normalise it. Normalise with those of the "
    "batch itself.",
    normal=lambda self, x, mean, variance: (x - self.running_mean) / torch.sqrt(self.running_var + self.eps),
)
wrong(
    "the statistics are treated as constants",
    "The output is right. The gradient of x is not: mean and variance were cut off from the graph, as if they did not "
    "depend on x. A loss curve hardly shows it, but two of the three ways back are missing. Only the update of the "
    "running statistics belongs under no_grad.",
    batch=lambda self, x: (x.detach().mean(0), x.detach().var(0)),
)
wrong(
    "the variance is treated as a constant",
    "The output is right. The gradient of x lacks the way through the variance, which was cut off from the graph.",
    batch=lambda self, x: (x.mean(0), x.detach().var(0)),
)
wrong(
    "the mean is treated as a constant",
    "The output is right. The gradient of x lacks the way through the mean, which was cut off from the graph.",
    batch=lambda self, x: (x.detach().mean(0), x.var(0)),
)
wrong(
    "the normalised values are cut off from the graph",
    "The output is right, and gamma and beta learn. But no gradient reaches x: the normalised values were detached.",
    affine=lambda self, xhat: self.gamma * xhat.detach() + self.beta,
)
wrong(
    slips.WRONG_DIMENSION,
    "Mean and variance run over the units of each example. That is LayerNorm; BatchNorm takes them over the examples.",
    batch=lambda self, x: (x.mean(1, keepdim=True), x.var(1, keepdim=True)),
    update=lambda self, mean, variance: None,
)
wrong(
    "one mean and one variance for everything",
    "All entries were thrown together. Each unit has its own mean and its own variance.",
    batch=lambda self, x: (x.mean(), x.var()),
)
wrong(
    "one mean for everything",
    "The mean is that of all entries. Each unit has its own.",
    batch=lambda self, x: (x.mean(), x.var(0)),
)
wrong(
    "one variance for everything",
    "The variance is that of all entries. Each unit has its own.",
    batch=lambda self, x: (x.mean(0), x.var()),
)
wrong(
    "the sum instead of the mean",
    "The sum over the batch is taken away. Divide it by the number of examples.",
    batch=lambda self, x: (x.sum(0), x.var(0)),
)
wrong(
    "gain and bias are not learnable",
    "The output is right, but gamma and beta get no gradient: they are not in the list that parameters() returns.",
    parameters=lambda self: [],
)
wrong(
    "beta is not learnable",
    "The output is right, but beta gets no gradient: it is not in the list that parameters() returns.",
    parameters=lambda self: [self.gamma],
)
wrong(
    "gamma is not learnable",
    "The output is right, but gamma gets no gradient: it is not itself in the list that parameters() returns.",
    parameters=lambda self: [self.beta],
)


@BatchNorm1d.mistake(
    "the output is not kept",
    "The layer returns the right values, but layer.out is not that very tensor (a detached copy will not do). The "
    "instruments will look for it there.",
)
class _(variants.BatchNorm1d):
    def __call__(self, x):
        out = super().__call__(x)
        self.out = None
        return out


@BatchNorm1d.mistake("nothing is returned", "The output is kept, but the call returns None: a return is missing.")
class _(variants.BatchNorm1d):
    def __call__(self, x):
        super().__call__(x)


cut_off(BatchNorm1d)
lost(
    BatchNorm1d,
    variants.BatchNorm1d,
    ("eps", "momentum", "training", "gamma", "beta", "running_mean", "running_var"),
)
