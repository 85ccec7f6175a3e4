"""Part 3, the instruments: how large gradients and updates are beside the data."""

import torch

from grader.check import check
from grader.checks.draw import normal, uniform


def with_gradients(given):
    """The parameters, each with its .grad."""
    parameters = [p.clone().requires_grad_() for p in given.parameters]
    for p, gradient in zip(parameters, given.gradients, strict=True):
        p.grad = gradient.clone()
    return parameters


def parameters(rng):
    """Matrices and vectors with gradients of other sizes, none with a mean of zero."""
    for shapes in (((5, 4), (4,), (4, 3), (3,)), ((7, 2), (3, 6)), ((4,), (4, 9), (2, 8), (8,))):
        scales = uniform(rng, 0.3, 3.0, len(shapes)).tolist()
        yield {
            "parameters": [s * (normal(rng, *shape) + 1) for s, shape in zip(scales, shapes, strict=True)],
            "gradients": [0.05 * (normal(rng, *shape) - 1) for shape in shapes],
            "lr": uniform(rng, 0.02, 0.3).item(),
        }


@check(
    "grad_data_ratio",
    points=1,
    hints=(
        "How large is the gradient of a weight, measured by how large the weight is?",
        "The standard deviation of .grad over that of the tensor itself, for tensors with two dimensions only.",
        "For each parameter with two dimensions append the standard deviation of its gradient divided by that of the "
        "parameter, made a float with item().",
    ),
)
def grad_data_ratio(m, given):
    """Gradient to data, for each matrix"""
    return m.grad_data_ratio(with_gradients(given))


grad_data_ratio.inputs(parameters)


def matrices(parameters):
    """The parameters with two dimensions, without their graph, and their gradients."""
    return [(p.detach(), p.grad) for p in parameters if p.dim() == 2]


def ratio_mistake(name, advice, ratio):
    """Register a ratio of other things, for each matrix."""
    grad_data_ratio.mistake(name, advice)(lambda parameters: [ratio(p, g).item() for p, g in matrices(parameters)])


ratio_mistake(
    "upside down",
    "This is the data over the gradient. The gradient is measured by the data.",
    lambda p, g: p.std() / g.std(),
)
ratio_mistake(
    "variances instead of standard deviations",
    "This is a ratio of variances, the square of what is asked for.",
    lambda p, g: g.var() / p.var(),
)
ratio_mistake(
    "means instead of standard deviations",
    "This is a ratio of means. A mean may be close to zero where the numbers are large.",
    lambda p, g: g.abs().mean() / p.abs().mean(),
)
ratio_mistake(
    "norms instead of standard deviations",
    "This is a ratio of norms, close to what is asked for. The standard deviation takes the mean away.",
    lambda p, g: g.norm() / p.norm(),
)
ratio_mistake(
    "the standard deviation of the ratio",
    "The gradient is divided by the data entry by entry. Take the two standard deviations first.",
    lambda p, g: (g / p).std(),
)
ratio_mistake(
    "the data are not divided by",
    "This is the standard deviation of the gradient alone. Divide it by that of the data.",
    lambda p, g: g.std(),
)
ratio_mistake(
    "multiplied instead of divided", "The two standard deviations are multiplied.", lambda p, g: g.std() * p.std()
)
ratio_mistake(
    "the logarithm is taken",
    "This is the power of ten of the ratio. Here the ratio itself is asked for.",
    lambda p, g: (g.std() / p.std()).log10(),
)


ratio_mistake(
    "the gradient is not used",
    "This is one over the standard deviation of the data: that of the gradient is missing.",
    lambda p, g: 1 / p.std(),
)
BIASED = "One of the two standard deviations is divided by n and the other by n - 1. Both are PyTorch's own, n - 1."
MIXED = "One of the two is a variance, and the other a standard deviation. Take the standard deviation of both."
MANY = "The ratio still has many entries: a standard deviation is missing on one side of it."
ratio_mistake("one is biased: the gradient", BIASED, lambda p, g: g.std(correction=0) / p.std())
ratio_mistake("one is biased: the data", BIASED, lambda p, g: g.std() / p.std(correction=0))
ratio_mistake("one is a variance: the gradient", MIXED, lambda p, g: g.var() / p.std())
ratio_mistake("one is a variance: the data", MIXED, lambda p, g: g.std() / p.var())
ratio_mistake("one is a tensor", MANY, lambda p, g: g / p.std())


@grad_data_ratio.mistake(
    "no parameter is a matrix",
    "The list is empty. A matrix has two dimensions: tensor.dim() is 2, and so is tensor.ndim.",
)
def _(parameters):
    return []


@grad_data_ratio.mistake("the parameters are returned", "These are the parameters as they came in.")
def _(parameters):
    return parameters


@grad_data_ratio.mistake(
    "the vectors are not left out",
    "There is a number for every parameter. Only those with two dimensions are asked for.",
)
def _(parameters):
    return [(p.grad.std() / p.detach().std()).item() for p in parameters]


@grad_data_ratio.mistake(
    "the vectors instead of the matrices",
    "There is a number for the parameters that are no matrices: the condition is the wrong way round.",
)
def _(parameters):
    return [(p.grad.std() / p.detach().std()).item() for p in parameters if p.dim() != 2]


@grad_data_ratio.mistake(
    "tensors instead of floats",
    "The values are right, but they come as tensors. Plain Python floats are asked for.",
)
def _(parameters):
    return [g.std() / p.std() for p, g in matrices(parameters)]


@check(
    "update_data_ratio",
    points=1,
    hints=(
        "What a step does to a weight is the learning rate times its gradient; compare that with the weight.",
        "Standard deviation of lr times gradient, over the standard deviation of the data, and the logarithm to the "
        "base ten of the quotient, for every parameter.",
        "For each parameter append log10 of the standard deviation of lr times its gradient divided by that of the "
        "parameter, made a float with item().",
    ),
)
def update_data_ratio(m, given):
    """Update to data, as a power of ten, for each parameter"""
    return m.update_data_ratio(with_gradients(given), given.lr)


update_data_ratio.inputs(parameters)


def update_mistake(name, advice, ratio):
    """Register another number for each parameter."""
    update_data_ratio.mistake(name, advice)(
        lambda parameters, lr: [ratio(p.detach(), p.grad, lr).item() for p in parameters]
    )


update_mistake(
    "lr is ignored",
    "This is the ratio of the gradient. The update is the gradient times the learning rate.",
    lambda p, g, lr: (g.std() / p.std()).log10(),
)
update_mistake(
    "the logarithm is missing",
    "This is the ratio itself. Its logarithm to the base ten is asked for, so that a thousandth is -3.",
    lambda p, g, lr: (lr * g).std() / p.std(),
)
update_mistake(
    "the logarithm has another base: e",
    "This is the natural logarithm. A thousandth is to be -3: the base is ten.",
    lambda p, g, lr: ((lr * g).std() / p.std()).log(),
)
update_mistake(
    "the logarithm has another base: 2",
    "This is the logarithm to the base two. A thousandth is to be -3: the base is ten.",
    lambda p, g, lr: ((lr * g).std() / p.std()).log2(),
)
update_mistake(
    "upside down",
    "The sign is the opposite one: this is the data over the update. A thousandth is to be -3.",
    lambda p, g, lr: (p.std() / (lr * g).std()).log10(),
)
update_mistake(
    "divided by lr",
    "The gradient is divided by the learning rate. The update is the product.",
    lambda p, g, lr: ((g / lr).std() / p.std()).log10(),
)
update_mistake(
    "the update is not divided by the data",
    "This is the size of the update alone. Divide it by that of the data.",
    lambda p, g, lr: (lr * g).std().log10(),
)
update_mistake(
    "multiplied instead of divided",
    "The two standard deviations are multiplied. Divide that of the update by that of the data.",
    lambda p, g, lr: ((lr * g).std() * p.std()).log10(),
)
update_mistake(
    "variances instead of standard deviations",
    "These are variances, so the powers of ten are about twice what they should be.",
    lambda p, g, lr: ((lr * g).var() / p.var()).log10(),
)
update_mistake(
    "norms instead of standard deviations",
    "These are norms, close to what is asked for. The standard deviation takes the mean away.",
    lambda p, g, lr: ((lr * g).norm() / p.norm()).log10(),
)
update_mistake(
    "the data after the step",
    "The update is measured by the weights after the step. Take them as they are.",
    lambda p, g, lr: ((lr * g).std() / (p - lr * g).std()).log10(),
)
update_mistake(
    "the logarithm of the update alone",
    "The logarithm is taken of the update, and then divided by the data. Divide first.",
    lambda p, g, lr: (lr * g).std().log10() / p.std(),
)


update_mistake(
    "the update is not used",
    "The update is missing: this is one over the standard deviation of the data.",
    lambda p, g, lr: (1 / p.std()).log10(),
)
update_mistake("one is biased: the update", BIASED, lambda p, g, lr: ((lr * g).std(correction=0) / p.std()).log10())
update_mistake("one is biased: the data", BIASED, lambda p, g, lr: ((lr * g).std() / p.std(correction=0)).log10())
update_mistake("one is a variance: the update", MIXED, lambda p, g, lr: ((lr * g).var() / p.std()).log10())
update_mistake("one is a variance: the data", MIXED, lambda p, g, lr: ((lr * g).std() / p.var()).log10())
update_mistake("one is a tensor", MANY, lambda p, g, lr: ((lr * g) / p.std()).log10())
update_mistake(
    "lr is divided by the gradient",
    "The learning rate is divided by the gradient. The update is the product.",
    lambda p, g, lr: ((lr / g).std() / p.std()).log10(),
)


@update_data_ratio.mistake("lr is returned", "This is the learning rate as it came in.")
def _(parameters, lr):
    return lr


@update_data_ratio.mistake("the parameters are returned", "These are the parameters as they came in.")
def _(parameters, lr):
    return parameters


@update_data_ratio.mistake(
    "the vectors are left out",
    "There are numbers for the matrices only. Here every parameter gets one.",
)
def _(parameters, lr):
    return [((lr * g).std() / p.std()).log10().item() for p, g in matrices(parameters)]


@update_data_ratio.mistake(
    "tensors instead of floats",
    "The values are right, but they come as tensors. Plain Python floats are asked for.",
)
def _(parameters, lr):
    return [torch.log10((lr * p.grad).std() / p.detach().std()) for p in parameters]
