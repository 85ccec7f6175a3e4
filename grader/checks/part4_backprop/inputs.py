"""The inputs of part 4: small random networks, their forward values, and incoming gradients."""

from dataclasses import dataclass
from functools import lru_cache

import torch

from grader.checks.draw import normal, uniform
from grader.values import Namespace
from reference import part4_backprop as reference


@dataclass(frozen=True)
class Sizes:
    """The sizes of one network: no two of them are equal, and none equals block * E."""

    n: int
    V: int
    block: int
    E: int
    H: int


# The second is the lecture's; the last has the sizes of the first once more, with other values, for
# answers that are kept from before. In each, block * E differs from every other size as well.
SIZES = (
    Sizes(n=5, V=7, block=2, E=4, H=6),
    Sizes(n=32, V=27, block=3, E=10, H=64),
    Sizes(n=9, V=6, block=4, E=3, H=5),
    Sizes(n=5, V=7, block=2, E=4, H=6),
)


def contexts(rng, sizes):
    """X (n, block) and Y (n,). There are more places in X than characters, so some repeat.

    The last character occurs in neither: who takes the vocabulary's size from the data is wrong.
    """
    X = torch.randint(sizes.V - 1, (sizes.n, sizes.block), generator=rng)
    return X, torch.randint(sizes.V - 1, (sizes.n,), generator=rng)


def parameters(rng, sizes):
    """C, W1, b1, W2, b2, bngain, bnbias: no bias is zero, no gain is one."""
    fan_in = sizes.block * sizes.E
    return [
        normal(rng, sizes.V, sizes.E),
        normal(rng, fan_in, sizes.H) / fan_in**0.5,
        0.5 * normal(rng, sizes.H),
        normal(rng, sizes.H, sizes.V) / sizes.H**0.5,
        0.3 * normal(rng, sizes.V) - torch.eye(sizes.V)[-1],  # the last character is unlikely
        uniform(rng, 0.3, 0.6, 1, sizes.H),
        0.2 * normal(rng, 1, sizes.H),
    ]


def network(rng, sizes):
    """The forward values of a random network that is nowhere saturated, flat or sure of itself."""
    while True:
        X, Y = contexts(rng, sizes)
        f = reference.forward(parameters(rng, sizes), X, Y)
        spread = f.bnvar.min() > 0.15 and f.h.abs().max() < 0.99
        spread = spread and f.logits.argmax(1).max() < sizes.V - 1
        if spread and f.probs.min() > 1e-3 and f.probs.max() < 0.6 and len(Y.unique()) > 2:
            # Clones, because emb and embcat share their storage.
            return Namespace({name: value.clone() for name, value in vars(f).items()})


@lru_cache(maxsize=4)
def shared_networks(seed):
    """One network for each of SIZES: the same for all checks of a run, because it takes a while."""
    rng = torch.Generator().manual_seed(seed + 1)
    return [network(rng, sizes) for sizes in SIZES]


def incoming(node):
    """A maker of cases for d<node>(f, d): random gradients for the direct users of the node."""

    def make(rng):
        for f in shared_networks(rng.initial_seed()):
            users = reference.USERS[node]
            values = {user: _gradient(rng, getattr(f, user).shape) for user in users}
            yield {"f": f, "d": Namespace(values, users_of(node))}

    return make


def networks(rng):
    """Cases for functions of the forward values alone."""
    for f in shared_networks(rng.initial_seed()):
        yield {"f": f}


def users_of(node):
    """Which nodes use this one: the answer to someone who asks d for another."""
    users = reference.USERS[node]
    names = " and ".join(f"d.{user}" for user in users)
    return f"{node} is used by {' and '.join(users)}, so d has {names}."


def _gradient(rng, shape):
    if shape:
        return normal(rng, *shape)
    size = uniform(rng, 0.4, 1.8)  # a lone number must not be near zero
    return size if torch.rand((), generator=rng) < 0.5 else -size
