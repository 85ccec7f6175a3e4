"""Part 4, Bessel's correction: why this network's variance is divided by n - 1."""

import torch

from grader.check import check
from grader.checks import slips
from grader.checks.draw import normal, uniform
from grader.checks.tools import by_name
from reference import part4_backprop as reference


@check(
    "variance",
    points=1,
    hints=(
        "The variance is the average squared distance from the mean, column by column.",
        "Measured from the batch's own mean the distances come out too small on average; dividing "
        "by one less than n makes up for it. That is the unbiased version.",
        "Subtract the mean over the first dimension, square, sum over the first dimension, and "
        "divide by n less one if it is to be unbiased, else by n.",
    ),
)
def variance(m, given):
    """With and without Bessel's correction"""
    return {"biased": m.variance(given.x, False), "unbiased": m.variance(given.x, True)}


@variance.inputs
def _(rng):
    for shape in ((6,), (5, 3), (4, 2, 3)):
        yield {"x": normal(rng, *shape) + uniform(rng, 1, 3, *shape[1:])}


@variance.mistake(
    "summed over all dimensions",
    "The sum runs over every dimension and leaves one number. Each column has a variance of its own: sum over the "
    "first dimension alone.",
)
def _(x, unbiased):
    return ((x - x.mean(0)) ** 2).sum() / (len(x) - 1 if unbiased else len(x))


@variance.mistake(
    slips.N,
    "The answer divides by n in both cases. The flag asks for the unbiased version: one less than n.",
)
def _(x, unbiased):
    return reference.variance(x, False)


@variance.mistake(
    slips.N_MINUS_1,
    "The answer divides by n - 1 in both cases. Without the flag the biased version is asked for: n.",
)
def _(x, unbiased):
    return reference.variance(x, True)


@variance.mistake(
    "biased and unbiased are swapped",
    "Both versions are right, each under the other's name. The unbiased one is the larger of the two.",
)
def _(x, unbiased):
    return reference.variance(x, not unbiased)


@variance.mistake(
    "the mean is not taken away",
    "This is the mean of the squares. The variance measures distances from the mean.",
)
def _(x, unbiased):
    return (x**2).sum(0) / (len(x) - unbiased)


@variance.mistake(
    "the root is taken",
    "This is the standard deviation. The variance is its square.",
)
def _(x, unbiased):
    return reference.variance(x, unbiased) ** 0.5


@variance.mistake(
    "one variance for everything",
    "All entries were thrown together, which leaves one number. Each column has its own mean and "
    "variance, over the first dimension.",
)
def _(x, unbiased):
    return x.var(correction=int(unbiased))


@variance.mistake(
    "the distances are from the mean of everything",
    "One mean was taken over all entries. Each column is measured from its own mean.",
)
def _(x, unbiased):
    return ((x - x.mean()) ** 2).sum(0) / (len(x) - unbiased)


@variance.mistake(
    slips.DIMENSION_KEPT,
    "The values are right, the shape is not: the first dimension was summed away, so it should be "
    "gone; the answer keeps it with size 1. Broadcasting hides it until someone counts dimensions.",
)
def _(x, unbiased):
    return reference.variance(x, unbiased).unsqueeze(0)


@check(
    "average_variances",
    points=1,
    after="variance",
    hints=(
        "One small batch says little. The average over many of them shows what each version is off by.",
        "Draw a batch, compute both versions of its variance, add them up; after all batches "
        "divide by their number. Both versions look at the same batch.",
        "For each of the batches draw indices with the generator as the docstring says, take "
        "these numbers of x, and add the biased and the unbiased variance to two running sums; "
        "return both sums over the number of batches, as floats.",
    ),
)
def average_variances(m, given):
    """Which of the two is right on average"""
    generator = torch.Generator().manual_seed(given.seed)
    averages = m.average_variances(given.x, given.batch_size, given.batches, generator)
    return by_name(averages, "biased", "unbiased")


@average_variances.inputs
def _(rng):
    for size, batch_size, batches in ((50, 3, 20), (200, 5, 40), (11, 2, 30)):
        seed = int(torch.randint(2**31, (), generator=rng))
        x = 1.5 * normal(rng, size) + 2
        yield {"x": x, "batch_size": batch_size, "batches": batches, "seed": seed}


@average_variances.mistake(
    "biased and unbiased are swapped",
    "Both averages are right, in the other order: the biased one comes first.",
)
def _(x, batch_size, batches, generator):
    return reference.average_variances(x, batch_size, batches, generator)[::-1]


@average_variances.mistake(
    "each version has batches of its own",
    "Two batches are drawn in each round, one for each version. Draw one and give it to both: the "
    "comparison is fair then, and the generator is used as the docstring says.",
)
def _(x, batch_size, batches, generator):
    pairs = [
        (_draw(x, batch_size, generator).var(correction=0), _draw(x, batch_size, generator).var())
        for _ in range(batches)
    ]
    return _average(pairs)


@average_variances.mistake(
    "one variance of all batches together",
    "All draws were put in one big batch. In a big batch n and n - 1 hardly differ, so there is "
    "nothing to see: the variances are to be taken of each small batch, and averaged.",
)
def _(x, batch_size, batches, generator):
    everything = torch.cat([_draw(x, batch_size, generator) for _ in range(batches)])
    return everything.var(correction=0).item(), everything.var().item()


@average_variances.mistake(
    "summed and not averaged",
    "These are the sums over the batches. Divide by how many there were.",
)
def _(x, batch_size, batches, generator):
    biased, unbiased = reference.average_variances(x, batch_size, batches, generator)
    return biased * batches, unbiased * batches


@average_variances.mistake(
    "drawn without putting back",
    "Each batch is the start of a random permutation, so no number can come twice. The docstring "
    "draws random indices, which may repeat.",
)
def _(x, batch_size, batches, generator):
    drawn = [x[torch.randperm(len(x), generator=generator)[:batch_size]] for _ in range(batches)]
    return _average([(batch.var(correction=0), batch.var()) for batch in drawn])


@average_variances.mistake(
    "the size of x where that of the batch belongs",
    "Bessel's correction is made with N, the size of x. It depends on the numbers that the mean "
    "was taken of: those of the batch.",
)
def _(x, batch_size, batches, generator):
    biased, _ = reference.average_variances(x, batch_size, batches, generator)
    return biased, biased * len(x) / (len(x) - 1)


@average_variances.mistake(
    "tensors instead of floats",
    "The values are right, but they come as tensors. Two plain Python floats are asked for.",
)
def _(x, batch_size, batches, generator):
    averages = reference.average_variances(x, batch_size, batches, generator)
    return tuple(torch.tensor(average, dtype=x.dtype) for average in averages)


def _draw(x, batch_size, generator):
    return x[torch.randint(0, len(x), (batch_size,), generator=generator)]


def _average(pairs):
    biased, unbiased = zip(*pairs, strict=True)
    return torch.stack(biased).mean().item(), torch.stack(unbiased).mean().item()
