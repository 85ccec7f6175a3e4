"""Part 7, gradients that are cut to a length."""

import torch

from grader.check import check
from grader.checks.draw import normal
from grader.checks.part7_rnn.inputs import signed
from reference import part7_rnn as reference


@check(
    "clip_gradients",
    points=2,
    forbids=("clip_grad_norm_", "clip_grad_norm", "clip_grads_with_norm_", "get_total_norm"),
    hints=(
        "Think of all gradients laid end to end as one long arrow. Its length counts, and it is to keep its direction.",
        "The length is the root of the sum of all squares. Only an arrow that is too long is shortened, and every "
        "gradient by the same factor.",
        "Gather the gradients that are not None, add up the squares of all their entries, and take the root. If that "
        "is more than max_norm, multiply each gradient by max_norm over it, in place or by a new .grad. Return the "
        "root as a float.",
    ),
)
def clip_gradients(m, given):
    """The length of all gradients together, and what is left of them"""
    parameters = [p.clone().requires_grad_() for p in given.parameters]
    for p, gradient in zip(parameters, given.gradients, strict=True):
        p.grad = gradient if gradient is None else gradient.clone()
    length = m.clip_gradients(list(parameters), given.max_norm)
    moved = [not torch.equal(p.detach(), old) for p, old in zip(parameters, given.parameters, strict=True)]
    return {"length": length, "gradients": [p.grad for p in parameters], "a parameter has moved": any(moved)}


@clip_gradients.inputs
def _(rng):
    shapes = (((4, 3), (5,), (2, 2, 3)), ((6,), (2, 4)), ((3, 5), (4,), (2, 3), (1, 7)), ((3,), (4, 2), (6, 2)))
    # One length is far too long; one is short; one is too long though no single gradient is; one is a little too long.
    for case, (size, share) in zip(shapes, ((30.0, 0.1), (1.0, 1.7), (2.0, 0.85), (0.6, 0.75)), strict=True):
        parameters = [normal(rng, *shape) for shape in case]
        gradients = [signed(rng, 0.5, 1.5, *shape) for shape in case]
        gradients = [size * g / g.norm() for g in gradients]
        length = size * len(gradients) ** 0.5  # they are all of one length
        parameters.insert(1, normal(rng, 3, 2))
        gradients.insert(1, None)
        yield {"parameters": parameters, "gradients": gradients, "max_norm": share * length}


def there(parameters):
    """The gradients that there are."""
    return [p.grad for p in parameters if p.grad is not None]


def scaled(parameters, factor):
    """All gradients times a factor."""
    for g in there(parameters):
        g *= factor


def length_of(parameters):
    """The right length, as a float."""
    return torch.stack([g.square().sum() for g in there(parameters)]).sum().sqrt().item()


def clipped_by(parameters, max_norm, length):
    """Clipping where the length is taken to be another one."""
    if length > max_norm:
        scaled(parameters, max_norm / length)
    return length


@clip_gradients.mistake(
    "nothing is clipped",
    "The length is right, but all gradients are what they were: the shortened ones are to be found in .grad "
    "afterwards. `g = g * factor` gives a new tensor another name and leaves the old one in its place.",
)
def _(parameters, max_norm):
    return length_of(parameters)


@clip_gradients.mistake(
    "each gradient is clipped by its own length",
    "Each parameter's gradient is shortened for itself. That turns the direction of the step: the long ones lose, the "
    "short ones do not. One length, over all of them, and one factor.",
)
def _(parameters, max_norm):
    length = length_of(parameters)
    for g in there(parameters):
        g *= min(1.0, max_norm / g.norm().item())
    return length


@clip_gradients.mistake(
    "each entry is clipped",
    "Every single number was held between -max_norm and max_norm. That turns the direction of the step; and it is "
    "not the length that is held.",
)
def _(parameters, max_norm):
    length = length_of(parameters)
    for g in there(parameters):
        g.clamp_(-max_norm, max_norm)
    return length


@clip_gradients.mistake(
    "short gradients are stretched",
    "The gradients always come out max_norm long, also where they were shorter before. Near a minimum gradients are "
    "short for a reason; leave these alone.",
)
def _(parameters, max_norm):
    length = length_of(parameters)
    scaled(parameters, max_norm / length)
    return length


@clip_gradients.mistake(
    "short gradients are stretched, and long ones kept",
    "The comparison is turned round: what is longer than max_norm is to be shortened, and the rest left alone.",
)
def _(parameters, max_norm):
    length = length_of(parameters)
    if length < max_norm:
        scaled(parameters, max_norm / length)
    return length


@clip_gradients.mistake(
    "the factor is upside down",
    "What is too long gets longer: the factor is the length over max_norm.",
)
def _(parameters, max_norm):
    length = length_of(parameters)
    if length > max_norm:
        scaled(parameters, length / max_norm)
    return length


@clip_gradients.mistake(
    "multiplied by max_norm",
    "The gradients are multiplied by max_norm and not divided by their length.",
)
def _(parameters, max_norm):
    length = length_of(parameters)
    if length > max_norm:
        scaled(parameters, max_norm)
    return length


@clip_gradients.mistake(
    "cut to length 1",
    "The gradients are divided by their length and not multiplied by max_norm: they come out 1 long.",
)
def _(parameters, max_norm):
    length = length_of(parameters)
    if length > max_norm:
        scaled(parameters, 1 / length)
    return length


@clip_gradients.mistake(
    "multiplied by both",
    "The gradients are multiplied by max_norm and by their length. One of the two divides.",
)
def _(parameters, max_norm):
    length = length_of(parameters)
    if length > max_norm:
        scaled(parameters, max_norm * length)
    return length


@clip_gradients.mistake(
    "the length afterwards is returned",
    "The gradients are right. What is returned is their length after clipping; the one before is worth more to know, "
    "because it shows when the gradient explodes.",
)
def _(parameters, max_norm):
    reference.clip_gradients(parameters, max_norm)
    return length_of(parameters)


@clip_gradients.mistake(
    "the lengths are added up",
    "The lengths of the single gradients were added. Squares add up, lengths do not: two arrows of length 3 and 4 at a "
    "right angle are 5 long together.",
)
def _(parameters, max_norm):
    return clipped_by(parameters, max_norm, sum(g.norm().item() for g in there(parameters)))


@clip_gradients.mistake(
    "the greatest length",
    "The length of the longest single gradient was taken. All of them together are one arrow.",
)
def _(parameters, max_norm):
    return clipped_by(parameters, max_norm, max(g.norm().item() for g in there(parameters)))


@clip_gradients.mistake(
    "the root is missing",
    "This is the sum of the squares. The length is its root.",
)
def _(parameters, max_norm):
    return clipped_by(parameters, max_norm, length_of(parameters) ** 2)


@clip_gradients.mistake(
    "the absolute values are added up",
    "The absolute values of all entries were added. The length is the root of the sum of the squares.",
)
def _(parameters, max_norm):
    return clipped_by(parameters, max_norm, sum(g.abs().sum().item() for g in there(parameters)))


@clip_gradients.mistake(
    "the mean of the squares",
    "The squares were averaged and not added up.",
)
def _(parameters, max_norm):
    count = sum(g.numel() for g in there(parameters))
    return clipped_by(parameters, max_norm, length_of(parameters) / count**0.5)


@clip_gradients.mistake(
    "a parameter without a gradient",
    "It fails at a parameter whose .grad is None, which is one that the loss does not depend on. Pass over these.",
)
def _(parameters, max_norm):
    return clipped_by(parameters, max_norm, sum(p.grad.norm().item() ** 2 for p in parameters) ** 0.5)


@clip_gradients.mistake(
    "None is filled with zeros",
    "A parameter that had no gradient has one of zeros now. It was to keep None.",
)
def _(parameters, max_norm):
    for p in parameters:
        if p.grad is None:
            p.grad = torch.zeros_like(p)
    return reference.clip_gradients(parameters, max_norm)


@clip_gradients.mistake(
    "the parameters are clipped",
    "The parameters themselves were shortened. It is their gradients that are to be, in .grad.",
)
def _(parameters, max_norm):
    length = length_of(parameters)
    if length > max_norm:
        for p in parameters:
            p.data *= max_norm / length
    return length


@clip_gradients.mistake(
    "a tensor instead of a float",
    "All is right, but the length comes as a tensor. A plain Python float is asked for.",
)
def _(parameters, max_norm):
    return torch.tensor(reference.clip_gradients(parameters, max_norm))


@clip_gradients.mistake(
    "the gradients are stacked",
    "The gradients have different shapes and sizes, so that they can't be stacked. Laid end to end they can be joined, "
    "or each can give its sum of squares.",
)
def _(parameters, max_norm):
    return torch.stack([g.flatten() for g in there(parameters)]).norm().item()
