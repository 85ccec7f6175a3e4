"""The training check of part 7: a plain recurrent network, name by name."""

import torch

from grader.training.corpus import padded_names
from grader.training.recipe import Budget, training


@training(
    points=2,
    corpus=padded_names(),
    quick=Budget(1_500, 0.25),
    full=Budget(50_000, 0.30),
    lr=1.0,
    rests_on=("rnn_cell", "rnn_forward", "rnn_logits", "rnn_loss", "clip_gradients", "train_step"),
)
def names_by_rnn(m, given):
    """The recurrent network reaches the target on names it has not seen"""
    params = [p.requires_grad_() for p in (given.C, given.W_ih, given.W_hh, given.b, given.W_out, given.b_out)]

    def step(X, Y, lr):
        longest = int((Y >= 0).sum(1).max())
        return m.train_step(params, X[:, :longest].T, Y[:, :longest].T, lr, 1.0)

    return {
        "step": step,
        "logits": lambda X: m.rnn_logits(params, X.T).transpose(0, 1),
        "tensors": lambda: dict(zip(("C", "W_ih", "W_hh", "b", "W_out", "b_out"), params, strict=True)),
    }


@names_by_rnn.inputs
def _(rng):
    """A small last layer, so that the network starts unsure."""
    V, E, H = 27, 16, 64

    def normal(*shape):
        return torch.randn(shape, generator=rng)

    return {
        "C": normal(V, E),
        "W_ih": normal(H, E) / E**0.5,
        "W_hh": normal(H, H) / H**0.5,
        "b": torch.zeros(H),
        "W_out": normal(V, H) * 0.1 / H**0.5,
        "b_out": torch.zeros(V),
    }


STEP = """
def train_step(params, X, Y, lr, max_norm):
    {flush}
    loss = rnn_loss(params, X, Y)
    loss.backward()
    clip_gradients(params, max_norm)
    for p in params:
        p.data {update}
    return loss.item()
"""
FLUSH = "for p in params: p.grad = None"
names_by_rnn.bug(
    "gradients pile up", "gradients accumulate", STEP.format(flush="pass", update="-= lr * p.grad"), by_loss=False
)
names_by_rnn.bug("uphill", "uphill", STEP.format(flush=FLUSH, update="+= lr * p.grad"))
names_by_rnn.bug(
    "the update is lost", "the parameters that came in do not move", STEP.format(flush=FLUSH, update="- lr * p.grad")
)
names_by_rnn.bug(
    "the state is not carried on",
    "every step starts from zeros",
    """
    def rnn_cell(x, h, W_ih, W_hh, b):
        return torch.tanh(x @ W_ih.T + 0 * h @ W_hh.T + b)
    """,
)
