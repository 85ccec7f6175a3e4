"""Part 7, backprop through time that is cut short."""

import torch

from grader.check import check
from grader.checks.draw import normal
from grader.checks.part7_rnn.inputs import sequence
from grader.checks.part7_rnn.probes import gradients, leaves_of, no_gradient
from grader.checks.part7_rnn.products import ORDERS, first_step
from reference import part7_rnn as reference


@check(
    "truncated_forward",
    points=2,
    hints=(
        "Chunk by chunk it is what you have written already. New is only what happens to the state between two chunks.",
        "Values cross the border, history does not: detach() gives a tensor with the same numbers that does not know "
        "where they came from.",
        "Split x along time into chunks; run rnn_forward on each from the current state, keep its states, and make "
        "the detached last state the current one; join the states of all chunks along time.",
    ),
)
def truncated_forward(m, given):
    """The same states, and gradients that stop at the borders"""
    leaves = leaves_of(given, "x", "h0", "W_ih", "W_hh", "b")
    states = m.truncated_forward(*leaves.values(), given.chunk)
    return {"states": states, "gradients": gradients(leaves, (states, given.upstream))}


@truncated_forward.inputs
def _(rng):
    for (T, B, I, H), chunk in (  # noqa: E741
        ((7, 3, 2, 4), 3),
        ((6, 2, 3, 5), 2),
        ((5, 4, 3, 2), 4),
        ((3, 2, 4, 6), 5),
        ((5, 1, 2, 3), 2),
    ):
        yield {**sequence(rng, T, B, I, H), "chunk": chunk, "upstream": normal(rng, T, B, H)}


truncated_forward.explain(no_gradient)


def loop(x, h0, W_ih, W_hh, b, border):
    """The states, step by step; `border(t, h)` is the state that step t starts from."""
    h, states = h0, []
    for t, x_t in enumerate(x):
        h = reference.rnn_cell(x_t, border(t, h), W_ih, W_hh, b)
        states.append(h)
    return torch.stack(states)


@truncated_forward.mistake(
    "nothing is cut",
    "The states are right, but the gradient walks back over all borders to the first step: this is rnn_forward. "
    "The state that is handed to the next chunk must not remember where it came from.",
)
def _(x, h0, W_ih, W_hh, b, chunk):
    return reference.rnn_forward(x, h0, W_ih, W_hh, b)[0]


@truncated_forward.mistake(
    "cut at every step",
    "The states are right, but the gradient is stopped between any two steps. It is to flow freely inside a chunk.",
)
def _(x, h0, W_ih, W_hh, b, chunk):
    return loop(x, h0, W_ih, W_hh, b, lambda t, h: h.detach() if t else h)


@truncated_forward.mistake(
    "cut at every step, and at h0",
    "The states are right, but the gradient is stopped before every step, the first one included. It is to flow "
    "freely inside a chunk, and from the first chunk to h0.",
)
def _(x, h0, W_ih, W_hh, b, chunk):
    return loop(x, h0, W_ih, W_hh, b, lambda t, h: h.detach())


@truncated_forward.mistake(
    "h0 is cut off",
    "All is right, except that no gradient reaches h0. There is no border before the first chunk: detach where one "
    "chunk ends, not where each begins.",
)
def _(x, h0, W_ih, W_hh, b, chunk):
    return loop(x, h0, W_ih, W_hh, b, lambda t, h: h if t % chunk else h.detach())


@truncated_forward.mistake(
    "the cuts come one step late",
    "The state is cut after the first step of each chunk, and not before it: the gradient still crosses each border "
    "by one step.",
)
def _(x, h0, W_ih, W_hh, b, chunk):
    return loop(x, h0, W_ih, W_hh, b, lambda t, h: h.detach() if (t - 1) % chunk == 0 and t > 1 else h)


@truncated_forward.mistake(
    "cut after the steps 0, chunk, 2 * chunk",
    "The state is cut after each step whose number is a multiple of chunk, and the first of these is 0. The first "
    "chunk then has one step only, and all borders lie one step late.",
)
def _(x, h0, W_ih, W_hh, b, chunk):
    return loop(x, h0, W_ih, W_hh, b, lambda t, h: h.detach() if t and (t - 1) % chunk == 0 else h)


@truncated_forward.mistake(
    "the cuts come one step early",
    "The state is cut before the last step of each chunk, and not after it.",
)
def _(x, h0, W_ih, W_hh, b, chunk):
    return loop(x, h0, W_ih, W_hh, b, lambda t, h: h.detach() if (t + 1) % chunk == 0 else h)


@truncated_forward.mistake(
    "a chunk has one step too many",
    "Each chunk is one step longer than it should be.",
)
def _(x, h0, W_ih, W_hh, b, chunk):
    return reference.truncated_forward(x, h0, W_ih, W_hh, b, chunk + 1)


@truncated_forward.mistake(
    "a chunk has one step too few",
    "Each chunk is one step shorter than it should be.",
)
def _(x, h0, W_ih, W_hh, b, chunk):
    return reference.truncated_forward(x, h0, W_ih, W_hh, b, chunk - 1)


@truncated_forward.mistake(
    "only the first border is cut",
    "The first border is cut and the later ones are not: every border stops the gradient.",
)
def _(x, h0, W_ih, W_hh, b, chunk):
    return loop(x, h0, W_ih, W_hh, b, lambda t, h: h.detach() if t == chunk else h)


@truncated_forward.mistake(
    "each chunk starts from zeros",
    "The gradient stops at the borders, but so does the state: each chunk but the first starts from zeros, and what "
    "was read before is forgotten. The values of rnn_forward were asked for.",
)
def _(x, h0, W_ih, W_hh, b, chunk):
    return loop(x, h0, W_ih, W_hh, b, lambda t, h: h if t % chunk or not t else torch.zeros_like(h))


@truncated_forward.mistake(
    "each chunk starts from h0",
    "The gradient stops at the borders, but so does the state: every chunk starts from h0 again. Carry on with the "
    "state that the chunk before has left.",
)
def _(x, h0, W_ih, W_hh, b, chunk):
    return loop(x, h0, W_ih, W_hh, b, lambda t, h: h if t % chunk else h0)


@truncated_forward.mistake(
    "each chunk starts from h0, cut off",
    "Every chunk starts from h0 again. Carry on with the state that the chunk before has left, without its history.",
)
def _(x, h0, W_ih, W_hh, b, chunk):
    return loop(x, h0, W_ih, W_hh, b, lambda t, h: h if t % chunk or not t else h0.detach())


@truncated_forward.mistake(
    "the states are cut from the graph",
    "The states themselves are detached, so that no gradient flows back from them at all. The state that is handed on "
    "is to be cut, and the ones that are returned are not.",
)
def _(x, h0, W_ih, W_hh, b, chunk):
    return reference.rnn_forward(x, h0, W_ih, W_hh, b)[0].detach()


@truncated_forward.mistake(
    "the last state of each chunk is cut",
    "The values are right, but the last state of each chunk comes back detached: cut the one that is handed on, "
    "and return the one that is not.",
)
def _(x, h0, W_ih, W_hh, b, chunk):
    states = list(reference.truncated_forward(x, h0, W_ih, W_hh, b, chunk))
    for t in (*range(chunk - 1, len(x), chunk), len(x) - 1):
        states[t] = states[t].detach()
    return torch.stack(states)


@truncated_forward.mistake(
    "the last state of each chunk is appended after it was cut",
    "The values are right, and the borders stop the gradient. But the state that closes a full chunk was detached "
    "before it was put among the answers, so that a loss at that step teaches nothing. First keep the state, then "
    "cut what is handed on.",
)
def _(x, h0, W_ih, W_hh, b, chunk):
    states = list(reference.truncated_forward(x, h0, W_ih, W_hh, b, chunk))
    for t in range(chunk - 1, len(x), chunk):
        states[t] = states[t].detach()
    return torch.stack(states)


@truncated_forward.mistake(
    "the last chunk is lost",
    "The steps after the last full chunk are missing. The last chunk may be shorter than the others.",
)
def _(x, h0, W_ih, W_hh, b, chunk):
    whole = len(x) // chunk * chunk
    if not whole:
        return torch.stack([])
    return reference.truncated_forward(x[:whole], h0, W_ih, W_hh, b, chunk)


@truncated_forward.mistake(
    "the last chunk alone",
    "Only the states of the last chunk come back. All are asked for, joined along time.",
)
def _(x, h0, W_ih, W_hh, b, chunk):
    start = (len(x) - 1) // chunk * chunk
    return reference.truncated_forward(x, h0, W_ih, W_hh, b, chunk)[start:]


@truncated_forward.mistake(
    "the number of chunks",
    "x is cut into so many pieces as `chunk` says. It is the length of a piece, not their number.",
)
def _(x, h0, W_ih, W_hh, b, chunk):
    length = -(-len(x) // chunk)  # rounded up
    return reference.truncated_forward(x, h0, W_ih, W_hh, b, length)


@truncated_forward.mistake(
    "a chunk has one step",
    "x is gone through step by step, and not chunk by chunk: rnn_forward gets a single step, of shape (B, I), where it "
    "wants a sequence.",
)
def _(x, h0, W_ih, W_hh, b, chunk):
    return torch.cat([reference.rnn_forward(piece, h0, W_ih, W_hh, b)[0] for piece in x])


@truncated_forward.mistake(
    "the chunks are stacked",
    "The chunks were stacked along a new dimension, which fails where the last one is shorter. They follow each other "
    "in time: join them along the dimension that they have.",
)
def _(x, h0, W_ih, W_hh, b, chunk):
    return torch.stack(reference.truncated_forward(x, h0, W_ih, W_hh, b, chunk).split(chunk))


@truncated_forward.mistake("nothing is collected", "The list of chunks is empty when it is joined: append to it.")
def _(x, h0, W_ih, W_hh, b, chunk):
    return torch.cat([])


def swapped(order):
    """rnn_forward with its arguments in another order."""

    def variant(x, *others):
        *values, chunk = x, *others
        values[0] = x[:chunk]
        return first_step(*(values[i] for i in order))

    return variant


for name, order in ORDERS:
    advice = "The arguments of rnn_forward are x, h0, W_ih, W_hh and b, in this order."
    truncated_forward.mistake(name, advice)(swapped(order))
