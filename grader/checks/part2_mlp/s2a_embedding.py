"""Part 2, embeddings by lookup and by a matrix product."""

import torch
import torch.nn.functional as F

from grader.check import check
from grader.checks import slips
from grader.checks.draw import normal
from grader.checks.part2_mlp.inputs import WITH_ONE, examples
from grader.checks.part2_mlp.spoilt import TENSORS, handed_back, spoilt
from reference import part2_mlp as reference


@check(
    "embed",
    points=1,
    hints=(
        "The numbers in X are row numbers of C. Each is to be replaced by its row.",
        "A tensor of ints can be an index: the answer has the shape of the index, with a row where a number stood.",
        "Index C with the whole of X at once.",
    ),
)
def embed(m, given):
    """A row of the table for each character"""
    C = given.C.clone().requires_grad_()
    answer = m.embed(C, given.X)
    return {"embeddings": answer, "the gradient of C": gradient(answer, given.upstream, C)}


def gradient(answer, upstream, leaf):
    """The gradient of the leaf; zeros where the answer does not hang on it."""
    if type(answer) is torch.Tensor and answer.shape == upstream.shape and answer.requires_grad:
        (answer * upstream).sum().backward()
    return torch.zeros_like(leaf) if leaf.grad is None else leaf.grad


@embed.inputs
def _(rng):
    yield from _tables(rng)


def _tables(rng):
    for sizes in WITH_ONE:
        X, _ = examples(rng, sizes)
        X[0, 0] = sizes.V - 2  # so that one-hot vectors are longer than embeddings, whoever makes them
        upstream = normal(rng, sizes.N, sizes.block, sizes.E)
        yield {"C": normal(rng, sizes.V, sizes.E), "X": X, "upstream": upstream}


@embed.mistake(
    "columns instead of rows",
    "The table is read by columns. Each character has a row of C, and a row has E numbers.",
)
def _(C, X):
    return C.T[X % C.shape[1]]


@embed.mistake(
    "flattened too early",
    "The vectors are right, and laid end to end. That is the next exercise: here each has a place of its own, "
    "(N, block_size, E).",
)
def _(C, X):
    return C[X].flatten(1)


@embed.mistake(
    "the two dimensions of X are one",
    "The vectors are right, in one long list. The answer has the shape of X, with a vector where X has a number.",
)
def _(C, X):
    return C[X.flatten()]


@embed.mistake(
    "only one character of the context",
    "Only the newest character of each context is looked up. All block_size of them have a vector.",
)
def _(C, X):
    return C[X[:, -1]]


@embed.mistake(
    "block and batch are swapped",
    "The vectors are right, in the wrong places: the first dimension is the place in the context. The first dimension "
    "of X is the example, and so it stays.",
)
def _(C, X):
    return C[X.T]


@embed.mistake(
    "a dimension of X is lost",
    "The vectors of a context were added up. Which character stood where is then lost.",
)
def _(C, X):
    return C[X].sum(1)


@embed.mistake(
    "cut off from the table",
    "The numbers are right, but the answer has no connection with C any more: it was detached, or made anew from plain "
    "numbers. No gradient reaches the table, and it would stay as random as it was.",
)
def _(C, X):
    return C.detach()[X]


spoilt(embed, TENSORS)
handed_back(embed, "C", "X")


@check(
    "embed_one_hot",
    points=2,
    hints=(
        "Picking row i of a matrix is the same as multiplying the matrix, from the left, by a vector of zeros with a 1 "
        "at i.",
        "A product of (N, block_size, V) and (V, E) runs over the last dimension of the one and the first of the "
        "other, for every example and place. V is known from C, not from X.",
        "Make one-hot vectors of X with as many classes as C has rows, turn them into the dtype of C, and multiply "
        "them with C as matrices.",
    ),
)
def embed_one_hot(m, given):
    """The same as a linear layer"""
    C = given.C.clone().requires_grad_()
    recorded = []

    def record(tensor):
        recorded.append(0 if tensor.shape == C.shape else tensor.numel())
        return tensor

    # A product needs the one-hot vectors again for its gradient; a lookup needs row numbers, for each entry at most.
    with torch.autograd.graph.saved_tensors_hooks(record, lambda tensor: tensor):
        answer = m.embed_one_hot(C, given.X)
    return {
        "embeddings": answer,
        "the gradient of C": gradient(answer, given.upstream, C),
        "each character of the vocabulary has a weight": sum(recorded) > given.X.numel() * C.shape[1],
    }


@embed_one_hot.inputs
def _(rng):
    yield from _tables(rng)


@embed_one_hot.mistake(
    "looked up, not multiplied",
    "The numbers are right, and they were looked up by index. Here they are to come from a product: each character as "
    "a vector of V weights, times the table.",
)
def _(C, X):
    return C[X]


@embed_one_hot.mistake(slips.GUESSED, slips.CLASSES_FROM_SHAPE)
def _(C, X):
    return F.one_hot(X).to(C.dtype) @ C


@embed_one_hot.mistake(
    "27 is hard-coded",
    "The one-hot vectors have 27 numbers each, as the names data need. The table that came in may have another number "
    "of rows.",
)
def _(C, X):
    return F.one_hot(X, num_classes=27).to(C.dtype) @ C


@embed_one_hot.mistake(
    "the one-hot vectors are ints",
    "One-hot vectors come as integers, and torch does not multiply a matrix of ints with one of floats: they need the "
    "dtype of C first.",
)
def _(C, X):
    return F.one_hot(X, num_classes=C.shape[0]) @ C


@embed_one_hot.mistake(
    "the one-hot vectors are doubles",
    "The one-hot vectors are float64 and the table is float32; torch does not multiply the two. They need the dtype of "
    "C.",
)
def _(C, X):
    return F.one_hot(X, num_classes=C.shape[0]).double() @ C


@embed_one_hot.mistake(
    "the one-hot vectors are returned",
    "These are the one-hot vectors themselves. What is missing is the product with the table.",
)
def _(C, X):
    return F.one_hot(X, num_classes=C.shape[0]).to(C.dtype)


@embed_one_hot.mistake(
    "cut off from the table",
    "The numbers are right, but the answer has no connection with C any more: it was detached, or made anew from plain "
    "numbers. No gradient reaches the table, and it would stay as random as it was.",
)
def _(C, X):
    return reference.embed_one_hot(C.detach(), X)


@embed_one_hot.mistake(
    "cut off at the end",
    "The product is right, and it was detached before it was returned: no gradient finds its way back to the table.",
)
def _(C, X):
    return reference.embed_one_hot(C, X).detach()


@embed_one_hot.mistake(
    "flattened too early",
    "The vectors are right, and laid end to end. That is the next exercise: here each has a place of its own, "
    "(N, block_size, E).",
)
def _(C, X):
    return reference.embed_one_hot(C, X).flatten(1)


@embed_one_hot.mistake(
    "the characters of a context are added up",
    "The one-hot vectors of a context were added into one, which counts its characters: a bag of letters, in which the "
    "order is lost. Each place of the context has a one-hot vector of its own.",
)
def _(C, X):
    return F.one_hot(X, num_classes=C.shape[0]).to(C.dtype).sum(1) @ C


@embed_one_hot.mistake(
    "the row numbers are multiplied",
    "The row numbers themselves went into the product. Each is to become a one-hot vector first, of V numbers.",
)
def _(C, X):
    return X.to(C.dtype) @ C


@embed_one_hot.mistake(
    "E instead of V classes",
    "The one-hot vectors are as long as an embedding. There is one place for each character, and C has a row for each.",
)
def _(C, X):
    return F.one_hot(X, num_classes=C.shape[1]).to(C.dtype) @ C


@embed_one_hot.mistake(
    "the factors are in the wrong order",
    "The table stands on the left of the product. A row is picked by a one-hot vector on its left.",
)
def _(C, X):
    return C @ _one_hot(C, X)


@embed_one_hot.mistake(
    "an entrywise product",
    "The one-hot vectors are multiplied with the table entry by entry. A matrix product also sums over the characters.",
)
def _(C, X):
    return _one_hot(C, X) * C


@embed_one_hot.mistake(
    "the table is transposed",
    "The table lies on its side in the product. It has a row, and a one-hot vector has a place, for each character.",
)
def _(C, X):
    return _one_hot(C, X) @ C.mT


@embed_one_hot.mistake(
    "the one-hot vectors are transposed",
    "The one-hot vectors stand upright in the product. Each is a row, with a place for each row of the table.",
)
def _(C, X):
    return _one_hot(C, X).mT @ C


spoilt(embed_one_hot, TENSORS)
handed_back(embed_one_hot, "C", "X", made=False)


def _one_hot(C, X):
    return F.one_hot(X, num_classes=C.shape[0]).to(C.dtype)


slips.one_lost(embed, reference.embed)
slips.one_lost(embed_one_hot, reference.embed_one_hot)
