"""The inputs of part 2: small random networks, examples for them, and words of random letters."""

from dataclasses import dataclass

import torch

from grader.checks.draw import normal, uniform


@dataclass(frozen=True)
class Sizes:
    """The sizes of one network: no two of them are equal, and none equals block * E."""

    N: int
    V: int
    block: int
    E: int
    H: int


# The second is near the lecture's. V is more than E + 1 in each: a lookup and a product are told apart by it.
SIZES = (
    Sizes(N=5, V=9, block=2, E=4, H=6),
    Sizes(N=32, V=27, block=3, E=10, H=20),
    Sizes(N=7, V=11, block=4, E=3, H=5),
)
WITH_ONE = (*SIZES, Sizes(N=1, V=8, block=3, E=2, H=7))
"""A batch of one as well."""


def examples(rng, sizes, count=None):
    """X (count, block) and Y (count,), by default N examples.

    The last character occurs in neither: who takes the vocabulary's size from the data is wrong.
    """
    count = count or sizes.N
    X = torch.randint(sizes.V - 1, (count, sizes.block), generator=rng)
    return X, torch.randint(sizes.V - 1, (count,), generator=rng)


def parameters(rng, sizes):
    """C, W1, b1, W2, b2: no bias is zero, and tanh is far from both linear and saturated."""
    fan_in = sizes.block * sizes.E
    return [
        normal(rng, sizes.V, sizes.E),
        normal(rng, fan_in, sizes.H) / fan_in**0.5,
        0.5 * normal(rng, sizes.H),
        normal(rng, sizes.H, sizes.V) / sizes.H**0.5,
        0.5 * normal(rng, sizes.V),
    ]


def vocabulary(rng, letters):
    """Numbers for the dot, which has 0, and for so many letters, in an order of their own."""
    chosen = torch.randperm(26, generator=rng)[:letters].tolist()
    return {character: i for i, character in enumerate(["."] + [chr(ord("a") + c) for c in chosen])}


def spelled(rng, letters, lengths):
    """A word of each length, from the given letters."""
    return ["".join(letters[i] for i in torch.randint(len(letters), (n,), generator=rng)) for n in lengths]


def seed(rng):
    """A seed for a generator of the probe's own."""
    return int(torch.randint(2**31, (), generator=rng))


def scores(rng):
    """Logits (N, V) of moderate, of too large and of very different sizes, with the right answers."""
    # The fourth is beyond what exp can hold, and its right answers are mostly hopeless: the loss is large as well. In
    # the fifth exp holds all, but not the first right answer's probability; in the sixth it could not hold the scores
    # of the first row twice. Gradients are not judged there: logsumexp, a right way, rounds them to 1e-5 in the fourth.
    for case, (n, classes, scale) in enumerate(
        ((5, 7, 2.0), (32, 27, 1.5), (1, 8, 1.0), (9, 6, 250.0), (3, 5, 1.0), (4, 9, 1.0))
    ):
        logits = scale * normal(rng, n, classes)
        Y = torch.randint(classes - 1, (n,), generator=rng)
        Y[0] = logits[0, :-1].argmin()
        if case == 4:
            logits[0, -1] += 38
            logits[0, Y[0]] -= 78
        if case == 5:
            logits[0] += 60
        yield {"logits": logits, "Y": Y, "upstream": uniform(rng, 0.4, 1.8), "loss_only": case > 2}
