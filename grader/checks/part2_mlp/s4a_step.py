"""Part 2, one step of gradient descent."""

import torch

from grader.check import check
from grader.checks.draw import normal
from grader.checks.part2_mlp.inputs import SIZES, examples, parameters
from grader.checks.part2_mlp.spoilt import NUMBERS, handed_back, spoilt
from reference import part2_mlp as reference


@check(
    "train_step",
    points=3,
    hints=(
        "Four things in a row: the loss, a clean slate for the gradients, the gradients, and a small step of every "
        "parameter against its gradient.",
        "backward adds to what stands in .grad, so that must be emptied before. The step changes the tensors that were "
        "handed in, in place, and is not to be recorded. The loss to return is the one from before the step.",
        "Compute the cross-entropy of the forward pass; set the .grad of each parameter to None; call backward on the "
        "loss; under no_grad, subtract from each parameter the rate times its .grad, in place; return the loss as a "
        "Python float.",
    ),
)
def train_step(m, given):
    """Several steps: the losses, and where the parameters end up"""
    parameters = [p.clone().requires_grad_() for p in given.parameters]
    for p, gradient in zip(parameters, given.stale, strict=True):
        p.grad = None if given.first else gradient.clone()  # left over from some earlier step
    losses = [m.train_step(list(parameters), X, Y, given.lr) for X, Y in given.batches]
    names = ("C", "W1", "b1", "W2", "b2")
    return {
        "losses": losses,
        "parameters": {name: p.detach() for name, p in zip(names, parameters, strict=True)},
        "the parameters still require a gradient": all(p.requires_grad and p.is_leaf for p in parameters),
    }


@train_step.inputs
def _(rng):
    for sizes, lr in zip(SIZES, (0.7, 1.5, 0.4), strict=True):
        start = parameters(rng, sizes)
        yield {
            "parameters": start,
            "stale": [0.1 * normal(rng, *p.shape) for p in start],
            "batches": [examples(rng, sizes) for _ in range(3)],
            "first": lr == 0.4,
            "lr": lr,
        }


@train_step.mistake(
    "the gradients accumulate",
    "What an earlier step has left in .grad is still there, and backward adds to it: the step follows the sum of all "
    "gradients so far. Empty .grad of every parameter before each backward pass.",
)
def _(parameters, X, Y, lr):
    return _step(parameters, X, Y, lr, flush=False)


@train_step.mistake(
    "no old gradient",
    "The old gradients are set to zero, and before the first step there are none: .grad is None then, and None has no "
    "zero_. Whatever is there, .grad may be set to None.",
)
def _(parameters, X, Y, lr):
    for p in parameters:
        p.grad.zero_()
    return _step(parameters, X, Y, lr)


@train_step.mistake(
    "uphill",
    "The gradient points to where the loss grows, and the step follows it. Go the other way.",
)
def _(parameters, X, Y, lr):
    return _step(parameters, X, Y, -lr)


@train_step.mistake("lr is ignored", "The step is the whole gradient, whatever the rate.")
def _(parameters, X, Y, lr):
    return _step(parameters, X, Y, 1.0)


@train_step.mistake("0.1 is hard-coded", "The step is a tenth of the gradient, whatever the rate that was passed.")
def _(parameters, X, Y, lr):
    return _step(parameters, X, Y, 0.1)


@train_step.mistake("the step is divided by lr", "The gradient is divided by the rate. It is to be multiplied by it.")
def _(parameters, X, Y, lr):
    return _step(parameters, X, Y, 1 / lr)


@train_step.mistake(
    "the loss is the one after the step",
    "The parameters are right. The losses are those after each step; the one before the step is asked for, which needs "
    "no second forward pass.",
)
def _(parameters, X, Y, lr):
    _step(parameters, X, Y, lr)
    return reference.evaluate(parameters, X, Y)


@train_step.mistake(
    "the loss is a tensor",
    "The values are right, but each loss comes as a tensor. A plain Python number is asked for: a tensor that is kept "
    "in a list for plotting keeps alive whatever it hangs on.",
)
def _(parameters, X, Y, lr):
    loss = reference.cross_entropy(reference.mlp_forward(parameters, X), Y)
    _step(parameters, X, Y, lr)
    return loss


@train_step.mistake("the loss is not returned", "The step is right, but nothing is returned. The loss is asked for.")
def _(parameters, X, Y, lr):
    _step(parameters, X, Y, lr)


@train_step.mistake(
    "the parameters that came in do not move",
    "The losses are those of a network that never moves. Either the new values are put in new tensors, or in a new "
    "list, and nobody outside sees them: the caller holds the old tensors, so these must be changed in place. Or the "
    "gradients are emptied after the backward pass, before they were used.",
)
def _(parameters, X, Y, lr):
    return reference.evaluate(parameters, X, Y)


@train_step.mistake(
    "the update is recorded",
    "PyTorch refuses to change a parameter in place while it records operations on it. The update belongs inside "
    "no_grad.",
)
def _(parameters, X, Y, lr):
    loss = _backward(parameters, X, Y)
    for p in parameters:
        p -= lr * p.grad
    return loss


@train_step.mistake(
    "the parameters are detached for good",
    "The numbers are right, but after the step the parameters no longer require a gradient, so that there can be no "
    "second one: they were detached in place to get the update through.",
)
def _(parameters, X, Y, lr):
    for p in parameters:
        p.requires_grad_()
    loss = _step(parameters, X, Y, lr)
    for p in parameters:
        p.requires_grad_(False)
    return loss


@train_step.mistake(
    "backward is missing",
    "The loss is computed, but never differentiated: what stands in .grad is not its gradient.",
)
def _(parameters, X, Y, lr):
    with torch.no_grad():
        loss = reference.evaluate(parameters, X, Y)
        for p in parameters:
            p -= lr * p.grad
    return loss


@train_step.mistake(
    "C is not updated",
    "All parameters move as they should, except the embedding C: its vectors are learnt too.",
)
def _(parameters, X, Y, lr):
    return _step(parameters, X, Y, lr, still=(0,))


@train_step.mistake(
    "the biases are not updated",
    "The matrices move as they should, and the biases stay where they are: they are learnt too.",
)
def _(parameters, X, Y, lr):
    return _step(parameters, X, Y, lr, still=(2, 4))


@train_step.mistake("b2 is not updated", "All parameters move as they should, except b2. There are five of them.")
def _(parameters, X, Y, lr):
    return _step(parameters, X, Y, lr, still=(4,))


@train_step.mistake(
    "the loss of the sum",
    "The gradients are those of the summed loss, as many times too large as there are examples: the loss is the mean.",
)
def _(parameters, X, Y, lr):
    return _step(parameters, X, Y, lr * len(Y))


@train_step.mistake(
    "the loss is cut off from the parameters",
    "The loss has no graph: it was detached, or computed without recording, and then there is nothing to go backward "
    "through.",
)
def _(parameters, X, Y, lr):
    reference.cross_entropy(reference.mlp_forward(parameters, X), Y).detach().backward()


@train_step.mistake(
    "backward is missing, and .grad is None",
    "The gradients were emptied and never filled again: between that and the update, backward is to be called on the "
    "loss.",
)
def _(parameters, X, Y, lr):
    with torch.no_grad():
        for p in parameters:
            p.grad = None
            p -= lr * p.grad


def moved_by(name, advice, move):
    """Register a step by something else than lr times the gradient."""

    @train_step.mistake(name, advice)
    def _(parameters, X, Y, lr):
        loss = _backward(parameters, X, Y)
        with torch.no_grad():
            for p in parameters:
                p -= move(lr, p.grad)
        return loss


moved_by(
    "the gradient is left out",
    "Every number moves by the rate, in the same direction. Which way, and how far, is what the gradient says.",
    lambda lr, g: lr,
)
moved_by("a step twice as large", "The step is twice the rate times the gradient.", lambda lr, g: 2 * lr * g)
moved_by("a step half as large", "The step is half of the rate times the gradient.", lambda lr, g: 0.5 * lr * g)
spoilt(train_step, NUMBERS, "The loss")
handed_back(train_step, "params", "X", "Y")


def _backward(parameters, X, Y, flush=True):
    loss = reference.cross_entropy(reference.mlp_forward(parameters, X), Y)
    for p in parameters:
        p.grad = None if flush else p.grad
    loss.backward()
    return loss.item()


def _step(parameters, X, Y, lr, flush=True, still=()):
    loss = _backward(parameters, X, Y, flush)
    with torch.no_grad():
        for i, p in enumerate(parameters):
            if i not in still:
                p -= lr * p.grad
    return loss
