"""Part 3, statistics for the time after training: over all of the data at once."""

import torch

from grader.check import check
from grader.checks import slips
from grader.checks.draw import normal, uniform
from grader.checks.part3_activations.probing import plain
from grader.checks.tools import by_name


@check(
    "calibrate",
    points=2,
    hints=(
        "What BatchNorm will need later are the mean and the standard deviation of its own input, over all examples.",
        "Look the characters up, lay the embeddings of one example side by side, multiply by W1; then the statistics "
        "over the examples, keeping the dimension. All of it under no_grad.",
        "Under no_grad: index C with X, view it as (n, block * E), multiply by W1, and return mean and std over "
        "dimension 0 with the dimension kept.",
    ),
)
def calibrate(m, given):
    """The mean and the standard deviation of hpreact"""
    params = [p.clone().requires_grad_() for p in given.params]
    return {name: plain(value) for name, value in by_name(m.calibrate(given.X, params), "mean", "std").items()}


def networks(rng):
    """Data and parameters: C and W1, and others that have no say in it."""
    for n, block, V, E, H in ((11, 3, 7, 4, 5), (8, 2, 9, 3, 7), (15, 4, 6, 2, 9)):
        shapes = ((V, E), (block * E, H), (H, V), (V,), (1, H), (1, H))
        params = [normal(rng, *shape) for shape in shapes]
        params[0] += uniform(rng, -1, 1, E)
        params[1] *= 0.05  # so that an eps under the root would be seen
        yield {"X": torch.randint(V, (n, block), generator=rng), "params": params}


calibrate.inputs(networks)


def hpreact(X, params):
    """The input of BatchNorm, without a graph."""
    C, W1 = (p.detach() for p in params[:2])
    return C[X].flatten(1) @ W1


@calibrate.mistake(
    slips.N,
    "The standard deviation is the biased one. PyTorch's std divides by n - 1 by default, and so does this course.",
)
def _(X, params):
    h = hpreact(X, params)
    return h.mean(0, keepdim=True), h.std(0, correction=0, keepdim=True)


@calibrate.mistake(
    "the variance instead of the standard deviation",
    "The second value is the variance. The standard deviation is its root.",
)
def _(X, params):
    h = hpreact(X, params)
    return h.mean(0, keepdim=True), h.var(0, keepdim=True)


@calibrate.mistake(
    "eps is added",
    "The standard deviation has an eps in it. Here it is asked for as it is.",
)
def _(X, params):
    h = hpreact(X, params)
    return h.mean(0, keepdim=True), (h.var(0, keepdim=True) + 1e-5).sqrt()


@calibrate.mistake(
    "mean and standard deviation are swapped",
    "Both values are right, in the other order: the mean comes first.",
)
def _(X, params):
    h = hpreact(X, params)
    return h.std(0, keepdim=True), h.mean(0, keepdim=True)


@calibrate.mistake(
    slips.WRONG_DIMENSION,
    "The statistics run over the units of each example. They are to run over the examples.",
)
def _(X, params):
    h = hpreact(X, params)
    return h.mean(1, keepdim=True), h.std(1, keepdim=True)


@calibrate.mistake(
    "one mean and one standard deviation for everything",
    "All entries were thrown together. Each unit has its own.",
)
def _(X, params):
    h = hpreact(X, params)
    return h.mean(), h.std()


@calibrate.mistake(
    slips.DIMENSION_LOST,
    "The values are right, the shape is not: (H,) where (1, H) is asked for, as bngain and bnbias have it.",
)
def _(X, params):
    h = hpreact(X, params)
    return h.mean(0), h.std(0)


@calibrate.mistake(
    "after the tanh",
    "These are the statistics of the activations. BatchNorm stands before the tanh and needs those of its own input.",
)
def _(X, params):
    h = hpreact(X, params).tanh()
    return h.mean(0, keepdim=True), h.std(0, keepdim=True)


@calibrate.mistake(
    "after the BatchNorm",
    "These are the statistics of normalised values, stretched and shifted: bnbias and bngain, more or less. "
    "What is asked for are those of the input of BatchNorm.",
)
def _(X, params):
    h = hpreact(X, params)
    h = params[4].detach() * (h - h.mean(0)) / h.std(0) + params[5].detach()
    return h.mean(0, keepdim=True), h.std(0, keepdim=True)


@calibrate.mistake(
    "bnbias is added to hpreact",
    "A bias is added to hpreact. This network has none before its BatchNorm.",
)
def _(X, params):
    h = hpreact(X, params) + params[5].detach()
    return h.mean(0, keepdim=True), h.std(0, keepdim=True)


def one(name, advice, statistic, mean=True):
    """Register a mistake in one of the two values."""

    @calibrate.mistake(f"{name}: the {'mean' if mean else 'standard deviation'}", advice)
    def _(X, params):
        h = hpreact(X, params)
        right = h.mean(0, keepdim=True), h.std(0, keepdim=True)
        return (statistic(h), right[1]) if mean else (right[0], statistic(h))


LOST = "The values are right, but one of the two is (H,). Both are to be (1, H), as bngain and bnbias are."
SIDEWAYS = "One of the two statistics runs over the units of each example. Both are to run over the examples."
WHOLE = "One of the two statistics was taken of all entries together. Each unit has its own."
NOTHING = "One of the two values is hpreact itself. Its statistics over the examples are asked for."
one(slips.DIMENSION_LOST, LOST, lambda h: h.mean(0))
one(slips.DIMENSION_LOST, LOST, lambda h: h.std(0), mean=False)
one(slips.WRONG_DIMENSION, SIDEWAYS, lambda h: h.mean(1, keepdim=True))
one(slips.WRONG_DIMENSION, SIDEWAYS, lambda h: h.std(1, keepdim=True), mean=False)
one("one number for all units", WHOLE, lambda h: h.mean())
one("one number for all units", WHOLE, lambda h: h.std(), mean=False)
one("no statistic", NOTHING, lambda h: h)
one("no statistic", NOTHING, lambda h: h, mean=False)
one(
    "the sum instead of the mean",
    "The sum over the examples is to be divided by their number.",
    lambda h: h.sum(0, keepdim=True),
)


def raising(name, advice, product):
    """Register a hpreact that PyTorch refuses to compute."""

    @calibrate.mistake(name, advice)
    def _(X, params):
        return product(params[0].detach()[X], params[1].detach())


raising(
    "the embeddings are not laid side by side",
    "C[X] has three dimensions, (n, block, E), and W1 takes rows of block * E numbers. View it as two first.",
    lambda emb, W1: emb @ W1,
)
raising(
    "W1 is transposed",
    "W1 is (block * E, H) already: rows of block * E numbers can be multiplied by it as it is.",
    lambda emb, W1: emb.flatten(1) @ W1.mT,
)
raising(
    "an elementwise product",
    "* multiplies entry by entry. A matrix product is written @.",
    lambda emb, W1: emb.flatten(1) * W1,
)
raising(
    "the factors are swapped",
    "W1 comes second: every row of the embeddings is multiplied by it.",
    lambda emb, W1: W1 @ emb.flatten(1),
)
raising(
    "everything in one row",
    "All embeddings of all examples are laid side by side. Every example keeps a row of its own.",
    lambda emb, W1: emb.view(-1) @ W1,
)
raising(
    "rows of another length",
    "The view has as many columns as there are examples. It should have as many rows.",
    lambda emb, W1: emb.view(-1, len(emb)) @ W1,
)


@check(
    "calibrate",
    points=1,
    hints=(
        "PyTorch records whatever is computed from a tensor that requires a gradient, and keeps all of it in memory.",
        "Detaching the result throws the record away after it has been made. A context manager keeps it from being "
        "made.",
        "Put the lookup, the product and the statistics inside torch.no_grad().",
    ),
)
def no_graph(m, given):
    """No graph is built, and recording is left switched on"""
    recorded = []

    def record(tensor):
        recorded.append(tensor.shape)
        return tensor

    params = [p.clone().requires_grad_() for p in given.params]
    with torch.autograd.graph.saved_tensors_hooks(record, lambda t: t):
        values = by_name(m.calibrate(given.X, params), "mean", "std")
        enabled = torch.is_grad_enabled()
    return {
        "shapes": {k: list(v.shape) if isinstance(v, torch.Tensor) else v for k, v in values.items()},
        "they require a gradient": any(getattr(v, "requires_grad", False) for v in values.values()),
        "something was recorded in a graph": bool(recorded),
        "recording is still on afterwards": enabled,
        "the parameters still require a gradient": all(p.requires_grad for p in params),
    }


no_graph.inputs(networks)


def recorded(X, params):
    """The statistics with their graph."""
    h = params[0][X].flatten(1) @ params[1]
    return h.mean(0, keepdim=True), h.std(0, keepdim=True)


no_graph.mistake(
    "the statistics hang on their graph",
    "The values require a gradient: the pass over the whole data set was recorded, and stays in memory as long as "
    "they do.",
)(recorded)


@no_graph.mistake(
    "a graph is built and thrown away",
    "The values are detached, but the pass over the whole data set was recorded first. Nothing of it needs to be.",
)
def _(X, params):
    mean, std = recorded(X, params)
    return mean.detach(), std.detach()


@no_graph.mistake(
    "recording is switched off for good",
    "Gradients are switched off and not on again: whoever trains after this will wonder. A with block puts things "
    "back by itself.",
)
def _(X, params):
    torch.set_grad_enabled(False)
    return recorded(X, params)


@no_graph.mistake(
    "the parameters are frozen",
    "Some of the caller's parameters no longer require a gradient afterwards, so they will not be trained any more.",
)
def _(X, params):
    for p in params[:2]:
        p.requires_grad_(False)
    return recorded(X, params)
