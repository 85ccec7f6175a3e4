"""What the probes of part 3 share: plain functions, which travel with them and never raise for a wrong answer."""

import torch


def plain(value):
    """A tensor without its graph, and no nn.Parameter any more; anything else as it is."""
    return value.detach() if isinstance(value, torch.Tensor) else value


def attribute(layer, name):
    """A tensor of a layer, as it is now: a copy, because the layer may go on writing into it."""
    value = plain(getattr(layer, name, f"no attribute {name}"))
    return value.clone() if isinstance(value, torch.Tensor) else value


def put(layer, values):
    """Write values into the tensors of a layer, where it has them in the same shape."""
    for name, value in values.items():
        tensor = getattr(layer, name, None)
        if isinstance(tensor, torch.Tensor) and tensor.shape == value.shape:
            tensor.detach().copy_(value)


def listed(layer):
    """The parameters of a layer as a list; whoever returns None or a tensor has it in one."""
    came = layer.parameters()
    return [came] if came is None or isinstance(came, torch.Tensor) else list(came)


def learning(layer):
    """The same, made to require a gradient."""
    parameters = listed(layer)
    for p in parameters:
        if isinstance(p, torch.Tensor) and p.is_floating_point():
            p.requires_grad_()
    return parameters


def names_of(parameters, layer, names):
    """Which of a layer's tensors the parameters are."""
    own = {id(getattr(layer, name)): name for name in names if getattr(layer, name, None) is not None}
    return [own.get(id(p), "something else") for p in parameters]


def back(out, upstream):
    """The backward pass from a weighted sum of an output, if it is one that has a graph."""
    if isinstance(out, torch.Tensor) and out.shape == upstream.shape and out.requires_grad:
        (out * upstream).sum().backward()


def gradient(tensor):
    """What is in .grad; None where there is nothing, or the tensor is no leaf."""
    return plain(tensor.grad) if isinstance(tensor, torch.Tensor) and tensor.is_leaf else None
