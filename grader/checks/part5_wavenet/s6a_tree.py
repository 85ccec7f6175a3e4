"""Part 5, the tree slid along whole sequences."""

import torch

from grader.check import check
from grader.checks.draw import normal, uniform
from grader.checks.part5_wavenet.handling import as_vector, put
from reference import part5_wavenet as reference


@check(
    "tree_as_convolution",
    points=3,
    after="build_wavenet",
    hints=(
        "Only FlattenConsecutive minds how many positions there are: it pairs 1 with 2 and 3 with 4, and never 2 "
        "with 3. In the sweep, every position is paired with an earlier one.",
        "The partner is the result that ends where this one begins, so its distance is the number of characters that a "
        "result of this level is made of. The earlier one comes first; who has no partner falls away.",
        "Start with a step of 1. Walk through the layers in evaluation mode: in place of a FlattenConsecutive, put "
        "all but the last step positions beside all but the first step positions, along the channels, and double the "
        "step; call any other layer as it is.",
    ),
)
def tree_as_convolution(m, given):
    """The logits of all windows at once, equal to calling the model on each"""
    model = model_of(m, given)
    windows = given.X.unfold(1, given.sizes[1], 1)
    one_by_one = model(windows.reshape(-1, given.sizes[1]))
    for layer in model.layers:
        layer.training = given.training
    slide = m.tree_as_convolution(model)
    slid, again = slide(given.X), slide(given.longer)
    norm = next(layer for layer in model.layers if hasattr(layer, "running_mean"))
    return {
        "slid": slid.detach() if isinstance(slid, torch.Tensor) else slid,
        "the second call": again.detach() if isinstance(again, torch.Tensor) else again,
        "your model, window by window": one_by_one.reshape(*windows.shape[:2], -1).detach(),
        "running_mean afterwards": as_vector(norm.running_mean.detach()),
        "training afterwards": [layer.training for layer in model.layers],
    }


def model_of(m, given):
    """A tree with the given numbers in it, in evaluation mode."""
    model = m.build_wavenet(*given.sizes)
    for parameter, value in zip(model.parameters(), given.parameters):  # noqa: B905
        parameter.data = value.clone()
    norms = [layer for layer in model.layers if hasattr(layer, "running_mean")]
    for layer, (mean, var) in zip(norms, given.running):  # noqa: B905
        put(layer, "running_mean", mean)
        put(layer, "running_var", var)
    for layer in model.layers:
        layer.training = False
    return model


@tree_as_convolution.inputs
def _(rng):
    # The last one holds a single window; one is twice as long as two windows.
    for sizes, B, T, training in (
        ([7, 8, 3, 5], 2, 15, True),
        ([6, 4, 5, 3], 3, 9, False),
        ([5, 2, 4, 6], 1, 7, True),
        ([9, 8, 2, 4], 2, 8, False),
    ):
        longer = torch.randint(sizes[0], (B + 1, T + 3), generator=rng)
        yield case_of(rng, sizes, B, T) | {"training": training, "longer": longer}


def case_of(rng, sizes, B, T):
    """A tree of these sizes with its numbers, and sequences for it."""
    parameters = []
    for layer in reference.build_wavenet(*sizes).layers:
        if isinstance(layer, reference.BatchNorm1d):
            parameters += [uniform(rng, 0.5, 1.5, sizes[3]), 0.5 * normal(rng, sizes[3])]
        else:
            parameters += [
                normal(rng, *p.shape) / (p.shape[0] ** 0.5 if p.dim() > 1 else 2) for p in layer.parameters()
            ]
    levels = sizes[1].bit_length() - 1
    running = [(0.5 * normal(rng, sizes[3]), uniform(rng, 0.5, 1.5, sizes[3])) for _ in range(levels)]
    X = torch.randint(sizes[0], (B, T), generator=rng)
    return {"sizes": sizes, "parameters": parameters, "running": running, "X": X}


@tree_as_convolution.explain
def _(given, got, wrong):
    if any("window by window" in label for label in wrong):
        return (
            "Your model itself, called on one window after the other, does not give the logits that it should: look at "
            "its layers first, each on its own (`grader run part5`)."
        )
    if not any("slid" in label for label in wrong) and any("second call" in label for label in wrong):
        return (
            "The function that you return gives the right logits the first time it is called, and other ones the "
            "second time, for longer sequences: it has kept something of the first call."
        )
    if any("slid" in label for label in wrong):
        return "Your model, called on one window after the other, gives the right logits; the sweep does not."
    return None


def sweeping(steps=None, joined=None, after=None, evaluate=True):
    """tree_as_convolution with something else in one place."""
    joined = joined or (lambda h, step: torch.cat([h[:, :-step], h[:, step:]], 2))

    def tree(model):
        def slide(X):
            h, level = X, 0
            for layer in model.layers:
                if isinstance(layer, reference.FlattenConsecutive):
                    h = joined(h, steps(level, model) if steps else 2**level)
                    level += 1
                else:
                    h = called(layer, h, evaluate)
            return after(h) if after else h

        return slide

    return tree


def evaluated(model, X):
    """The model's logits for windows, in evaluation mode."""
    for layer in model.layers:
        X = called(layer, X)
    return X


def called(layer, h, evaluate=True):
    """A layer's output in evaluation mode; its own mode is put back."""
    mode = layer.training
    layer.training = mode and not evaluate
    out = layer(h)
    layer.training = mode
    return out


tree_as_convolution.mistake(
    "every level fuses direct neighbours",
    "The step stays 1 at all levels. From the second level on, direct neighbours share characters: (1, 2) and (2, 3) "
    "are fused, where the tree fuses (1, 2) and (3, 4). The step doubles from level to level.",
)(sweeping(steps=lambda level, model: 1))

tree_as_convolution.mistake(
    "the step grows by one instead of doubling",
    "The steps are 1, 2, 3. What is fused at the third level are groups of four characters: 1, 2, 4.",
)(sweeping(steps=lambda level, model: level + 1))

tree_as_convolution.mistake(
    "the step doubles only once",
    "The steps are 1, 2, 2: the step is set to 2 where it should be doubled each time.",
)(sweeping(steps=lambda level, model: min(level + 1, 2)))

tree_as_convolution.mistake(
    "the step is tripled", "The steps are 1, 3, 9: that would be a tree of threes. Two are fused at a level: 1, 2, 4."
)(sweeping(steps=lambda level, model: 3**level))

tree_as_convolution.mistake(
    "the step doubles twice",
    "The steps are 1, 4, 16: the step is doubled twice at each level, or squared. It is 1, 2, 4.",
)(sweeping(steps=lambda level, model: 4**level))

tree_as_convolution.mistake(
    "not joined along the channels",
    "The two are put one after the other along the time, or along the batch. They lie side by side: along the "
    "channels, the last dimension.",
)(sweeping(joined=lambda h, step: torch.cat([h[:, :-step], h[:, step:]], 1)))

tree_as_convolution.mistake(
    "the earlier ones are not cut off at the end",
    "The earlier positions are not cut to the length of the later ones: the last step of them have no partner.",
)(sweeping(joined=lambda h, step: torch.cat([h, h[:, step:]], 2)))

tree_as_convolution.mistake(
    "the later ones are not cut off at the beginning",
    "The later positions are not cut to the length of the earlier ones: the first step of them have no partner.",
)(sweeping(joined=lambda h, step: torch.cat([h[:, :-step], h], 2)))

tree_as_convolution.mistake(
    "nothing in place of FlattenConsecutive",
    "FlattenConsecutive is left out, and nothing takes its place: the linear layer after it expects two neighbours.",
)(sweeping(joined=lambda h, step: h))

tree_as_convolution.mistake(
    "the steps are in the wrong order",
    "The first level fuses what is farthest apart. The steps go up: 1 at the first level, then 2, then 4.",
)(sweeping(steps=lambda level, model: 2 ** (len(model.layers) // 4 - 1 - level)))

tree_as_convolution.mistake(
    "the step doubles too early",
    "The steps are 2, 4, 8: the step is doubled before it is used. The first level fuses direct neighbours.",
)(sweeping(steps=lambda level, model: 2 ** (level + 1)))

tree_as_convolution.mistake(
    "the later one comes first",
    "The two that are fused are laid side by side in the wrong order: the later one first. The weights have learnt "
    "to find the earlier one in the first half.",
)(sweeping(joined=lambda h, step: torch.cat([h[:, step:], h[:, :-step]], 2)))

tree_as_convolution.mistake(
    "a position beside itself",
    "Each position is laid beside itself. Its partner is the one a step earlier.",
)(sweeping(joined=lambda h, step: torch.cat([h[:, step:], h[:, step:]], 2)))

tree_as_convolution.mistake(
    "an output for every position",
    "There are as many outputs as positions: zeros are put before the beginning at each level. Asked are the windows "
    "that lie wholly within the sequence, T - block_size + 1 of them.",
)(sweeping(joined=lambda h, step: torch.cat([torch.nn.functional.pad(h, (0, 0, step, 0))[:, : h.shape[1]], h], 2)))

tree_as_convolution.mistake(
    "rolled round at the ends",
    "The sequence is rolled round, so that the first positions are fused with the last ones. Those outputs belong to "
    "no window; cut them off.",
)(sweeping(joined=lambda h, step: torch.cat([h.roll(step, 1), h], 2)))

tree_as_convolution.mistake(
    "one window too few",
    "The last window is missing: T positions hold T - block_size + 1 windows, the last of which ends with the last "
    "token.",
)(sweeping(after=lambda h: h[:, :-1]))

tree_as_convolution.mistake(
    "the statistics of the batch are used",
    "Where the model is in training mode, BatchNorm goes by the batch's own statistics, here over all positions of "
    "the sweep: each prediction depends on later characters, and the running statistics move. Evaluate, and put the "
    "mode back. A `with evaluating(model):` around the inner def is of no use: that block is over by the time the "
    "function is called.",
)(sweeping(evaluate=False))


@tree_as_convolution.mistake(
    "the step is not set back between calls",
    "The first call is right, and the second is not: the step lives outside of the function that you return, and "
    "still has the value that the call before has left. Each call starts at the first level again, with a step of 1.",
)
def _(model):
    step = 1

    def slide(X):
        nonlocal step
        for layer in model.layers:
            if isinstance(layer, reference.FlattenConsecutive):
                X = torch.cat([X[:, :-step], X[:, step:]], 2)
                step *= 2
            else:
                X = called(layer, X)
        return X

    return slide


@tree_as_convolution.mistake(
    "left in evaluation mode",
    "The logits are right, but a model that was in training mode is in evaluation mode afterwards.",
)
def _(model):
    def slide(X):
        for layer in model.layers:
            layer.training = False
        return reference.tree_as_convolution(model)(X)

    return slide


@tree_as_convolution.mistake(
    "one window after the other, without overlap",
    "The sequence is cut into windows that don't overlap. A window begins at every position.",
)
def _(model):
    def slide(X):
        k = len(model.layers) // 4
        windows = X.unfold(1, 2**k, 2**k)
        logits = evaluated(model, windows.reshape(-1, 2**k))
        return logits.reshape(*windows.shape[:2], -1)

    return slide


@tree_as_convolution.mistake(
    "the logits instead of a function",
    "tree_as_convolution is given the model alone, and returns a function; that one is given the sequences.",
)
def _(model):
    return model.layers[-1].weight
