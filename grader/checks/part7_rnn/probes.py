"""Plain functions that several probes of part 7 use, and what to say where no gradient comes through."""

import torch


def gradients(leaves, *outputs):
    """The gradients of leaves, by name, of the sum of outputs times incoming gradients: pairs of tensors.

    Where none arrives there are words instead, so that one lost gradient does not hide the others.
    """
    total = 0.0
    for output, upstream in outputs:
        if isinstance(output, torch.Tensor) and output.requires_grad and output.shape == upstream.shape:
            total = total + (output * upstream).sum()
    if isinstance(total, torch.Tensor):
        total.backward()
    return {name: "none arrives" if leaf.grad is None else leaf.grad for name, leaf in leaves.items()}


def leaves_of(given, *names):
    """Inputs by name, from now on requiring a gradient."""
    return {name: getattr(given, name).requires_grad_() for name in names}


def named(params):
    """The parameters of a model by name, from now on requiring a gradient."""
    names = ("C", "W_ih", "W_hh", "b", "W_out", "b_out")
    return dict(zip(names, [p.requires_grad_() for p in params], strict=True))


def no_gradient(given, got, wrong):
    """The explanation for a graph that is cut: which inputs no gradient reaches."""
    came = got.get("gradients") if isinstance(got, dict) else None
    lost = [name for name, value in came.items() if isinstance(value, str)] if isinstance(came, dict) else []
    if not lost:
        return None
    return (
        f"No gradient reaches {', '.join(lost)}: somewhere on the way to the answer a tensor was detached, or made "
        "anew from plain numbers, or never used."
    )
