"""The training check of part 1: descent on a table of logits, whose optimum is known by counting."""

import torch

from grader.judge import Band
from grader.training.corpus import bigrams
from grader.training.recipe import Budget, training


@training(
    points=2,
    corpus=bigrams(names=8_000),
    quick=Budget(200, -0.01),
    full=Budget(2_000, -0.002),
    batch=None,
    lr=50.0,
    drop=1.0,
    block=10,
    rests_on=("gradient_step", "neural_bigram_loss", "softmax", "one_hot"),
)
def reach_the_counts(m, given):
    """Gradient descent arrives where counting does"""
    W = given.W.requires_grad_()
    return {
        "step": lambda X, Y, lr: m.gradient_step(W, X, Y, lr, 0.0),
        "logits": lambda X: W[X],
        "tensors": lambda: {"W": W},
    }


@reach_the_counts.inputs
def _(rng):
    return {"W": torch.randn(27, 27, generator=rng)}


@reach_the_counts.also
def _(corpus, logits):
    """Half the sum of |difference| of two distributions is the largest difference in the chance of any event."""
    everything = torch.arange(corpus.vocab_size)
    learned = torch.softmax(logits(everything).double(), 1)
    how_often = torch.bincount(corpus.X, minlength=corpus.vocab_size) / len(corpus.X)
    apart = (learned - corpus.table).abs().sum(1) / 2
    return {"the distance of softmax(W) from the table of counts": Band((apart * how_often).sum().item(), 0.0, 0.06)}


STEP = """
def gradient_step(W, xs, ys, lr, l2):
    {flush}
    loss = neural_bigram_loss(W, xs, ys, l2)
    loss.backward()
    W.data {update}
    return loss.item()
"""

reach_the_counts.bug("gradients pile up", "gradients accumulate", STEP.format(flush="pass", update="+= -lr * W.grad"))
reach_the_counts.bug("uphill", "uphill", STEP.format(flush="W.grad = None", update="+= lr * W.grad"))
reach_the_counts.bug("the rate is left out", "lr is ignored", STEP.format(flush="W.grad = None", update="+= -W.grad"))
reach_the_counts.bug(
    "the update is lost", "W does not move", STEP.format(flush="W.grad = None", update="- lr * W.grad")
)
