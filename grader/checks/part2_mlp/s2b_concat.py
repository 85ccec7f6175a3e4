"""Part 2, the embeddings of a context side by side."""

import torch

from grader.check import check
from grader.checks import slips
from grader.checks.draw import normal
from grader.checks.part2_mlp.inputs import WITH_ONE
from grader.checks.part2_mlp.spoilt import TENSORS, handed_back, spoilt
from reference import part2_mlp as reference


@check(
    "concat_embeddings",
    points=2,
    hints=(
        "The numbers lie in memory in the right order already. Only the shape is to be read differently.",
        "A view keeps the storage and changes the shape: the number of examples stays, the two other dimensions become "
        "one. Its size need not be worked out: torch finds the one size that is left open.",
        "View emb with its first size as the first, and minus one as the second.",
    ),
)
def concat_embeddings(m, given):
    """Side by side, without a copy"""
    emb = given.emb.clone().requires_grad_()
    answer = m.concat_embeddings(emb)
    usable = type(answer) is torch.Tensor and answer.shape == given.upstream.shape and answer.requires_grad
    if usable:
        (answer * given.upstream).sum().backward()
    return {
        "joined": answer,
        "the gradient of emb": torch.zeros_like(emb) if emb.grad is None else emb.grad,
        "it shares the storage of emb": shared(answer, emb),
    }


def shared(answer, emb):
    """Whether the two read the same storage."""
    return type(answer) is torch.Tensor and answer.untyped_storage().data_ptr() == emb.untyped_storage().data_ptr()


@concat_embeddings.inputs
def _(rng):
    for sizes in WITH_ONE:
        shape = (sizes.N, sizes.block, sizes.E)
        yield {"emb": normal(rng, *shape), "upstream": normal(rng, sizes.N, sizes.block * sizes.E)}


@concat_embeddings.mistake(
    "a copy",
    "The numbers are right, and all of them were copied: this is a new tensor with a storage of its own. To join "
    "pieces (cat, stack) is to copy. The numbers lie in the right order already; ask for another shape of the same "
    "storage.",
)
def _(emb):
    return torch.cat(torch.unbind(emb, 1), 1)


@concat_embeddings.mistake(
    "feature by feature instead of character by character",
    "Each row holds the first number of all its characters, then the second of all, and so on. The vector of the first "
    "character should come first, in one piece.",
)
def _(emb):
    return emb.transpose(1, 2).flatten(1)


@concat_embeddings.mistake(
    "the characters in reverse",
    "The vectors are laid end to end from the last character to the first. The first, the oldest, comes first.",
)
def _(emb):
    return torch.cat(torch.unbind(emb, 1)[::-1], 1)


@concat_embeddings.mistake(
    "all examples in one row",
    "The numbers of all examples stand in a single row. Each example has a row of its own: the first dimension stays.",
)
def _(emb):
    return emb.view(1, -1)


@concat_embeddings.mistake(
    "one long vector",
    "All dimensions have become one. Each example has a row of its own: the first dimension stays.",
)
def _(emb):
    return emb.flatten()


@concat_embeddings.mistake(
    "the wrong two dimensions are joined",
    "The examples were joined with the places of the context, which gives a row for each character: (N * block_size, "
    "E). The places and the numbers of a vector are to be joined.",
)
def _(emb):
    return emb.flatten(0, 1)


@concat_embeddings.mistake(slips.HARD_CODED, slips.BATCH_FROM_SHAPE)
def _(emb):
    return emb.view(32, -1)


@concat_embeddings.mistake(
    "30 is hard-coded",
    "The rows have 30 numbers, three characters of ten. Another block_size or another embedding has another width; "
    "read it from the shape, or let torch work it out.",
)
def _(emb):
    return emb.view(-1, 30)


@concat_embeddings.mistake(
    "6 is hard-coded",
    "The rows have 6 numbers, three characters of two. Another block_size or another embedding has another width; "
    "read it from the shape, or let torch work it out.",
)
def _(emb):
    return emb.view(-1, 6)


@concat_embeddings.mistake(
    "added up instead of laid side by side",
    "The vectors of a context were added up: a bag of letters, in which the order is lost. Laid side by side they keep "
    "their places.",
)
def _(emb):
    return emb.sum(1)


@concat_embeddings.mistake(
    "averaged instead of laid side by side",
    "The vectors of a context were averaged: a bag of letters, in which the order is lost. Laid side by side they keep "
    "their places.",
)
def _(emb):
    return emb.mean(1)


@concat_embeddings.mistake(
    "only the last character",
    "The vector of the newest character is all that is left. The whole context is to go into the next layer.",
)
def _(emb):
    return emb[:, -1]


@concat_embeddings.mistake(
    "cut off from the embedding",
    "The numbers are right, but the answer is detached: no gradient finds its way back to the embedding.",
)
def _(emb):
    return reference.concat_embeddings(emb.detach())


@concat_embeddings.mistake(
    "as many columns as examples",
    "The numbers are in the right order, and the shape is the wrong way round: the number of examples was given for "
    "the second dimension. It is the first.",
)
def _(emb):
    return emb.view(-1, emb.shape[0])


@concat_embeddings.mistake(
    "as many rows as characters in a context",
    "The first dimension is block_size. It is the number of examples, the first size of emb.",
)
def _(emb):
    return emb.view(emb.shape[1], -1)


@concat_embeddings.mistake(
    "the second size is missing",
    "A view needs a size for each of its dimensions, and here is only the number of examples. One of them may be left "
    "open, by writing -1 for it.",
)
def _(emb):
    return emb.view(emb.shape[0])


spoilt(concat_embeddings, TENSORS)
handed_back(concat_embeddings, "emb")
