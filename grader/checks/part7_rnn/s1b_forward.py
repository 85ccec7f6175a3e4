"""Part 7, the cell over a sequence."""

import torch

from grader.check import check
from grader.checks.draw import normal
from grader.checks.part7_rnn.inputs import SIZES, sequence
from grader.checks.part7_rnn.probes import gradients, leaves_of, no_gradient
from grader.checks.part7_rnn.products import ORDERS, plain_cell
from grader.checks.tools import by_name
from reference import part7_rnn as reference


@check(
    "rnn_forward",
    points=2,
    forbids=("rnn_tanh_cell", "rnn_tanh"),
    hints=(
        "The same cell, with the same weights, once for each step; what it gives is what it gets at the next step.",
        "Go through x along its first dimension, which is time. Keep one variable for the current states, and a "
        "list of all that it has been after a step.",
        "Begin with h0; for each x[t] let the cell make new states from x[t] and the current ones, which these "
        "replace, and append them to a list; at the end stack the list along a new first dimension, and return it "
        "with the current states.",
    ),
)
def rnn_forward(m, given):
    """All states and the last, with their gradients"""
    leaves = leaves_of(given, "x", "h0", "W_ih", "W_hh", "b")
    answer = by_name(m.rnn_forward(*leaves.values()), "states", "last")
    pairs = ((answer.get("states"), given.upstream), (answer.get("last"), given.upstream_last))
    return {**answer, "gradients": gradients(leaves, *pairs)}


@rnn_forward.inputs
def _(rng):
    for T, B, I, H in (*SIZES, (1, 1, 3, 5), (4, 1, 2, 3)):  # noqa: E741
        upstreams = {"upstream": normal(rng, T, B, H), "upstream_last": normal(rng, B, H)}
        yield {**sequence(rng, T, B, I, H), **upstreams}


rnn_forward.explain(no_gradient)


@rnn_forward.mistake(
    "the state is not carried on",
    "Every step starts from h0. The states of one step are what the next one starts from.",
)
def _(x, h0, W_ih, W_hh, b):
    states = torch.stack([reference.rnn_cell(x_t, h0, W_ih, W_hh, b) for x_t in x])
    return states, states[-1]


@rnn_forward.mistake(
    "h0 is ignored",
    "The first step starts from zeros. It starts from h0, which may hold what an earlier piece of text has left.",
)
def _(x, h0, W_ih, W_hh, b):
    return reference.rnn_forward(x, torch.zeros_like(h0), W_ih, W_hh, b)


@rnn_forward.mistake(
    "h0 is among the states",
    "There is one entry too many in states: it begins with h0. states[t] are the states *after* x[t].",
)
def _(x, h0, W_ih, W_hh, b):
    states, last = reference.rnn_forward(x, h0, W_ih, W_hh, b)
    return torch.cat([h0.unsqueeze(0), states]), last


@rnn_forward.mistake(
    "the states before each step",
    "states[t] holds what the step started from: h0 comes first, and the last states are missing. It is to hold "
    "what the step has made.",
)
def _(x, h0, W_ih, W_hh, b):
    states, last = reference.rnn_forward(x, h0, W_ih, W_hh, b)
    return torch.cat([h0.unsqueeze(0), states[:-1]]), last


@rnn_forward.mistake(
    "backwards in time",
    "The sequence is read from its end, and states come in that order too. x[0] is the first step.",
)
def _(x, h0, W_ih, W_hh, b):
    return reference.rnn_forward(x.flip(0), h0, W_ih, W_hh, b)


@rnn_forward.mistake(
    "the states come in reverse order",
    "The steps are right, but the list of states is turned round: the last ones come first.",
)
def _(x, h0, W_ih, W_hh, b):
    states, last = reference.rnn_forward(x, h0, W_ih, W_hh, b)
    return states.flip(0), last


@rnn_forward.mistake(
    "the last state is the first",
    "All states are right, but the second answer holds the states after the first step and not those after the last.",
)
def _(x, h0, W_ih, W_hh, b):
    states, _ = reference.rnn_forward(x, h0, W_ih, W_hh, b)
    return states, states[0]


@rnn_forward.mistake(
    "h0 comes back as the last state",
    "All states are right, but what comes back as the last ones is h0, from before the first step.",
)
def _(x, h0, W_ih, W_hh, b):
    return reference.rnn_forward(x, h0, W_ih, W_hh, b)[0], h0.clone()


@rnn_forward.mistake(
    "the last state is missing",
    "All states come, and nothing else. The last ones are asked for as a second value: whoever goes on with the "
    "sequence starts from them.",
)
def _(x, h0, W_ih, W_hh, b):
    return reference.rnn_forward(x, h0, W_ih, W_hh, b)[0]


@rnn_forward.mistake(
    "states and last are swapped",
    "Both are right, in the other order: first all states, then the last.",
)
def _(x, h0, W_ih, W_hh, b):
    return reference.rnn_forward(x, h0, W_ih, W_hh, b)[::-1]


@rnn_forward.mistake(
    "a list instead of a tensor",
    "The states are right, but they come as a list of tensors. One tensor is asked for, stacked along time.",
)
def _(x, h0, W_ih, W_hh, b):
    states, last = reference.rnn_forward(x, h0, W_ih, W_hh, b)
    return list(states), last


@rnn_forward.mistake(
    "batch first",
    "The states are (B, T, H). Time comes first here: they are to be stacked along a new first dimension.",
)
def _(x, h0, W_ih, W_hh, b):
    states, last = reference.rnn_forward(x, h0, W_ih, W_hh, b)
    return states.transpose(0, 1), last


@rnn_forward.mistake(
    "laid end to end",
    "The states are (T * B, H): they were joined along the first dimension that they have. A new one is needed, "
    "for time.",
)
def _(x, h0, W_ih, W_hh, b):
    states, last = reference.rnn_forward(x, h0, W_ih, W_hh, b)
    return states.flatten(0, 1), last


@rnn_forward.mistake(
    "the gradient is cut at every step",
    "The values are right, but each step is detached from the one before, so that nothing is learnt through "
    "time. Cuts belong into truncated_forward, and fewer of them.",
)
def _(x, h0, W_ih, W_hh, b):
    h, states = h0, []
    for x_t in x:
        states.append(reference.rnn_cell(x_t, h, W_ih, W_hh, b))
        h = states[-1].detach()
    return torch.stack(states), states[-1]


@rnn_forward.mistake(
    "the states are cut from the graph",
    "The values are right, but they carry no history, so that no gradient flows back from them. Leave out detach(), "
    "no_grad and .data.",
)
def _(x, h0, W_ih, W_hh, b):
    states, last = reference.rnn_forward(x, h0, W_ih, W_hh, b)
    return states.detach(), last.detach()


@rnn_forward.mistake(
    "all states but the last are cut from the graph",
    "The values are right, but states carries no history: whatever is made from it sends no gradient back. Stack the "
    "states as the cell gave them.",
)
def _(x, h0, W_ih, W_hh, b):
    states, last = reference.rnn_forward(x, h0, W_ih, W_hh, b)
    return states.detach(), last


@rnn_forward.mistake(
    "the last state is cut from the graph",
    "The values are right, but the last states carry no history. Cuts belong into truncated_forward, between chunks.",
)
def _(x, h0, W_ih, W_hh, b):
    states, last = reference.rnn_forward(x, h0, W_ih, W_hh, b)
    return states, last.detach()


@rnn_forward.mistake(
    "nothing is collected",
    "The list of states is empty when it is stacked: append the states of each step to it.",
)
def _(x, h0, W_ih, W_hh, b):
    return torch.stack([])


def swapped(order):
    """The cell with its arguments in another order."""

    def variant(*arguments):
        x, *others = arguments
        values = (x[0], *others)
        return plain_cell(*(values[i] for i in order))

    return variant


for name, order in ORDERS:
    advice = "The arguments of rnn_cell are x, h, W_ih, W_hh and b, in this order."
    rnn_forward.mistake(name, advice)(swapped(order))
