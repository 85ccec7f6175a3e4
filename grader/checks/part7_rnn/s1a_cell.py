"""Part 7, one step of a recurrent network."""

import torch

from grader.check import check
from grader.checks import slips
from grader.checks.draw import normal
from grader.checks.part7_rnn.inputs import SIZES, signed, weights
from grader.checks.part7_rnn.probes import gradients, leaves_of, no_gradient
from grader.checks.part7_rnn.products import FITTING
from reference import part7_rnn as reference


@check(
    "rnn_cell",
    points=1,
    forbids=("rnn_tanh_cell", "rnn_tanh"),
    hints=(
        "Three things are added up, and one squashing is done at the end: what the input says, what the old state "
        "says, and a bias.",
        "Weights are (out, in) here, so a row of numbers is multiplied by the transposed weight, from the right. "
        "The bias is a row that broadcasting adds to every sequence of the batch.",
        "The input's part is the matrix product of the inputs and their weight, turned round; the old state's part is "
        "made in the same way with the weight of its own. Both parts and the bias are added up, and the new state is "
        "the tanh of that sum.",
    ),
)
def rnn_cell(m, given):
    """One step, and its gradients"""
    leaves = leaves_of(given, "x", "h", "W_ih", "W_hh", "b")
    states = m.rnn_cell(*leaves.values())
    return {"states": states, "gradients": gradients(leaves, (states, given.upstream))}


@rnn_cell.inputs
def _(rng):
    for _, B, I, H in (*SIZES, (1, 1, 5, 3)):  # noqa: E741
        x, h = normal(rng, B, I), signed(rng, 0.3, 0.9, B, H)
        yield {"x": x, "h": h, **weights(rng, I, H), "upstream": normal(rng, B, H)}


rnn_cell.explain(no_gradient)


def added_up(x, h, W_ih, W_hh, b):
    """What goes into the tanh."""
    return x @ W_ih.T + h @ W_hh.T + b


@rnn_cell.mistake(
    "W_hh is not transposed",
    "The old state is multiplied by W_hh as it stands. W_hh is square, so nothing complains, but its rows are "
    "outputs and its columns inputs, as those of W_ih are.",
)
def _(x, h, W_ih, W_hh, b):
    return torch.tanh(x @ W_ih.T + h @ W_hh + b)


@rnn_cell.mistake(
    "W_ih is not transposed",
    "W_ih is (H, I), out by in, and x is (B, I): as they stand, the inner sizes do not fit.",
)
def _(x, h, W_ih, W_hh, b):
    return torch.tanh(x @ W_ih + h @ W_hh.T + b)


@rnn_cell.mistake(
    "the state is left out",
    "The new state depends on the input alone: without the old state there is no memory, and no recurrence.",
)
def _(x, h, W_ih, W_hh, b):
    return torch.tanh(x @ W_ih.T + b)


@rnn_cell.mistake("the input is left out", "The new state depends on the old one alone: the network reads nothing.")
def _(x, h, W_ih, W_hh, b):
    return torch.tanh(h @ W_hh.T + b)


@rnn_cell.mistake("the bias is left out", "All is there but b, which shifts every unit of the state.")
def _(x, h, W_ih, W_hh, b):
    return torch.tanh(x @ W_ih.T + h @ W_hh.T)


@rnn_cell.mistake(
    "the bias is added after the tanh",
    "b stands outside the tanh. The new state can then leave the range from -1 to 1, and grow from step to step.",
)
def _(x, h, W_ih, W_hh, b):
    return torch.tanh(x @ W_ih.T + h @ W_hh.T) + b


@rnn_cell.mistake(
    "the tanh is missing",
    "These are the right numbers to put into the tanh. Without it the state is not held between -1 and 1, and the "
    "whole network is linear.",
)
def _(x, h, W_ih, W_hh, b):
    return added_up(x, h, W_ih, W_hh, b)


@rnn_cell.mistake("sigmoid for tanh", "The numbers are squashed to between 0 and 1. The plain cell uses the tanh.")
def _(x, h, W_ih, W_hh, b):
    return torch.sigmoid(added_up(x, h, W_ih, W_hh, b))


@rnn_cell.mistake("relu for tanh", "Negative numbers are cut off at 0. The plain cell uses the tanh.")
def _(x, h, W_ih, W_hh, b):
    return torch.relu(added_up(x, h, W_ih, W_hh, b))


@rnn_cell.mistake(
    "the tanh is taken of the state's part alone",
    "The input's part is added outside the tanh. First everything is added up, then squashed once.",
)
def _(x, h, W_ih, W_hh, b):
    return x @ W_ih.T + torch.tanh(h @ W_hh.T + b)


@rnn_cell.mistake(
    "the old state is added again",
    "The old state is added to the new one. That is a residual connection, a good idea of section 6, but not the "
    "plain cell.",
)
def _(x, h, W_ih, W_hh, b):
    return h + torch.tanh(added_up(x, h, W_ih, W_hh, b))


@rnn_cell.mistake(
    "the old state is subtracted",
    "What the old state says is taken away. All three parts are added.",
)
def _(x, h, W_ih, W_hh, b):
    return torch.tanh(x @ W_ih.T - h @ W_hh.T + b)


@rnn_cell.mistake("the bias is subtracted", "The bias is taken away. All three parts are added.")
def _(x, h, W_ih, W_hh, b):
    return torch.tanh(x @ W_ih.T + h @ W_hh.T - b)


@rnn_cell.mistake(
    "the old state is cut from the graph",
    "The values are right, but no gradient flows into the old state: nothing that an earlier step did can be "
    "learnt from. The cell itself detaches nothing.",
)
def _(x, h, W_ih, W_hh, b):
    return torch.tanh(added_up(x, h.detach(), W_ih, W_hh, b))


@rnn_cell.mistake(
    "the answer is cut from the graph",
    "The values are right, but they carry no history, so that no gradient flows back from them. Leave out detach(), "
    "no_grad and .data.",
)
def _(x, h, W_ih, W_hh, b):
    return torch.tanh(added_up(x, h, W_ih, W_hh, b)).detach()


for name, advice, product in (
    ("an elementwise product with W_ih", "x is multiplied by W_ih entry by entry.", lambda x, h, W, U: x * W.T),
    (
        "an elementwise product with W_hh",
        "h is multiplied by W_hh entry by entry.",
        lambda x, h, W, U: x @ W.T + h * U.T,
    ),
    ("W_ih stands on the left", "The rows of the batch come first: x, then the weight.", lambda x, h, W, U: W.T @ x),
    ("W_hh stands on the left", "The rows of the batch come first: h, then the weight.", lambda x, h, W, U: U.T @ h),
):
    rnn_cell.mistake(name, f"{advice} {FITTING}")(lambda x, h, W, U, b, product=product: product(x, h, W, U))


slips.one_lost(rnn_cell, reference.rnn_cell)
