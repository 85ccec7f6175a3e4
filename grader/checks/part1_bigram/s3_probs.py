"""Part 1, from counts to probabilities: a division that broadcasts."""

import torch

from grader.check import check
from grader.checks.part1_bigram.inputs import SIZES
from reference import part1_bigram as reference


@check(
    "bigram_probs",
    points=2,
    hints=(
        "Each row is divided by its own sum, after the smoothing has been added to all counts.",
        "The sums of the rows must be a column, (V, 1), to be lined up with the rows; as a plain (V,) they are lined "
        "up with the columns. A sum can keep its dimension.",
        "Add the smoothing to the table, and divide the result by its sum over the columns, taken with the dimension "
        "kept.",
    ),
)
def bigram_probs(m, given):
    """Rows that sum to 1, smoothed"""
    return {
        "smoothing=1, the default": m.bigram_probs(given.counts),
        f"smoothing={given.smoothing}": m.bigram_probs(given.counts, given.smoothing),
    }


@bigram_probs.inputs
def _(rng):
    for (size, _), smoothing, dtype in zip(SIZES, (0, 3, 0.25), (torch.int32, torch.int64, torch.int64), strict=True):
        while True:
            counts = torch.randint(0, 30, (size, size), generator=rng, dtype=dtype)
            counts *= torch.rand((size, size), generator=rng) < 0.7
            if counts.sum(1).min() > 0 and (counts.sum(0) != counts.sum(1)).all() and (counts == 0).any():
                break
        yield {"counts": counts, "smoothing": smoothing}


@bigram_probs.explain
def _(given, got, wrong):
    table = next(iter(got.values()), None) if isinstance(got, dict) else None
    if not isinstance(table, torch.Tensor) or table.shape != given.counts.shape:
        return None
    low, high = table.double().sum(1).aminmax()
    return f"With the default smoothing the sums of the rows go from {low:.4g} to {high:.4g}; each should be 1."


@bigram_probs.mistake(
    "columns are divided by the sums of the rows",
    "The sums are right, but they have the shape (V,), and shapes are aligned at the right: column j is divided by the "
    "sum of row j. There is no error, because the table is square. A sum that keeps its dimension is a column (V, 1), "
    "and then each row is divided by its own sum.",
)
def _(counts, smoothing=1):
    smoothed = counts + smoothing
    return smoothed / smoothed.sum(1)


@bigram_probs.mistake(
    "the columns sum to 1",
    "Each column is divided by its sum: that answers which character came before, given the second one. Rows are first "
    "characters, so it is the rows that should sum to 1.",
)
def _(counts, smoothing=1):
    smoothed = counts + smoothing
    return smoothed / smoothed.sum(0, keepdim=True)


@bigram_probs.mistake(
    "rows are divided by the sums of the columns",
    "The sums are those of the columns, and each row is divided by one of them.",
)
def _(counts, smoothing=1):
    smoothed = counts + smoothing
    return smoothed / smoothed.sum(0).unsqueeze(1)


@bigram_probs.mistake(
    "everything together sums to 1",
    "All entries are divided by the sum of the whole table: how likely is this pair among all pairs? Asked is how "
    "likely the second character is, given the first; each row is a distribution of its own.",
)
def _(counts, smoothing=1):
    smoothed = counts + smoothing
    return smoothed / smoothed.sum()


@bigram_probs.mistake(
    "smoothed after the division",
    "The smoothing is added to the probabilities, so the rows sum to more than 1. It stands for bigrams that we "
    "pretend to have seen: it belongs to the counts.",
)
def _(counts, smoothing=1):
    return counts / counts.sum(1, keepdim=True) + smoothing


@bigram_probs.mistake(
    "smoothed after the division, and divided again",
    "The smoothing is added to the probabilities, and they are divided once more. The rows sum to 1, but 1 is added to "
    "numbers below 1, so that nearly everything becomes alike. It belongs to the counts.",
)
def _(counts, smoothing=1):
    smoothed = counts / counts.sum(1, keepdim=True) + smoothing
    return smoothed / smoothed.sum(1, keepdim=True)


@bigram_probs.mistake(
    "smoothing is ignored",
    "The counts are divided without the smoothing; where a count is 0, so is the probability.",
)
def _(counts, smoothing=1):
    return counts / counts.sum(1, keepdim=True)


@bigram_probs.mistake(
    "smoothing is always 1",
    "With the default the table is right. With another smoothing it is the same table: the argument is not used.",
)
def _(counts, smoothing=1):
    return reference.bigram_probs(counts, 1)


@bigram_probs.mistake(
    "the sum is that of the counts before smoothing",
    "The counts are smoothed and their sum is not, so the rows sum to more than 1. Add first, then take the sum of "
    "what came out.",
)
def _(counts, smoothing=1):
    return (counts + smoothing) / counts.sum(1, keepdim=True)


@bigram_probs.mistake(
    "only the sum is smoothed",
    "The sum is that of the smoothed counts, and the counts that are divided by it are not smoothed: the rows sum to "
    "less than 1.",
)
def _(counts, smoothing=1):
    return counts / (counts + smoothing).sum(1, keepdim=True)


@bigram_probs.mistake(
    "the smoothing is added to the sum once",
    "The sum of a row grows by the smoothing of each of its V entries, not by one of them.",
)
def _(counts, smoothing=1):
    return (counts + smoothing) / (counts.sum(1, keepdim=True) + smoothing)


@bigram_probs.mistake(
    "the smoothing is taken away",
    "The smoothing is subtracted from the counts. It is added: we pretend to have seen more.",
)
def _(counts, smoothing=1):
    smoothed = counts - smoothing
    return smoothed / smoothed.sum(1, keepdim=True)


@bigram_probs.mistake(
    "integer division",
    "This is a division of whole numbers, which leaves nothing behind the point: a part of a whole is 0. Divide with "
    "/, or make floats of the counts first.",
)
def _(counts, smoothing=1):
    smoothed = counts + smoothing
    return smoothed // smoothed.sum(1, keepdim=True)


@bigram_probs.mistake(
    "softmax of the counts",
    "The exponential of the counts is taken before the division. That is for logits, which are logarithms of counts; "
    "these are the counts themselves.",
)
def _(counts, smoothing=1):
    return torch.softmax((counts + smoothing).float(), 1)


@bigram_probs.mistake(
    "multiplied instead of divided", "The counts are multiplied by the sum of their row, where they should be divided."
)
def _(counts, smoothing=1):
    smoothed = counts + smoothing
    return smoothed * smoothed.sum(1, keepdim=True)


@bigram_probs.mistake(
    "the mean instead of the sum",
    "Each row is divided by its mean, so that it sums to V. Divide by its sum.",
)
def _(counts, smoothing=1):
    return reference.bigram_probs(counts, smoothing) * len(counts)


@bigram_probs.mistake(
    "computed in float64",
    "The values are right, but they are float64. float32 is asked for, which is what torch makes of a division of "
    "whole numbers by itself, and what the other exercises work with.",
)
def _(counts, smoothing=1):
    return reference.bigram_probs(counts, smoothing).double()


@bigram_probs.mistake(
    "not divided", "These are the smoothed counts. Divided by the sum of their row, they become probabilities."
)
def _(counts, smoothing=1):
    return counts + smoothing


@bigram_probs.mistake(
    "the fraction is upside down", "The sum of the row is divided by the counts. It is the counts that are divided."
)
def _(counts, smoothing=1):
    smoothed = counts + smoothing
    return smoothed.sum(1, keepdim=True) / smoothed


@bigram_probs.mistake(
    "one over the sum", "This is 1 over the sum of each row. The counts themselves have to be multiplied by it."
)
def _(counts, smoothing=1):
    return 1 / (counts + smoothing).sum(1, keepdim=True)


@bigram_probs.mistake(
    "the mean of whole numbers",
    "Torch takes no mean of whole numbers. And it is not the mean that is wanted here: a part of a whole is divided by "
    "the sum.",
)
def _(counts, smoothing=1):
    smoothed = counts + smoothing
    return smoothed / smoothed.mean(1, keepdim=True)


@bigram_probs.mistake(
    "made whole numbers in the end",
    "The probabilities are cast to whole numbers, and all of them are between 0 and 1: nothing is left.",
)
def _(counts, smoothing=1):
    return reference.bigram_probs(counts, smoothing).long()


@bigram_probs.mistake("all zeros", "Every probability is zero. A placeholder, perhaps? Each row should sum to 1.")
def _(counts, smoothing=1):
    return torch.zeros(counts.shape)
