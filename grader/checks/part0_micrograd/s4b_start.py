"""Part 0, where a neuron begins."""

import random

import torch

from grader.check import check
from grader.checks.part0_micrograd.look import plain
from grader.checks.part0_micrograd.networks import Neuronish
from grader.judge import Band
from reference import part0_micrograd as reference


@check(
    "Neuron",
    points=1,
    hints=(
        "Where does a neuron begin, before it has learnt anything?",
        "Each weight is drawn by itself, evenly from between -1 and 1. random.uniform does that.",
        "For each input, make a Value of a new number from random.uniform between -1 and 1.",
    ),
)
def start(m, given):
    """The weights of many new neurons: random, evenly spread from -1 to 1"""
    neurons = [list(m.Neuron(given.inputs).parameters()) for _ in range(given.neurons)]
    data = [[plain(getattr(value, "data", None)) for value in parameters] for parameters in neurons]
    if any(len(row) != given.inputs + 1 or {*map(type, row)} != {float} for row in data):
        return {"weights": None, "biases": None}
    numbers = torch.tensor(data, dtype=torch.float64)
    return {"weights": numbers[:, :-1], "biases": numbers[:, -1]}


@start.inputs
def _(rng):
    yield {"inputs": 60, "neurons": 20}


@start.statistic
def _(given, answer):
    """Of 1,200 weights. A right answer is refused less than once in a million times.

    Even numbers from -1 to 1 have a standard deviation of 0.5774. That of their mean is 0.0167, and 0.1 is 6 times
    as much. That of their standard deviation is 0.5774 * sqrt((1.8 - 1) / 4 / 1200) = 0.0075, and 0.05 is 6.7 times
    as much. The chance that none of them is above 0.97 is 0.985**1200 = 1e-8, and below -0.97 it is the same. Of
    float32 numbers with 24 random bits, 0.04 pairs are equal on average, and more than ten never (1e-22).
    """
    weights = answer["weights"]
    return {
        "the mean of the weights": Band(weights.mean().item(), -0.1, 0.1),
        "the standard deviation of the weights": Band(weights.std().item(), 0.5274, 0.6274),
        "the smallest weight": Band(weights.min().item(), -1.0, -0.97),
        "the largest weight": Band(weights.max().item(), 0.97, 1.0),
        "how many different weights": Band(float(len(weights.unique())), 1190.0, 1200.0),
        "the largest size of a bias": Band(answer["biases"].abs().max().item(), 0.0, 1.0),
    }


def _starting_with(name, advice, weight, bias=lambda: 0.0):
    """Register neurons that begin with weight(place) and bias()."""

    @start.mistake(name, advice)
    class _(Neuronish):
        def __init__(self, nin):
            self.w = [reference.Value(weight(place)) for place in range(nin)]
            self.b = reference.Value(bias())


_starting_with(
    "all weights are zero",
    "With all weights at zero, the output is the same whatever the input, and all neurons of a layer stay alike "
    "for ever. Draw them.",
    lambda place: 0.0,
)
_starting_with("all weights are 1", "All weights begin alike. Draw each of them.", lambda place: 1.0)
_starting_with("all weights are -1", "All weights begin alike. Draw each of them.", lambda place: -1.0)
_starting_with(
    "no negative weights",
    "The weights lie between 0 and 1. An input may well speak against something: draw from -1 to 1.",
    lambda place: random.random(),
)
_starting_with(
    "normal numbers",
    "The weights follow a normal distribution, so some are larger than 1. They are asked to be even, from -1 to 1.",
    lambda place: random.gauss(0, 1),
)
_starting_with("from -2 to 2", "The weights reach from -2 to 2.", lambda place: random.uniform(-2, 2))
_starting_with(
    "only -1 and 1", "Each weight is -1 or 1, and nothing between.", lambda place: random.choice([-1.0, 1.0])
)
_starting_with("from -1 to 2", "The weights reach from -1 to 2.", lambda place: random.uniform(-1, 2))
_starting_with("from -2 to 1", "The weights reach from -2 to 1.", lambda place: random.uniform(-2, 1))
_starting_with("no positive weights", "The weights lie between -1 and 0.", lambda place: -random.random())
_starting_with(
    "a bias beyond 1",
    "The bias begins beyond 1 or -1. Draw it as the weights are drawn, or let it begin at 0.",
    lambda place: random.uniform(-1, 1),
    lambda: 10 * random.uniform(-1, 1),
)


@start.mistake(
    "all weights of a neuron begin alike",
    "One number is drawn for each neuron and put into all of its weights. Draw a new one for each weight.",
)
class _(Neuronish):
    def __init__(self, nin):
        number = random.uniform(-1, 1)
        self.w = [reference.Value(number) for _ in range(nin)]
        self.b = reference.Value(0.0)


@start.mistake(
    "all neurons begin alike",
    "Every neuron has the same weights: is the generator set to a seed in the constructor? Neurons that begin alike "
    "get the same gradients and stay alike.",
)
class _(Neuronish):
    def __init__(self, nin):
        random.seed(0)
        super().__init__(nin)
