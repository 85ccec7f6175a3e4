"""Part 6, several heads side by side."""

import torch
from torch import nn

from grader.check import check
from grader.checks.draw import normal
from grader.checks.part6_gpt.inputs import exactly, explain_learnt, far_down_weights, far_down_x, share, weights_of
from grader.checks.part6_gpt.modules import answered, placed
from grader.checks.part6_gpt.s4_dropout import IN_EVALUATION
from grader.checks.part6_gpt.wrong import cut_graph, lacking, renewed, size_missing
from reference import part6_gpt as reference


@check(
    "MultiHeadAttention",
    points=2,
    after="Head",
    hints=(
        "Each head gives head_size channels for every position. Nothing of them should be lost.",
        "Concatenate the heads' outputs in the channel dimension, in their order: num_heads * head_size channels. The "
        "projection brings them back to n_embd.",
        "Keep num_heads heads in an nn.ModuleList; concatenate their outputs for x over the last dimension; apply "
        "proj, then dropout.",
    ),
)
def MultiHeadAttention(m, given):
    """Heads side by side, then projected; with the gradients"""
    layer = m.MultiHeadAttention(given.n_embd, given.num_heads, given.head_size, given.block_size, 0.0)
    return answered(layer, given, given.x)


@MultiHeadAttention.inputs
def _(rng):
    for B, T, n_embd, num_heads, head_size, block_size in (
        (2, 4, 5, 3, 2, 7),
        (3, 5, 6, 2, 4, 5),
        (1, 3, 4, 4, 3, 6),
        (1, 40, 4, 2, 3, 40),
    ):
        layer = reference.MultiHeadAttention(n_embd, num_heads, head_size, block_size, 0.0)
        yield {
            "n_embd": n_embd,
            "num_heads": num_heads,
            "head_size": head_size,
            "block_size": block_size,
            "weights": weights_of(rng, layer),
            "x": normal(rng, B, T, n_embd),
            "upstream": normal(rng, B, T, n_embd),
        }
    weights = weights_of(rng, reference.MultiHeadAttention(5, 2, 16, 6, 0.0))
    yield {
        "n_embd": 5,
        "num_heads": 2,
        "head_size": 16,
        "block_size": 6,
        "weights": weights | far_down_weights(rng, 5, "heads.0.", "heads.1."),
        "x": far_down_x(rng, 2, 4, 5),
        "upstream": torch.zeros(2, 4, 5),  # no gradients: see far_down_weights
    }


MultiHeadAttention.explain(explain_learnt)


def joined(join, **layers):
    """A MultiHeadAttention that makes one tensor of its heads' outputs in another way, perhaps with other layers."""

    class Wrong(renewed(reference.MultiHeadAttention, **layers)):
        def forward(self, x):
            return join(self, [head(x) for head in self.heads], x)

    return Wrong


def counted(count):
    """A MultiHeadAttention with another number of heads."""
    return joined(
        lambda layer, outs, x: layer.proj(torch.cat(outs, -1)),
        heads=lambda n_embd, n, size, block, p: nn.ModuleList(
            reference.Head(n_embd, size, block, p) for _ in range(count(n))
        ),
    )


MultiHeadAttention.mistake(
    "the heads are summed",
    "The heads' outputs are added up. In a sum nobody can tell which head said what; lay them next to each other.",
)(joined(lambda layer, outs, x: layer.proj(sum(outs)), proj=lambda n_embd, _, size, *rest: nn.Linear(size, n_embd)))
MultiHeadAttention.mistake(
    "the heads are averaged",
    "The heads' outputs are averaged. In an average nobody can tell which head said what; lay them next to each other.",
)(
    joined(
        lambda layer, outs, x: layer.proj(torch.stack(outs).mean(0)),
        proj=lambda n_embd, _, size, *rest: nn.Linear(size, n_embd),
    )
)
MultiHeadAttention.mistake(
    "there is no projection",
    "The heads' outputs are concatenated, and that is all. The projection mixes what they found and brings it back to "
    "n_embd channels.",
)(joined(lambda layer, outs, x: torch.cat(outs, -1)))
MultiHeadAttention.mistake(
    "concatenated along another dimension",
    "The heads' outputs are put one after the other in time, or in the batch. They belong next to each other in the "
    "last dimension, the channels.",
)(joined(lambda layer, outs, x: layer.proj(torch.cat(outs, 1))))
MultiHeadAttention.mistake(
    "the channels of the heads are interleaved",
    "The outputs are stacked so that the first channels of all heads come first, then the second ones. Concatenate "
    "whole heads: head by head.",
)(joined(lambda layer, outs, x: layer.proj(torch.stack(outs, -1).flatten(-2))))
MultiHeadAttention.mistake(
    "the heads come in reverse order",
    "The heads' outputs are concatenated from the last to the first.",
)(joined(lambda layer, outs, x: layer.proj(torch.cat(outs[::-1], -1))))
MultiHeadAttention.mistake(
    "all heads are one",
    "The list holds the same head several times, which learns one thing only. `[head] * n` makes n names for one "
    "module; each head needs a constructor call of its own.",
)(
    joined(
        lambda layer, outs, x: layer.proj(torch.cat(outs, -1)),
        heads=lambda n_embd, n, size, block, p: nn.ModuleList([reference.Head(n_embd, size, block, p)] * n),
    )
)
MultiHeadAttention.mistake(
    "the heads are in a plain list",
    "The heads are in a Python list, where the module does not see them: their parameters are not learnt, and do not "
    "move with the model. nn.ModuleList is a list that modules see into.",
)(
    joined(
        lambda layer, outs, x: layer.proj(torch.cat(outs, -1)),
        heads=lambda n_embd, n, size, block, p: [reference.Head(n_embd, size, block, p) for _ in range(n)],
    )
)
MultiHeadAttention.mistake(
    "the projection has no bias",
    "The projection is a linear layer with a bias. Only keys, queries and values are without.",
)(
    joined(
        lambda layer, outs, x: layer.proj(torch.cat(outs, -1)),
        proj=lambda n_embd, n, size, *rest: nn.Linear(n * size, n_embd, bias=False),
    )
)
MultiHeadAttention.mistake(
    "one head too few",
    "There is a head less than asked for, so the projection does not fit.",
)(counted(lambda n: n - 1))
MultiHeadAttention.mistake(
    "one head too many",
    "There is a head more than asked for, so the projection does not fit.",
)(counted(lambda n: n + 1))
MultiHeadAttention.mistake(
    "stacked instead of concatenated",
    "The heads' outputs are stacked, which makes a new dimension. They are to lie next to each other in the last one.",
)(joined(lambda layer, outs, x: layer.proj(torch.stack(outs, -1))))
MultiHeadAttention.mistake(
    "the residual is in here already",
    "The input is added to the output. That is the block's task, and it would be done twice.",
)(joined(lambda layer, outs, x: x + layer.proj(torch.cat(outs, -1))))


MultiHeadAttention.mistake(
    "the sizes of the projection are swapped",
    "The projection goes from n_embd to the heads' channels, instead of the other way. Its input size comes first.",
)(
    joined(
        lambda layer, outs, x: layer.proj(torch.cat(outs, -1)),
        proj=lambda n_embd, n, size, *rest: nn.Linear(n_embd, n * size),
    )
)
MultiHeadAttention.mistake(
    "the projection expects one head",
    "The projection takes head_size channels. The concatenated heads have num_heads times as many.",
)(
    joined(
        lambda layer, outs, x: layer.proj(torch.cat(outs, -1)),
        proj=lambda n_embd, n, size, *rest: nn.Linear(size, n_embd),
    )
)
MultiHeadAttention.mistake(
    "a head is made with too few arguments",
    "A head is made with an argument less than it needs: n_embd, head_size, block_size, dropout.",
)(lambda n_embd, *rest: reference.Head(n_embd, n_embd, n_embd))
size_missing(MultiHeadAttention)
lacking(MultiHeadAttention, "heads", "proj", "dropout")
cut_graph(MultiHeadAttention)


@check(
    "MultiHeadAttention",
    points=1,
    after="Dropout",
    hints=(
        "Dropout acts at two places here: in every head, and at the very end.",
        "Hand the probability on to the heads, and put the projection's output through a dropout layer of its own.",
        "Construct each head with the dropout probability, keep a dropout layer with the same one, and return what it "
        "makes of the projected heads.",
    ),
)
def dropout(m, given):
    """In training, both the heads and the output drop; in evaluation neither"""
    layer = m.MultiHeadAttention(given.n_embd, given.num_heads, given.head_size, given.block_size, given.dropout)
    placed(layer, given.weights)
    return {"training": layer(given.x), "evaluation": layer.eval()(given.x)}


@dropout.inputs
def _(rng):
    # The heads' values are their own weights (see Head.dropout), and the projection copies them twice.
    for B, T, num_heads, p in ((20, 8, 2, 0.3), (16, 7, 3, 0.5)):
        width = num_heads * T
        weights = weights_of(rng, reference.MultiHeadAttention(2 * width, num_heads, T, T, 0.0))
        for i in range(num_heads):
            weights[f"heads.{i}.value.weight"] = torch.eye(T, 2 * width)
        weights["proj.weight"] = torch.cat([torch.eye(width), torch.eye(width)])
        weights["proj.bias"] = torch.zeros(2 * width)
        yield {
            "n_embd": 2 * width,
            "num_heads": num_heads,
            "head_size": T,
            "block_size": T,
            "dropout": p,
            "weights": weights,
            "x": torch.cat([torch.eye(T).expand(B, T, T), normal(rng, B, T, 2 * width - T)], 2),
        }


@dropout.statistic
def _(given, answer):
    p, T = given.dropout, given.head_size
    past = torch.ones(T, T, dtype=torch.bool).tril()
    # Two copies of each head's weights, (B, T, 2, heads, T), made (2, B, heads, T, T) and cut down to the past.
    shape = (2, given.num_heads, T)
    training, evaluation = (
        answer[name].unflatten(-1, shape).permute(2, 0, 3, 1, 4)[..., past] for name in ("training", "evaluation")
    )
    dropped = training == 0
    kept = ~dropped
    bands = {
        "share of the output that is dropped": share(dropped[0], 1 - (1 - p) ** 2),
        "share that is dropped in both copies": share(dropped.all(0), p + (1 - p) * p**2),
    }
    for label, values, wanted in (
        ("factor of what is left", training[kept] / evaluation[kept].clamp(min=1e-9), (1 - p) ** -2),
        ("share that is dropped in evaluation", (evaluation == 0).double().mean(), 0.0),
        ("sum of a row of weights in evaluation", answer["evaluation"].unflatten(-1, shape).sum(-1), 1.0),
    ):
        for name, band in exactly(values, wanted).items():
            bands[f"{name} {label}"] = band
    return bands


def dropping(forward, inside=True):
    """A MultiHeadAttention that drops in a way of its own; `inside`: the heads drop as they should."""

    class Wrong(reference.MultiHeadAttention):
        def __init__(self, n_embd, num_heads, head_size, block_size, p):
            super().__init__(n_embd, num_heads, head_size, block_size, p if inside else 0.0)
            self.p = p

        def forward(self, x):
            together = torch.cat([head(x) for head in self.heads], -1)
            return forward(self, together, lambda t: nn.functional.dropout(t, self.p, self.training))

    return Wrong


dropout.mistake(
    "the heads do not drop",
    "The output is dropped, the attention weights are not: the heads do not get the dropout probability.",
)(dropping(lambda layer, together, drop: drop(layer.proj(together)), inside=False))
dropout.mistake(
    "the output is not dropped",
    "The heads drop their weights, but nothing is dropped at the end. The last thing here is a dropout layer.",
)(dropping(lambda layer, together, drop: layer.proj(together)))
dropout.mistake(
    "dropout before the projection",
    "What goes into the projection is dropped, and not what comes out of it. Dropout is the very last step.",
)(dropping(lambda layer, together, drop: layer.proj(drop(together))))
dropout.mistake(
    "nothing is dropped",
    "Nothing is dropped in training, neither in the heads nor at the end.",
)(dropping(lambda layer, together, drop: layer.proj(together), inside=False))
dropout.mistake(
    IN_EVALUATION,
    "The output is dropped in evaluation mode as well. A dropout layer knows the mode; a dropout function must be "
    "told.",
)(dropping(lambda layer, together, drop: nn.functional.dropout(layer.proj(together), layer.p, True)))
