"""Part 4, the embedding: where the network begins, the walk back ends."""

import torch
from torch.nn.functional import one_hot

from grader.check import check
from grader.checks import slips
from grader.checks.part4_backprop.inputs import incoming


@check(
    "demb",
    points=1,
    hints=(
        "embcat holds the same numbers as emb, in the same order; only the shape differs.",
        "What only changes the shape forward changes it back backward: nothing is computed.",
        "Give the incoming gradient of embcat the shape of emb.",
    ),
)
def demb(m, given):
    """Back through the change of shape"""
    return m.demb(given.f, given.d)


demb.inputs(incoming("emb"))


@demb.mistake(
    "right values, but in the shape of embcat",
    "The values are right, the shape is not: f.emb has one vector for each character of the "
    "context, (n, block_size, n_embd), the answer one row for each example.",
)
def _(f, d):
    return d.embcat.clone()


@demb.mistake(
    "the numbers are dealt out in another order",
    "The shape is right, the numbers are in other places: each row was cut as if the numbers of "
    "the characters were interleaved. In embcat the whole vector of the first character comes "
    "first, then that of the second.",
)
def _(f, d):
    n, block, width = f.emb.shape
    return d.embcat.reshape(n, width, block).transpose(1, 2)


@demb.mistake(
    "batch and context are mixed",
    "The shape is right, but the numbers of one example have ended up in others: the matrix was "
    "cut as if the positions of the context came first. The first dimension stays the batch "
    "throughout.",
)
def _(f, d):
    n, block, width = f.emb.shape
    return d.embcat.reshape(block, n, width).transpose(0, 1)


@demb.mistake(slips.IGNORED, slips.ignored("d.embcat"))
def _(f, d):
    return torch.ones_like(f.emb)


@check(
    "dC",
    points=1,
    hints=(
        "Each vector of emb is a copy of one row of C, and a row is copied as often as its character occurs.",
        "What is copied forward is summed backward: each occurrence adds its gradient to the row "
        "of its character. A loop may do it; there are ways without one that add up repeated "
        "indices.",
        "Start from zeros in the shape of C; walk over all examples and positions, and add the "
        "incoming gradient of emb found there to the row of the character that X names there.",
    ),
)
def dC(m, given):
    """Back through the look-up: every occurrence counts"""
    return m.dC(given.f, given.d)


dC.inputs(incoming("C"))


@dC.mistake(slips.GUESSED, slips.CLASSES_FROM_SHAPE)
def _(f, d):
    return torch.einsum("nbv,nbe->ve", one_hot(f.X).float(), d.emb)


@dC.mistake(
    slips.OVERWRITTEN,
    "Where a character occurs twice, only its last occurrence is left. Note that an indexed += "
    "does not help: with a repeated index it reads the old value once for all of them and writes "
    "once for each. Every occurrence must add its share.",
)
def _(f, d):
    gradient = torch.zeros_like(f.C)
    for character, vector in zip(f.X.flatten(), d.emb.flatten(0, 1), strict=True):
        gradient[character] = vector
    return gradient


@dC.mistake(
    "one number for each character",
    "Each row of C is a vector, and so is its gradient. Here the numbers of a vector are summed, "
    "which leaves a single number for each character.",
)
def _(f, d):
    return _added(f.C, f.X, d.emb).sum(1)


@dC.mistake(
    "averaged over the occurrences",
    "The sum over the occurrences of a character is divided by their number. A character that "
    "occurs often acts on the loss often: the gradients add up.",
)
def _(f, d):
    times = torch.bincount(f.X.flatten(), minlength=len(f.C)).clamp(min=1)
    return _added(f.C, f.X, d.emb) / times.unsqueeze(1)


@dC.mistake(slips.IGNORED, slips.ignored("d.emb"))
def _(f, d):
    return _added(f.C, f.X, torch.ones_like(d.emb))


@dC.mistake(
    "only the last character of the context",
    "Only the last position of each context adds to its row. The earlier positions look up rows of C just as well.",
)
def _(f, d):
    return _added(f.C, f.X[:, -1], d.emb[:, -1])


@dC.mistake(slips.HARD_CODED, "The loop runs over 32 examples and 3 characters. " + slips.BATCH_FROM_SHAPE)
def _(f, d):
    gradient = torch.zeros_like(f.C)
    for i in range(32):
        for j in range(3):
            gradient[f.X[i, j]] += d.emb[i, j]
    return gradient


@dC.mistake(
    "27 is hard-coded",
    "The answer always has the 27 rows of the lecture's alphabet. Take the number of rows from C: "
    "another alphabet has another size.",
)
def _(f, d):
    return _added(d.emb.new_zeros(27, f.C.shape[1]), f.X, d.emb)


def _added(like, X, demb):
    rows = demb.reshape(-1, demb.shape[-1])
    return torch.zeros_like(like).index_add(0, X.flatten(), rows)
