"""Part 4, the gradients at work: a training step without autograd."""

import torch

from grader.check import check
from grader.checks import slips
from grader.checks.part4_backprop.inputs import SIZES, contexts, network
from reference import part4_backprop as reference


@check(
    "train_step",
    points=3,
    hints=(
        "Three things in a row: all forward values, all gradients, and a small step of every "
        "parameter against its gradient.",
        "The step changes the tensors that were handed in, so it has to be done in place, and "
        "under no_grad. The loss to return is the one from before the step.",
        "Compute f from the parameters, call your backward, subtract from each parameter the rate "
        "times its gradient with an in-place operation, and return the loss as a Python float.",
    ),
)
def train_step(m, given):
    """Several steps of gradient descent, parameters and losses"""
    parameters = [p.clone() for p in given.parameters]
    losses = [m.train_step(list(parameters), X, Y, given.lr) for X, Y in given.batches]
    names = ("C", "W1", "b1", "W2", "b2", "bngain", "bnbias")
    return {"losses": losses, "parameters": dict(zip(names, parameters, strict=True))}


@train_step.inputs
def _(rng):
    for sizes, lr in zip(SIZES[:3], (0.7, 1.5, 0.4), strict=True):
        f = network(rng, sizes)
        batches = [(f.X, f.Y), contexts(rng, sizes), contexts(rng, sizes)]
        yield {"parameters": parameters_of(f), "batches": batches, "lr": lr}


@train_step.mistake(
    "uphill",
    "The gradient points to where the loss grows, and the step follows it. Go the other way.",
)
def _(parameters, X, Y, lr):
    loss, gradients = gradients_of(parameters, X, Y)
    return move(parameters, gradients, -lr, loss)


@train_step.mistake(
    "the parameters that came in do not move",
    "The losses are those of a network that never moves: the new values are put in new tensors, "
    "or in a new list, and nobody outside sees them. The caller holds the old tensors, so these "
    "must be changed in place.",
)
def _(parameters, X, Y, lr):
    loss, gradients = gradients_of(parameters, X, Y)
    parameters = [p - lr * g for p, g in zip(parameters, gradients.values(), strict=True)]
    return loss


@train_step.mistake("lr is ignored", "The step is the whole gradient, whatever the rate.")
def _(parameters, X, Y, lr):
    loss, gradients = gradients_of(parameters, X, Y)
    return move(parameters, gradients, 1.0, loss)


@train_step.mistake(
    "lr is applied twice",
    "The step is multiplied by the rate twice, for instance once in the gradient and once in the update.",
)
def _(parameters, X, Y, lr):
    loss, gradients = gradients_of(parameters, X, Y)
    return move(parameters, gradients, lr**2, loss)


@train_step.mistake(
    "the loss is the one after the step",
    "The parameters are right. The losses are those after each step; the one before the step is "
    "asked for, which needs no second forward pass.",
)
def _(parameters, X, Y, lr):
    loss, gradients = gradients_of(parameters, X, Y)
    move(parameters, gradients, lr, loss)
    return reference.forward(parameters, X, Y).loss.item()


@train_step.mistake(
    "the loss is a tensor",
    "The values are right, but each loss comes as a tensor. A plain Python number is asked for: a "
    "tensor that is kept in a list for plotting keeps alive whatever it hangs on.",
)
def _(parameters, X, Y, lr):
    return torch.tensor(reference.train_step(parameters, X, Y, lr), dtype=parameters[0].dtype)


@train_step.mistake(
    "b2 is not updated",
    "All parameters move as they should, except b2. There are seven of them.",
)
def _(parameters, X, Y, lr):
    loss, gradients = gradients_of(parameters, X, Y)
    return move(parameters, gradients | {"b2": 0 * gradients["b2"]}, lr, loss)


@train_step.mistake(
    "bngain and bnbias are not updated",
    "All parameters move as they should, except those of BatchNorm: its gain and bias are learnt too.",
)
def _(parameters, X, Y, lr):
    loss, gradients = gradients_of(parameters, X, Y)
    still = {name: 0 * gradients[name] for name in ("bngain", "bnbias")}
    return move(parameters, gradients | still, lr, loss)


@train_step.mistake(
    "C is not updated",
    "All parameters move as they should, except the embedding C: its vectors are learnt too.",
)
def _(parameters, X, Y, lr):
    loss, gradients = gradients_of(parameters, X, Y)
    return move(parameters, gradients | {"C": 0 * gradients["C"]}, lr, loss)


@train_step.mistake(
    f"{slips.ONE_N_MISSING}: dlogprobs",
    "The gradients are those of the summed loss, n times too large: the loss is the mean over the batch.",
)
def _(parameters, X, Y, lr):
    loss, gradients = gradients_of(parameters, X, Y)
    return move(parameters, gradients, lr * len(Y), loss)


@train_step.mistake(
    f"{slips.OVERWRITTEN}: dC",
    "The rows of C move by the gradient of the last occurrence of their character alone. Training "
    "hides this well, it is only a little slower; every occurrence must add its share.",
)
def _(parameters, X, Y, lr):
    loss, gradients = gradients_of(parameters, X, Y)
    C = torch.zeros_like(parameters[0])
    emb = reference.backward(reference.forward(parameters, X, Y))["emb"]
    for character, vector in zip(X.flatten(), emb.flatten(0, 1), strict=True):
        C[character] = vector
    return move(parameters, gradients | {"C": C}, lr, loss)


@train_step.mistake(
    "the statistics of the batch are treated as constants",
    "The last layer, gain and bias move as they should, but W1 and C move as if the mean and the "
    "variance of the batch did not depend on them. Training hides this well; use the gradient of "
    "hprebn with all its paths.",
)
def _(parameters, X, Y, lr):
    return _through_batchnorm(parameters, X, Y, lr, mean=0, variance=0)


@train_step.mistake(
    f"{slips.N}: the variance",
    "The gradient through BatchNorm is that of a variance divided by n, while the forward pass "
    "divides by n - 1. Training hides this well; W1 and C show it.",
)
def _(parameters, X, Y, lr):
    return _through_batchnorm(parameters, X, Y, lr, variance=(len(Y) - 1) / len(Y))


def parameters_of(f):
    """The parameters of a network in the order of `train_step`."""
    return [getattr(f, name) for name in reference.PARAMETERS]


def gradients_of(parameters, X, Y):
    """The loss as a float, and the gradients of the seven parameters by name."""
    f = reference.forward([p.detach() for p in parameters], X, Y)
    gradients = reference.backward(f)
    return f.loss.item(), {name: gradients[name] for name in reference.PARAMETERS}


def move(parameters, gradients, lr, loss):
    """The update in place, without a graph; hands on the loss."""
    with torch.no_grad():
        for p, gradient in zip(parameters, gradients.values(), strict=True):
            p -= lr * gradient
    return loss


def _through_batchnorm(parameters, X, Y, lr, mean=1, variance=1):
    """A step with the terms of the mean and of the variance multiplied by something."""
    f = reference.forward(parameters, X, Y)
    d = reference.backward(f)
    along = f.bnraw * (d["hpreact"] * f.bnraw).sum(0) / (len(Y) - 1)
    centred = d["hpreact"] - mean * d["hpreact"].mean(0) - variance * along
    dhprebn = f.bngain * f.bnvar_inv * centred
    demb = (dhprebn @ f.W1.T).view(f.emb.shape).flatten(0, 1)
    changed = {
        "C": torch.zeros_like(f.C).index_add(0, X.flatten(), demb),
        "W1": f.embcat.T @ dhprebn,
        "b1": dhprebn.sum(0),
    }
    gradients = {name: changed.get(name, d[name]) for name in reference.PARAMETERS}
    return move(parameters, gradients, lr, f.loss.item())
