"""Plain functions for training recipes. They travel with the recipe that imports them."""

import torch


def held(thing, path=""):
    """All tensors that a model holds, by path: parameters and buffers of layers, lists, dicts and modules.

    What a layer keeps of its last call (`out`) is not part of it, nor what a Python module or a class holds. Layers may
    know each other: each is found once, by the shortest path.
    """
    found, waiting, seen = {}, [(path, thing)], set()
    for where, one in waiting:
        if isinstance(one, torch.Tensor):
            found[where] = one
            continue
        if id(one) in seen or isinstance(one, (type, type(torch))):
            continue
        seen.add(id(one))
        if isinstance(one, torch.nn.Module):
            inner = one.state_dict().items()
        elif isinstance(one, dict):
            inner = one.items()
        elif isinstance(one, (list, tuple)):
            inner = enumerate(one)
        else:
            inner = [(name, value) for name, value in getattr(one, "__dict__", {}).items() if name != "out"]
        waiting += [(f"{where}.{name}".strip("."), value) for name, value in inner]
    return found


def descend(loss, parameters, lr):
    """A step of plain gradient descent; the loss before it. What no gradient reaches stays as it is."""
    for p in parameters:
        p.grad = None
    loss.backward()
    with torch.no_grad():
        for p in parameters:
            if p.grad is not None:
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
