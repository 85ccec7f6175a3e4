"""Part 6, the transformer block."""

from grader.check import check
from grader.checks.draw import normal
from grader.checks.part6_gpt.inputs import explain_learnt, weights_of
from grader.checks.part6_gpt.modules import answered
from grader.checks.part6_gpt.wrong import cut_graph, lacking, renewed
from reference import part6_gpt as reference


@check(
    "Block",
    points=2,
    after="MultiHeadAttention",
    hints=(
        "Two branches, one after the other. Each looks at a normalised copy of x, and what it finds is added to x.",
        "x + sa(ln1(x)) is the x of the second branch. The sum itself is not normalised. Each head has an n_head-th of "
        "the channels.",
        "Add to x the attention of ln1 of x; add to the result the feed-forward network of ln2 of that result.",
    ),
)
def Block(m, given):
    """Two branches, normalised first and added; with the gradients"""
    return answered(m.Block(given.n_embd, given.n_head, given.block_size, 0.0), given, given.x)


@Block.inputs
def _(rng):
    for B, T, n_embd, n_head, block_size in ((2, 4, 6, 3, 5), (3, 5, 4, 2, 7), (1, 3, 8, 2, 3)):
        yield {
            "n_embd": n_embd,
            "n_head": n_head,
            "block_size": block_size,
            "weights": weights_of(rng, reference.Block(n_embd, n_head, block_size, 0.0)),
            "x": normal(rng, B, T, n_embd) * 1.5 + 0.4,
            "upstream": normal(rng, B, T, n_embd),
        }


Block.explain(explain_learnt)


def blocked(forward, base=reference.Block):
    """A Block with another `forward(x, sa, ffwd, ln1, ln2)`."""

    class Wrong(base):
        def forward(self, x):
            return forward(x, self.sa, self.ffwd, self.ln1, self.ln2)

    return Wrong


def both(x, sa, ffwd, ln1, ln2):
    """What is asked."""
    x = x + sa(ln1(x))
    return x + ffwd(ln2(x))


@Block.mistake(
    "there is no residual path",
    "Neither branch is added to its input; each replaces it. Every gradient has to squeeze through both branches of "
    "every block then, and deep networks hardly learn.",
)
@blocked
def _(x, sa, ffwd, ln1, ln2):
    return ffwd(ln2(sa(ln1(x))))


@Block.mistake(
    "the attention is not added",
    "The attention replaces x instead of being added to it.",
)
@blocked
def _(x, sa, ffwd, ln1, ln2):
    x = sa(ln1(x))
    return x + ffwd(ln2(x))


@Block.mistake(
    "the feed-forward branch is not added",
    "The feed-forward branch replaces x instead of being added to it.",
)
@blocked
def _(x, sa, ffwd, ln1, ln2):
    x = x + sa(ln1(x))
    return ffwd(ln2(x))


@Block.mistake(
    "post-norm",
    "The layer norms stand behind the sums, as in the first paper: the residual path is normalised at every step. Here "
    "they stand in the branches, before attention and before the feed-forward network.",
)
@blocked
def _(x, sa, ffwd, ln1, ln2):
    x = ln1(x + sa(x))
    return ln2(x + ffwd(x))


@Block.mistake(
    "the branches are normalised at their end",
    "Each branch is normalised after its layer, before it is added. Here the input of each branch is normalised.",
)
@blocked
def _(x, sa, ffwd, ln1, ln2):
    x = x + ln1(sa(x))
    return x + ln2(ffwd(x))


@Block.mistake(
    "the residual path is normalised",
    "The normalised x is what the branches are added to. Normalise the input of the branch only, and add its output to "
    "x as it was.",
)
@blocked
def _(x, sa, ffwd, ln1, ln2):
    x = ln1(x)
    x = x + sa(x)
    x = ln2(x)
    return x + ffwd(x)


@Block.mistake(
    "both branches start from the same x",
    "The feed-forward branch looks at the input of the block. It should think about what the attention has brought: "
    "its input is the sum of the first branch.",
)
@blocked
def _(x, sa, ffwd, ln1, ln2):
    return x + sa(ln1(x)) + ffwd(ln2(x))


@Block.mistake(
    "the feed-forward network comes first",
    "The positions think before they talk: the two branches are in the other order.",
)
@blocked
def _(x, sa, ffwd, ln1, ln2):
    x = x + ffwd(ln2(x))
    return x + sa(ln1(x))


@Block.mistake(
    "the first branch is added to itself",
    "The second branch is added to the first one's output, without x: the residual path is cut in the middle.",
)
@blocked
def _(x, sa, ffwd, ln1, ln2):
    branch = sa(ln1(x))
    return branch + ffwd(ln2(x + branch))


@Block.mistake(
    "nothing is normalised",
    "The layer norms are made and not used. Each branch looks at a normalised copy of x.",
)
@blocked
def _(x, sa, ffwd, ln1, ln2):
    x = x + sa(x)
    return x + ffwd(x)


@Block.mistake(
    "the attention branch is not normalised",
    "The attention looks at x as it is. Its input is normalised by ln1.",
)
@blocked
def _(x, sa, ffwd, ln1, ln2):
    x = x + sa(x)
    return x + ffwd(ln2(x))


@Block.mistake(
    "the feed-forward branch is not normalised",
    "The feed-forward network looks at x as it is. Its input is normalised by ln2.",
)
@blocked
def _(x, sa, ffwd, ln1, ln2):
    x = x + sa(ln1(x))
    return x + ffwd(x)


@Block.mistake(
    "one layer norm for both",
    "ln1 is used in both branches. Each branch has a layer norm of its own.",
)
@blocked
def _(x, sa, ffwd, ln1, ln2):
    x = x + sa(ln1(x))
    return x + ffwd(ln1(x))


@Block.mistake(
    "the layer norms are swapped",
    "ln2 stands before the attention and ln1 before the feed-forward network. They are numbered in their order.",
)
@blocked
def _(x, sa, ffwd, ln1, ln2):
    x = x + sa(ln2(x))
    return x + ffwd(ln1(x))


@Block.mistake(
    "the attention is subtracted",
    "The attention is taken away from x. Add it.",
)
@blocked
def _(x, sa, ffwd, ln1, ln2):
    x = x - sa(ln1(x))
    return x + ffwd(ln2(x))


@Block.mistake(
    "the feed-forward branch is subtracted",
    "The feed-forward branch is taken away from x. Add it.",
)
@blocked
def _(x, sa, ffwd, ln1, ln2):
    x = x + sa(ln1(x))
    return x - ffwd(ln2(x))


@Block.mistake(
    "the feed-forward network is not used",
    "The block ends after the attention. What was heard is to be thought about: the feed-forward branch is missing.",
)
@blocked
def _(x, sa, ffwd, ln1, ln2):
    return x + sa(ln1(x))


@Block.mistake(
    "the attention is not used",
    "The positions think and never talk: the attention branch is missing.",
)
@blocked
def _(x, sa, ffwd, ln1, ln2):
    return x + ffwd(ln2(x))


Block.mistake(
    "every head is as wide as the input",
    "Each head has n_embd channels. The width is divided among the heads: n_embd // n_head for each.",
)(
    blocked(
        both,
        renewed(
            reference.Block,
            sa=lambda n_embd, n_head, block, p: reference.MultiHeadAttention(n_embd, n_head, n_embd, block, p),
        ),
    )
)


Block.mistake(
    "an argument of MultiHeadAttention is missing",
    "MultiHeadAttention is made with an argument less than it needs: n_embd, num_heads, head_size, block_size, "
    "dropout.",
)(reference.MultiHeadAttention)
Block.mistake(
    "an argument of FeedForward is missing",
    "FeedForward is made with an argument less than it needs: n_embd, dropout.",
)(lambda n_embd, n_head, block_size, dropout: reference.FeedForward(n_embd))
Block.mistake(
    "an argument of LayerNorm is missing",
    "LayerNorm is made without the size of what it normalises: n_embd.",
)(lambda n_embd, n_head, block_size, dropout: reference.LayerNorm())
lacking(Block, "sa", "ffwd", "ln1", "ln2")
cut_graph(Block)
