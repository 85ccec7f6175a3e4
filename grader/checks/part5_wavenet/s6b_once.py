"""Part 5, the tree slid along whole sequences computes nothing twice."""

import torch

from grader.check import check
from grader.checks.part5_wavenet.s6a_tree import case_of, evaluated, model_of, sweeping


@check(
    "tree_as_convolution",
    points=2,
    after="tree_as_convolution",
    hints=(
        "Two windows that overlap share most of their fusions. Who calls the model on each window computes them again.",
        "In the sweep no linear layer sees more than one vector for each position of the sequence.",
        "Let each layer work on the whole sequence once, (B, positions, channels); make no windows.",
    ),
)
def once(m, given):
    """Each fusion is computed once: no more than a vector for each position and linear layer"""
    model = model_of(m, given)
    original = m.Linear.__call__
    vectors = []

    def counting(layer, x):
        vectors.append(x.numel() // x.shape[-1])
        return original(layer, x)

    m.Linear.__call__ = counting
    try:
        slid = m.tree_as_convolution(model)(given.X)
    finally:
        m.Linear.__call__ = original
    levels = given.sizes[1].bit_length() - 1
    return {
        "slid": slid.detach() if isinstance(slid, torch.Tensor) else slid,
        "more than one vector for each position and layer": sum(vectors) > (levels + 1) * given.X.numel(),
    }


@once.inputs
def _(rng):
    yield case_of(rng, [6, 8, 3, 4], 2, 40)
    yield case_of(rng, [5, 16, 2, 3], 1, 70)


@once.mistake(
    "window by window",
    "The logits are right, and they are computed the long way: the model is called on each window, so that what "
    "neighbouring windows share is computed again for each of them. The sweep fuses each pair once.",
)
def _(model):
    def slide(X):
        block = 2 ** (len(model.layers) // 4)
        return torch.stack([evaluated(model, X[:, i : i + block]) for i in range(X.shape[1] - block + 1)], 1)

    return slide


@once.mistake(
    "the step stays one",
    "Each level is computed once, but from the second on with the wrong partners: the step doubles from level to "
    "level.",
)
def _(model):
    return sweeping(steps=lambda level, model: 1)(model)
