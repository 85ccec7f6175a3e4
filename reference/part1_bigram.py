"""Part 1, trusted: the bigram model from one string, bincount, and torch's ready-made functions.

All words are joined to one string that begins and ends with ".", with one "." between two words: each two
neighbours in it are then a bigram, and no other pair is. The gradient of the network is the one on paper.

Source: A. Karpathy, "The spelled-out intro to language modeling: building makemore".
"""

import itertools

import numpy as np
import torch
import torch.nn.functional as F


def build_vocab(words):
    """(stoi, itos): "." is 0, the letters of the words follow in alphabetical order."""
    letters = np.unique([letter for word in words for letter in word]).tolist()
    itos = dict(enumerate([".", *letters]))
    return dict(zip(itos.values(), itos.keys(), strict=True)), itos


def _numbers(words, stoi):
    """The one string as numbers (n + 1,), int64."""
    return torch.tensor([stoi[character] for character in f".{'.'.join(words)}."])


def bigram_counts(words, stoi):
    """(V, V) int64 counts, V = len(stoi): row = first character, column = second."""
    numbers = _numbers(words, stoi)
    V = len(stoi)
    return torch.bincount(numbers[:-1] * V + numbers[1:], minlength=V * V).view(V, V)


def broadcast_shape(a, b):
    """The shape, a tuple of ints, that two shape tuples broadcast to. Raises ValueError where they do not fit."""
    return np.broadcast_shapes(a, b)


def bigram_probs(counts, smoothing=1):
    """(V, V): each row of counts plus smoothing, divided by its sum."""
    return F.normalize(counts.to(torch.get_default_dtype()) + smoothing, p=1, dim=1)


def sample_names(probs, itos, count, generator):
    """A list of `count` names from probs (V, V): one multinomial draw for each character and for the closing "."."""

    def characters():
        last = 0
        while True:
            last = int(torch.multinomial(probs[last].float(), 1, replacement=True, generator=generator))
            yield itos[last]

    return ["".join(itertools.takewhile(lambda c: c != ".", characters())) for _ in range(count)]


def average_nll(probs, words, stoi):
    """The mean of -log probs over the bigrams of the words, a float."""
    xs, ys = bigram_pairs(words, stoi)
    return F.nll_loss(probs.log()[xs], ys).item()


def bigram_pairs(words, stoi):
    """(xs, ys), int64 (n,): first and second characters of all bigrams."""
    numbers = _numbers(words, stoi)
    return numbers[:-1].clone(), numbers[1:].clone()


def one_hot(xs, num_classes):
    """(n, num_classes) floats: a one at the place xs[i] of row i."""
    return F.one_hot(xs, num_classes).to(torch.get_default_dtype())


def softmax(logits):
    """Probabilities over the last dimension: (..., V) to (..., V)."""
    return torch.softmax(logits, -1)


def neural_bigram_loss(W, xs, ys, l2):
    """Mean cross-entropy of the logits W[xs], W (V, V), against ys (n,), plus l2 times the mean square of W; ()."""
    return F.cross_entropy(W[xs], ys) + l2 * W.square().mean()


def loss_gradient(W, xs, ys, l2):
    """The gradient of neural_bigram_loss (V, V): (n_i * softmax(W_i) - N_ij) / n + 2 * l2 * W / V**2."""
    V = len(W)
    counts = torch.bincount(xs * V + ys, minlength=V * V).view(V, V)
    return (counts.sum(1, keepdim=True) * torch.softmax(W, 1) - counts) / len(xs) + 2 * l2 * W / W.numel()


def gradient_step(W, xs, ys, lr, l2):
    """One step of gradient descent on W (V, V), in place; the loss before it as a float."""
    with torch.no_grad():
        loss = neural_bigram_loss(W, xs, ys, l2).item()
        W.sub_(lr * loss_gradient(W, xs, ys, l2))
    return loss
