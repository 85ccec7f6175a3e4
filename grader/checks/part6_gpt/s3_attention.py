"""Part 6, scaled dot-product attention."""

import torch

from grader.check import check
from grader.checks.draw import normal
from grader.checks.part6_gpt.inputs import far_down
from grader.checks.part6_gpt.modules import watched
from grader.checks.part6_gpt.s2_averages import (
    FUTURE,
    MASK_LATE,
    MASK_ZERO,
    SELF_LEFT_OUT,
    SOFTMAX_DIMENSION,
    TURNED,
)
from grader.checks.part6_gpt.wrong import INFINITY, attend, cut_graph

NO_SCALE = "the scores are not scaled"
SCALE_UP = "multiplied by the root instead of divided"
NO_ROOT = "divided by the head size without the root"
WRONG_SIZE = "scaled by a size that is not the head size"
NO_SOFTMAX = "the softmax is left out"

NOT_SCALED = (
    "The scores go into the softmax as they are. Their variance is the head size: at 64 they would be around plus or "
    "minus 8, and the softmax nearly one-hot. Divide by the root of the head size."
)
SCALED_UP = "The scores are made larger by the root of the head size. They are to be made smaller by it."
SCALED_TWICE = (
    "The scores are divided by the head size itself. The variance of a dot product is the head size, so its standard "
    "deviation is the root of that."
)
SOFTMAX_TURNED = (
    "For each key, the weights of all queries sum to 1. Each query is to share out its attention: its weights over the "
    "keys sum to 1. Keys are the last dimension of the scores."
)
FUTURE_SEEN = (
    "Every position listens to all others, to those after it as well. With a causal mask position t hears nothing from "
    "beyond t."
)
MASKED_LATE = (
    "The softmax shares attention with the future, and then that share is thrown away: the weights that are left no "
    "longer sum to 1, and still depend on what comes later. Mask the scores, then take the softmax."
)
MASKED_ZERO = (
    "The future has the score 0, which is a score like any other: its exponential is 1. Minus infinity is the score "
    "whose weight is 0."
)
MASK_TURNED = (
    "Each position listens to itself and to what comes after it: the triangle is turned round. Rows of the scores are "
    "the ones who ask, columns the ones who are asked."
)
SELF_MASKED = (
    "A position may not listen to itself here, and the first one has nobody at all to listen to. Keep the diagonal."
)
MASK_FINITE = "masked with a finite number"
MASKED_FINITE = (
    "The future is filled with a finite number. It hides nothing where the scores are lower still, and scores may be "
    "any numbers: then the future gets all of the attention. Minus infinity is below every score."
)
SOFTMAX_MISSING = "The scores themselves are used as weights. Weights are positive and sum to 1: take the softmax."


@check(
    "attention",
    points=3,
    hints=(
        "Every query is compared with every key, the comparisons become weights, and the output is the average of the "
        "values with these weights.",
        "The comparisons of all queries with all keys are one matrix product, (T, head_size) with (head_size, S). "
        "Scale, then mask, then softmax over the keys, then a matrix product with the values.",
        "Multiply q with k transposed in its last two dimensions and divide by the root of the last size of q; where "
        "causal, fill minus infinity wherever a lower triangle of ones has a 0; take the softmax over the last "
        "dimension, and multiply with v.",
    ),
    forbids=(
        "scaled_dot_product_attention",
        "multi_head_attention_forward",
        "MultiheadAttention",
    ),
)
def attention(m, given):
    """Scores, mask, softmax, values; with the gradients"""

    def ask(q, k, v):
        return m.attention(q, k, v, given.causal)

    first = ask(*(t[..., :1, :] for t in (given.q, given.k, given.v)))
    answer = watched(ask, {"q": given.q, "k": given.k, "v": given.v}, given.upstream)
    return answer | {"out for a single position": first}


def questions(rng):
    """Queries, keys, values and an incoming gradient of several shapes, causal and not."""
    # The last has more positions than a mask of a fixed size, and one sequence.
    for leading, T, S, head_size, causal in (
        ((), 5, 5, 3, True),
        ((2,), 4, 7, 6, False),
        ((3, 2), 6, 6, 4, True),
        ((4,), 6, 3, 5, False),
        ((1,), 40, 40, 2, True),
    ):
        q, k, v, upstream = (normal(rng, *leading, size, head_size) for size in (T, S, S, T))
        yield {"q": 1.5 * q, "k": k + 0.3, "v": v + 0.5, "causal": causal, "upstream": upstream}
    q, k = far_down(rng, 2, 5)
    yield {"q": q, "k": k, "v": normal(rng, 2, 5, 16) + 0.5, "causal": True, "upstream": normal(rng, 2, 5, 16)}


attention.inputs(questions)


def wrong(**options):
    """An attention with one mistake; what is left out is right."""
    return lambda q, k, v, causal: attend(q, k, v, **{"causal": causal, **options})


def scaled(scale):
    """An attention with a scale of its own, from the queries, keys and values."""
    return lambda q, k, v, causal: attend(q, k, v, causal, scale=scale(q, k))


attention.mistake(NO_SCALE, NOT_SCALED)(scaled(lambda q, k: 1.0))
attention.mistake(SCALE_UP, SCALED_UP)(scaled(lambda q, k: q.shape[-1] ** 0.5))
attention.mistake(NO_ROOT, SCALED_TWICE)(scaled(lambda q, k: 1 / q.shape[-1]))
attention.mistake(
    WRONG_SIZE,
    "The scores are divided by the root of T, the number of positions. What makes them large is the number of terms in "
    "each dot product: the head size, the last dimension of q.",
)(scaled(lambda q, k: q.shape[-2] ** -0.5))
attention.mistake(SOFTMAX_DIMENSION, SOFTMAX_TURNED)(wrong(dim=-2))
attention.mistake(
    f"{SOFTMAX_DIMENSION}: counted from the front",
    "Dimension 1 is that of the keys only where there are no dimensions in front. There may be a batch, or a batch and "
    "several heads: count from the end. Keys are the last dimension of the scores.",
)(wrong(dim=1))
attention.mistake(FUTURE, FUTURE_SEEN)(wrong(causal=False))
attention.mistake(
    "the mask is always there",
    "The mask is applied where causal is False as well. Then everything may be seen, and S may differ from T.",
)(wrong(causal=True))
attention.mistake(
    "the mask is there where it should not be, and the other way round",
    "Where causal is True there is no mask, and where it is False there is one. Turn the question round.",
)(lambda q, k, v, causal: attend(q, k, v, not causal))
attention.mistake(MASK_LATE, MASKED_LATE)(wrong(late=True))
attention.mistake(MASK_ZERO, MASKED_ZERO)(wrong(fill=0.0))
attention.mistake(MASK_FINITE, MASKED_FINITE)(wrong(fill=-1e4))
attention.mistake(TURNED, MASK_TURNED)(wrong(keep=torch.triu))
attention.mistake(SELF_LEFT_OUT, SELF_MASKED)(wrong(keep=lambda ones: torch.tril(ones, -1)))
attention.mistake(
    "one position too many is seen",
    "Each position sees the one after it: the diagonal of the mask is moved by one. Position t predicts t + 1 and must "
    "not see it.",
)(wrong(keep=lambda ones: torch.tril(ones, 1)))


@attention.mistake(NO_SOFTMAX, SOFTMAX_MISSING)
def _(q, k, v, causal):
    scores = q @ k.mT * q.shape[-1] ** -0.5
    return (scores.tril() if causal else scores) @ v


@attention.mistake(
    "the scale comes after the softmax",
    "The weights are divided, and no longer sum to 1. The scores are what is to be made smaller, before the softmax.",
)
def _(q, k, v, causal):
    return attend(q, k, v, causal, scale=1.0) * q.shape[-1] ** -0.5


@attention.mistake(
    "keys ask and queries answer",
    "The product is turned round: row s of the scores belongs to a key. Rows should belong to queries, since each "
    "query gets an output.",
)
def _(q, k, v, causal):
    return attend(k, q, v, causal)


@attention.mistake(
    "the keys are averaged instead of the values",
    "The weights are right; what they average is k. What a position says to those who listen is its value.",
)
def _(q, k, v, causal):
    return attend(q, k, k, causal)


@attention.mistake(
    "the keys are not transposed",
    "q and k are multiplied as they are. Each score is a dot product over the head size: the keys' last two dimensions "
    "change places.",
)
def _(q, k, v, causal):
    return torch.softmax(q @ k, -1) @ v


@attention.mistake(
    "the wrong dimensions are transposed",
    "k is transposed in its first two dimensions, or in all. With leading dimensions in front, only the last two "
    "change places: count them from the end.",
)
def _(q, k, v, causal):
    return torch.softmax(q @ k.transpose(0, 1), -1) @ v


attention.mistake(
    "the scale is that of another dimension",
    "The scores are divided by the root of the first size of q. What makes them large is the number of terms in each "
    "dot product: the last size of q.",
)(scaled(lambda q, k: q.shape[0] ** -0.5))
attention.mistake(
    "queries and keys get no gradient",
    "The output is right, and so is the gradient of the values; queries and keys get none. The weights are taken out "
    "of the graph.",
)(lambda q, k, v, causal: attend(q.detach(), k.detach(), v, causal))
attention.mistake(
    "the past is masked",
    "What is masked is the past and the present, and what is left is the future: the mask is turned round. The last "
    "position then has nobody to listen to.",
)(wrong(keep=lambda ones: torch.triu(ones, 1)))
attention.mistake(
    "everything is masked",
    "All scores are masked, so that the softmax has nothing to share out (NaN). Is the triangle made of ones?",
)(wrong(keep=torch.zeros_like))


def weighting(scores, softmax=torch.softmax):
    """An attention that makes weights of masked `scores(q, k)` in another way."""

    def wrong(q, k, v, causal):
        found = scores(q, k)
        if causal:
            found = found.masked_fill(torch.ones(found.shape[-2:]).triu(1) == 1, -INFINITY)
        return softmax(found, -1) @ v

    return wrong


def products(q, k):
    """The right scores."""
    return q @ k.mT * q.shape[-1] ** -0.5


attention.mistake(
    "the root is divided by the scores",
    "The root of the head size is divided by the scores. The scores are to be divided by it.",
)(weighting(lambda q, k: q.shape[-1] ** 0.5 / (q @ k.mT)))
attention.mistake(
    "log_softmax instead of softmax",
    "The logarithm of the weights is used. Weights are positive and sum to 1.",
)(weighting(products, torch.log_softmax))
attention.mistake(
    "the masked scores are the weights",
    "Minus infinity is still there when the values are summed: the softmax between is missing.",
)(weighting(products, lambda scores, dim: scores))
attention.mistake(
    "the weights are on their side",
    "The weights are right, and transposed when they meet the values: row t should hold the weights of query t.",
)(weighting(products, lambda scores, dim: scores.softmax(dim).mT))
attention.mistake(
    "the values come before the weights",
    "The values are multiplied by the weights, and not the weights by the values. Each output is a weighted sum of "
    "rows of v: the weights stand on the left.",
)(lambda q, k, v, causal: v @ torch.softmax(q @ k.mT, -1))
attention.mistake(
    "multiplied entry by entry",
    "Weights and values are multiplied entry by entry. A weighted sum of rows is a matrix product: @.",
)(lambda q, k, v, causal: torch.softmax(q @ k.mT, -1) * v)
cut_graph(attention)
