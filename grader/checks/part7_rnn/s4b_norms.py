"""Part 7, how gradients fade and grow on their way back."""

import torch

from grader.check import check
from grader.checks import slips
from grader.checks.draw import normal
from grader.checks.part7_rnn.inputs import sequence, signed
from grader.checks.part7_rnn.products import FITTING
from grader.checks.part7_rnn.walks import SLOPES
from reference import part7_rnn as reference


@check(
    "gradient_norms_through_time",
    points=2,
    forbids=("autograd",),
    hints=(
        "It is the walk of backprop_through_time with nothing coming in from outside except at the end, and nothing "
        "collected but a length at each stop.",
        "From states[t] to states[t - 1]: through the tanh that made states[t], then through W_hh. The first norm to "
        "note is that of dlast; turn the list round at the end.",
        "Start with dlast and its norm. For t from the last index down to 1, replace the gradient by (itself times one "
        "less the square of states[t]) times W_hh, and note its norm. Stack the norms, earliest first.",
    ),
)
def gradient_norms_through_time(m, given):
    """How long the gradient is at each step on its way back"""
    return m.gradient_norms_through_time(given.dlast, given.states, given.W_hh)


@gradient_norms_through_time.inputs
def _(rng):
    # Short, and neither fading nor growing fast: all norms are to be of about one size.
    for T, B, H in ((5, 3, 4), (4, 1, 6), (6, 2, 5)):
        values = sequence(rng, T, B, 3, H) | {"W_hh": 1.8 * normal(rng, H, H) / H**0.5}
        states, _ = reference.rnn_forward(**values)
        yield {"dlast": signed(rng, 0.4, 1.5, B, H), "states": states, "W_hh": values["W_hh"]}


def walk(dlast, states, W_hh, steps=None, norm=torch.Tensor.norm, slope=lambda after, before: 1 - after**2):
    """The norms, earliest first, of a walk of which something may be replaced."""
    gradient, norms = dlast, [norm(dlast)]
    for t in reversed(range(1, len(states)) if steps is None else steps):
        gradient = (slope(states[t], states[t - 1]) * gradient) @ W_hh
        norms.append(norm(gradient))
    return torch.stack(norms[::-1])


for name, advice, slope in SLOPES:
    if name != "the square alone":  # a sign does not change a norm
        gradient_norms_through_time.mistake(name, advice)(lambda *arguments, slope=slope: walk(*arguments, slope=slope))


@gradient_norms_through_time.mistake(
    "the last step comes first",
    "The norms are right, in the order in which they were found: from the last step to the first. Entry t belongs to "
    "states[t].",
)
def _(dlast, states, W_hh):
    return walk(dlast, states, W_hh).flip(0)


@gradient_norms_through_time.mistake(
    "W_hh is left out",
    "The gradient is multiplied by the slopes of the tanh alone. On the way from a state to the one before lies "
    "also W_hh.",
)
def _(dlast, states, W_hh):
    return walk(dlast, states, torch.eye(len(W_hh)))


@gradient_norms_through_time.mistake(
    "W_hh is transposed on the way back",
    "The gradient is multiplied by the transpose of W_hh. Forward, the state was; backward it is W_hh as it stands.",
)
def _(dlast, states, W_hh):
    return walk(dlast, states, W_hh.T)


@gradient_norms_through_time.mistake(
    "the tanh after W_hh",
    "The two factors of a step stand in the wrong order: going back, the tanh comes first, and then W_hh.",
)
def _(dlast, states, W_hh):
    gradient, norms = dlast, [dlast.norm()]
    for t in reversed(range(1, len(states))):
        gradient = (1 - states[t] ** 2) * (gradient @ W_hh)
        norms.append(gradient.norm())
    return torch.stack(norms[::-1])


@gradient_norms_through_time.mistake(
    "the norms are squared",
    "These are the sums of the squares. The length is their root.",
)
def _(dlast, states, W_hh):
    return walk(dlast, states, W_hh) ** 2


@gradient_norms_through_time.mistake(
    "one norm for each sequence",
    "There is a norm for each sequence of the batch. One number a step is asked for, over all B * H entries.",
)
def _(dlast, states, W_hh):
    return walk(dlast, states, W_hh, norm=lambda gradient: gradient.norm(dim=1))


@gradient_norms_through_time.mistake(
    "the absolute values are summed",
    "The absolute values are added up. The length is the root of the sum of the squares.",
)
def _(dlast, states, W_hh):
    return walk(dlast, states, W_hh, norm=lambda gradient: gradient.abs().sum())


@gradient_norms_through_time.mistake(
    "dlast is left out",
    "The last entry is missing: the gradient of the last state is dlast itself.",
)
def _(dlast, states, W_hh):
    return walk(dlast, states, W_hh)[:-1]


@gradient_norms_through_time.mistake(
    "one step too far",
    "There is one entry too many at the front: that of h0. Entry 0 belongs to states[0].",
)
def _(dlast, states, W_hh):
    return walk(dlast, states, W_hh, steps=range(len(states)))


@gradient_norms_through_time.mistake(
    "the norm is noted after the step back",
    "Every entry is that of one step earlier, and the norm of dlast is missing: the gradient goes back through a step "
    "before its length is noted. The gradient of states[t] is what arrives there, before the tanh of that step.",
)
def _(dlast, states, W_hh):
    return walk(dlast, states, W_hh, steps=range(len(states)))[:-1]


@gradient_norms_through_time.mistake(
    "the mean of a norm for each sequence",
    "There is a norm for each sequence, and these were averaged. One arrow is asked for, of all B * H entries: its "
    "squares are added up first, and the root comes last.",
)
def _(dlast, states, W_hh):
    return walk(dlast, states, W_hh, norm=lambda gradient: gradient.norm(dim=1).mean())


@gradient_norms_through_time.mistake(
    "the sum of a norm for each sequence",
    "There is a norm for each sequence, and these were added. Squares add up, lengths do not: the root comes last.",
)
def _(dlast, states, W_hh):
    return walk(dlast, states, W_hh, norm=lambda gradient: gradient.norm(dim=1).sum())


@gradient_norms_through_time.mistake(
    "a list instead of a tensor",
    "The norms come as a list of tensors. One tensor is asked for.",
)
def _(dlast, states, W_hh):
    return list(walk(dlast, states, W_hh))


@gradient_norms_through_time.mistake(
    slips.IGNORED,
    "dlast is not used on the way back: the walk starts from ones. What comes in may be anything.",
)
def _(dlast, states, W_hh):
    return walk(torch.ones_like(dlast), states, W_hh)


@gradient_norms_through_time.mistake(
    f"{slips.IGNORED}: at every step",
    "Each step starts anew from the slopes of the tanh. It multiplies what has come back so far.",
)
def _(dlast, states, W_hh):
    return torch.stack([*(((1 - h**2) @ W_hh).norm() for h in states[1:]), dlast.norm()])


@gradient_norms_through_time.mistake(
    "dlast at every step",
    "Each step starts anew from dlast, as if only one step lay between the end and each state. The gradient is to be "
    "carried on from step to step.",
)
def _(dlast, states, W_hh):
    return torch.stack([*((((1 - h**2) * dlast) @ W_hh).norm() for h in states[1:]), dlast.norm()])


@gradient_norms_through_time.mistake(
    "the gradient is never replaced",
    "All norms are that of dlast: what comes back through a step is to replace the gradient.",
)
def _(dlast, states, W_hh):
    return dlast.norm().expand(len(states)).clone()


@gradient_norms_through_time.mistake(
    "the steps are taken forward in time",
    "The walk goes through the states from the second to the last, and the last step comes last. The way back starts "
    "at the end.",
)
def _(dlast, states, W_hh):
    return walk(dlast, torch.cat([states[:1], states[1:].flip(0)]), W_hh)


@gradient_norms_through_time.mistake(
    "one step too few",
    "There is one entry too few: the walk stops before it has reached states[0].",
)
def _(dlast, states, W_hh):
    return walk(dlast, states, W_hh)[1:]


@gradient_norms_through_time.mistake(
    "dlast alone",
    "There is one norm, that of dlast. One for each state is asked for.",
)
def _(dlast, states, W_hh):
    return dlast.norm().unsqueeze(0)


for name, advice, step in (
    ("an elementwise product with W_hh", "It is multiplied by W_hh entry by entry.", lambda da, W_hh: da * W_hh),
    ("W_hh stands on the left", "The rows of the batch come first, then W_hh.", lambda da, W_hh: W_hh @ da),
):
    gradient_norms_through_time.mistake(name, f"{advice} {FITTING}")(
        lambda dlast, states, W_hh, step=step: step((1 - states[-1] ** 2) * dlast, W_hh)
    )


@gradient_norms_through_time.mistake(
    "the norms are concatenated",
    "Each norm is a tensor without dimensions, and torch.cat joins along a dimension that is there already. A new one "
    "is needed.",
)
def _(dlast, states, W_hh):
    return torch.cat(list(walk(dlast, states, W_hh)))
