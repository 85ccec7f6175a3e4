"""Part 7, trusted: torch's own recurrent kernels, and explicit Jacobians.

Where the exercise walks back through time, here is no walk: the derivative of each state with
respect to each earlier one is written out as a product of matrices. Where it carries a state from
chunk to chunk, each chunk starts from a state that is known already.

Source: A. Karpathy, "Neural Networks: Zero to Hero" (makemore); K. Cho et al., "Learning Phrase
Representations using RNN Encoder-Decoder" (2014), in the formulation of torch.nn.GRUCell;
R. Pascanu, T. Mikolov, Y. Bengio, "On the difficulty of training recurrent neural networks" (2013).
"""

import torch
import torch.nn.functional as F
from torch.nn.utils import clip_grad_norm_
from torch.nn.utils.rnn import pad_sequence

SQUARINGS = 20
"""The spectral radius is the limit of the 2**k-th root of the norm of W**(2**k): this k is far enough."""


def rnn_cell(x, h, W_ih, W_hh, b):
    """The states (B, H) after one step: x (B, I), h (B, H), W_ih (H, I), W_hh (H, H), b (H,)."""
    return torch.rnn_tanh_cell(x, h, W_ih, W_hh, b, torch.zeros_like(b))


def rnn_forward(x, h0, W_ih, W_hh, b):
    """All states (T, B, H) and the last one (B, H) over a sequence x (T, B, I)."""
    weights = [W_ih, W_hh, b, torch.zeros_like(b)]
    states, last = torch.rnn_tanh(x, h0.unsqueeze(0), weights, True, 1, 0.0, False, False, False)
    return states, last[0]


def name_batch(words, stoi):
    """Inputs padded with 0 and targets padded with -1, both (T, B): one column for each word."""
    marked = [torch.tensor([stoi["."], *map(stoi.__getitem__, word), stoi["."]]) for word in words]
    X = pad_sequence([numbers[:-1] for numbers in marked], padding_value=0)
    return X, pad_sequence([numbers[1:] for numbers in marked], padding_value=-1)


def rnn_logits(params, X):
    """Logits (T, B, V) for X (T, B), from [C, W_ih, W_hh, b, W_out, b_out] and a state of zeros."""
    C, W_ih, W_hh, b, W_out, b_out = params
    states, _ = rnn_forward(F.embedding(X, C), b.new_zeros(X.shape[1], b.shape[0]), W_ih, W_hh, b)
    return F.linear(states, W_out, b_out)


def rnn_loss(params, X, Y):
    """The mean over the targets Y (T, B) that are not -1 of minus the logarithm of their probability, a tensor ()."""
    asked = Y >= 0
    logits = rnn_logits(params, X)[asked]
    right = logits.gather(1, Y[asked].unsqueeze(1)).squeeze(1)
    return (logits.logsumexp(1) - right).mean()


def backprop_through_time(dstates, x, h0, states, W_ih, W_hh):
    """(dx, dh0, dW_ih, dW_hh, db): the gradient of each state as a sum over all later states' Jacobians."""
    T = len(states)
    reached = [
        sum(torch.einsum("bi,bij->bj", dstates[k], _jacobian(k, t, states, W_hh)) for k in range(max(t, 0), T))
        for t in range(-1, T)
    ]
    da = (1 - states.square()) * torch.stack(reached[1:])  # (T, B, H)
    before = torch.cat([h0.unsqueeze(0), states[:-1]])
    dW_ih, dW_hh = (torch.einsum("tbh,tbi->hi", da, seen) for seen in (x, before))
    return F.linear(da, W_ih.T), reached[0], dW_ih, dW_hh, torch.einsum("tbh->h", da)


def _jacobian(later, earlier, states, W_hh):
    """The derivative (B, H, H) of one state with respect to an earlier one; -1 is the initial state."""
    result = torch.eye(len(W_hh), dtype=W_hh.dtype).expand(states.shape[1], -1, -1)
    for k in range(earlier + 1, later + 1):
        result = torch.diag_embed(1 - states[k].square()) @ W_hh @ result
    return result


def truncated_forward(x, h0, W_ih, W_hh, b, chunk):
    """The states (T, B, H), each chunk computed from the known state at its border, for itself."""
    with torch.no_grad():
        known = rnn_forward(x, h0, W_ih, W_hh, b)[0]
    starts = [h0, *known[chunk - 1 :: chunk]]
    pieces = zip(x.split(chunk), starts, strict=False)
    return torch.cat([rnn_forward(piece, start, W_ih, W_hh, b)[0] for piece, start in pieces])


def with_spectral_radius(W, radius):
    """W (H, H) scaled to a spectral radius, which Gelfand's formula gives: no eigenvalue is computed."""
    power, logarithm = W, torch.zeros_like(W[0, 0])
    for k in range(SQUARINGS):
        norm = power.norm()
        logarithm = logarithm + norm.log() / 2**k
        power = (power / norm) @ (power / norm)
    return W * (radius / logarithm.exp())


def gradient_norms_through_time(dlast, states, W_hh):
    """The norms (T,) of dlast times the Jacobian of the last state with respect to each state."""
    last = len(states) - 1
    gradients = [torch.einsum("bi,bij->bj", dlast, _jacobian(last, t, states, W_hh)) for t in range(last + 1)]
    return torch.stack(gradients).square().sum((1, 2)).sqrt()


def clip_gradients(parameters, max_norm):
    """torch's clipping by the norm of all gradients together; returns that norm as a float."""
    return clip_grad_norm_(parameters, max_norm).item()


def train_step(params, X, Y, lr, max_norm):
    """One clipped step of gradient descent, in place; returns the loss before it as a float."""
    loss = rnn_loss(params, X, Y)
    gradients = torch.autograd.grad(loss, params)
    length = torch.stack([gradient.square().sum() for gradient in gradients]).sum().sqrt()
    scale = (max_norm / length).clamp(max=1)
    for p, gradient in zip(params, gradients, strict=True):
        p.data.sub_(lr * scale * gradient)
    return loss.item()


def gru_cell(x, h, W_ih, W_hh, b_ih, b_hh):
    """The states (B, H) after one step of torch's GRU: weights (3H, I) and (3H, H), biases (3H,)."""
    return torch.gru_cell(x, h, W_ih, W_hh, b_ih, b_hh)
