"""The tiny part, trusted."""

import torch
import torch.nn.functional as F


def descend(W, X, Y, lr):
    """A step of descent on W (V, V), in place; the loss before it."""
    table = W.detach().requires_grad_()
    loss = F.cross_entropy(table[X], Y)
    with torch.no_grad():
        W -= lr * torch.autograd.grad(loss, table)[0]
    return loss.item()


def answer(W, X):
    """The rows of W."""
    return F.embedding(X, W)


def race(X, Y, vocab_size):
    """Counting is fast."""
    counts = torch.bincount(X * vocab_size + Y, minlength=vocab_size**2).view(vocab_size, -1) + 1.0
    return lambda x: counts.log()[x]
