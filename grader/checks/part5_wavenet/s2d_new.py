"""Part 5, BatchNorm as it is when new."""

import torch

from grader.check import check
from grader.checks import slips
from grader.checks.part5_wavenet.handling import PARAMETERS, as_vector, named
from reference import part5_wavenet as reference


@check(
    "BatchNorm1d",
    points=1,
    hints=(
        "A new layer should do nothing but normalise, and its running statistics are those of numbers that are "
        "normal already.",
        "gamma is ones, beta zeros; running_mean zeros, running_var ones. The first two are learnt, the last two are "
        "not.",
        "In the constructor keep eps and momentum, set training to True, and make the four tensors of length dim; "
        "parameters() is a list of gamma and beta.",
    ),
)
def new(m, given):
    """A new layer: parameters, buffers, mode and defaults"""
    layer = m.BatchNorm1d(given.dim)
    told = m.BatchNorm1d(given.dim, given.eps, given.momentum)
    return {
        "gamma": layer.gamma.detach(),
        "beta": layer.beta.detach(),
        "running_mean": as_vector(layer.running_mean.detach()),
        "running_var": as_vector(layer.running_var.detach()),
        "training": layer.training,
        "eps": [layer.eps, told.eps],
        "momentum": [layer.momentum, told.momentum],
        "parameters()": named(layer.parameters(), {name: getattr(layer, name) for name in given.names}),
    }


@new.inputs
def _(rng):
    for dim in (4, 7):
        eps, momentum = (torch.rand(2, generator=rng, dtype=torch.float64) + 0.1).tolist()
        names = ["gamma", "beta", "running_mean", "running_var"]
        yield {"dim": dim, "eps": eps, "momentum": momentum, "names": names}


def _new(**other):
    """A new layer with other values in some of its attributes."""

    class Other(reference.BatchNorm1d):
        def __init__(self, *arguments):
            super().__init__(*arguments)
            for name, value in other.items():
                setattr(self, name, value(getattr(self, name)))

    return Other


def _learning(*names):
    """A layer with other parameters."""

    class Other(reference.BatchNorm1d):
        def parameters(self):
            return [getattr(self, name) for name in names]

    return Other


def _copying(*names):
    """A layer whose parameters are partly copies."""

    class Other(reference.BatchNorm1d):
        def parameters(self):
            return [getattr(self, n).clone() if n in names else getattr(self, n) for n in ("gamma", "beta")]

    return Other


new.mistake(
    "the running statistics are among the parameters",
    "parameters() holds the running statistics too. They are buffers: no gradient ever reaches them, and an "
    "optimiser that is handed them would find an empty gradient.",
)(_learning("gamma", "beta", "running_mean", "running_var"))

new.mistake(f"{PARAMETERS}: without beta", "parameters() leaves beta out, so that it would stay zero for ever.")(
    _learning("gamma")
)

new.mistake(f"{PARAMETERS}: without gamma", "parameters() leaves gamma out, so that it would stay one for ever.")(
    _learning("beta")
)

new.mistake(
    f"{PARAMETERS}: a copy of gamma",
    "parameters() holds a tensor made from gamma, and not gamma itself: training it would do nothing to the layer.",
)(_copying("gamma"))

new.mistake(
    f"{PARAMETERS}: a copy of beta",
    "parameters() holds a tensor made from beta, and not beta itself: training it would do nothing to the layer.",
)(_copying("beta"))

new.mistake(
    f"{PARAMETERS}: copies",
    "parameters() holds copies. Whoever trains them does nothing to the layer: it should hold gamma and beta "
    "themselves.",
)(_copying("gamma", "beta"))

new.mistake(f"{PARAMETERS}: it is empty", "parameters() is an empty list; gamma and beta are learnt.")(_learning())

new.mistake(f"{PARAMETERS}: in another order", "parameters() should hold gamma first, beta second.")(
    _learning("beta", "gamma")
)

new.mistake(
    "the running variance starts at zero",
    "running_var starts at zero, so that in evaluation, before much training, everything is divided by almost nothing. "
    "Numbers that are normal have the variance one.",
)(_new(running_var=torch.zeros_like))

new.mistake(
    "the running mean starts at one", "running_mean starts at one; nothing is known yet, so it starts at zero."
)(_new(running_mean=torch.ones_like))

new.mistake(
    "gamma starts at zero",
    "gamma starts at zero, and so the layer's output does too, whatever comes in. A new layer only normalises: one.",
)(_new(gamma=torch.zeros_like))

new.mistake("beta starts at one", "beta starts at one, which shifts every channel. A new layer only normalises: zero.")(
    _new(beta=torch.ones_like)
)

new.mistake(
    "gamma and beta are drawn at random",
    "gamma and beta start with random numbers. A new layer only normalises: ones and zeros.",
)(_new(gamma=torch.randn_like, beta=torch.randn_like))

new.mistake(
    slips.DIMENSION_KEPT,
    "gamma and beta are rows, (1, dim), as in the part on backprop. Here, as in torch, they are plain vectors, (dim,), "
    "which fit inputs of two and of three dimensions alike.",
)(_new(gamma=lambda t: t[None], beta=lambda t: t[None]))

new.mistake(
    "it starts in evaluation mode",
    "A new layer is in evaluation mode. Training comes first: training is True until someone switches it off.",
)(_new(training=lambda _: False))


@new.mistake(
    "eps and momentum are swapped",
    "The arguments come in the wrong order: after dim comes eps, then momentum.",
)
class _(reference.BatchNorm1d):
    def __init__(self, dim, momentum=0.1, eps=1e-5):
        super().__init__(dim, eps, momentum)


@new.mistake(
    "the arguments eps and momentum are not kept",
    "eps and momentum are always 1e-5 and 0.1, also where the layer was made with other values.",
)
class _(reference.BatchNorm1d):
    def __init__(self, dim, eps=1e-5, momentum=0.1):
        super().__init__(dim)
