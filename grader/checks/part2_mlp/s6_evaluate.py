"""Part 2, the loss over a whole split."""

import torch

from grader.check import check
from grader.checks import slips
from grader.checks.part2_mlp.inputs import SIZES, examples, parameters
from grader.checks.part2_mlp.spoilt import NUMBERS, handed_back, spoilt
from reference import part2_mlp as reference


@check(
    "evaluate",
    points=1,
    hints=(
        "It is the loss that you train with, over all the examples at once.",
        "Nothing is differentiated here, so nothing should be recorded. A tensor with one number has a method that "
        "gives it as a Python float.",
        "Under no_grad, compute the cross-entropy of the forward pass of X against Y, and return its item.",
    ),
)
def evaluate(m, given):
    """The mean loss over a split"""
    return m.evaluate(list(given.parameters), given.X, given.Y)


@evaluate.inputs
def _(rng):
    for sizes, count in zip(SIZES, (43, 70, 100), strict=True):
        X, Y = examples(rng, sizes, count)
        yield {"parameters": parameters(rng, sizes), "X": X, "Y": Y}


@evaluate.mistake(
    "the loss is a tensor",
    "The value is right, but it comes as a tensor. A plain Python number is asked for.",
)
def _(parameters, X, Y):
    return _loss(parameters, X, Y)


@evaluate.mistake(
    slips.ONE_N_MISSING,
    "The losses of the examples are added up. The mean is asked for: with it, splits of different sizes compare.",
)
def _(parameters, X, Y):
    return _loss(parameters, X, Y).item() * len(Y)


@evaluate.mistake(
    slips.SIGN,
    "The size is right, the sign is not. This is the mean log-probability; the loss is minus that.",
)
def _(parameters, X, Y):
    return -_loss(parameters, X, Y).item()


@evaluate.mistake(
    "only one batch of it",
    "Only the first 32 examples were looked at. All of them are asked for: the loss of a batch is noisy.",
)
def _(parameters, X, Y):
    return _loss(parameters, X[:32], Y[:32]).item()


@evaluate.mistake(
    "the mean of the batches' means",
    "The examples were taken in batches of 32 and the means of the batches averaged. The last batch is smaller, so "
    "that its examples weigh more than the others.",
)
def _(parameters, X, Y):
    batches = list(zip(X.split(32), Y.split(32), strict=True))
    return sum(_loss(parameters, *batch).item() for batch in batches) / len(batches)


@evaluate.mistake(
    "the accuracy instead of the loss",
    "This is how often the likeliest character is the right one. The mean cross-entropy is asked for.",
)
def _(parameters, X, Y):
    return (reference.mlp_forward(parameters, X).argmax(1) == Y).float().mean().item()


@evaluate.mistake(
    "the perplexity instead of the loss",
    "This is the exponential of the loss. The mean cross-entropy itself is asked for.",
)
def _(parameters, X, Y):
    return _loss(parameters, X, Y).exp().item()


@evaluate.mistake("the loss is not returned", "The loss is computed and not returned.")
def _(parameters, X, Y):
    return None


spoilt(evaluate, NUMBERS, "The loss", without=(slips.SIGN,))
handed_back(evaluate, "params", "X", "Y")


@check(
    "evaluate",
    points=2,
    after="evaluate",
    hints=(
        "Parameters that require a gradient make PyTorch record every operation on them, for a backward pass that you "
        "will never ask for.",
        "Inside a no_grad block nothing is recorded, and when it is left, by whatever way, recording is as it was "
        "before. Detached parameters are not recorded either.",
        "Put the forward pass and the loss inside a no_grad block, and return the loss as a float.",
    ),
)
def no_graph(m, given):
    """No graph is built, and recording is afterwards as it was before"""
    recorded = []

    def record(tensor):
        recorded.append(tensor.shape)
        return tensor

    parameters = [p.clone().requires_grad_() for p in given.parameters]
    with torch.enable_grad(), torch.autograd.graph.saved_tensors_hooks(record, lambda tensor: tensor):
        loss = m.evaluate(list(parameters), given.X, given.Y)
        stays_on = torch.is_grad_enabled()
    with torch.no_grad():
        m.evaluate(list(parameters), given.X, given.Y)
        stays_off = not torch.is_grad_enabled()
    return {
        "something was recorded in a graph": bool(recorded),
        "recording that was on is on afterwards": stays_on,
        "recording that was off is off afterwards": stays_off,
        "the loss is a plain float": type(loss) is float,
        "the parameters still require a gradient": all(p.requires_grad and p.is_leaf for p in parameters),
        "something is in .grad": any(p.grad is not None for p in parameters),
        "the parameters are what they were": all(map(torch.equal, parameters, given.parameters)),
    }


@no_graph.inputs
def _(rng):
    for sizes in (SIZES[0], SIZES[2]):
        X, Y = examples(rng, sizes, 20)
        yield {"parameters": parameters(rng, sizes), "X": X, "Y": Y}


@no_graph.mistake(
    "a graph is built and thrown away",
    "The loss is right, and PyTorch has kept every intermediate of the forward pass for a backward pass that never "
    "comes. With a whole split that is a great deal of memory. Compute inside no_grad.",
)
def _(parameters, X, Y):
    return _loss(parameters, X, Y).item()


@no_graph.mistake(
    "the loss hangs on its graph",
    "The loss that comes back is a tensor with the whole forward pass behind it. Whoever keeps it in a list keeps all "
    "of that in memory. Compute inside no_grad, and return a plain number.",
)
def _(parameters, X, Y):
    return _loss(parameters, X, Y)


@no_graph.mistake(
    "recording stays off",
    "Recording is switched off and not switched on again: the next training step would find that nothing can be "
    "differentiated. A block that is left restores what was before.",
)
def _(parameters, X, Y):
    torch.set_grad_enabled(False)
    return _loss(parameters, X, Y).item()


@no_graph.mistake(
    "recording is on afterwards, whatever it was",
    "Recording is switched off by hand and on again at the end. Someone who had switched it off before finds it on. A "
    "block that is left restores what was before.",
)
def _(parameters, X, Y):
    torch.set_grad_enabled(False)
    loss = _loss(parameters, X, Y).item()
    torch.set_grad_enabled(True)
    return loss


@no_graph.mistake(
    "the parameters are detached for good",
    "Nothing is recorded, because the parameters no longer require a gradient: that was switched off in place, and "
    "they can't be trained any further.",
)
def _(parameters, X, Y):
    for p in parameters:
        p.requires_grad_(False)
    return _loss(parameters, X, Y).item()


@no_graph.mistake(
    "a backward pass is made",
    "The loss was differentiated, and gradients are left in .grad, where the next training step adds to them. To "
    "evaluate is only to look.",
)
def _(parameters, X, Y):
    with torch.enable_grad():
        loss = _loss(parameters, X, Y)
    loss.backward()
    return loss.item()


@no_graph.mistake(
    "the network is trained on it",
    "A training step was taken: the parameters have moved. Trained on the dev or test split, the network can't be "
    "judged by it any more.",
)
def _(parameters, X, Y):
    return reference.train_step(parameters, X, Y, 0.1)


def _loss(parameters, X, Y):
    return reference.cross_entropy(reference.mlp_forward(parameters, X), Y)
