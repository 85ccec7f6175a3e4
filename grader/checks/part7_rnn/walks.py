"""The walk back through time with a step replaced: what mistakes of section 3 and 4 are made of."""

import torch

from grader.checks import slips


def upstream(dstates, carried):
    """What arrives at a state: from outside, and from the next step."""
    return dstates + carried


def tanh(after, before):
    """The slope of the tanh that has made a state."""
    return 1 - after**2


def before_it(t, states, before):
    """The states that W_hh was multiplied by at step t."""
    return before


def through(da, W_hh):
    """What is handed to the step before."""
    return da @ W_hh


def walk(
    dstates,
    x,
    h0,
    states,
    W_ih,
    W_hh,
    arrives=upstream,
    slope=tanh,
    seen=before_it,
    back=through,
    start=0.0,
    steps=None,
):
    """The five gradients by name, and that of the states as dh; the shared weights' are kept for each step."""
    carried, found = start + torch.zeros_like(h0), []
    for t in reversed(range(len(x)) if steps is None else steps):
        before = states[t - 1] if t else h0
        dh = arrives(dstates[t], carried)
        da = slope(states[t], before) * dh
        carried = back(da, W_hh)
        found.append((da @ W_ih, da.T @ x[t], da.T @ seen(t, states, before), da, dh))
    dx, dW_ih, dW_hh, da, dh = (torch.stack(values[::-1]) for values in zip(*found, strict=True))
    return {"dx": dx, "dh0": carried, "dW_ih": dW_ih, "dW_hh": dW_hh, "db": da.sum(1), "da": da, "dh": dh}


def summed(walked, how=lambda steps: steps.sum(0)):
    """The five gradients, with those of the shared weights put together over the steps."""
    shared = (how(walked[name]) for name in ("dW_ih", "dW_hh", "db"))
    return walked["dx"], walked["dh0"], *shared


# Name, advice, and the slope of a step from the states after and before it.
SLOPES = (
    (
        f"{slips.LOCAL_MISSING}: tanh",
        slips.local_missing("the state is a tanh, whose slope is one less the square of its output"),
        lambda after, before: torch.ones_like(after),
    ),
    (
        "(1 - h) squared",
        "The difference is squared, but only the state should be: the slope of tanh is never larger than 1.",
        lambda after, before: (1 - after) ** 2,
    ),
    (
        "the square is missing",
        "The slope of tanh is one less the *square* of its output.",
        lambda after, before: 1 - after,
    ),
    (
        "doubled and not squared",
        "The state is multiplied by 2 in the slope of the tanh, where its square belongs.",
        lambda after, before: 1 - after * 2,
    ),
    (
        "the slope is one more",
        "The slope is written with a plus. It is one less the square of the output: at most 1, and small where the "
        "unit is saturated.",
        lambda after, before: 1 + after**2,
    ),
    (
        "the one is missing in the slope",
        "The slope of tanh is *one* less the square of its output; here the one is missing.",
        lambda after, before: -(after**2),
    ),
    (
        "the square alone",
        "The slope is the square of the state here. It is one less that: greatest where the state is zero.",
        lambda after, before: after**2,
    ),
    (
        "the tanh of another step",
        "The slope is taken at the state before the step. The tanh of a step made the state *after* it.",
        lambda after, before: 1 - before**2,
    ),
)

# Name, advice, and what is replaced in the walk.
WALKS = (
    (
        f"{slips.PATH_MISSING}: through the next step",
        "Each step goes back by itself: nothing is handed on to the step before. A state also feeds the next cell, and "
        "what comes back from there is what makes it backprop through *time*.",
        {"arrives": lambda dstates, carried: dstates},
    ),
    (
        f"{slips.PATH_MISSING}: nothing is carried, not even to h0",
        "Each step goes back by itself, and dh0 is zero: what a step hands to the one before is never worked out.",
        {"back": lambda da, W_hh: 0 * da},
    ),
    (
        "the carried gradient is subtracted",
        "What comes from the next step is taken away from what comes from outside. A state has two users, and their "
        "gradients add.",
        {"arrives": lambda dstates, carried: dstates - carried},
    ),
    (
        slips.IGNORED,
        "The slope of the tanh stands there alone. The chain rule multiplies it by what arrives at the state.",
        {"arrives": lambda dstates, carried: torch.ones_like(dstates)},
    ),
    (
        f"{slips.IGNORED}: ones in its place",
        "The gradient from outside is taken to be one everywhere. It comes in dstates, and may be anything.",
        {"arrives": lambda dstates, carried: 1 + carried},
    ),
    (
        f"{slips.IGNORED}: dstates",
        "dstates is not used, so that nothing comes in anywhere, and every gradient is zero.",
        {"arrives": lambda dstates, carried: carried},
    ),
    (
        "the square less one",
        "The slope of the tanh has the opposite sign: it is one less the square, and never negative.",
        {"slope": lambda after, before: after**2 - 1},
    ),
    (
        "the walk starts with ones",
        "What is carried into the last step is one everywhere. No step comes after it, so nothing does.",
        {"start": 1.0},
    ),
    (
        "W_hh is transposed on the way back",
        "The gradient is handed to the step before through the transpose of W_hh. Forward, the state was multiplied by "
        "the transposed weight; backward it is the other one. W_hh is square, so nothing complains.",
        {"back": lambda da, W_hh: da @ W_hh.T},
    ),
    (
        "the gradient of the state is carried on past the tanh",
        "What is handed to the step before skips W_hh: the gradient behind the tanh is carried on as it is.",
        {"back": lambda da, W_hh: da},
    ),
    (
        "W_hh is multiplied by the states after the step",
        "In dW_hh the factor beside the gradient is the state that the step has made. W_hh was multiplied by the state "
        "*before* the step.",
        {"seen": lambda t, states, before: states[t]},
    ),
    (
        "W_hh is multiplied by the states after the step, but at the first",
        "In dW_hh the factor beside the gradient is the state that the step has made, except at the first, where it is "
        "h0. W_hh was multiplied by the state *before* each step.",
        {"seen": lambda t, states, before: states[t] if t else before},
    ),
    (
        "the first step sees the last state",
        "All is right but dW_hh: at the first step, states[t - 1] is states[-1], and that is the last one. Python does "
        "not complain. The state before the first step is h0.",
        {"seen": lambda t, states, before: states[t - 1]},
    ),
    (
        "h0 is taken for zero",
        "All is right but dW_hh, which leaves out the first step, as if h0 were zero. It is an input like any other.",
        {"seen": lambda t, states, before: before * (t > 0)},
    ),
)
