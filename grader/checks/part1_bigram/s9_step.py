"""Part 1, one step of gradient descent."""

import torch

from grader.check import check
from grader.checks.draw import normal
from grader.checks.part1_bigram.inputs import pairs
from reference import part1_bigram as reference


@check(
    "gradient_step",
    points=3,
    after="neural_bigram_loss",
    hints=(
        "Loss, empty gradient, backward pass, update, in that order; the loss is returned.",
        "backward() adds to what is in W.grad, so that has to be emptied first. The update is in place and must not be "
        "recorded; it goes against the gradient, lr times as far.",
        "Compute the loss; set W.grad to None; call backward on the loss; under no_grad subtract lr times W.grad from "
        "W with an in-place operation; return the loss as a float.",
    ),
)
def gradient_step(m, given):
    """Several steps in place: losses and W"""
    W = given.W.clone().requires_grad_()
    W.grad = None if given.left_over is None else given.left_over.clone()
    losses = [m.gradient_step(W, xs, ys, given.lr, given.l2) for xs, ys in given.batches]
    return {
        "losses": losses,
        "W": W.detach().clone(),
        "W still requires a gradient": W.requires_grad,
        "W is still a leaf": W.is_leaf,
        "recording is still on": torch.is_grad_enabled(),
    }


@gradient_step.inputs
def _(rng):
    for (size, n), lr, l2 in zip(((5, 9), (27, 40), (8, 6)), (0.7, 20.0, 3.0), (0.5, 1.3, 0.2), strict=True):
        yield {
            "W": normal(rng, size, size),
            "left_over": None if size == 8 else 0.1 * normal(rng, size, size),
            "batches": [pairs(rng, size, n) for _ in range(3)],
            "lr": lr,
            "l2": l2,
        }


def _step(W, xs, ys, lr, l2, gradient=None):
    """The step as it should be, but for the gradient; the loss before it."""
    loss = reference.neural_bigram_loss(W.detach(), xs, ys, l2).item()
    if gradient is None:
        gradient = reference.loss_gradient(W.detach(), xs, ys, l2)
    W.data -= lr * gradient
    return loss


@gradient_step.mistake(
    "gradients accumulate",
    "backward() adds to W.grad, and nobody has emptied it: each step walks along the sum of all gradients so far, "
    "beginning with what someone else had left there.",
)
def _(W, xs, ys, lr, l2):
    loss = reference.neural_bigram_loss(W, xs, ys, l2)
    loss.backward()
    W.data -= lr * W.grad
    return loss.item()


@gradient_step.mistake(
    "the gradient is emptied after the step",
    "W.grad is emptied at the end, so the next call finds it empty. But the first call does not: someone else may have "
    "left something there. Empty it before backward().",
)
def _(W, xs, ys, lr, l2):
    gradient = reference.loss_gradient(W.detach(), xs, ys, l2)
    loss = _step(W, xs, ys, lr, l2, gradient if W.grad is None else gradient + W.grad)
    W.grad = None
    return loss


@gradient_step.mistake(
    "the gradient that was left over is used",
    "W moves along what stood in W.grad before the call. The gradient of this loss has to get there first, by "
    "backward().",
)
def _(W, xs, ys, lr, l2):
    loss = _loss(W, xs, ys, l2)
    W.data -= lr * W.grad
    return loss


@gradient_step.mistake(
    "there is nothing to set to zero yet",
    "Before the first backward pass W.grad is None, and None can't be filled with zeros. Setting it to None empties it "
    "as well, whatever is there.",
)
def _(W, xs, ys, lr, l2):
    W.grad.zero_()
    return _step(W, xs, ys, lr, l2)


@gradient_step.mistake(
    "uphill",
    "The gradient points to where the loss grows, and the step follows it. Go the other way.",
)
def _(W, xs, ys, lr, l2):
    return _step(W, xs, ys, -lr, l2)


@gradient_step.mistake(
    "W does not move",
    "The losses are those of a W that stays as it was. Either the new values are in a new tensor, which the caller "
    "never sees (W = W - ... makes one; an operation in place does not), or the gradient was emptied between "
    "backward() and the update, or there is no update.",
)
def _(W, xs, ys, lr, l2):
    return reference.neural_bigram_loss(W, xs, ys, l2).item()


@gradient_step.mistake("lr is ignored", "The step is the whole gradient, whatever the rate.")
def _(W, xs, ys, lr, l2):
    return _step(W, xs, ys, 1.0, l2)


@gradient_step.mistake("lr is hard-coded", "The step is 50 times the gradient, whatever the rate.")
def _(W, xs, ys, lr, l2):
    return _step(W, xs, ys, 50.0, l2)


@gradient_step.mistake("lr is applied twice", "The gradient is multiplied by the rate twice.")
def _(W, xs, ys, lr, l2):
    return _step(W, xs, ys, lr**2, l2)


@gradient_step.mistake("divided by lr", "The gradient is divided by the rate. A larger rate is a larger step.")
def _(W, xs, ys, lr, l2):
    return _step(W, xs, ys, 1 / lr, l2)


@gradient_step.mistake(
    "lr and l2 are exchanged", "The rate is used for the weight of the penalty, and the other way round."
)
def _(W, xs, ys, lr, l2):
    return _step(W, xs, ys, l2, lr)


@gradient_step.mistake("the penalty is missing", "Loss and step are those without the penalty: l2 is not handed on.")
def _(W, xs, ys, lr, l2):
    return _step(W, xs, ys, lr, 0.0)


@gradient_step.mistake(
    "inputs and answers are exchanged", "xs and ys are handed on in the wrong order: the inputs come first."
)
def _(W, xs, ys, lr, l2):
    return _step(W, ys, xs, lr, l2)


@gradient_step.mistake(
    "only the sign of the gradient counts",
    "Every entry moves by the same amount, up or down. An entry moves in proportion to its gradient.",
)
def _(W, xs, ys, lr, l2):
    return _step(W, xs, ys, lr, l2, reference.loss_gradient(W.detach(), xs, ys, l2).sign())


@gradient_step.mistake(
    "W becomes its step",
    "After the step, W holds the step alone: it is assigned where it should be added to W.",
)
def _(W, xs, ys, lr, l2):
    loss, gradient = _loss(W, xs, ys, l2), reference.loss_gradient(W.detach(), xs, ys, l2)
    W.data.copy_(-lr * gradient)
    return loss


@gradient_step.mistake(
    "the loss after the step",
    "W is right. The losses are those after each step; the one before it is asked for, which needs no second forward "
    "pass.",
)
def _(W, xs, ys, lr, l2):
    _step(W, xs, ys, lr, l2)
    return _loss(W, xs, ys, l2)


@gradient_step.mistake(
    "the loss is a tensor",
    "W is right. Each loss comes as a tensor, and it may have its whole graph behind it; a plain Python number is "
    "asked for.",
)
def _(W, xs, ys, lr, l2):
    return torch.tensor(_step(W, xs, ys, lr, l2), dtype=W.dtype)


@gradient_step.mistake("nothing is returned", "W is right. The loss before the step is to be returned.")
def _(W, xs, ys, lr, l2):
    _step(W, xs, ys, lr, l2)


@gradient_step.mistake(
    "the update is recorded",
    "Torch refuses to change a leaf in place that requires a gradient, while it records. The update belongs under "
    "no_grad.",
)
def _(W, xs, ys, lr, l2):
    W -= lr * reference.loss_gradient(W.detach(), xs, ys, l2)


@gradient_step.mistake(
    "W no longer requires a gradient",
    "W was taken out of the game to get the update through, and is not put back: the next backward pass finds nothing "
    "to differentiate. W should change in value and in nothing else.",
)
def _(W, xs, ys, lr, l2):
    loss = reference.neural_bigram_loss(W, xs, ys, l2)
    loss.backward()
    W.requires_grad_(False)
    W -= lr * W.grad
    return loss.item()


@gradient_step.mistake(
    "recording is left off",
    "The steps are right, but afterwards torch no longer records anything, anywhere: switching it off with "
    "set_grad_enabled lasts. As a block, no_grad ends by itself.",
)
def _(W, xs, ys, lr, l2):
    with torch.enable_grad():
        loss = _step(W, xs, ys, lr, l2)
    torch.set_grad_enabled(False)
    return loss


@gradient_step.mistake(
    "backward is missing",
    "W.grad is None when it is used: nobody has called backward() on the loss since it was emptied.",
)
def _(W, xs, ys, lr, l2):
    W.grad = None
    W.data -= lr * W.grad


@gradient_step.mistake(
    "the rate itself is subtracted",
    "Every entry of W goes down by lr, whatever its gradient. The step is the rate times the gradient.",
)
def _(W, xs, ys, lr, l2):
    return _step(W, xs, ys, lr, l2, torch.ones_like(W))


@gradient_step.mistake(
    "twice as far",
    "The step is twice as long as it should be. Is backward() called twice, or the update made twice?",
)
def _(W, xs, ys, lr, l2):
    return _step(W, xs, ys, 2 * lr, l2)


@gradient_step.mistake("half as far", "The step is half as long as it should be.")
def _(W, xs, ys, lr, l2):
    return _step(W, xs, ys, lr / 2, l2)


@gradient_step.mistake("the gradient is returned", "The gradient came. The loss before the step is to be returned.")
def _(W, xs, ys, lr, l2):
    gradient = reference.loss_gradient(W.detach(), xs, ys, l2)
    _step(W, xs, ys, lr, l2)
    return gradient


@gradient_step.mistake(
    "W is returned", "W came. It is changed in place, so the caller has it already; return the loss."
)
def _(W, xs, ys, lr, l2):
    _step(W, xs, ys, lr, l2)
    return W


def _loss(W, xs, ys, l2):
    return reference.neural_bigram_loss(W.detach(), xs, ys, l2).item()
