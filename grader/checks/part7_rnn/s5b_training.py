"""Part 7, a step of training."""

import torch

from grader.check import check
from grader.checks import slips
from grader.checks.draw import normal
from grader.checks.part7_rnn.inputs import batch, model
from grader.checks.part7_rnn.probes import named
from reference import part7_rnn as reference


@check(
    "train_step",
    points=2,
    hints=(
        "Five things in a row: empty, forward, backward, clip, step.",
        "backward() adds to .grad, so what is there from before has to go first. The step changes the tensors that "
        "were handed in, so it is done in place, and autograd must not record it.",
        "Set .grad of each parameter to None, compute the loss with rnn_loss, call backward on it, clip with "
        "clip_gradients, subtract from each parameter lr times its .grad, in place and under no_grad, and return "
        "the loss as a float.",
    ),
)
def train_step(m, given):
    """Several clipped steps, parameters and losses"""
    leaves = named([p.clone() for p in given.params])
    for p, old in zip(leaves.values(), given.old_gradients, strict=True):
        p.grad = old if old is None else old.clone()
    losses = [m.train_step(list(leaves.values()), *step) for step in given.steps]
    return {
        "losses": losses,
        "params": {name: p.detach() for name, p in leaves.items()},
        "the parameters are still leaves that require a gradient": all(
            p.is_leaf and p.requires_grad for p in leaves.values()
        ),
    }


@train_step.inputs
def _(rng):
    for (V, E, H), lengths, lr in (
        ((7, 4, 5), (2, 5, 3), 0.7),
        ((6, 3, 8), (4, 1, 3, 2), 1.4),
        ((9, 5, 2), (6, 3), 0.4),
    ):
        params = model(rng, V, E, H)
        batches = [batch(rng, V, *lengths), batch(rng, V, 4), batch(rng, V, *lengths)]
        length = gradients_of([p.clone().requires_grad_() for p in params], *batches[0])[1]
        # The first step is clipped to less than half, the second surely not, the third surely.
        limits = ((lr, 0.4 * length), (1.5 * lr, 50.0), (0.5 * lr, 0.05))
        steps = [(*one, *limit) for one, limit in zip(batches, limits, strict=True)]
        old = [normal(rng, *p.shape) for p in params]
        if V == 6:  # parameters as they are made, without a gradient
            old = [None] * len(params)
        elif V == 9:  # and some that no loss has reached
            old[1] = old[4] = None
        yield {"params": params, "old_gradients": old, "steps": steps}


def gradients_of(params, X, Y):
    """The loss as a float, the length of the gradients, and the gradients."""
    loss = reference.rnn_loss(params, X, Y)
    gradients = torch.autograd.grad(loss, params)
    return loss.item(), torch.cat([g.flatten() for g in gradients]).norm().item(), gradients


def moved(params, gradients, lr, loss):
    """The update in place; hands on the loss."""
    for p, gradient in zip(params, gradients, strict=True):
        p.data -= lr * gradient
    return loss


@train_step.mistake(
    "gradients accumulate",
    "The old gradients were not emptied, so each step follows the sum of all gradients so far: backward() adds to "
    "what is in .grad.",
)
def _(params, X, Y, lr, max_norm):
    loss = reference.rnn_loss(params, X, Y)
    loss.backward()
    reference.clip_gradients(params, max_norm)
    return moved(params, [p.grad for p in params], lr, loss.item())


def emptied(name, empty):
    """A mistake that fails where there is no old gradient; `empty` is what is done to one."""

    def variant(params, X, Y, lr, max_norm):
        for p in params:
            empty(p.grad)
        return reference.train_step(params, X, Y, lr, max_norm)

    advice = "Before the first backward() the .grad of a parameter is None, and None can't be filled with zeros. "
    train_step.mistake(name, f"{advice}Think of a way to empty it that works for both.")(variant)


emptied("no old gradient", lambda gradient: gradient.zero_())
emptied("no old gradient: .data", lambda gradient: gradient.data.zero_())
emptied("no old gradient: filled", lambda gradient: gradient.fill_(0))


@train_step.mistake(
    "nothing is clipped",
    "The steps are as long as the gradients are. They are to be clipped to max_norm, after backward() and before the "
    "parameters move.",
)
def _(params, X, Y, lr, max_norm):
    loss, _, gradients = gradients_of(params, X, Y)
    return moved(params, gradients, lr, loss)


@train_step.mistake(
    "clipped to lr",
    "The gradients were clipped to the length lr. max_norm is the length, and lr the rate.",
)
def _(params, X, Y, lr, max_norm):
    return reference.train_step(params, X, Y, lr, lr)


@train_step.mistake(
    "lr and max_norm are swapped",
    "The rate was used as the length to clip to, and the length as the rate.",
)
def _(params, X, Y, lr, max_norm):
    return reference.train_step(params, X, Y, max_norm, lr)


@train_step.mistake(
    "every step has the length of max_norm",
    "Also short gradients were brought to the length max_norm. Only longer ones are shortened.",
)
def _(params, X, Y, lr, max_norm):
    loss, length, gradients = gradients_of(params, X, Y)
    return moved(params, gradients, lr * max_norm / length, loss)


@train_step.mistake(
    "each gradient is clipped by its own length",
    "Each parameter's gradient was clipped for itself. One length, over all of them, and one factor.",
)
def _(params, X, Y, lr, max_norm):
    loss, _, gradients = gradients_of(params, X, Y)
    clipped = [gradient * min(1.0, max_norm / gradient.norm().item()) for gradient in gradients]
    return moved(params, clipped, lr, loss)


@train_step.mistake(
    "uphill",
    "The gradient points to where the loss grows, and the step follows it. Go the other way.",
)
def _(params, X, Y, lr, max_norm):
    return reference.train_step(params, X, Y, -lr, max_norm)


@train_step.mistake(
    "the parameters that came in do not move",
    "The losses are those of a network that never moves. Either the new values are put in new tensors, which nobody "
    "outside sees, or the gradients are emptied after backward() and before the step.",
)
def _(params, X, Y, lr, max_norm):
    return gradients_of(params, X, Y)[0]


@train_step.mistake("lr is ignored", "The step is the whole clipped gradient, whatever the rate.")
def _(params, X, Y, lr, max_norm):
    return reference.train_step(params, X, Y, 1.0, max_norm)


@train_step.mistake(
    "the clipped length is not multiplied by lr",
    "lr was multiplied into the gradients before they were clipped. First clip, then take the step.",
)
def _(params, X, Y, lr, max_norm):
    loss, length, gradients = gradients_of(params, X, Y)
    return moved(params, gradients, min(lr, max_norm / length), loss)


@train_step.mistake(
    "the update is recorded",
    "PyTorch refuses to change a leaf in place while it records operations on it. The update belongs inside no_grad.",
)
def _(params, X, Y, lr, max_norm):
    loss, _, gradients = gradients_of(params, X, Y)
    for p, gradient in zip(params, gradients, strict=True):
        p -= lr * gradient
    return loss


@train_step.mistake(
    "the loss is the one after the step",
    "The parameters are right. The losses are those after each step; the one before the step is asked for, which "
    "needs no second forward pass.",
)
def _(params, X, Y, lr, max_norm):
    reference.train_step(params, X, Y, lr, max_norm)
    return reference.rnn_loss(params, X, Y).item()


@train_step.mistake(
    "the loss is a tensor",
    "The values are right, but each loss comes as a tensor. A plain Python float is asked for: a tensor that is kept "
    "in a list for plotting keeps alive whatever it hangs on.",
)
def _(params, X, Y, lr, max_norm):
    return torch.tensor(reference.train_step(params, X, Y, lr, max_norm), dtype=params[0].dtype)


@train_step.mistake(
    "the length is returned",
    "The parameters are right. What comes back is the length of the gradients; the loss is asked for.",
)
def _(params, X, Y, lr, max_norm):
    length = gradients_of(params, X, Y)[1]
    reference.train_step(params, X, Y, lr, max_norm)
    return length


@train_step.mistake(
    "the parameters are detached for good",
    "After the step the parameters no longer require a gradient. They should change in value and in nothing else.",
)
def _(params, X, Y, lr, max_norm):
    for p in params:
        p.requires_grad_()
    loss = reference.train_step(params, X, Y, lr, max_norm)
    for p in params:
        p.requires_grad_(False)
    return loss


@train_step.mistake(
    f"{slips.OVERWRITTEN}: C",
    "All is right but C: where a character occurs twice, only one occurrence moves its row.",
)
def _(params, X, Y, lr, max_norm):
    loss, length, gradients = gradients_of(params, X, Y)
    rows = params[0].detach()[X].requires_grad_()
    states, _ = reference.rnn_forward(rows, rows.new_zeros(X.shape[1], len(params[3])), *params[1:4])
    logits = torch.nn.functional.linear(states, *params[4:])
    from_rows = torch.autograd.grad(torch.nn.functional.cross_entropy(logits[Y >= 0], Y[Y >= 0]), rows)[0]
    C = torch.zeros_like(gradients[0])
    for number, row in zip(X.flatten().tolist(), from_rows.flatten(0, 1), strict=True):
        C[number] = row
    return moved(params, (C, *gradients[1:]), lr * min(1.0, max_norm / length), loss)


@train_step.mistake(
    slips.IGNORED,
    "Every number moves by the same amount, the rate: the gradient is not multiplied in.",
)
def _(params, X, Y, lr, max_norm):
    loss, _, gradients = gradients_of(params, X, Y)
    return moved(params, [torch.ones_like(gradient) for gradient in gradients], lr, loss)


@train_step.mistake(
    "divided by lr",
    "The gradients are divided by the rate. A small rate is to make a small step.",
)
def _(params, X, Y, lr, max_norm):
    return reference.train_step(params, X, Y, 1 / lr, max_norm)


@train_step.mistake(
    "the loss has no history",
    "backward() finds no graph behind the loss: it was detached, turned into a number, or computed under no_grad. "
    "no_grad belongs around the update alone.",
)
def _(params, X, Y, lr, max_norm):
    reference.rnn_loss(params, X, Y).detach().backward()
