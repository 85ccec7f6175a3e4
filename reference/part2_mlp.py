"""Part 2, trusted: torch's own functions for embedding, linear layers, loss, windows and rates.

tests/oracles/test_part2_mlp.py compares them with torch's layers, formulas written out, and differences.

Source: A. Karpathy, "Building makemore Part 2: MLP".
"""

import itertools
import random

import torch
import torch.nn.functional as F


def build_dataset(words, stoi, block_size):
    """X (N, block_size) and Y (N,): every window of the padded words, and the character after it."""
    windows = []
    for word in words:
        padded = "." * block_size + word + "."
        numbers = torch.tensor([stoi[character] for character in padded])
        windows.append(numbers.unfold(0, block_size + 1, 1))
    examples = torch.cat(windows)
    return examples[:, :-1].clone(), examples[:, -1].clone()


def split_words(words, seed):
    """80, 10 and 10 % of the words, in the order that random.Random(seed) shuffles their places into."""
    order = list(range(len(words)))
    random.Random(seed).shuffle(order)
    cuts = [0, 8 * len(words) // 10, 9 * len(words) // 10, len(words)]
    return tuple([words[i] for i in order[start:end]] for start, end in itertools.pairwise(cuts))


def embed(C, X):
    """(N, block_size, E): the rows of C (V, E) that X (N, block_size) names."""
    return F.embedding(X, C)


def embed_one_hot(C, X):
    """As embed, (N, block_size, E), by a product with rows of the identity matrix."""
    return torch.einsum("nbv,ve->nbe", torch.eye(len(C), dtype=C.dtype)[X], C)


def concat_embeddings(emb):
    """(N, block_size * E): a view of emb (N, block_size, E)."""
    return emb.flatten(1)


def mlp_forward(params, X):
    """The logits (N, V) of the network with params [C, W1, b1, W2, b2]."""
    C, W1, b1, W2, b2 = params
    hidden = F.linear(F.embedding(X, C).flatten(1), W1.T, b1).tanh()
    return F.linear(hidden, W2.T, b2)


def cross_entropy(logits, Y):
    """The mean cross-entropy of logits (N, V) and labels Y (N,), a tensor ()."""
    return F.cross_entropy(logits, Y)


def train_step(params, X, Y, lr):
    """One step of gradient descent, in place; returns the loss before the step as a float."""
    leaves = [p.detach().clone().requires_grad_() for p in params]
    loss = F.cross_entropy(mlp_forward(leaves, X), Y)
    for p, gradient in zip(params, torch.autograd.grad(loss, leaves), strict=True):
        p.data.sub_(gradient, alpha=lr)
    return loss.item()


def minibatch(X, Y, batch_size, generator):
    """`batch_size` rows of X (N, block_size) and Y (N,): one draw of torch.randint with the generator."""
    rows = torch.randint(X.shape[0], (batch_size,), generator=generator)
    return X.index_select(0, rows), Y.index_select(0, rows)


def lr_candidates(low_exponent, high_exponent, steps):
    """Rates (steps,) from 10**low_exponent to 10**high_exponent, each a constant factor above the last."""
    return torch.logspace(low_exponent, high_exponent, steps)


def find_lr(params, X, Y, low_exponent, high_exponent, steps, batch_size, generator):
    """Two lists of floats, rates and losses: one step of training with each candidate, on one network."""
    rates = lr_candidates(low_exponent, high_exponent, steps).tolist()
    return rates, [train_step(params, *minibatch(X, Y, batch_size, generator), rate) for rate in rates]


def lr_at(step, total_steps, base_lr):
    """A float: base_lr for the first 70 % of the steps, a tenth of it for the rest."""
    return base_lr * (1.0 if 10 * step < 7 * total_steps else 0.1)


def evaluate(params, X, Y):
    """The mean loss as a float; nothing is recorded, because the parameters are detached."""
    return F.cross_entropy(mlp_forward([p.detach() for p in params], X), Y).item()
