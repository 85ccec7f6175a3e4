"""Part 3, BatchNorm as a function."""

import torch

from grader.check import check
from grader.checks import slips
from grader.checks.draw import normal, uniform
from grader.checks.part3_activations.probing import back, gradient, plain


@check(
    "batchnorm",
    points=2,
    forbids=("batch_norm", "native_batch_norm", "instance_norm", "group_norm"),
    hints=(
        "Every column is brought to mean 0 and variance 1 over the batch, then stretched and shifted as learnt.",
        "Mean and variance run over dimension 0, one of each for every column; eps is added to the variance before "
        "the root is taken.",
        "Subtract the mean over dimension 0, divide by the root of variance plus eps, multiply by bngain, add bnbias.",
    ),
)
def batchnorm(m, given):
    """Forward"""
    return m.batchnorm(given.x, given.bngain, given.bnbias, given.eps)


@check(
    "batchnorm",
    points=1,
    hints=(
        "The gradient of x runs on three ways: directly, through the mean, and through the variance.",
        "Autograd finds all three as long as nothing on the way is detached, turned into a number, or computed "
        "under no_grad.",
        "Compute mean and variance as tensors, from x itself, with gradients switched on.",
    ),
)
def gradients(m, given):
    """Backward: through x, bngain and bnbias"""
    leaves = [t.clone().requires_grad_() for t in (given.x, given.bngain, given.bnbias)]
    out = m.batchnorm(*leaves, given.eps)
    back(out, given.upstream)
    return {"out": plain(out), **dict(zip(("x", "bngain", "bnbias"), map(gradient, leaves), strict=True))}


def cases(rng):
    """Batches of which one has so little variance that eps matters at its usual size."""
    for n, hidden, scale, eps in ((6, 4, 1.5, 0.3), (5, 3, 4e-3, 1e-5), (9, 7, 1.0, 0.05)):
        yield {
            "x": scale * (normal(rng, n, hidden) + uniform(rng, -1, 1, hidden)),
            "bngain": uniform(rng, 0.4, 2.0, 1, hidden),
            "bnbias": normal(rng, 1, hidden),
            "eps": eps,
            "upstream": normal(rng, n, hidden),
        }


batchnorm.inputs(cases)
gradients.inputs(cases)


def statistics(x):
    """The mean and the unbiased variance of each column."""
    return x.mean(0, keepdim=True), x.var(0, keepdim=True)


def wrong(name, advice, formula=None, mean=None, variance=None):
    """Register a mistake that shows forwards as well as backwards: another formula, or another statistic.

    formula(x, mean, variance, gain, bias, eps); mean(x); variance(x).
    """

    def variant(x, bngain, bnbias, eps):
        right = statistics(x)
        m, v = mean(x) if mean else right[0], variance(x) if variance else right[1]
        if formula:
            return formula(x, m, v, bngain, bnbias, eps)
        return bngain * (x - m) / torch.sqrt(v + eps) + bnbias

    batchnorm.mistake(name, advice)(variant)
    gradients.mistake(name, advice)(variant)


wrong(
    slips.N,
    "The variance is divided by n, as PyTorch's own layer does in training. In this course it is n - 1 everywhere.",
    variance=lambda x: x.var(0, correction=0),
)
wrong(
    "eps is outside of the root",
    "eps is added to the standard deviation. It belongs to the variance, before the root is taken.",
    lambda x, mean, var, gain, bias, eps: gain * (x - mean) / (var.sqrt() + eps) + bias,
)
wrong(
    "eps is added to the fraction",
    "eps is added to the result of the division: a division binds tighter than a sum. It belongs under the root.",
    lambda x, mean, var, gain, bias, eps: gain * (x - mean) / var.sqrt() + eps + bias,
)
wrong(
    "eps is missing",
    "The standard deviation is right, but a unit that has the same value for all examples is divided by zero. "
    "eps is there to prevent it.",
    lambda x, mean, var, gain, bias, eps: gain * (x - mean) / var.sqrt() + bias,
)
wrong(
    "eps is hard-coded",
    "The answer uses 1e-5 whatever eps is passed in.",
    lambda x, mean, var, gain, bias, eps: gain * (x - mean) / torch.sqrt(var + 1e-5) + bias,
)
wrong(
    "eps is subtracted",
    "eps is taken away from the variance, which makes a small one negative. It is to be added.",
    lambda x, mean, var, gain, bias, eps: gain * (x - mean) / torch.sqrt(var - eps) + bias,
)
wrong(
    "the root of the standard deviation",
    "The root is taken twice: what stands under it is the standard deviation already. It should be the variance.",
    lambda x, mean, var, gain, bias, eps: gain * (x - mean) / torch.sqrt(var.sqrt() + eps) + bias,
)
wrong(
    "the root is missing",
    "The answer divides by the variance. It should divide by its root, the standard deviation.",
    lambda x, mean, var, gain, bias, eps: gain * (x - mean) / (var + eps) + bias,
)
wrong(
    "multiplied by the standard deviation",
    "The answer multiplies by the standard deviation. To bring it to one, divide.",
    lambda x, mean, var, gain, bias, eps: gain * (x - mean) * torch.sqrt(var + eps) + bias,
)
wrong(
    "not divided by the standard deviation",
    "The mean is taken away, and nothing is divided.",
    lambda x, mean, var, gain, bias, eps: gain * (x - mean) + bias,
)
wrong(
    "the fraction is upside down",
    "The standard deviation is divided by the difference. Divide the difference by it.",
    lambda x, mean, var, gain, bias, eps: torch.sqrt(var + eps) / (gain * (x - mean)) + bias,
)
wrong(
    "the mean is divided and not the difference",
    "Only the mean is divided by the standard deviation, and then taken away from x: a division binds tighter than a "
    "difference. Parentheses are missing.",
    lambda x, mean, var, gain, bias, eps: gain * (x - mean / torch.sqrt(var + eps)) + bias,
)
wrong(
    "the mean is not taken away",
    "The answer divides by the standard deviation, but does not subtract the mean.",
    lambda x, mean, var, gain, bias, eps: gain * x / torch.sqrt(var + eps) + bias,
)
wrong(
    "the mean is added",
    "The mean is added to x. To bring it to zero it has to be taken away.",
    lambda x, mean, var, gain, bias, eps: gain * (x + mean) / torch.sqrt(var + eps) + bias,
)
wrong(
    "x is taken away from the mean",
    "The difference is the wrong way round: the normalised values are negated.",
    lambda x, mean, var, gain, bias, eps: gain * (mean - x) / torch.sqrt(var + eps) + bias,
)
wrong(
    "gain and bias are missing",
    "The normalised values are right. They are still to be multiplied by bngain, and bnbias is to be added.",
    lambda x, mean, var, gain, bias, eps: (x - mean) / torch.sqrt(var + eps),
)
wrong(
    "the gain is missing",
    "The normalised values are not multiplied by bngain.",
    lambda x, mean, var, gain, bias, eps: (x - mean) / torch.sqrt(var + eps) + bias,
)
wrong(
    "the bias is missing",
    "The normalised values are multiplied by bngain, but bnbias is not added.",
    lambda x, mean, var, gain, bias, eps: gain * (x - mean) / torch.sqrt(var + eps),
)
wrong(
    "the bias is subtracted",
    "bnbias is taken away. It is to be added.",
    lambda x, mean, var, gain, bias, eps: gain * (x - mean) / torch.sqrt(var + eps) - bias,
)
wrong(
    "the bias is multiplied by the gain",
    "bnbias is added before bngain multiplies. Multiply first, then add.",
    lambda x, mean, var, gain, bias, eps: gain * ((x - mean) / torch.sqrt(var + eps) + bias),
)
wrong(
    "gain and bias are swapped",
    "bnbias multiplies and bngain is added: it should be the other way round.",
    lambda x, mean, var, gain, bias, eps: bias * (x - mean) / torch.sqrt(var + eps) + gain,
)
wrong(
    slips.WRONG_DIMENSION,
    "Mean and variance run over the units of each example. That is LayerNorm; BatchNorm takes them over the examples, "
    "for each unit.",
    mean=lambda x: x.mean(1, keepdim=True),
    variance=lambda x: x.var(1, keepdim=True),
)
wrong(
    f"{slips.WRONG_DIMENSION}: the mean",
    "The mean runs over the units of each example. It is to run over the examples.",
    mean=lambda x: x.mean(1, keepdim=True),
)
wrong(
    f"{slips.WRONG_DIMENSION}: the variance",
    "The variance runs over the units of each example. It is to run over the examples.",
    variance=lambda x: x.var(1, keepdim=True),
)
wrong(
    "one mean and one variance for everything",
    "All entries were thrown together. Each unit has its own mean and its own variance.",
    mean=lambda x: x.mean(),
    variance=lambda x: x.var(),
)
wrong("one mean for everything", "The mean is that of all entries. Each unit has its own.", mean=lambda x: x.mean())
wrong(
    "one variance for everything",
    "The variance is that of all entries. Each unit has its own.",
    variance=lambda x: x.var(),
)
wrong("the sum instead of the mean", "The sum is taken away. Divide it by n.", mean=lambda x: x.sum(0, keepdim=True))


@gradients.mistake(
    "the statistics are treated as constants",
    "The output is right. The gradient of x is not: mean and variance were cut off from the graph, as if they did not "
    "depend on x. A loss curve hardly shows it, but two of the three ways back are missing.",
)
def _(x, bngain, bnbias, eps):
    mean, variance = statistics(x.detach())
    return bngain * (x - mean) / torch.sqrt(variance + eps) + bnbias


@gradients.mistake(
    "the variance is treated as a constant",
    "The output is right. The gradient of x lacks the way through the variance, which was cut off from the graph.",
)
def _(x, bngain, bnbias, eps):
    mean, variance = statistics(x)
    return bngain * (x - mean) / torch.sqrt(variance.detach() + eps) + bnbias


@gradients.mistake(
    "the mean is treated as a constant",
    "The output is right. The gradient of x lacks the way through the mean, which was cut off from the graph.",
)
def _(x, bngain, bnbias, eps):
    mean, variance = statistics(x)
    return bngain * (x - mean.detach()) / torch.sqrt(variance + eps) + bnbias


@gradients.mistake(
    "the output has no graph",
    "The output is right, but nothing leads back from it: it was computed under no_grad, or detached.",
)
def _(x, bngain, bnbias, eps):
    mean, variance = statistics(x)
    return (bngain * (x - mean) / torch.sqrt(variance + eps) + bnbias).detach()


@gradients.mistake(
    "x is cut off from the graph",
    "The output is right, and so are the gradients of bngain and bnbias; x gets none. It was detached on the way.",
)
def _(x, bngain, bnbias, eps):
    mean, variance = statistics(x.detach())
    return bngain * (x.detach() - mean) / torch.sqrt(variance + eps) + bnbias


@gradients.mistake(
    "gain and bias do not learn",
    "The output is right, and so is the gradient of x; bngain and bnbias get none. They were detached on the way.",
)
def _(x, bngain, bnbias, eps):
    mean, variance = statistics(x)
    return bngain.detach() * (x - mean) / torch.sqrt(variance + eps) + bnbias.detach()
