"""Part 4, trusted: every gradient by autograd, from one formula for each intermediate.

The forward pass is a table: a node's formula is a function whose parameters are the nodes that it
reads. Who uses a node, the forward pass and all 26 local gradients follow from the table.

Source: A. Karpathy, "Building makemore Part 4: Becoming a Backprop Ninja".
"""

import functools
import inspect
from types import SimpleNamespace

import torch
import torch.nn.functional as F

FORMULAS = {
    "emb": lambda C, X: C[X],
    "embcat": lambda emb: emb.reshape(emb.shape[0], -1),
    "hprebn": lambda embcat, W1, b1: embcat @ W1 + b1,
    "bnmeani": lambda hprebn: hprebn.mean(0, keepdim=True),
    "bndiff": lambda hprebn, bnmeani: hprebn - bnmeani,
    "bndiff2": lambda bndiff: bndiff**2,
    "bnvar": lambda bndiff2: bndiff2.sum(0, keepdim=True) / (bndiff2.shape[0] - 1),
    "bnvar_inv": lambda bnvar: (bnvar + 1e-5) ** -0.5,
    "bnraw": lambda bndiff, bnvar_inv: bndiff * bnvar_inv,
    "hpreact": lambda bngain, bnraw, bnbias: bngain * bnraw + bnbias,
    "h": lambda hpreact: hpreact.tanh(),
    "logits": lambda h, W2, b2: h @ W2 + b2,
    "logit_maxes": lambda logits: logits.max(1, keepdim=True).values,
    "norm_logits": lambda logits, logit_maxes: logits - logit_maxes,
    "counts": lambda norm_logits: norm_logits.exp(),
    "counts_sum": lambda counts: counts.sum(1, keepdim=True),
    "counts_sum_inv": lambda counts_sum: counts_sum**-1,
    "probs": lambda counts, counts_sum_inv: counts * counts_sum_inv,
    "logprobs": lambda probs: probs.log(),
    "loss": lambda logprobs, Y: -logprobs[range(len(Y)), Y].mean(),
}
READS = {node: tuple(inspect.signature(formula).parameters) for node, formula in FORMULAS.items()}

# The order in which the lecture walks back.
NODES = (
    "logprobs probs counts_sum_inv counts_sum counts norm_logits logit_maxes logits h W2 b2 hpreact "
    "bngain bnbias bnraw bnvar_inv bnvar bndiff2 bndiff bnmeani hprebn embcat W1 b1 emb C"
).split()
USERS = {node: tuple(user for user in FORMULAS if node in READS[user]) for node in NODES}
PARAMETERS = ("C", "W1", "b1", "W2", "b2", "bngain", "bnbias")


def forward(params, X, Y):
    """All intermediates of the network by name, with the parameters, X (n, block_size) and Y (n,).

    params: C (V, E), W1 (block_size * E, H), b1 (H,), W2 (H, V), b2 (V,), bngain and bnbias (1, H).
    """
    values = dict(zip(PARAMETERS, params, strict=True)) | {"X": X, "Y": Y}
    for node, formula in FORMULAS.items():
        values[node] = formula(*(values[name] for name in READS[node]))
    return SimpleNamespace(**values)


def unwatched(function):
    """A function that does the same: what autograd records in it is kept from a probe that watches for a graph."""

    @functools.wraps(function)
    def quiet(*arguments):
        with torch.autograd.graph.saved_tensors_hooks(lambda tensor: tensor, lambda tensor: tensor):
            return function(*arguments)

    return quiet


@unwatched
def local_gradient(node, f, d):
    """Gradient of the node, in the node's shape (...), from the gradients `d` of its direct users: one step back."""
    leaf = getattr(f, node).detach().clone().requires_grad_()
    total = 0.0
    for user in USERS[node]:
        arguments = (leaf if name == node else getattr(f, name) for name in READS[user])
        total = total + (FORMULAS[user](*arguments) * getattr(d, user)).sum()
    return torch.autograd.grad(total, leaf)[0]


def _local(node):
    return lambda f, d: local_gradient(node, f, d)


globals().update({f"d{node}": _local(node) for node in NODES})


@unwatched
def backward(f):
    """A dict of the gradients of all 26 nodes by name, each in its node's shape (...), from one reverse pass."""
    params = [getattr(f, name).detach().clone().requires_grad_() for name in PARAMETERS]
    graph = forward(params, f.X, f.Y)
    gradients = torch.autograd.grad(graph.loss, [getattr(graph, node) for node in NODES])
    return dict(zip(NODES, gradients, strict=True))


def cross_entropy_backward(logits, Y):
    """dlogits (n, V) of the mean cross-entropy of logits (n, V) against the labels Y (n,)."""
    return _vjp(lambda z: F.cross_entropy(z, Y), 1.0, logits)[0]


def batchnorm_backward(dhpreact, f):
    """dhprebn (n, H): back through bngain * (x - mean) / sqrt(unbiased variance + 1e-5) + bnbias."""

    def batchnorm(x):
        return f.bngain * (x - x.mean(0)) / torch.sqrt(x.var(0, unbiased=True) + 1e-5) + f.bnbias

    return _vjp(batchnorm, dhpreact, f.hprebn)[0]


@unwatched
def train_step(params, X, Y, lr):
    """One step of gradient descent, in place; returns the loss before the step as a float."""
    leaves = [p.detach().clone().requires_grad_() for p in params]
    loss = forward(leaves, X, Y).loss
    with torch.no_grad():
        for p, gradient in zip(params, torch.autograd.grad(loss, leaves), strict=True):
            p -= lr * gradient
    return loss.item()


def softmax_backward(dprobs, probs):
    """dlogits from dprobs, both (..., V), where probs = softmax(logits) over the last dimension."""
    return _vjp(lambda z: torch.softmax(z, -1), dprobs, probs.log())[0]


def layernorm_backward(dout, x, gain, eps):
    """(dx, dgain, dbias) of torch's layer norm over the last dimension: x (n, D), gain (D,)."""
    bias = torch.zeros_like(gain)
    return _vjp(lambda x, g, b: F.layer_norm(x, g.shape, g, b, eps), dout, x, gain, bias)


def tanh_linear_backward(dout, x, W, b):
    """(dx, dW, db) of tanh(x @ W + b): x (n, fan_in), W (fan_in, fan_out), b (fan_out,)."""
    return _vjp(lambda x, W, b: torch.tanh(F.linear(x, W.T, b)), dout, x, W, b)


def sigmoid_bce_backward(logits, targets):
    """dlogits of the mean binary cross-entropy of sigmoid(logits) against targets, any shape."""
    return _vjp(lambda z: F.binary_cross_entropy_with_logits(z, targets), 1.0, logits)[0]


def variance(x, unbiased):
    """Variance over the first dimension of x (n, ...): divided by n - 1 if unbiased, else by n."""
    return torch.var(x, 0, correction=1 if unbiased else 0)


def average_variances(x, batch_size, batches, generator):
    """Mean of the biased and of the unbiased variance over random batches of x (N,): two floats.

    Each batch is `x[torch.randint(0, N, (batch_size,), generator=generator)]`.
    """
    draws = [torch.randint(0, len(x), (batch_size,), generator=generator) for _ in range(batches)]
    samples = x[torch.stack(draws)]
    return samples.var(1, correction=0).mean().item(), samples.var(1, correction=1).mean().item()


@unwatched
def _vjp(function, cotangent, *inputs):
    """The vector-Jacobian product of a function, one gradient for each input.

    By way of a scalar: autograd.grad with grad_outputs imports torch.fx, which takes 0.4 s.
    """
    leaves = [value.detach().clone().requires_grad_() for value in inputs]
    return torch.autograd.grad((function(*leaves) * cotangent).sum(), leaves)
