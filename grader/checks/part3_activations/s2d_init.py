"""Part 3, a network that starts without an opinion."""

import math

import torch

from grader.check import check
from grader.checks.part3_activations.measures import normal_bands
from grader.checks.part3_activations.probing import plain
from grader.checks.part3_activations.s2b_kaiming import seed
from grader.checks.tools import by_name
from grader.judge import Band
from reference import part3_activations as reference


def made(m, given, generator):
    """The five parameters by name."""
    sizes = (given.vocab_size, given.block_size, given.n_embd, given.n_hidden)
    return by_name(m.init_mlp(*sizes, generator), "C", "W1", "b1", "W2", "b2")


@check(
    "init_mlp",
    points=2,
    hints=(
        "Two things are to be small: the logits, which are made by the last layer, and the share of saturated units, "
        "which the scale of W1 decides.",
        "W1 has block_size * n_embd inputs for each unit and a tanh behind it; W2 is multiplied by 0.01, the biases "
        "are zeros.",
        "Draw C with randn, W1 with your kaiming_normal, W2 with randn times 0.01, all with the generator; make b1 "
        "and b2 zeros; set requires_grad on each of the five at the end, and return them as a list.",
    ),
)
def init_mlp(m, given):
    """Scales of the parameters, and the first loss"""
    parameters = made(m, given, torch.Generator().manual_seed(given.seed))
    return {name: plain(p) for name, p in parameters.items()}


@init_mlp.inputs
def _(rng):
    # Large enough for W1 to show its standard deviation, and C that it was drawn from normal numbers.
    for vocab_size, block_size, n_embd, n_hidden in ((27, 3, 10, 100), (40, 8, 16, 50), (65, 2, 12, 90)):
        sizes = {"vocab_size": vocab_size, "block_size": block_size, "n_embd": n_embd, "n_hidden": n_hidden}
        X = torch.randint(vocab_size, (200, block_size), generator=rng)
        Y = torch.randint(vocab_size, (200,), generator=rng)
        yield sizes | {"X": X, "Y": Y, "seed": seed(rng)}


@init_mlp.statistic
def _(given, answer):
    # The bands of C and W1: see measures.py, 18 of them in a run. The others are wide: with W2 = 0.01 randn, its
    # standard deviation is known to 2 % and the logits' is 0.08 at most, so the first loss is off by 0.003 and (the
    # mean of 200 logits) 0.006; |0.01 randn| reaches 0.1 once in 1e23.
    expected = reference.expected_initial_loss(given.vocab_size)
    fan_in = given.block_size * given.n_embd
    loss = reference.mlp_loss([answer[name] for name in ("C", "W1", "b1", "W2", "b2")], given.X, given.Y)
    n = answer["W2"].numel()
    ratio = (answer["W2"].mean() / answer["W2"].std().clamp(min=1e-9)).item()
    return {
        **normal_bands("C", answer["C"], 1.0),
        **normal_bands("W1", answer["W1"], (5 / 3) / fan_in**0.5),
        "largest |b1|": Band(answer["b1"].abs().max().item(), 0.0, 0.1),
        "standard deviation of W2": Band(answer["W2"].std().item(), 0.001, 0.04),
        # With the standard error 1 / sqrt(n), 5.5 of them; rand, from 0 to 1, has 1.7.
        "mean of W2 over its standard deviation": Band(ratio, -5.5 / n**0.5, 5.5 / n**0.5),
        "largest |b2|": Band(answer["b2"].abs().max().item(), 0.0, 0.0),
        # Counted up to 0.5: how far above that a loss of large logits lies is chance.
        "first loss less that of ignorance": Band(min(loss - expected, 0.5), -0.05, 0.05),
    }


@init_mlp.explain
def _(given, got, wrong):
    """The first loss in numbers."""
    if not any("first loss" in label for label in wrong):
        return None
    loss = reference.mlp_loss([got[name] for name in ("C", "W1", "b1", "W2", "b2")], given.X, given.Y)
    expected = math.log(given.vocab_size)
    return f"The first loss is {loss:.3f}; with {given.vocab_size} characters ignorance costs {expected:.3f}."


def changed(**changes):
    """A mistake: the reference's parameters, of which some are replaced by `change(parameters, generator)`."""

    def variant(vocab_size, block_size, n_embd, n_hidden, generator):
        parameters = reference.init_mlp(vocab_size, block_size, n_embd, n_hidden, generator)
        named = dict(zip(("C", "W1", "b1", "W2", "b2"), (p.detach() for p in parameters), strict=True))
        for name, change in changes.items():
            named[name] = change(named[name], generator)
        return [p.requires_grad_() for p in named.values()]

    return variant


init_mlp.mistake(
    "the last layer is not scaled down",
    "W2 is as large as randn makes it, so the first logits are large, and the network is sure of wrong answers.",
)(changed(W2=lambda W2, generator: W2 * 100))
init_mlp.mistake(
    "the last layer has the scale of a hidden one",
    "W2 is scaled like a hidden layer, by one over the root of its fan_in. Its logits have a size of about one then, "
    "which is an opinion already. It is to be smaller.",
)(changed(W2=lambda W2, generator: W2 * 100 / len(W2) ** 0.5))
init_mlp.mistake(
    "the last layer has the scale of a hidden one: with the gain of tanh",
    "W2 is scaled like W1. Its logits have a size of about one then, which is an opinion already; it is to be smaller.",
)(changed(W2=lambda W2, generator: W2 * 100 * (5 / 3) / len(W2) ** 0.5))
init_mlp.mistake(
    "the last layer is zero",
    "W2 is zero everywhere. The first loss is then right to the last digit, but no gradient passes through W2 in "
    "the first step. Make it small, not zero.",
)(changed(W2=lambda W2, generator: 0 * W2))
init_mlp.mistake(
    "the last layer is uniform",
    "W2 is drawn with rand, all of it positive. randn, with an n, gives numbers of both signs.",
)(changed(W2=lambda W2, generator: 0.01 * torch.rand(W2.shape, generator=generator)))
init_mlp.mistake(
    "the last layer is divided and not multiplied",
    "W2 is divided by 0.01, and so a hundred times as large as randn makes it instead of as small.",
)(changed(W2=lambda W2, generator: W2 * 10_000))
for name, shape in (("C", "(V, E)"), ("W1", "(block * E, H)"), ("W2", "(H, V)")):
    init_mlp.mistake(
        f"{name} is transposed",
        f"{name} has its two dimensions the wrong way round: {shape} is asked for.",
    )(changed(**{name: lambda p, generator: p.T.contiguous()}))
init_mlp.mistake(
    "the biases start at one",
    "The biases are ones. Start them at zero.",
)(changed(b1=lambda b1, generator: b1 + 1, b2=lambda b2, generator: b2 + 1))
init_mlp.mistake("b1 starts at one", "b1 is one. Start it at zero, or close to it.")(
    changed(b1=lambda b1, generator: b1 + 1)
)
init_mlp.mistake("b2 starts at one", "b2 is one. Start it at zero.")(changed(b2=lambda b2, generator: b2 + 1))
init_mlp.mistake(
    "the last bias is random",
    "b2 gives some characters an advantage before anything has been learnt. Start it at zero.",
)(changed(b2=lambda b2, generator: torch.randn(b2.shape, generator=generator)))
init_mlp.mistake(
    "the last bias is small, but not zero",
    "b2 is small, which does little harm, but zeros are asked for: no character is to have an advantage.",
)(changed(b2=lambda b2, generator: 0.01 * torch.randn(b2.shape, generator=generator)))
init_mlp.mistake(
    "b1 is large",
    "b1 is as large as randn makes it. It pushes its units towards saturation; start it at zero or close to it.",
)(changed(b1=lambda b1, generator: torch.randn(b1.shape, generator=generator)))
init_mlp.mistake(
    "W1 is not scaled",
    "W1 is as large as randn makes it, and most of the hidden units are saturated. Give it Kaiming's scale.",
)(changed(W1=lambda W1, generator: W1 * len(W1) ** 0.5 / (5 / 3)))
init_mlp.mistake(
    "W1 has no gain",
    "W1 is scaled for a linear layer. A tanh follows: its gain is missing.",
)(changed(W1=lambda W1, generator: W1 / (5 / 3)))
init_mlp.mistake(
    "the gain of W1 is that of relu",
    "W1 has the gain of relu. A tanh follows, which has another one.",
)(changed(W1=lambda W1, generator: W1 * 2**0.5 / (5 / 3)))
init_mlp.mistake(
    "C is scaled",
    "C is not standard normal. It is looked up and not summed over, so it needs no scale.",
)(changed(C=lambda C, generator: 0.1 * C))
init_mlp.mistake(
    "C is uniform",
    "C is drawn with rand, from 0 to 1. randn, with an n, gives standard normal numbers.",
)(changed(C=lambda C, generator: torch.rand(C.shape, generator=generator)))


@init_mlp.mistake(
    "the fan_in of W1 is n_embd",
    "W1 is scaled as if each hidden unit saw one character. It sees all of the context: block_size times n_embd "
    "numbers.",
)
def _(vocab_size, block_size, n_embd, n_hidden, generator):
    wider = changed(W1=lambda W1, generator: W1 * block_size**0.5)
    return wider(vocab_size, block_size, n_embd, n_hidden, generator)


@init_mlp.mistake(
    "the fan_in of W1 is n_hidden",
    "W1 is scaled by its number of units. What counts is how many numbers go into each unit.",
)
def _(vocab_size, block_size, n_embd, n_hidden, generator):
    scaled = changed(W1=lambda W1, generator: W1 * (len(W1) / n_hidden) ** 0.5)
    return scaled(vocab_size, block_size, n_embd, n_hidden, generator)


@init_mlp.mistake(
    "W1 has n_embd rows",
    "W1 takes one character's embedding. It is given all of the context: block_size times n_embd numbers.",
)
def _(vocab_size, block_size, n_embd, n_hidden, generator):
    return changed(W1=lambda W1, generator: W1[:n_embd].clone())(vocab_size, block_size, n_embd, n_hidden, generator)


@init_mlp.mistake(
    "W1 has block_size rows",
    "W1 takes one number for each character of the context. Each character is n_embd numbers.",
)
def _(vocab_size, block_size, n_embd, n_hidden, generator):
    return changed(W1=lambda W1, generator: W1[:block_size].clone())(
        vocab_size, block_size, n_embd, n_hidden, generator
    )
