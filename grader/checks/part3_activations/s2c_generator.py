"""Part 3, where the random numbers come from."""

import torch

from grader.check import check
from grader.checks.part3_activations.probing import plain
from grader.checks.part3_activations.s2b_kaiming import scaled, seed
from reference import part3_activations as reference


@check(
    "kaiming_normal",
    points=1,
    hints=(
        "A generator is a state that every draw moves on. Who passes one in wants all draws to come from it.",
        "torch.randn takes a generator by name. Nothing in the function should seed anything.",
        "Pass the generator on to torch.randn, and touch neither it nor the global seed otherwise.",
    ),
)
def generator(m, given):
    """All numbers come from the generator that is passed in"""
    mine = torch.Generator().manual_seed(given.seed)
    same = torch.Generator().manual_seed(given.seed)
    before = torch.get_rng_state()
    first = plain(m.kaiming_normal(given.fan_in, given.fan_out, "tanh", mine))
    moved = not torch.equal(torch.get_rng_state(), before)
    torch.manual_seed(given.seed % 1000)
    again = plain(m.kaiming_normal(given.fan_in, given.fan_out, "tanh", same))
    second = plain(m.kaiming_normal(given.fan_in, given.fan_out, "tanh", mine))
    tensors = all(isinstance(w, torch.Tensor) for w in (first, again, second))
    return {
        "shape": list(first.shape) if tensors else first,
        "the same state gives the same weights": tensors and torch.equal(first, again),
        "a second draw gives other weights": tensors and not torch.equal(first, second),
        "the global generator was used": moved,
    }


@generator.inputs
def _(rng):
    for fan_in, fan_out in ((7, 5), (4, 9), (6, 8)):
        yield {"fan_in": fan_in, "fan_out": fan_out, "seed": seed(rng)}


@generator.mistake(
    "the global generator is used",
    "The numbers come from PyTorch's global generator, so that whoever else draws from it changes the network. "
    "Use the one that is passed in.",
)
def _(fan_in, fan_out, nonlinearity, generator):
    return scaled(fan_in, fan_out, None, reference.gain(nonlinearity) / fan_in**0.5)


@generator.mistake(
    "the generator is seeded again",
    "Every call starts the generator from a seed of its own, so all layers of one size are equal. It is for the "
    "caller to seed it.",
)
def _(fan_in, fan_out, nonlinearity, generator):
    return reference.kaiming_normal(fan_in, fan_out, nonlinearity, generator.manual_seed(42))


@generator.mistake(
    "the global generator is seeded",
    "torch.manual_seed is called inside, so all layers of one size are equal, and everybody else's random numbers "
    "start over as well. Use the generator that is passed in as it is.",
)
def _(fan_in, fan_out, nonlinearity, generator):
    torch.manual_seed(42)
    return scaled(fan_in, fan_out, None, reference.gain(nonlinearity) / fan_in**0.5)
