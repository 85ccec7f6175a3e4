"""Part 2, the sweep over learning rates."""

import torch

from grader.check import check
from grader.checks.part2_mlp.inputs import SIZES, examples, parameters, seed
from grader.checks.part2_mlp.spoilt import LISTS, handed_back, spoilt
from grader.checks.tools import by_name
from reference import part2_mlp as reference


@check(
    "find_lr",
    points=3,
    after="train_step",
    hints=(
        "It is a training loop like any other, in which each step has another rate: the next candidate.",
        "The same parameters go through all steps. Each step draws a batch of its own from the generator and takes one "
        "training step, which gives back the loss to be noted.",
        "Make a list of floats of the candidates; for each, draw a minibatch, call train_step with it and the rate, "
        "and append what it returns to the losses; return both lists.",
    ),
)
def find_lr(m, given):
    """One step with each candidate"""
    parameters = [p.clone().requires_grad_() for p in given.parameters]
    generator = torch.Generator().manual_seed(given.seed)
    sweep = (given.low_exponent, given.high_exponent, given.steps, given.batch_size, generator)
    answer = m.find_lr(list(parameters), given.X, given.Y, *sweep)
    names = ("C", "W1", "b1", "W2", "b2")
    moved = {name: p.detach() for name, p in zip(names, parameters, strict=True)}
    return {"answer": by_name(answer, "rates", "losses"), "parameters": moved}


@find_lr.inputs
def _(rng):
    for sizes, low, high, steps, batch_size in (
        (SIZES[0], -2.0, 0.0, 5, 6),
        (SIZES[2], -1.5, 0.25, 8, 16),
        (SIZES[0], -1.0, -0.25, 3, 32),
    ):
        X, Y = examples(rng, sizes, 40 + steps)
        yield {
            "parameters": parameters(rng, sizes),
            "X": X,
            "Y": Y,
            "low_exponent": low,
            "high_exponent": high,
            "steps": steps,
            "batch_size": batch_size,
            "seed": seed(rng),
        }


@find_lr.mistake(
    "each candidate starts from the same network",
    "Every candidate is tried on the network as it was at the start, and the network is set back in between. That "
    "would compare losses before a single step, which differ only by the noise of the batches. Let one network go "
    "through all of them.",
)
def _(parameters, X, Y, low_exponent, high_exponent, steps, batch_size, generator):
    start = [p.detach().clone() for p in parameters]
    losses = []
    rates = reference.lr_candidates(low_exponent, high_exponent, steps).tolist()
    for rate in rates:
        for p, value in zip(parameters, start, strict=True):
            p.data.copy_(value)
        losses.append(reference.train_step(parameters, *reference.minibatch(X, Y, batch_size, generator), rate))
    return rates, losses


@find_lr.mistake(
    "the network that came in does not move",
    "The rates and losses are right, but the sweep was made on copies of the parameters. The docstring changes the "
    "tensors that came in.",
)
def _(parameters, X, Y, low_exponent, high_exponent, steps, batch_size, generator):
    copies = [p.detach().clone() for p in parameters]
    return reference.find_lr(copies, X, Y, low_exponent, high_exponent, steps, batch_size, generator)


@find_lr.mistake(
    "one batch for all steps",
    "The batch is drawn once, before the loop, and used for every step: the network learns 32 examples by heart, and "
    "the losses fall for that reason. Each step has a batch of its own.",
)
def _(parameters, X, Y, low_exponent, high_exponent, steps, batch_size, generator):
    batch = reference.minibatch(X, Y, batch_size, generator)
    return _sweep(parameters, low_exponent, high_exponent, steps, lambda: batch)


@find_lr.mistake(
    "all examples instead of batches",
    "Every step uses all examples. That is slow with the real data; each step is to draw a batch.",
)
def _(parameters, X, Y, low_exponent, high_exponent, steps, batch_size, generator):
    return _sweep(parameters, low_exponent, high_exponent, steps, lambda: (X, Y))


@find_lr.mistake(
    "batches of 32",
    "The batches have 32 examples, whatever the size that was passed.",
)
def _(parameters, X, Y, low_exponent, high_exponent, steps, batch_size, generator):
    return reference.find_lr(parameters, X, Y, low_exponent, high_exponent, steps, 32, generator)


@find_lr.mistake(
    "the generator is not used",
    "The batches are drawn from torch's global random numbers. Pass the generator on.",
)
def _(parameters, X, Y, low_exponent, high_exponent, steps, batch_size, generator):
    return reference.find_lr(parameters, X, Y, low_exponent, high_exponent, steps, batch_size, None)


@find_lr.mistake(
    "the exponents are used as rates",
    "The steps were taken with the exponents, which are negative, so that they went uphill. The rates are ten to the "
    "power of them.",
)
def _(parameters, X, Y, low_exponent, high_exponent, steps, batch_size, generator):
    exponents = torch.linspace(low_exponent, high_exponent, steps).tolist()
    return _sweep(parameters, low_exponent, high_exponent, steps, _draws(X, Y, batch_size, generator), exponents)


@find_lr.mistake(
    "the exponents are returned",
    "The losses are right. With them come the exponents; the rates themselves are asked for.",
)
def _(parameters, X, Y, low_exponent, high_exponent, steps, batch_size, generator):
    _, losses = reference.find_lr(parameters, X, Y, low_exponent, high_exponent, steps, batch_size, generator)
    return torch.linspace(low_exponent, high_exponent, steps).tolist(), losses


@find_lr.mistake(
    "the same rate for all steps",
    "All steps were taken with the smallest rate. Each candidate is to be used for one of them.",
)
def _(parameters, X, Y, low_exponent, high_exponent, steps, batch_size, generator):
    rates = [float(10**low_exponent)] * steps
    return _sweep(parameters, low_exponent, high_exponent, steps, _draws(X, Y, batch_size, generator), rates)


@find_lr.mistake(
    "0.1 for all steps",
    "All steps were taken with the rate 0.1. Each candidate is to be used for one of them.",
)
def _(parameters, X, Y, low_exponent, high_exponent, steps, batch_size, generator):
    return _sweep(parameters, low_exponent, high_exponent, steps, _draws(X, Y, batch_size, generator), [0.1] * steps)


@find_lr.mistake(
    "the losses of all examples",
    "The losses are those of the network on all examples after each step. The loss of the step's own batch is asked "
    "for, which train_step has worked out already.",
)
def _(parameters, X, Y, low_exponent, high_exponent, steps, batch_size, generator):
    rates, losses = reference.lr_candidates(low_exponent, high_exponent, steps).tolist(), []
    for rate in rates:
        reference.train_step(parameters, *reference.minibatch(X, Y, batch_size, generator), rate)
        losses.append(reference.evaluate(parameters, X, Y))
    return rates, losses


@find_lr.mistake(
    "tensors instead of lists",
    "The values are right, but they come as tensors. Two lists of Python floats are asked for.",
)
def _(*arguments):
    return tuple(torch.tensor(values) for values in reference.find_lr(*arguments))


@find_lr.mistake(
    "the rates are a tensor",
    "The values are right, but the rates come as a tensor. A list of Python floats is asked for.",
)
def _(*arguments):
    rates, losses = reference.find_lr(*arguments)
    return torch.tensor(rates), losses


@find_lr.mistake(
    "rates and losses are swapped",
    "Both lists are right, in the other order: the rates come first.",
)
def _(*arguments):
    return reference.find_lr(*arguments)[::-1]


@find_lr.mistake(
    "only the best rate",
    "A single rate came back, that of the smallest loss. The whole sweep is asked for: the losses are too noisy for "
    "the smallest to mean much, and the picture shows more.",
)
def _(*arguments):
    rates, losses = reference.find_lr(*arguments)
    return rates[losses.index(min(losses))]


@find_lr.mistake("the losses alone", "The losses are right, and come alone. The rates are asked for as well, first.")
def _(*arguments):
    return reference.find_lr(*arguments)[1]


@find_lr.mistake(
    "from the largest rate to the smallest",
    "The sweep runs from the largest rate down, and its first steps ruin the network for the rest. Begin with the low "
    "exponent.",
)
def _(parameters, X, Y, low_exponent, high_exponent, *others):
    return reference.find_lr(parameters, X, Y, high_exponent, low_exponent, *others)


@find_lr.mistake(
    "no step is taken",
    "The rates are right, and there are no losses: the loop is not entered, or takes no step in it.",
)
def _(parameters, X, Y, low_exponent, high_exponent, steps, batch_size, generator):
    return reference.lr_candidates(low_exponent, high_exponent, steps).tolist(), []


@find_lr.mistake(
    "one step too few",
    "There is one loss, and one rate, less than asked for: the last candidate is not tried.",
)
def _(parameters, X, Y, low_exponent, high_exponent, steps, batch_size, generator):
    rates = reference.lr_candidates(low_exponent, high_exponent, steps).tolist()[:-1]
    return rates, [
        reference.train_step(parameters, *reference.minibatch(X, Y, batch_size, generator), rate) for rate in rates
    ]


for place, name in enumerate(("The list of rates", "The list of losses")):
    spoilt(find_lr, LISTS, name, place)
    handed_back(find_lr, "low_exponent", what=name, member=place)


def _draws(X, Y, batch_size, generator):
    return lambda: reference.minibatch(X, Y, batch_size, generator)


def _sweep(parameters, low_exponent, high_exponent, steps, draw, used=None):
    rates = reference.lr_candidates(low_exponent, high_exponent, steps).tolist()
    return rates, [reference.train_step(parameters, *draw(), rate) for rate in used or rates]
