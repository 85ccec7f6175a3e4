"""Part 2, random batches."""

import torch

from grader.check import check
from grader.checks import slips
from grader.checks.part2_mlp.inputs import seed
from grader.checks.part2_mlp.spoilt import INTS, handed_back, spoilt
from grader.checks.tools import by_name
from reference import part2_mlp as reference


@check(
    "minibatch",
    points=2,
    hints=(
        "Draw row numbers at random, then take these rows.",
        "One draw of row numbers serves both tensors, so that each context keeps its answer. The draw goes through the "
        "generator that was passed.",
        "Draw batch_size ints from 0 to the number of examples with randint and the generator; index X and Y with them "
        "and return both.",
    ),
)
def minibatch(m, given):
    """Two batches in a row from one generator"""
    generator = torch.Generator().manual_seed(given.seed)
    batches = [m.minibatch(given.X, given.Y, given.batch_size, generator) for _ in range(2)]
    return {name: by_name(batch, "X", "Y") for name, batch in zip(("first", "second"), batches, strict=True)}


@minibatch.inputs
def _(rng):
    for count, block, batch_size in ((50, 3, 7), (90, 2, 32), (9, 4, 21)):
        rows = torch.randperm(1000, generator=rng)[:count]  # no two answers are equal
        yield {
            "X": torch.randint(1000, (count, block), generator=rng),
            "Y": rows,
            "batch_size": batch_size,
            "seed": seed(rng),
        }


@minibatch.mistake(
    "X and Y are drawn separately",
    "Each of the two has rows of its own, so that most contexts have lost their answer. One draw serves both.",
)
def _(X, Y, batch_size, generator):
    first = torch.randint(0, len(X), (batch_size,), generator=generator)
    return X[first], Y[torch.randint(0, len(X), (batch_size,), generator=generator)]


@minibatch.mistake(
    "the generator is not used",
    "The rows are drawn from torch's global random numbers. Pass the generator on to the draw: with it, anyone can "
    "repeat your run.",
)
def _(X, Y, batch_size, generator):
    return reference.minibatch(X, Y, batch_size, None)


@minibatch.mistake(
    "the generator starts anew each time",
    "The first batch is right, and the second is the same again: the generator was set back to its seed, or made anew. "
    "It has to go on from where it is.",
)
def _(X, Y, batch_size, generator):
    return reference.minibatch(X, Y, batch_size, generator.manual_seed(generator.initial_seed()))


@minibatch.mistake(
    "drawn without replacement",
    "The rows are the beginning of a random permutation, so that none comes twice. The docstring draws each row from "
    "all of them.",
)
def _(X, Y, batch_size, generator):
    rows = torch.randperm(len(X), generator=generator)[:batch_size]
    return X[rows], Y[rows]


@minibatch.mistake(
    "the last row is never drawn",
    "The upper end of randint does not belong to the range, so that taking one away from it leaves out the last "
    "example.",
)
def _(X, Y, batch_size, generator):
    rows = torch.randint(0, len(X) - 1, (batch_size,), generator=generator)
    return X[rows], Y[rows]


@minibatch.mistake(
    "the first row is never drawn",
    "Row numbers begin at 0, and so does the range to draw from.",
)
def _(X, Y, batch_size, generator):
    rows = torch.randint(1, len(X), (batch_size,), generator=generator)
    return X[rows], Y[rows]


@minibatch.mistake(
    "always the first rows",
    "These are the first batch_size examples, each time. A batch is drawn at random from all of them.",
)
def _(X, Y, batch_size, generator):
    return X[:batch_size], Y[:batch_size]


@minibatch.mistake(
    "one stretch of examples in a row",
    "The batch is a stretch of examples that follow each other, which come from the same few words. Draw each row by "
    "itself.",
)
def _(X, Y, batch_size, generator):
    start = torch.randint(0, max(len(X) - batch_size, 1), (1,), generator=generator).item()
    return X[start : start + batch_size], Y[start : start + batch_size]


@minibatch.mistake(
    slips.HARD_CODED,
    "The batch has 32 examples, whatever the size that was passed.",
)
def _(X, Y, batch_size, generator):
    return reference.minibatch(X, Y, 32, generator)


@minibatch.mistake("X and Y are swapped", "Both are right, in the other order: the contexts come first.")
def _(X, Y, batch_size, generator):
    return reference.minibatch(X, Y, batch_size, generator)[::-1]


@minibatch.mistake(
    "only X is cut to the batch",
    "The contexts are those of the batch, the answers are all of them. Take the same rows of both.",
)
def _(X, Y, batch_size, generator):
    return reference.minibatch(X, Y, batch_size, generator)[0], Y


@minibatch.mistake(
    "columns instead of rows",
    "The row numbers are used for the second dimension of X, which has one place for each character of the context. "
    "The examples are the first.",
)
def _(X, Y, batch_size, generator):
    rows = torch.randint(0, len(X), (batch_size,), generator=generator)
    return X[:, rows], Y[rows]


@minibatch.mistake(
    "one row too many to draw from",
    "Sooner or later a row is drawn that does not exist. The upper end of randint does not belong to the range, and "
    "rows are counted from 0.",
)
def _(X, Y, batch_size, generator):
    rows = torch.randint(0, len(X) + 1, (batch_size,), generator=generator)
    return X[rows], Y[rows]


for place, name in enumerate(("X", "Y")):
    spoilt(minibatch, INTS, name, place)
handed_back(minibatch, "X", what="The batch of contexts", member=0)
handed_back(minibatch, "X", what="The batch of answers", member=1)
