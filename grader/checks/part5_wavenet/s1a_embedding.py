"""Part 5, the embedding as a layer."""

import torch
from torch.nn.functional import one_hot

from grader.check import check
from grader.checks import slips
from grader.checks.draw import normal
from grader.checks.part5_wavenet.handling import (
    CUT,
    NOT_KEPT,
    NOT_KEPT_ADVICE,
    PARAMETERS,
    cut_advice,
    drawn,
    drawn_bands,
    gradients,
    kept,
    lacking,
    named,
    normal_bands,
    not_drawn,
    put,
)
from reference import part5_wavenet as reference


@check(
    "Embedding",
    points=1,
    forbids=("embedding", "embedding_bag"),
    hints=(
        "The layer is a table; calling it looks up rows. One line of the earlier parts did the same.",
        "A tensor can be indexed by a tensor of integers of any shape: each integer is replaced by the row of that "
        "number.",
        "In the call, index the weight with the tokens, keep the result as out, and return it. The parameters are a "
        "list with the weight in it.",
    ),
)
def Embedding(m, given):
    """Rows of the table for tokens of any shape, and the table's gradient"""
    layer = m.Embedding(*given.weight.shape)
    put(layer, "weight", given.weight)
    table = layer.weight.requires_grad_()
    first = layer(given.tokens.flatten()[1:3])
    out = layer(given.tokens)
    return {
        "out": out,
        "the call before, with two tokens": first.detach() if isinstance(first, torch.Tensor) else first,
        "gradients": gradients(out, given.upstream, {"weight": table}),
        ".out is what was returned": kept(layer, out),
        "parameters()": named(layer.parameters(), {"weight": layer.weight}),
    }


@Embedding.inputs
def _(rng):
    # Tokens repeat, and the last row of the table is never asked for.
    for V, C, shape in ((7, 3, (4, 5)), (5, 4, (9,)), (6, 2, (1, 3, 4))):
        tokens = torch.randint(V - 1, shape, generator=rng)
        yield {"weight": normal(rng, V, C), "tokens": tokens, "upstream": normal(rng, *shape, C)}


@Embedding.mistake(NOT_KEPT, NOT_KEPT_ADVICE)
class _(reference.Embedding):
    def __call__(self, tokens):
        return self.weight[tokens]


@Embedding.mistake(CUT, cut_advice("the table"))
class _(reference.Embedding):
    def __call__(self, tokens):
        self.out = self.weight.detach()[tokens]
        return self.out


@Embedding.mistake(slips.GUESSED, slips.CLASSES_FROM_SHAPE)
class _(reference.Embedding):
    def __call__(self, tokens):
        self.out = one_hot(tokens).to(self.weight.dtype) @ self.weight
        return self.out


@Embedding.mistake(
    "a column for each token instead of a row",
    "The tokens pick columns of the table. The table is (num_embeddings, embedding_dim): the vector of a token is a "
    "row.",
)
class _(reference.Embedding):
    def __call__(self, tokens):
        self.out = self.weight[:, tokens]
        return self.out


@Embedding.mistake(
    "the vectors are laid side by side",
    "The rows are right, but they are put side by side: (B, T * C). That was the next line of the earlier parts, and "
    "here it is a layer of its own. The embedding returns one vector for each token, (B, T, C).",
)
class _(reference.Embedding):
    def __call__(self, tokens):
        self.out = self.weight[tokens].flatten(1)
        return self.out


@Embedding.mistake(
    PARAMETERS,
    "parameters() gives the table itself, or nothing. It should be a list that holds the table: whoever walks through "
    "a bare tensor gets its rows one by one, and the optimiser would never meet the table.",
)
class _(reference.Embedding):
    def parameters(self):
        return self.weight


@Embedding.mistake(
    f"{PARAMETERS}: it is empty",
    "parameters() is an empty list, so that the table would never be trained. It is what this layer learns.",
)
class _(reference.Embedding):
    def parameters(self):
        return []


lacking(Embedding, reference.Embedding, "weight", "out")


@Embedding.mistake(
    f"{PARAMETERS}: a copy",
    "parameters() holds a tensor made from the weight, and not the weight itself. Whoever changes the copy, or gives "
    "it a gradient, does nothing to the layer.",
)
class _(reference.Embedding):
    def parameters(self):
        return [self.weight.detach()]


@check(
    "Embedding",
    points=1,
    hints=(
        "Before training, every token has a vector of its own, drawn at random.",
        "Standard normal means mean 0 and standard deviation 1; one row for each token.",
        "In the constructor, make the weight with torch.randn, in the shape that the docstring names.",
    ),
)
def initial(m, given):
    """A new table: its shape, and numbers from the standard normal distribution"""

    def make():
        return [m.Embedding(given.num_embeddings, given.embedding_dim).weight.detach()]

    return {"weight": make()[0], "drawn": drawn(make, given.seed)}


@initial.inputs
def _(rng):
    yield {"num_embeddings": 70, "embedding_dim": 45, "seed": int(torch.randint(10**6, (), generator=rng))}


@initial.statistic
def _(given, answer):
    return normal_bands("weight", answer["weight"], 1.0) | drawn_bands(answer["drawn"])


not_drawn(initial, reference.Embedding)


@initial.mistake(
    "uniform instead of normal",
    "The numbers lie between 0 and 1, all equally likely: torch.rand. The standard normal distribution has mean 0 and "
    "its name has one letter more.",
)
class _(reference.Embedding):
    def __init__(self, num_embeddings, embedding_dim):
        self.weight = torch.rand(num_embeddings, embedding_dim)


@initial.mistake(
    "the table starts at zero",
    "All vectors are zero, so that all tokens are alike, and with them all that the network can say.",
)
class _(reference.Embedding):
    def __init__(self, num_embeddings, embedding_dim):
        self.weight = torch.zeros(num_embeddings, embedding_dim)


@initial.mistake(
    "scaled down as if it were a linear layer",
    "The numbers are divided by the root of a size. That keeps *sums* of many terms in bounds; a look-up sums nothing.",
)
class _(reference.Embedding):
    def __init__(self, num_embeddings, embedding_dim):
        self.weight = torch.randn(num_embeddings, embedding_dim) / num_embeddings**0.5


@initial.mistake(
    "the two sizes are swapped",
    "The table is (embedding_dim, num_embeddings), lying on its side: a row is then no vector of a token.",
)
class _(reference.Embedding):
    def __init__(self, num_embeddings, embedding_dim):
        self.weight = torch.randn(embedding_dim, num_embeddings)
