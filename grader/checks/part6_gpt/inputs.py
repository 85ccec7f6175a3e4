"""The inputs of part 6: random weights for layers, and the bounds of what dropout may do."""

import math

import torch

from grader.checks.draw import normal
from grader.checks.part6_gpt.modules import learnt
from grader.judge import Band
from grader.values import Namespace
from reference import part6_gpt as reference

ENDS = ("token_embedding_table.weight", "position_embedding_table.weight", "ln_f.weight", "lm_head.bias")
SIZES = ("vocab_size", "n_embd", "n_head", "n_layer", "block_size")

SIGMAS = 6
"""A share of n independent draws misses its expected value by 6 standard deviations once in 5e8 times (and by as
much as the binomial is skewed more often: about 1e-8 for the n and p used here); a check has fewer than 10 shares."""


def weights_of(rng, layer):
    """Random weights for every parameter of a layer, by name: gains away from 1, no bias zero."""
    return {name: _weight(rng, name, parameter.shape) for name, parameter in layer.named_parameters()}


def _weight(rng, name, shape):
    if "embedding" in name:
        return normal(rng, *shape)
    if "ln" in name.split(".")[-2:][0] or (len(shape) == 1 and name == "weight"):
        return normal(rng, *shape) * 0.4 + (1.2 if name.endswith("weight") else 0.3)
    return normal(rng, *shape) / (shape[-1] ** 0.5 if len(shape) == 2 else 2)


def models(rng):
    """Small models with random weights, and tokens for them; in the second case the context is full."""
    for B, T, *numbers in ((2, 4, 7, 8, 2, 2, 6), (5, 3, 9, 6, 3, 1, 3)):
        size = dict(zip(SIZES, numbers, strict=True))
        yield {
            "size": Namespace(size),
            "weights": weights_of(rng, reference.GPT(*numbers, 0.0)),
            "idx": torch.randint(numbers[0], (B, T), generator=rng),
            "targets": torch.randint(numbers[0], (B, T), generator=rng),
            "upstream": normal(rng, B, T, numbers[0]),
            "watched": [*ENDS, "blocks.0.ln1.weight", "blocks.0.sa.heads.1.key.weight", "blocks.0.ffwd.net.0.bias"],
            "loss_upstream": 2 + normal(rng) ** 2,
        }


def steps(rng, size, *shape):
    """Random multiples of a size, from -4 to 4 times: if it is a power of 2, their sums and products are exact."""
    return size * torch.randint(-4, 5, shape, generator=rng)


def far_down(rng, B, T):
    """Queries and keys (B, T, 16) whose scores are all about -30,000, and differ by a few.

    A mask that is filled with a number above that shows the future instead of hiding it. All numbers are such that the
    scores are exact in float32, in whatever order they are multiplied and scaled: at this size rounding would show.
    """
    q, k = steps(rng, 0.25, B, T, 16), steps(rng, 0.25, B, T, 16)
    q[..., 0], k[..., 0] = 2.0**17, steps(rng, 2.0**-16, B, T) - 1
    return q, k


def far_down_weights(rng, n_embd, *heads):
    """Weights for heads (by the beginnings of their names) whose scores are all about -30,000 for `far_down_x`.

    Gradients are not judged there: torch's own attention, with a dimension for the heads, goes back by the logarithm of
    each softmax's sum, which is rounded to 0.002 at this size. A mask that shows the future is seen in the output.
    """
    weights = {}
    for head in heads:
        for name in ("key", "query", "value"):
            weights[f"{head}{name}.weight"] = steps(rng, 0.25, 16, n_embd)
        weights[f"{head}query.weight"][0] = torch.tensor([2.0**17, *[0.0] * (n_embd - 1)])
        weights[f"{head}key.weight"][0] = torch.cat([torch.tensor([-1.0]), steps(rng, 2.0**-17, n_embd - 1)])
    return weights


def far_down_x(rng, B, T, n_embd):
    """Inputs for these weights: the first channel is 1."""
    x = steps(rng, 0.5, B, T, n_embd)
    x[..., 0] = 1.0
    return x


def draw_seed(rng):
    """A seed for a probe's own generator."""
    return int(torch.randint(2**31, (), generator=rng))


def explain_learnt(given, got, wrong):
    """For a layer that learns other things than it should: which shapes were asked, and which came."""
    if isinstance(got, dict) and any("learnt" in label for label in wrong):
        return (
            f"The parameters of the layer should have the shapes {learnt(given.weights)}; yours have "
            f"{got.get('learnt') or 'no parameters at all'}."
        )
    return None


def share(found, probability):
    """The share of a boolean tensor that is true, with the bounds for independent draws of a probability."""
    n = found.numel()
    room = SIGMAS * math.sqrt(probability * (1 - probability) / n)
    return Band(found.double().mean().item(), probability - room, probability + room)


def exactly(values, wanted):
    """Two bands: the least and the largest of some numbers, which must all be `wanted` but for rounding."""
    low, high = (values.min().item(), values.max().item()) if values.numel() else (0.0, 0.0)
    room = 1e-4 * abs(wanted) + 1e-6
    return {
        "the least": Band(low, wanted - room, wanted + room),
        "the largest": Band(high, wanted - room, wanted + room),
    }


def pairs(mask, dim):
    """Whether neighbours along a dimension are alike: each number is in one pair."""
    n = mask.shape[dim] // 2 * 2
    return mask.narrow(dim, 0, n).unflatten(dim, (n // 2, 2)).diff(dim=dim % mask.dim() + 1) == 0


def alike(probability):
    """The chance that two independent numbers are both dropped or both kept."""
    return probability**2 + (1 - probability) ** 2
