"""Plain functions for training recipes. They travel with the recipe that imports them."""

import torch


def held(thing, path=""):
    """All tensors that a model holds, by path: parameters and buffers of layers, lists, dicts and modules.

    What a layer keeps of its last call (`out`) is not part of it.
    """
    if isinstance(thing, torch.Tensor):
        return {path: thing}
    if isinstance(thing, torch.nn.Module):
        return {f"{path}.{name}".strip("."): tensor for name, tensor in thing.state_dict().items()}
    if isinstance(thing, dict):
        inner = thing.items()
    elif isinstance(thing, (list, tuple)):
        inner = enumerate(thing)
    else:
        inner = [(name, value) for name, value in getattr(thing, "__dict__", {}).items() if name != "out"]
    found = {}
    for name, value in inner:
        found.update(held(value, f"{path}.{name}".strip(".")))
    return found


def descend(loss, parameters, lr):
    """A step of plain gradient descent; the loss before it."""
    for p in parameters:
        p.grad = None
    loss.backward()
    with torch.no_grad():
        for p in parameters:
            p -= lr * p.grad
    return loss.detach()


def trainable(parameters):
    """The parameters, from now on with gradients."""
    for p in parameters:
        p.requires_grad = True
    return parameters


def answers(model, layers, X):
    """What a model of layers answers in evaluation mode; it trains on afterwards."""
    switches = [layer for layer in layers if hasattr(layer, "training")]
    for layer in switches:
        layer.training = False
    try:
        return model(X)
    finally:
        for layer in switches:
            layer.training = True


def tanh_mlp(params, X):
    """The hidden layer and the logits of params [C, W1, b1, W2, b2]."""
    C, W1, b1, W2, b2 = params
    h = torch.tanh(C[X].view(X.shape[0], -1) @ W1 + b1)
    return h, h @ W2 + b2
