"""The training checks of part 2: one batch by heart, and names that were held out."""

import torch

from grader.checks.trainees import tanh_mlp
from grader.training.corpus import one_batch, windows
from grader.training.recipe import Budget, speedrun, training
from reference import trainers
from reference.speedrun import mlp


def network(m, given):
    """What both checks train."""
    params = [p.requires_grad_() for p in (given.C, given.W1, given.b1, given.W2, given.b2)]
    return {
        "step": lambda X, Y, lr: m.train_step(params, X, Y, lr),
        "logits": lambda X: m.mlp_forward(params, X),
        "hidden": lambda X: tanh_mlp(params, X)[0],
        "tensors": lambda: dict(zip(("C", "W1", "b1", "W2", "b2"), params, strict=True)),
    }


@training(
    points=1,
    corpus=one_batch(block_size=3, size=32),
    quick=Budget(400, -0.05),
    full=Budget(2_000, -0.01),
    batch=None,
    lr=0.1,
    drop=1.0,
    rests_on=("mlp_forward", "cross_entropy", "train_step"),
)
def overfit_one_batch(m, given):
    """The network learns a single batch by heart"""
    return network(m, given)


@training(
    points=2,
    corpus=windows(block_size=3),
    quick=Budget(5_000, 0.16),
    full=Budget(200_000, 0.30),
    lr=0.1,
    rests_on=("embed", "mlp_forward", "cross_entropy", "train_step"),
)
def reach_target(m, given):
    """The network reaches the target on names it has not seen"""
    return network(m, given)


@reach_target.reference
def _(m, given):
    """Gradients by hand."""
    net = trainers.MLP([given.C, given.W1, given.b1, given.W2, given.b2])
    return {"step": net.step, "logits": net.logits, "tensors": net.tensors}


@speedrun(corpus=windows(block_size=3), margin=0.3533, record=mlp)
def race(m, given):
    """2.10 on makemore's names, or as far below the bigram on others, in the least time"""
    return {"logits": m.speedrun(given.X, given.Y, given.vocab_size), "tensors": dict}


@overfit_one_batch.inputs
@reach_target.inputs
def start(rng):
    """A fresh network, as the playground makes it: small random weights, a small last layer."""
    n_embd, n_hidden, fan_in = 10, 200, 30
    return {
        "C": torch.randn(27, n_embd, generator=rng),
        "W1": torch.randn(fan_in, n_hidden, generator=rng) / fan_in**0.5,
        "b1": torch.zeros(n_hidden),
        "W2": torch.randn(n_hidden, 27, generator=rng) * 0.01,
        "b2": torch.zeros(27),
    }


STEP = """
def train_step(params, X, Y, lr):
    loss = cross_entropy(mlp_forward(params, X), Y)
    {flush}
    loss.backward()
    for p in params{moved}:
        p.data {update}
    return loss.item()
"""
FLUSH = "for p in params: p.grad = None"

PILE, UPHILL = (
    STEP.format(flush="", moved="", update="-= lr * p.grad"),
    STEP.format(flush=FLUSH, moved="", update="+= lr * p.grad"),
)
NO_RATE, LOST = (STEP.format(flush=FLUSH, moved="", update=update) for update in ("-= p.grad", "- lr * p.grad"))
FROZEN = STEP.format(flush=FLUSH, moved="[1:]", update="-= lr * p.grad")

# A batch of 32 is learned by heart with most of these: there the loss is no witness.
for one, sharp in ((overfit_one_batch, False), (reach_target, True)):
    one.bug("gradients pile up", "the gradients accumulate", PILE, by_loss=sharp)
    one.bug("uphill", "uphill", UPHILL)
    one.bug("the rate is left out", "lr is ignored", NO_RATE, by_loss=sharp)
    one.bug("the update is lost", "the parameters that came in do not move", LOST)
    one.bug("the embedding is frozen", "C is not updated", FROZEN, by_loss=False)
