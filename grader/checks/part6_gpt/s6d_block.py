"""Part 6, what a block drops."""

import torch
from torch import nn

from grader.check import check
from grader.checks.draw import normal, uniform
from grader.checks.part6_gpt.inputs import exactly, share, weights_of
from grader.checks.part6_gpt.modules import placed
from grader.checks.part6_gpt.s6c_block import blocked, both
from grader.checks.part6_gpt.wrong import renewed
from reference import part6_gpt as reference


@check(
    "Block",
    points=1,
    after="Dropout",
    hints=(
        "The block itself drops nothing. Who does?",
        "Attention and feed-forward network both take a probability in their constructors.",
        "Hand dropout on to MultiHeadAttention and to FeedForward.",
    ),
)
def dropout(m, given):
    """The probability reaches both branches"""
    layer = m.Block(given.n_embd, given.n_head, given.block_size, given.dropout)
    placed(layer, given.weights)
    return {"training": layer(given.x) - given.x, "evaluation": layer.eval()(given.x) - given.x}


@dropout.inputs
def _(rng):
    # All that a branch puts out is the bias of its last layer; in the first case that of the attention, then the other.
    for lively, p, n_embd in (("sa.proj.bias", 0.3, 6), ("ffwd.net.2.bias", 0.55, 8)):
        weights = weights_of(rng, reference.Block(n_embd, 2, 5, 0.0))
        for name in ("sa.proj.weight", "sa.proj.bias", "ffwd.net.2.weight", "ffwd.net.2.bias"):
            weights[name] = torch.zeros_like(weights[name])
        weights[lively] = uniform(rng, 1, 2, n_embd)
        yield {
            "n_embd": n_embd,
            "n_head": 2,
            "block_size": 5,
            "dropout": p,
            "weights": weights,
            "x": 0.1 * normal(rng, 40, 5, n_embd),
            "lively": lively,
        }


@dropout.statistic
def _(given, answer):
    size = given.weights[given.lively]
    ratio = answer["training"] / size
    dropped = ratio.abs() < 0.01
    bands = {f"share of {given.lively} that is dropped": share(dropped, given.dropout)}
    for label, values, wanted in (
        ("factor of what is left", ratio[~dropped], 1 / (1 - given.dropout)),
        ("factor in evaluation", answer["evaluation"] / size, 1.0),
    ):
        for name, band in exactly(values, wanted).items():
            bands[f"{name} {label}"] = band
    return bands


def without(*silent):
    """A Block of which some branches do not get the probability."""
    makers = {
        "sa": lambda n_embd, n_head, block, p: reference.MultiHeadAttention(
            n_embd, n_head, n_embd // n_head, block, 0.0
        ),
        "ffwd": lambda n_embd, n_head, block, p: reference.FeedForward(n_embd, 0.0),
    }
    return blocked(both, renewed(reference.Block, **{name: makers[name] for name in silent}))


dropout.mistake(
    "the attention branch does not drop",
    "The feed-forward branch drops, the attention does not: does MultiHeadAttention get the probability?",
)(without("sa"))
dropout.mistake(
    "the feed-forward branch does not drop",
    "The attention drops, the feed-forward branch does not: does FeedForward get the probability?",
)(without("ffwd"))
dropout.mistake(
    "nothing is dropped",
    "Neither branch drops anything: the probability has to be handed on to both.",
)(without("sa", "ffwd"))


@dropout.mistake(
    "dropout once more",
    "The branches drop already, and the block drops again what they put out.",
)
@blocked
def _(x, sa, ffwd, ln1, ln2):
    def again(t):
        return nn.functional.dropout(t, sa.p, sa.training)

    x = x + again(sa(ln1(x)))
    return x + again(ffwd(ln2(x)))
