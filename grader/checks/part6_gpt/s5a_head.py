"""Part 6, a head of causal self-attention: its values, its mask, and its dropout."""

import torch
from torch import nn

from grader.check import check
from grader.checks.draw import normal
from grader.checks.part6_gpt.inputs import explain_learnt, far_down_weights, far_down_x, weights_of
from grader.checks.part6_gpt.modules import answered
from grader.checks.part6_gpt.s2_averages import (
    FUTURE,
    MASK_LATE,
    MASK_ZERO,
    SELF_LEFT_OUT,
    SOFTMAX_DIMENSION,
    TURNED,
)
from grader.checks.part6_gpt.s3_attention import (
    FUTURE_SEEN,
    MASK_FINITE,
    MASK_TURNED,
    MASKED_FINITE,
    MASKED_LATE,
    MASKED_ZERO,
    NO_ROOT,
    NO_SCALE,
    NOT_SCALED,
    SCALE_UP,
    SCALED_TWICE,
    SCALED_UP,
    SELF_MASKED,
    SOFTMAX_TURNED,
    WRONG_SIZE,
)
from grader.checks.part6_gpt.wrong import asking, attend, cut_graph, head, lacking, renewed, size_missing, with_biases
from reference import part6_gpt as reference

EMBEDDING_SCALE = "scaled by the embedding size"


@check(
    "Head",
    points=3,
    hints=(
        "A head is the function attention with three linear layers in front of it, and dropout between the softmax and "
        "the values.",
        "Scores are scaled by the size of what is multiplied, that is, of queries and keys. Of the mask only the "
        "first T rows and columns are needed.",
        "Apply query, key and value to x; multiply queries with transposed keys and divide by the root of the head "
        "size; fill minus infinity where the cropped mask is 0; softmax over the last dimension; dropout; multiply "
        "with the values.",
    ),
)
def Head(m, given):
    """Causal self-attention with its own layers; with the gradients"""
    layer = m.Head(given.n_embd, given.head_size, given.block_size, 0.0)
    return answered(layer, given, given.x)


@Head.inputs
def _(rng):
    # Batches and lengths, channels, head sizes, block sizes; the first case has the full length, the last one more
    # positions than a mask of a fixed size.
    for B, T, n_embd, head_size, block_size in ((2, 5, 6, 3, 5), (3, 4, 2, 5, 9), (1, 6, 7, 2, 8), (1, 40, 3, 2, 40)):
        yield {
            "n_embd": n_embd,
            "head_size": head_size,
            "block_size": block_size,
            "weights": weights_of(rng, reference.Head(n_embd, head_size, block_size, 0.0)),
            "x": 1.5 * normal(rng, B, T, n_embd),
            "upstream": normal(rng, B, T, head_size),
        }
    yield {
        "n_embd": 4,
        "head_size": 16,
        "block_size": 7,
        "weights": far_down_weights(rng, 4, ""),
        "x": far_down_x(rng, 2, 5, 4),
        "upstream": torch.zeros(2, 5, 16),  # no gradients: see far_down_weights
    }


Head.explain(explain_learnt)


def attending(**options):
    """A head with one mistake in its attention."""
    return head(lambda layer, x: attend(*asking(layer, x), **options))


Head.mistake(
    EMBEDDING_SCALE,
    "The scores are divided by the root of n_embd, the channels of x. (So it stands in some editions of the lecture's "
    "code.) The dot product runs over head_size numbers, so that is what its variance depends on.",
)(head(lambda layer, x: attend(*asking(layer, x), scale=x.shape[-1] ** -0.5)))
Head.mistake(NO_SCALE, NOT_SCALED)(attending(scale=1.0))
Head.mistake(SCALE_UP, SCALED_UP)(head(lambda layer, x: attend(*asking(layer, x), scale=layer.key.out_features**0.5)))
Head.mistake(NO_ROOT, SCALED_TWICE)(head(lambda layer, x: attend(*asking(layer, x), scale=1 / layer.key.out_features)))
Head.mistake(SOFTMAX_DIMENSION, SOFTMAX_TURNED)(attending(dim=1))
Head.mistake(FUTURE, FUTURE_SEEN)(attending(causal=False))
Head.mistake(MASK_LATE, MASKED_LATE)(attending(late=True))
Head.mistake(MASK_ZERO, MASKED_ZERO)(attending(fill=0.0))
Head.mistake(MASK_FINITE, MASKED_FINITE)(attending(fill=-1e4))
Head.mistake(TURNED, MASK_TURNED)(attending(keep=torch.triu))
Head.mistake(SELF_LEFT_OUT, SELF_MASKED)(attending(keep=lambda ones: torch.tril(ones, -1)))
with_biases(Head)


@Head.mistake(
    "keys ask and queries answer",
    "The product of queries and keys is turned round: rows of the scores belong to keys. Each query gets an output, so "
    "rows should belong to queries.",
)
@head
def _(layer, x):
    q, k, v = asking(layer, x)
    return attend(k, q, v)


@Head.mistake(
    "the mask is not cut to size",
    "The mask has block_size rows and columns, the scores have T, and T may be smaller. Take the part of the mask that "
    "is needed.",
)
class _(reference.Head):
    def __init__(self, n_embd, head_size, block_size, dropout):
        super().__init__(n_embd, head_size, block_size, dropout)
        self.size = block_size

    def forward(self, x):
        q, k, v = asking(self, x)
        hidden = torch.ones(self.size, self.size).triu(1) == 1
        return torch.softmax((q @ k.mT).masked_fill(hidden, -torch.inf), -1) @ v


@Head.mistake(
    "the input is averaged instead of the values",
    "The weights are applied to x. What a position tells those who listen is its value: a linear function of x, with "
    "head_size numbers.",
)
@head
def _(layer, x):
    q, k, _ = asking(layer, x)
    return attend(q, k, x)


@Head.mistake(
    "the keys are averaged instead of the values",
    "The weights are right, and they average the keys. What a position says to those who listen is its value.",
)
@head
def _(layer, x):
    q, k, _ = asking(layer, x)
    return attend(q, k, k)


@Head.mistake(
    "the softmax is left out",
    "The masked scores are used as weights. Weights are positive and sum to 1: take the softmax.",
)
@head
def _(layer, x):
    q, k, v = asking(layer, x)
    return (q @ k.mT * q.shape[-1] ** -0.5).tril() @ v


Head.mistake(
    WRONG_SIZE,
    "The scores are divided by the root of T, the number of positions. What makes them large is the number of terms in "
    "each dot product: the head size.",
)(head(lambda layer, x: attend(*asking(layer, x), scale=x.shape[1] ** -0.5)))
Head.mistake(
    "the scale is that of another dimension",
    "The scores are divided by the root of the batch size. What makes them large is the head size, the last size of "
    "the queries.",
)(head(lambda layer, x: attend(*asking(layer, x), scale=len(x) ** -0.5)))
Head.mistake(
    "one position too many is seen",
    "Each position sees the one after it: the diagonal of the mask is moved by one.",
)(attending(keep=lambda ones: torch.tril(ones, 1)))
Head.mistake(
    "the past is masked",
    "What is masked is the past and the present, and what is left is the future: the mask is turned round.",
)(attending(keep=lambda ones: torch.triu(ones, 1)))
Head.mistake(
    "everything is masked",
    "All scores are masked, so that the softmax has nothing to share out (NaN). Is the triangle made of ones?",
)(attending(keep=torch.zeros_like))
Head.mistake(
    "queries and keys get no gradient",
    "The output is right, but queries and keys cannot learn: the weights are taken out of the graph.",
)(head(lambda layer, x: attend(*(t.detach() for t in asking(layer, x)[:2]), layer.value(x))))


def weights(layer, x):
    """The right weights, (B, T, T)."""
    return attend(layer.query(x), layer.key(x), torch.eye(x.shape[1]))


Head.mistake(
    "multiplied entry by entry",
    "Weights and values are multiplied entry by entry. A weighted sum of rows is a matrix product: @.",
)(head(lambda layer, x: weights(layer, x) * layer.value(x)))
Head.mistake(
    "the weights are on their side",
    "The weights are right, and transposed when they meet the values: row t should hold the weights of position t.",
)(head(lambda layer, x: weights(layer, x).mT @ layer.value(x)))
Head.mistake(
    "a product does not fit",
    "Two tensors are multiplied that do not fit. Either the keys are not transposed (each score is a dot product "
    "over the head size: their last two dimensions change places), or the values stand before the weights (each "
    "output is a weighted sum of rows of the values: the weights stand on the left).",
)(head(lambda layer, x: layer.query(x) @ layer.key(x)))
Head.mistake(
    "the sizes of a linear layer are swapped",
    "A linear layer goes from head_size to n_embd, instead of from n_embd to head_size: its input size comes first.",
)(
    renewed(
        head(lambda layer, x: attend(*asking(layer, x))),
        query=lambda n_embd, head_size, *rest: nn.Linear(head_size, n_embd, bias=False),
    )
)
size_missing(Head)
lacking(Head, "key", "query", "value", "dropout", "tril")
cut_graph(Head)
