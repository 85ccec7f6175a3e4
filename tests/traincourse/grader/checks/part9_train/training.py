import torch
from reference.part9_train import descend, race

from grader.training.corpus import bigrams
from grader.training.recipe import Budget, speedrun, training


@training(
    points=2,
    corpus=bigrams(names=8_000),
    quick=Budget(400, -0.2),
    full=Budget(15_000, -0.1),
    batch=64,
    lr=8.0,
    block=20,
)
def a_table(m, given):
    """A table of logits learns which letter follows which"""
    W = given.W
    return {
        "step": lambda X, Y, lr: m.descend(W, X, Y, lr),
        "logits": lambda X: m.answer(W, X),
        "tensors": lambda: {"W": W},
    }


@a_table.inputs
def _(rng):
    return {"W": torch.randn(27, 27, generator=rng)}


@a_table.beside("a table that starts with zeros")
def _(m, given):
    W = torch.zeros(27, 27)
    return {
        "step": lambda X, Y, lr: descend(W, X, Y, lr),
        "logits": lambda X: W[X],
        "tensors": lambda: {"W": W},
    }


@training(
    points=1,
    corpus=bigrams(names=8_000),
    quick=Budget(400, -0.2),
    full=Budget(15_000, -0.1),
    batch=64,
    lr=8.0,
    block=20,
    rests_on=("descend", "answer"),
)
def rests_on_both(m, given):
    """The same, and its exercises must pass"""
    W = given.W
    return {
        "step": lambda X, Y, lr: m.descend(W, X, Y, lr),
        "logits": lambda X: m.answer(W, X),
        "tensors": lambda: {"W": W},
    }


@rests_on_both.inputs
def _(rng):
    return {"W": torch.randn(27, 27, generator=rng)}


rests_on_both.bug(
    "uphill", "the step goes uphill", "def descend(W, X, Y, lr, of=descend):\n    return of(W, X, Y, -lr)"
)


@speedrun(corpus=bigrams(names=8_000), margin=-0.05, record=race)
def against_the_clock(m, given):
    """A table against the clock"""
    return {"logits": m.race(given.X, given.Y, given.vocab_size), "tensors": dict}
