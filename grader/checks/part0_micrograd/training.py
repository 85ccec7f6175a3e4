"""The training check of part 0: two moons, told apart by a network of single numbers."""

import torch

from grader.training.corpus import moons
from grader.training.recipe import Budget, training


@training(
    points=2,
    corpus=moons(200),
    quick=Budget(300, 0.8),
    full=Budget(1_500, 0.93),
    batch=16,
    lr=0.03,
    drop=0.8,
    block=10,
    rests_on=("Value", "Neuron", "Layer", "MLP", "train_step"),
)
def tell_moons_apart(m, given):
    """The network tells two moons apart, at points it has not seen"""
    mlp = m.MLP(2, [16, 1])

    def step(X, Y, lr):
        return m.train_step(mlp, X.tolist(), Y.tolist(), lr)

    def logits(X):
        return torch.tensor([float(mlp(x).data) for x in X.tolist()])

    def tensors():
        return {"parameters": torch.tensor([float(p.data) for p in mlp.parameters()], dtype=torch.float64)}

    def restore(saved):
        for p, number in zip(mlp.parameters(), saved["parameters"].tolist(), strict=True):
            p.data = number

    return {"step": step, "logits": logits, "tensors": tensors, "restore": restore}


STEP = """
def train_step(mlp, xs, ys, lr):
    {flush}
    loss = sum((mlp(x) - y) ** 2 for x, y in zip(xs, ys))
    loss.backward()
    for p in mlp.parameters():
        {update}
    return loss.data
"""

tell_moons_apart.bug(
    "the gradients are not flushed",
    "forgets to flush",
    STEP.format(flush="pass", update="p.data -= lr * p.grad"),
)
tell_moons_apart.bug("uphill", "steps uphill", STEP.format(flush="mlp.zero_grad()", update="p.data += lr * p.grad"))
tell_moons_apart.bug(
    "the update is lost", "the parameters do not move", STEP.format(flush="mlp.zero_grad()", update="d = lr * p.grad")
)
