"""Part 6, attention from one sequence to another."""

import torch
from torch import nn

from grader.check import check
from grader.checks.draw import normal
from grader.checks.part6_gpt.inputs import explain_learnt, weights_of
from grader.checks.part6_gpt.modules import answered
from grader.checks.part6_gpt.s2_averages import SOFTMAX_DIMENSION
from grader.checks.part6_gpt.s3_attention import NO_ROOT, NO_SCALE, NOT_SCALED, SCALED_TWICE, SOFTMAX_TURNED
from grader.checks.part6_gpt.s5a_head import EMBEDDING_SCALE
from grader.checks.part6_gpt.wrong import asking, attend, cut_graph, lacking, renewed, size_missing, with_biases
from reference import part6_gpt as reference


@check(
    "CrossAttention",
    points=2,
    hints=(
        "Who asks, and who answers? The one who asks gets the output.",
        "Queries are made from x; keys and values from the context. The scores are (B, T, S), there is no mask, and "
        "the softmax runs over the S places of the context.",
        "Apply query to x, key and value to the context, and hand the three to attention without the causal mask.",
    ),
)
def CrossAttention(m, given):
    """Queries from x, keys and values from the context; with the gradients"""
    layer = m.CrossAttention(given.n_embd, given.n_context, given.head_size)
    return answered(layer, given, given.x, given.context)


@CrossAttention.inputs
def _(rng):
    # In the last case both have the same channels: only the values tell them apart then.
    for B, T, S, n_embd, n_context, head_size in ((2, 4, 6, 5, 3, 7), (3, 5, 2, 4, 6, 3), (1, 3, 8, 5, 5, 4)):
        yield {
            "n_embd": n_embd,
            "n_context": n_context,
            "head_size": head_size,
            "weights": weights_of(rng, reference.CrossAttention(n_embd, n_context, head_size)),
            "x": 1.5 * normal(rng, B, T, n_embd),
            "context": normal(rng, B, S, n_context),
            "upstream": normal(rng, B, T, head_size),
        }


CrossAttention.explain(explain_learnt)


def crossing(forward):
    """A CrossAttention with another `forward(layer, x, context)`."""

    class Wrong(reference.CrossAttention):
        def forward(self, x, context):
            return forward(self, x, context)

    return Wrong


def attending(**options):
    """A CrossAttention with one mistake in its attention."""
    return crossing(lambda layer, x, context: attend(*asking(layer, x, context), **{"causal": False, **options}))


CrossAttention.mistake(
    "there is a mask",
    "Parts of the context are hidden. The context is given as a whole: it has no future, and its positions do not line "
    "up with those of x.",
)(attending(causal=True))
CrossAttention.mistake(NO_SCALE, NOT_SCALED)(attending(scale=1.0))
CrossAttention.mistake(NO_ROOT, SCALED_TWICE)(
    crossing(lambda layer, x, context: attend(*asking(layer, x, context), False, scale=1 / layer.key.out_features))
)
CrossAttention.mistake(
    EMBEDDING_SCALE,
    "The scores are divided by the root of n_embd. The dot product runs over head_size numbers.",
)(crossing(lambda layer, x, context: attend(*asking(layer, x, context), False, scale=x.shape[-1] ** -0.5)))
CrossAttention.mistake(SOFTMAX_DIMENSION, SOFTMAX_TURNED)(attending(dim=1))
with_biases(CrossAttention)


@CrossAttention.mistake(
    "x answers and the context asks",
    "The roles are swapped: queries are made from the context, keys and values from x. If it raised an error about "
    "shapes, this is why. x asks, so the output has a row for each position of x.",
)
class _(reference.CrossAttention):
    def __init__(self, n_embd, n_context, head_size):
        super().__init__(n_context, n_embd, head_size)

    def forward(self, x, context):
        return super().forward(context, x)


@CrossAttention.mistake(
    "the values come from x",
    "Queries come from x and keys from the context, but the values come from x. Who is listened to also does the "
    "talking: keys and values come from the same sequence.",
)
@crossing
def _(layer, x, context):
    return attend(layer.query(x), layer.key(context), layer.value(x), False)


@CrossAttention.mistake(
    "the context is not used",
    "Queries, keys and values all come from x. That is self-attention.",
)
@crossing
def _(layer, x, context):
    return attend(*asking(layer, x), False)


@CrossAttention.mistake(
    "the keys are averaged instead of the values",
    "The weights are right, and they average the keys. What is handed on is the values.",
)
@crossing
def _(layer, x, context):
    q, k, _ = asking(layer, x, context)
    return attend(q, k, k, False)


@CrossAttention.mistake(
    "the softmax is left out",
    "The scores themselves are used as weights. Weights are positive and sum to 1: take the softmax.",
)
@crossing
def _(layer, x, context):
    q, k, v = asking(layer, x, context)
    return q @ k.mT * torch.tensor(q.shape[-1]) ** -0.5 @ v


CrossAttention.mistake(
    "keys and values are swapped",
    "The values are compared with the queries, and the keys are averaged: key and value change places.",
)(crossing(lambda layer, x, context: attend(layer.query(x), layer.value(context), layer.key(context), False)))
CrossAttention.mistake(
    "the keys come from x",
    "The queries are compared with keys of x. Who is listened to also does the talking: keys and values come from the "
    "context.",
)(crossing(lambda layer, x, context: attend(layer.query(x), layer.key(x), layer.value(context), False)))


@CrossAttention.mistake(
    "the queries come from the context",
    "Queries are made from the context. Those who ask are the positions of x.",
)
@crossing
def _(layer, x, context):
    return attend(layer.query(context), layer.key(context), layer.value(context), False)


def plain(layer, x, context):
    """The right answer, layer by layer."""
    return attend(*asking(layer, x, context), False)


CrossAttention.mistake(
    "the sizes of the query layer are swapped",
    "The query layer goes from head_size to n_embd, instead of from n_embd to head_size: the input size comes first.",
)(renewed(crossing(plain), query=lambda n_embd, _, size: nn.Linear(size, n_embd, bias=False)))
CrossAttention.mistake(
    "the sizes of a context layer are swapped",
    "A layer goes from head_size to n_context, instead of from n_context to head_size: the input size comes first.",
)(renewed(crossing(plain), key=lambda _, n_context, size: nn.Linear(size, n_context, bias=False)))
size_missing(CrossAttention)
lacking(CrossAttention, "query", "key", "value")
cut_graph(CrossAttention)
