"""Plain functions that several probes of part 7 use, and what to say where no gradient comes through."""

import torch


def gradients(leaves, *outputs):
    """The gradients of leaves, by name, of the sum of outputs times incoming gradients: pairs of tensors.

    Where none arrives there is None, so that one lost gradient does not hide the others. Where an output has another
    shape than its incoming gradient, that is the fault to be told, and what lacks a gradient then has zeros.
    """
    total, misfit = 0.0, False
    for output, upstream in outputs:
        if not isinstance(output, torch.Tensor):
            continue
        misfit = misfit or output.shape != upstream.shape
        if output.requires_grad and output.shape == upstream.shape:
            total = total + (output * upstream).sum()
    if isinstance(total, torch.Tensor):
        total.backward()
    return {
        name: torch.zeros_like(leaf) if misfit and leaf.grad is None else leaf.grad for name, leaf in leaves.items()
    }


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
    lost = [name for name, value in came.items() if value is None] if isinstance(came, dict) else []
    if not lost:
        return None
    return (
        f"No gradient reaches {', '.join(lost)}: either it is never used, or a tensor was detached, or made anew from "
        "plain numbers, somewhere on the way to the answer."
    )
