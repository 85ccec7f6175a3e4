"""Part 7, a model of names."""

import torch

from grader.check import check
from grader.checks.draw import normal
from grader.checks.part7_rnn.inputs import batch, model
from grader.checks.part7_rnn.probes import gradients, named, no_gradient
from grader.checks.part7_rnn.products import FITTING, ORDERS, first_step
from reference import part7_rnn as reference


@check(
    "rnn_logits",
    points=2,
    hints=(
        "Characters to vectors, vectors to states, states to logits: three stages, and you have written the middle "
        "one.",
        "Indexing C with X gives (T, B, E), which is what rnn_forward takes. The initial state is (B, H), of zeros. "
        "The output layer works on the last dimension, so it may be applied to all states at once.",
        "Take the rows of C that X names, run rnn_forward on them from a state of zeros, multiply all states by the "
        "transpose of W_out, and add b_out.",
    ),
)
def rnn_logits(m, given):
    """From characters to logits, with the gradients of all parameters"""
    leaves = named(given.params)
    logits = m.rnn_logits(given.params, given.X)
    return {"logits": logits, "gradients": gradients(leaves, (logits, given.upstream))}


@rnn_logits.inputs
def _(rng):
    for (V, E, H), lengths in (
        ((7, 4, 5), (2, 5, 3)),
        ((6, 3, 8), (4, 1, 3, 2)),
        ((9, 5, 2), (6, 3)),
        ((8, 3, 4), (5,)),
    ):
        params = model(rng, V, E, H)
        X, _ = batch(rng, V, *lengths)
        yield {"params": params, "X": X, "upstream": normal(rng, *X.shape, V)}


rnn_logits.explain(no_gradient)


def states_of(params, X, start=0.0):
    """All states and the last, from an initial state that is the same number everywhere."""
    C, W_ih, W_hh, b, _, _ = params
    h0 = torch.full((X.shape[1], len(b)), start, dtype=b.dtype)
    return reference.rnn_forward(C[X], h0, W_ih, W_hh, b)


@rnn_logits.mistake(
    "the last step alone",
    "Only the last states are turned into logits, (B, V). The model predicts after every character: (T, B, V).",
)
def _(params, X):
    return states_of(params, X)[1] @ params[4].T + params[5]


@rnn_logits.mistake("b_out is left out", "All is there but b_out, the bias of the output layer.")
def _(params, X):
    return states_of(params, X)[0] @ params[4].T


@rnn_logits.mistake(
    "b_out is subtracted",
    "The bias of the output layer is taken away. It is added.",
)
def _(params, X):
    return states_of(params, X)[0] @ params[4].T - params[5]


@rnn_logits.mistake(
    "W_out is not transposed",
    "W_out is (V, H), out by in, and the states are (T, B, H): as they stand, the inner sizes do not fit.",
)
def _(params, X):
    return states_of(params, X)[0] @ params[4] + params[5]


@rnn_logits.mistake(
    "the initial state is one everywhere",
    "The first step starts from a state of ones. Zeros were asked for.",
)
def _(params, X):
    return states_of(params, X, start=1.0)[0] @ params[4].T + params[5]


@rnn_logits.mistake(
    "probabilities instead of logits",
    "Each row sums to one: a softmax has been taken. Logits are what goes into it; the loss takes the softmax itself.",
)
def _(params, X):
    return torch.softmax(reference.rnn_logits(params, X), -1)


@rnn_logits.mistake(
    "log-probabilities instead of logits",
    "These are logarithms of probabilities: a log-softmax has been taken. Logits are what goes into it.",
)
def _(params, X):
    return torch.log_softmax(reference.rnn_logits(params, X), -1)


@rnn_logits.mistake(
    "batch first",
    "The logits are (B, T, V). Time comes first here.",
)
def _(params, X):
    return reference.rnn_logits(params, X).transpose(0, 1)


@rnn_logits.mistake(
    "X is read on its side",
    "Time and batch are confused: a name is a column of X, and the network has read along the rows, from the letter "
    "of one name to that of the next.",
)
def _(params, X):
    return reference.rnn_logits(params, X.T).transpose(0, 1)


@rnn_logits.mistake(
    "X is read on its side, and stays so",
    "The logits are (B, T, V), and not the right ones turned round: a name is a column of X, and the network has read "
    "along the rows, from the letter of one name to that of the next.",
)
def _(params, X):
    return reference.rnn_logits(params, X.T)


@rnn_logits.mistake(
    "every step starts from zeros",
    "Each character is read from a state of zeros, as if it were the first: nothing is remembered.",
)
def _(params, X):
    return reference.rnn_logits(params, X.reshape(1, -1)).reshape(*X.shape, -1)


@rnn_logits.mistake(
    "a second tanh",
    "The logits are squashed to between -1 and 1. The output layer is linear: a logit may be any number.",
)
def _(params, X):
    return torch.tanh(reference.rnn_logits(params, X))


@rnn_logits.mistake(
    "the states are cut from the graph",
    "The values are right, but only the output layer gets a gradient: the states were detached before it, and "
    "neither the embedding nor the cell would learn.",
)
def _(params, X):
    return states_of(params, X)[0].detach() @ params[4].T + params[5]


@rnn_logits.mistake(
    "the answer is cut from the graph",
    "The values are right, but they carry no history, so that no gradient flows back from them.",
)
def _(params, X):
    return reference.rnn_logits(params, X).detach()


@rnn_logits.mistake(
    "b_out alone",
    "The logits do not depend on the states: only b_out is there.",
)
def _(params, X):
    return params[5].expand(*X.shape, -1).clone()


def with_cell(name, advice, answer):
    """A mistake in what is handed to rnn_forward: `answer` gets the embedded characters, h0 and the weights."""

    def variant(params, X):
        C, W_ih, W_hh, b, W_out, _ = params
        return answer(C[X], torch.zeros(X.shape[1], len(b), dtype=b.dtype), W_ih, W_hh, b, W_out)

    rnn_logits.mistake(name, advice)(variant)


for order_name, order in ORDERS:
    with_cell(
        order_name.replace("h ", "h0 "),
        "The arguments of rnn_forward are x, h0, W_ih, W_hh and b, in this order.",
        lambda *values, order=order: first_step(*(values[i] for i in order)),
    )
with_cell(
    "h0 is on its side",
    "h0 is (H, B): a state is a row, one for each sequence of the batch.",
    lambda x, h, W, U, b, V: torch.tanh(x[0] @ W.T + h.T @ U.T + b),
)
with_cell(
    "X is read on its side, and h0 is not",
    "X was transposed: the network would read along its rows, while h0 has a row for each column. X is (T, B) as it "
    "stands, time first.",
    lambda x, *others: first_step(x.transpose(0, 1), *others[:-1]),
)
with_cell(
    "h0 for T sequences",
    "h0 has a row for each step. It needs one for each sequence of the batch, which is the second size of X.",
    lambda x, h, W, U, b, V: torch.tanh(x[0] @ W.T + torch.zeros(len(x), len(b), dtype=b.dtype) @ U.T + b),
)
with_cell(
    "an elementwise product with W_out",
    f"The states are multiplied by W_out entry by entry. {FITTING}",
    lambda x, h, W, U, b, V: reference.rnn_forward(x, h, W, U, b)[0] * V.T,
)
with_cell(
    "W_out stands on the left",
    f"The states come first, then the weight. {FITTING}",
    lambda x, h, W, U, b, V: V.T @ reference.rnn_forward(x, h, W, U, b)[0],
)
