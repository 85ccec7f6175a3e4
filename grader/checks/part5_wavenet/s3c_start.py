"""Part 5, the tree: the sizes that it refuses, and how it starts."""

import torch

from grader.check import check
from grader.checks.part5_wavenet.handling import drawn, drawn_bands, normal_bands, not_drawn, zero_band
from reference import part5_wavenet as reference


@check(
    "build_wavenet",
    points=1,
    hints=(
        "What happens to a third position if neighbours come together in pairs?",
        "A power of two from 2 on: halve it again and again, and 1 is left, with no remainder on the way.",
        "Before anything is made, work out k, and raise ValueError where k is less than 1 or 2 to the power k is not "
        "block_size.",
    ),
)
def refuses(m, given):
    """ValueError for a block_size that is no power of two, or less than 2"""
    found = {}
    for size in given.block_sizes:
        try:
            m.build_wavenet(5, size, 3, 4)
            found[f"block_size {size}"] = "a model"
        except NotImplementedError:
            raise
        except Exception as error:
            name = type(error).__name__
            found[f"block_size {size}"] = name if isinstance(error, ValueError) else f"it crashed with {name}"
    return found


@refuses.inputs
def _(rng):
    yield {"block_sizes": [2, 3, 4, 5, 8, 16]}
    yield {"block_sizes": [0, 1, 4, 6, 7, 9, 12, 32]}


@refuses.explain
def _(given, got, wrong):
    if not isinstance(got, dict):
        return None
    came = {size: got.get(f"block_size {size}") for size in given.block_sizes}
    passed = [str(size) for size, what in came.items() if what == "a model" and _no_power(size)]
    refused = [str(size) for size, what in came.items() if what == "ValueError" and not _no_power(size)]
    crashed = [f"{size} ({what})" for size, what in came.items() if what not in ("a model", "ValueError")]
    told = []
    if passed:
        told.append(f"A model came, where ValueError was asked for, for block_size {', '.join(passed)}.")
    if refused:
        told.append(f"ValueError came, where a model was asked for, for block_size {', '.join(refused)}.")
    if crashed:
        told.append(f"build_wavenet itself failed for block_size {', '.join(crashed)}.")
    return " ".join(told) or None


def _refusing(refused, error=ValueError):
    """build_wavenet with another idea of what is to be refused."""

    def build(vocab_size, block_size, n_embd, n_hidden):
        if refused(block_size):
            raise error("block_size")
        return reference.build_wavenet(vocab_size, 2, n_embd, n_hidden)

    return build


def _breaking(error):
    """build_wavenet that refuses what it should, and raises another error for the rest."""

    def build(vocab_size, block_size, n_embd, n_hidden):
        raise ValueError if _no_power(block_size) else error

    return build


def _no_power(size):
    return size < 2 or size & (size - 1) != 0


refuses.mistake(
    "nothing is refused",
    "Every block_size gives a model. With six characters the third level would have three positions to pair up, and "
    "the error comes later, from a reshape, far from its cause.",
)(_refusing(lambda size: False))

refuses.mistake(
    "odd numbers only are refused",
    "6 and 12 pass: they are even, but no powers of two. After one or two halvings an odd number of positions is left.",
)(_refusing(lambda size: size < 2 or size % 2 == 1))

refuses.mistake(
    "odd numbers only are refused, and zero passes",
    "0, 6 and 12 pass: they are even, but no powers of two. After one or two halvings an odd number of positions is "
    "left.",
)(_refusing(lambda size: size % 2 == 1))

refuses.mistake(
    "k is a square root",
    "8 is refused, a power of two: k is the square root of block_size, rounded down, and 2**k is 4. How often can 8 be "
    "halved?",
)(_refusing(lambda size: size < 1 or 2 ** int(size**0.5) != size))

refuses.mistake(
    "a block_size of one passes",
    "A block_size of 1 gives a model. It is 2**0, a tree without a level; k is to be at least 1.",
)(_refusing(lambda size: size != 1 and _no_power(size)))

refuses.mistake(
    "a block_size of zero passes",
    "A block_size of 0 gives a model. It is no power of two.",
)(_refusing(lambda size: size != 0 and _no_power(size)))

refuses.mistake(
    "zero and one pass",
    "0 and 1 give a model. A tree has at least one level, so that block_size is at least 2.",
)(_refusing(lambda size: size > 1 and _no_power(size)))

refuses.mistake(
    "a block_size of two is refused",
    "A block_size of 2 is refused. It is a small tree, with one level, but it is one: 2**1.",
)(_refusing(lambda size: size == 2 or _no_power(size)))

refuses.mistake(
    "every block_size is refused", "Every block_size raises ValueError, 2, 4 and 8 among them. How is k found?"
)(_refusing(lambda size: True))

refuses.mistake(
    "a TypeError where a model should come",
    "Sizes that are allowed raise a TypeError: something is done to lists, layers or numbers that Python does not "
    "know.",
)(_breaking(TypeError))

refuses.mistake("powers of two are refused", "It is the other way round: powers of two pass, and the others don't.")(
    _refusing(lambda size: not _no_power(size))
)

refuses.mistake(
    "an assertion instead of a ValueError",
    "The right sizes are refused, but by an AssertionError. Assertions are for what can't happen, and python -O leaves "
    "them out; for an argument that is not allowed there is ValueError.",
)(_refusing(_no_power, AssertionError))


@check(
    "build_wavenet",
    points=1,
    hints=(
        "What should the logits be like before anything has been learnt?",
        "All about equal, so near zero: the weights that make them are made smaller.",
        "When the last linear layer has been made, replace its weight by a tenth of it; its bias is zero already.",
    ),
)
def initial(m, given):
    """A quiet start: the last weights are a tenth of what Linear draws, the others are as drawn"""

    def make():
        return m.build_wavenet(given.vocab_size, given.block_size, given.n_embd, given.n_hidden).layers

    def weights():
        return [layer.weight.detach() for layer in make() if hasattr(layer, "weight")]

    layers = make()
    linear = [layer for layer in layers if type(layer).__name__ == "Linear"]
    bias = linear[-1].bias if linear else None
    return {
        "weights": [layer.weight.detach() for layer in linear],
        "last bias": bias.detach() if isinstance(bias, torch.Tensor) else bias,
        "drawn": drawn(weights, given.seed),
    }


@initial.inputs
def _(rng):
    seed = int(torch.randint(10**6, (), generator=rng))
    yield {"vocab_size": 45, "block_size": 4, "n_embd": 30, "n_hidden": 40, "seed": seed}


@initial.statistic
def _(given, answer):
    bands = zero_band("last bias", answer["last bias"]) | drawn_bands(answer["drawn"])
    last = len(answer["weights"]) - 1
    for i, weight in enumerate(answer["weights"]):
        sigma = weight.shape[0] ** -0.5 * (0.1 if i == last else 1.0)
        bands |= normal_bands("the last weights" if i == last else f"the weights of level {i + 1}", weight, sigma)
    return bands


not_drawn(initial, reference.build_wavenet)


def _scaled(*factors):
    """build_wavenet with other factors for its linear layers, from the first to the last."""

    def build(*sizes):
        model = reference.build_wavenet(*sizes)
        linear = [layer for layer in model.layers if isinstance(layer, reference.Linear)]
        for layer, factor in zip(linear, factors, strict=True):
            layer.weight *= factor
        return model

    return build


initial.mistake(
    "the last weights are not made smaller",
    "The last layer starts with the weights that Linear draws, so that the logits are of size 1 before anything has "
    "been learnt, and the first loss is well above 3.30.",
)(_scaled(1, 1, 10))

initial.mistake(
    "the last weights are zero",
    "The last weights are zero. The first loss is right then, but in the first step the layers below get a gradient of "
    "zero, because it comes to them through these weights. A tenth does.",
)(_scaled(1, 1, 0))

initial.mistake(
    "a hundredth instead of a tenth",
    "The last weights are a hundredth of what Linear draws; a tenth is asked for.",
)(_scaled(1, 1, 0.1))

initial.mistake(
    "divided by a tenth",
    "The last weights are ten times what Linear draws: they were divided by a tenth. The first loss would be enormous.",
)(_scaled(1, 1, 100))

initial.mistake(
    "every linear layer is made smaller",
    "All linear layers have a tenth of their weights. Only the last one makes logits; the others should keep the size "
    "that Linear gives them.",
)(_scaled(0.1, 0.1, 1))

initial.mistake(
    "the wrong layer is made smaller",
    "A hidden layer is made smaller in place of the last one, which makes the logits.",
)(_scaled(1, 0.1, 10))

initial.mistake(
    "the first layer is made smaller",
    "The first linear layer is made smaller in place of the last one, which makes the logits.",
)(_scaled(0.1, 1, 10))


@initial.mistake(
    "the last bias is drawn at random", "The last bias starts with random numbers; it should start at zero."
)
def _(*sizes):
    model = reference.build_wavenet(*sizes)
    model.layers[-1].bias = torch.randn_like(model.layers[-1].bias)
    return model
