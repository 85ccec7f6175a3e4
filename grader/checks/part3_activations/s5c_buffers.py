"""Part 3, BatchNorm as an object: what is trained and what is not."""

import torch

from grader.check import check
from grader.checks.part3_activations import variants
from grader.checks.part3_activations.probing import attribute, back, learning, names_of


@check(
    "BatchNorm1d",
    points=1,
    hints=(
        "Two of the four tensors are moved by gradient descent, the other two by the batches that pass through.",
        "Before any batch the layer should change nothing: gain one, bias zero, mean zero, variance one.",
        "Store eps, momentum and training (True); ones, zeros, zeros and ones of size dim for gamma, beta, "
        "running_mean and running_var; list gamma and beta as parameters.",
    ),
)
def buffers(m, given):
    """How it starts; parameters and buffers"""
    layer = m.BatchNorm1d(*given.arguments, **given.options)
    settings = {name: getattr(layer, name, None) for name in ("training", "eps", "momentum")}
    names = ("gamma", "beta", "running_mean", "running_var")
    start = {name: attribute(layer, name) for name in names}
    parameters = names_of(learning(layer), layer, names)
    again = names_of(learning(layer), layer, names)
    buffer = [getattr(layer, name, None) for name in names[2:]]
    out = layer(given.x)
    back(out, given.x)
    return {
        **settings,
        **start,
        "parameters": parameters,
        "parameters, asked again": again,
        "a buffer requires a gradient": any(getattr(b, "requires_grad", False) for b in buffer),
        "parameters after a batch": names_of(learning(layer), layer, names),
    }


@buffers.inputs
def _(rng):
    for arguments, options in (([4], {}), ([3], {"eps": 0.01, "momentum": 0.3}), ([5, 0.02, 0.25], {})):
        yield {"arguments": arguments, "options": options, "x": torch.randn(6, arguments[0], generator=rng)}


def starting(name, advice, parameters=None, **changes):
    """Register a layer whose __init__ or list of parameters is wrong."""

    @buffers.mistake(name, advice)
    class _(variants.BatchNorm1d):
        def __init__(self, *arguments, **options):
            super().__init__(*arguments, **options)
            for attribute_name, change in changes.items():
                setattr(self, attribute_name, change(self))

        def parameters(self):
            return parameters(self) if parameters else super().parameters()


starting(
    "the buffers are among the parameters",
    "running_mean and running_var are listed as parameters, so gradient descent would be let loose on them. They are "
    "buffers: no gradient ever moves them.",
    parameters=lambda layer: [layer.gamma, layer.beta, layer.running_mean, layer.running_var],
)
starting(
    "gain and bias are not learnable",
    "parameters() is empty, so gamma and beta would never be trained.",
    parameters=lambda layer: [],
)
starting(
    "beta is not learnable",
    "parameters() has gamma only, so beta would never be trained.",
    parameters=lambda layer: [layer.gamma],
)
starting(
    "gamma is not learnable",
    "parameters() has beta only, so gamma would never be trained.",
    parameters=lambda layer: [layer.beta],
)
starting(
    "the parameters are in another order",
    "parameters() is to be gamma, then beta.",
    parameters=lambda layer: [layer.beta, layer.gamma],
)
starting(
    "gamma in the list is a copy",
    "parameters() lists something that was made from gamma, whose gradient and updates never reach the layer.",
    parameters=lambda layer: [layer.gamma.detach(), layer.beta],
)
starting(
    "beta in the list is a copy",
    "parameters() lists something that was made from beta, whose gradient and updates never reach the layer.",
    parameters=lambda layer: [layer.gamma, layer.beta.detach()],
)
starting(
    "the parameters are copies",
    "parameters() gives copies, whose gradients and updates never reach the layer. Give the tensors themselves.",
    parameters=lambda layer: [layer.gamma.detach().clone(), layer.beta.detach().clone()],
)
starting(
    "nothing is returned by parameters",
    "parameters() returns None: a return is missing.",
    parameters=lambda layer: None,
)
starting(
    "the buffers require a gradient",
    "running_mean and running_var require a gradient. They are updated by hand and never trained.",
    running_mean=lambda layer: layer.running_mean.requires_grad_(),
    running_var=lambda layer: layer.running_var.requires_grad_(),
    update=lambda layer: lambda mean, variance: None,
)
starting(
    "gamma starts at zero",
    "gamma is zero at first, so the output is zero whatever comes in. A gain that changes nothing is one.",
    gamma=lambda layer: torch.zeros_like(layer.gamma),
)
starting(
    "beta starts at one",
    "beta is one at first. A bias that changes nothing is zero.",
    beta=lambda layer: torch.ones_like(layer.beta),
)
starting(
    "gamma is random",
    "gamma starts with random numbers. Ones change nothing, and are what is asked for.",
    gamma=lambda layer: torch.randn(layer.gamma.shape),
)
starting(
    "gamma and beta are swapped",
    "gamma starts at zero and beta at one: the other way round.",
    gamma=lambda layer: torch.zeros_like(layer.gamma),
    beta=lambda layer: torch.ones_like(layer.beta),
)
starting(
    "the running variance starts at zero",
    "running_var is zero at first: a layer that is used before it has seen many batches divides by next to nothing. "
    "Start with one.",
    running_var=lambda layer: torch.zeros_like(layer.running_var),
)
starting(
    "the running mean starts at one",
    "running_mean is one at first. Before any batch, zero is the better guess.",
    running_mean=lambda layer: torch.ones_like(layer.running_mean),
)
starting(
    "gamma and beta are rows",
    "gamma and beta are (1, dim). As in PyTorch they are (dim,).",
    gamma=lambda layer: layer.gamma.unsqueeze(0),
    beta=lambda layer: layer.beta.unsqueeze(0),
)
starting(
    "one number for all units",
    "gamma, beta and the running statistics have one entry. Every unit has its own.",
    gamma=lambda layer: torch.ones(1),
    beta=lambda layer: torch.zeros(1),
    running_mean=lambda layer: torch.zeros(1),
    running_var=lambda layer: torch.ones(1),
)
starting(
    "it does not start in training mode",
    "training is False at first. A new layer is there to be trained.",
    training=lambda layer: False,
)


@buffers.mistake(
    "eps and momentum are swapped",
    "The order of the arguments is dim, eps, momentum, as in PyTorch.",
)
class _(variants.BatchNorm1d):
    def __init__(self, dim, momentum=0.1, eps=1e-5):
        super().__init__(dim, eps, momentum)


@buffers.mistake(
    "the default momentum is 0.9",
    "momentum is the weight of the new batch, 0.1 by default. (Elsewhere it may be the weight of the past, 0.9.)",
)
class _(variants.BatchNorm1d):
    def __init__(self, dim, eps=1e-5, momentum=0.9):
        super().__init__(dim, eps, momentum)


@buffers.mistake(
    "the default momentum is 0.001",
    "The lecture's first running statistics used 0.001; the layer's default is 0.1, as in PyTorch.",
)
class _(variants.BatchNorm1d):
    def __init__(self, dim, eps=1e-5, momentum=0.001):
        super().__init__(dim, eps, momentum)


@buffers.mistake("eps has another default", "eps is 1e-5 by default, as in PyTorch.")
class _(variants.BatchNorm1d):
    def __init__(self, dim, eps=1e-6, momentum=0.1):
        super().__init__(dim, eps, momentum)


@buffers.mistake(
    "eps and momentum are not stored",
    "layer.eps and layer.momentum are always the defaults, whatever the layer was made with.",
)
class _(variants.BatchNorm1d):
    def __init__(self, dim, eps=1e-5, momentum=0.1):
        super().__init__(dim)
