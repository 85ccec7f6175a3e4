"""Part 4, the same training step where the parameters require a gradient."""

import torch

from grader.check import check
from grader.checks.part4_backprop.inputs import SIZES, network
from grader.checks.part4_backprop.s7a_training import gradients_of, move, parameters_of
from reference import part4_backprop as reference


@check(
    "train_step",
    points=1,
    after="train_step",
    hints=(
        "Parameters that require a gradient make PyTorch record every operation on them, for a "
        "backward pass that you will never ask for.",
        "Inside no_grad nothing is recorded, and a parameter may be changed in place. Forward "
        "pass, backward pass and update all belong inside.",
        "Put the whole body of the function under no_grad, leave .grad alone, and turn the loss "
        "into a float with item().",
    ),
)
def no_graph(m, given):
    """No graph is built, even where the parameters require a gradient"""
    recorded = []

    def record(tensor):
        recorded.append(tensor.shape)
        return tensor

    # Answers of this part run in inference mode, where nothing could be recorded: leave it to look.
    with torch.autograd.grad_mode.inference_mode(False), torch.enable_grad():
        parameters = [p.clone().requires_grad_() for p in given.parameters]
        with torch.autograd.graph.saved_tensors_hooks(record, lambda t: t):
            loss = m.train_step(list(parameters), given.X, given.Y, given.lr)
            enabled = torch.is_grad_enabled()
    pairs = zip(parameters, given.parameters, strict=True)
    return {
        "a step was taken": any(not torch.equal(new.detach(), old) for new, old in pairs),
        "something was recorded in a graph": bool(recorded),
        "recording is still on afterwards": enabled,
        "the loss is a plain float": type(loss) is float,
        "the parameters are still leaves": all(p.is_leaf for p in parameters),
        "the parameters still require a gradient": all(p.requires_grad for p in parameters),
        "something is in .grad": any(p.grad is not None for p in parameters),
    }


@no_graph.inputs
def _(rng):
    for sizes in (SIZES[0], SIZES[2]):
        f = network(rng, sizes)
        yield {"parameters": parameters_of(f), "X": f.X, "Y": f.Y, "lr": 0.5}


@no_graph.mistake(
    "a graph is built and thrown away",
    "The update is done without a graph, but the forward pass before it was recorded: PyTorch "
    "kept every intermediate for a backward pass that never comes. That costs memory and time in "
    "each step. The forward pass belongs inside no_grad as well.",
)
def _(parameters, X, Y, lr):
    _, gradients = gradients_of(parameters, X, Y)
    loss = reference.forward(parameters, X, Y).loss
    return move(parameters, gradients, lr, loss.item())


@no_graph.mistake(
    "the update is recorded",
    "If the message speaks of a leaf variable: PyTorch refuses to change a parameter in place "
    "while it records operations on it. The update belongs inside no_grad, and so does all before "
    "it.",
)
def _(parameters, X, Y, lr):
    loss, gradients = gradients_of(parameters, X, Y)
    for p, gradient in zip(parameters, gradients.values(), strict=True):
        p -= lr * gradient
    return loss


@no_graph.mistake(
    "the loss hangs on its graph",
    "The loss that comes back is a tensor with the whole forward pass behind it. Whoever keeps it "
    "in a list keeps all of that in memory. Work inside no_grad, and return a plain number.",
)
def _(parameters, X, Y, lr):
    _, gradients = gradients_of(parameters, X, Y)
    loss = reference.forward(parameters, X, Y).loss
    return move(parameters, gradients, lr, loss)


@no_graph.mistake(
    "the loss is a tensor",
    "No graph is built, but the loss comes as a tensor; a plain Python number is asked for.",
)
def _(parameters, X, Y, lr):
    loss, gradients = gradients_of(parameters, X, Y)
    return move(parameters, gradients, lr, torch.tensor(loss))


@no_graph.mistake(
    "a gradient is left in .grad",
    "The hand-made gradients are stored in .grad and stay there. A later step with autograd would "
    "add to them. A local variable does the job.",
)
def _(parameters, X, Y, lr):
    loss, gradients = gradients_of(parameters, X, Y)
    for p, gradient in zip(parameters, gradients.values(), strict=True):
        p.grad = gradient
    return move(parameters, gradients, lr, loss)


@no_graph.mistake(
    "the parameters are detached for good",
    "After the step the parameters no longer require a gradient: they were detached in place to "
    "get the update through. The caller's tensors should change in value and in nothing else.",
)
def _(parameters, X, Y, lr):
    for p in parameters:
        p.detach_()
    loss, gradients = gradients_of(parameters, X, Y)
    return move(parameters, gradients, lr, loss)


@no_graph.mistake(
    "the parameters that came in do not move",
    "No graph is built, but no step is taken either: the new values are put in new tensors. Inside "
    "no_grad the tensors that came in may be changed in place.",
)
def _(parameters, X, Y, lr):
    return gradients_of(parameters, X, Y)[0]
