"""The training check of part 4: descent by hand, side by side with autograd's."""

import torch

from grader.training.corpus import windows
from grader.training.recipe import Budget, training


@training(
    points=3,
    corpus=windows(block_size=3),
    quick=Budget(4_000, 0.12),
    full=Budget(200_000, 0.27),
    lr=0.1,
    rests_on=("train_step",),
)
def by_hand(m, given):
    """Descent by hand reaches the target, as autograd's does"""
    params = [given.C, given.W1, given.b1, given.W2, given.b2, given.bngain, given.bnbias]

    def hidden(X):
        C, W1, b1, _, _, bngain, bnbias = params
        # BatchNorm is calibrated: its statistics are those of many training examples.
        before = C[given.X[:20_000]].view(-1, W1.shape[0]) @ W1 + b1
        x = C[X].view(X.shape[0], -1) @ W1 + b1
        scale = (before.var(0) + 1e-5) ** -0.5
        return torch.tanh(bngain * (x - before.mean(0)) * scale + bnbias)

    return {
        "step": lambda X, Y, lr: m.train_step(params, X, Y, lr),
        "logits": lambda X: hidden(X) @ params[3] + params[4],
        "hidden": hidden,
        "tensors": lambda: dict(zip(("C", "W1", "b1", "W2", "b2", "bngain", "bnbias"), params, strict=True)),
    }


@by_hand.inputs
def _(rng):
    """As in the exercises: no parameter is exactly 0 or 1, so that no slip hides behind it."""
    n_hidden, fan_in = 200, 30

    def normal(*shape):
        return torch.randn(shape, generator=rng)

    return {
        "C": normal(27, 10),
        "W1": normal(fan_in, n_hidden) * (5 / 3) / fan_in**0.5,
        "b1": normal(n_hidden) * 0.1,
        "W2": normal(n_hidden, 27) * 0.1,
        "b2": normal(27) * 0.1,
        "bngain": 1.0 + normal(1, n_hidden) * 0.1,
        "bnbias": normal(1, n_hidden) * 0.1,
    }


by_hand.bug(
    "BatchNorm's statistics are taken for constants",
    "the statistics of the batch are treated as constants",
    """
    def batchnorm_backward(dhpreact, f):
        return f.bngain * f.bnvar_inv * dhpreact
    """,
    by_loss=False,
)
by_hand.bug(
    "the gradient of C is overwritten where a character comes twice",
    "overwritten where it should add up: dC",
    """
    def dC(f, d):
        out = torch.zeros_like(f.C)
        out[f.X] = d.emb
        return out
    """,
    by_loss=False,
)
by_hand.bug(
    "uphill",
    "uphill",
    """
    def train_step(params, X, Y, lr, of=train_step):
        return of(params, X, Y, -lr)
    """,
)
by_hand.bug(
    "the update is lost",
    "the parameters that came in do not move",
    """
    def train_step(params, X, Y, lr, of=train_step):
        return of([p.clone() for p in params], X, Y, lr)
    """,
)
