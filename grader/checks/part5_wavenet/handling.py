"""What the probes do with a layer (plain functions: they travel along), and mistakes that many exercises share."""

import torch

from grader.judge import Band

NOT_KEPT = ".out is not kept"
NOT_KEPT_ADVICE = (
    "The answer is right, but the layer does not remember it: after the call, .out should be the very tensor that was "
    "returned. Printing shapes, and looking at activations and their gradients, all go by way of .out."
)
CUT = "the graph is cut"
MISSING = "an attribute is missing"
PARAMETERS = "parameters() is not the list that was asked"


def cut_advice(where):
    """What to say where no gradient arrives at `where`."""
    return (
        f"The values are right, but no gradient reaches {where}: somewhere the graph is cut, by detach(), .data, "
        "item() or no_grad. Such a layer computes, and can't learn."
    )


def put(owner, name, value):
    """Give a layer's tensor other numbers, in the tensor that it holds already."""
    getattr(owner, name).data = value.clone()


def as_vector(buffer):
    """A buffer (1, dim) or (1, 1, dim), as keepdim leaves it, as (dim,); one of any other shape as it is."""
    return buffer.reshape(-1) if buffer.dim() in (2, 3) and buffer.numel() == buffer.shape[-1] else buffer


def gradients(out, upstream, leaves):
    """The gradients of (out * upstream).sum() by name of the leaf; zeros where no graph leads to it."""
    if isinstance(out, torch.Tensor) and out.shape == upstream.shape and out.requires_grad:
        (out * upstream).sum().backward()
    return {
        name: leaf.grad if leaf.is_leaf and leaf.grad is not None else torch.zeros_like(leaf.detach())
        for name, leaf in leaves.items()
    }


def kept(layer, out):
    """Whether .out is what the layer has returned."""
    return getattr(layer, "out", None) is out


def named(parameters, tensors):
    """The parameters by name, where they are the very tensors; else by what they are."""
    names = {id(tensor): name for name, tensor in tensors.items()}
    return [names.get(id(p), f"another {type(p).__name__}") for p in parameters]


def normal_bands(name, values, sigma):
    """Bands for n draws from a normal distribution with mean 0: mean, deviation, tails, zeros.

    The first three are 5.5 of their own standard deviations wide on either side, so that a right answer falls outside
    one of them in 4e-8 of all runs: the mean of n draws deviates by sigma / sqrt(n), their standard deviation by
    sigma / sqrt(2 n), and the share p = 0.0455 of them beyond two sigma by sqrt(p (1 - p) / n).
    """
    n, p = values.numel(), 0.0455
    tails = 5.5 * (p * (1 - p) / n) ** 0.5
    mean, spread = 5.5 * sigma / n**0.5, 5.5 * sigma / (2 * n) ** 0.5
    beyond = (values.abs() > 2 * sigma).double().mean().item()
    zeros = (values == 0).double().mean().item()
    return {
        f"mean of {name}": Band(values.mean().item(), -mean, mean),
        f"standard deviation of {name}": Band(values.std().item(), sigma - spread, sigma + spread),
        f"share of {name} beyond two standard deviations": Band(beyond, p - tails, p + tails),
        f"share of zeros in {name}": Band(zeros, 0.0, 0.01),
    }


def drawn(make, seed):
    """How the random numbers of a new object are drawn: 0.0 for what should not be, 1.0 for what should not be and is.

    make: a function that makes the object and returns a list of tensors, in which all is random.
    """

    def after(seed):
        torch.manual_seed(seed)
        return make(), torch.rand(4)

    def shared(one, other):
        return any(torch.equal(a, b) for a, b in zip(one, other))  # noqa: B905

    alike = shared(make(), make())
    (one, then), (again, _), (other, later) = after(seed), after(seed), after(seed + 1)
    same = len(one) == len(again) and all(map(torch.equal, one, again))
    return {
        "two that are made one after the other are alike": float(alike),
        "the same seed gives other numbers": float(not same),
        "another seed gives the same numbers": float(shared(one, other)),
        "what is drawn afterwards no longer depends on the seed": float(torch.equal(then, later)),
    }


def drawn_bands(found):
    """Bands for what `drawn` has found."""
    return {name: Band(value, 0.0, 0.0) for name, value in found.items()}


def not_drawn(check, original):
    """The known mistakes that the numbers are the same each time: the seed is set, or is one's own."""
    check.mistake(
        "the seed is set",
        "Two new objects have the same numbers, and so has all that is drawn after them: torch.manual_seed is called "
        "on the way. The seed is for whoever runs the experiment, once, at its beginning.",
    )(_drawing(original, keeps=False))
    check.mistake(
        "the same numbers each time",
        "Two new objects have the same numbers, whatever the seed: they come from a generator with a seed of its own, "
        "or are worked out. Two layers would start as one. Draw from torch's own generator, without a seed.",
    )(_drawing(original, keeps=True))


def _drawing(original, keeps):
    """A constructor that sets the seed, and perhaps puts the generator back."""

    def make(*arguments, **keywords):
        state = torch.get_rng_state()
        torch.manual_seed(1234)
        made = original(*arguments, **keywords)
        if keeps:
            torch.set_rng_state(state)
        return made

    return make


def zero_band(name, values):
    """A band that only zeros are in."""
    return {f"largest |{name}|": Band(values.abs().max().item(), 0.0, 0.0)}


def lacking(check, original, *names):
    """For each attribute that a class should have, the known mistake that it is not there."""
    for name in names:
        check.mistake(
            f"{MISSING}: {name}",
            f"The object has no attribute {name}. The docstring names the attributes; other code, the checks included, "
            "reaches into the object by these names. Is it set when the object is made, and spelt like that?",
        )(_without(original, name))


def _without(original, name):
    class Lacking(original):
        def __init__(self, *arguments, **keywords):
            super().__init__(*arguments, **keywords)
            vars(self).pop(name, None)

        def __call__(self, *arguments):
            # What the call should keep is not there either: a `return self.out` finds nothing.
            return self.out if name == "out" else super().__call__(*arguments)

    Lacking.__name__ = original.__name__  # which Python's message speaks of
    return Lacking


def variant(original, **methods):
    """A class with some of its methods replaced."""
    return type(original.__name__, (original,), methods)
