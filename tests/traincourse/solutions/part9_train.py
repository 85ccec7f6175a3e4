# ---
# jupyter:
#   jupytext:
#     notebook_metadata_filter: -jupytext.text_representation.jupytext_version
#     text_representation:
#       extension: .py
#       format_name: percent
#       format_version: '1.3'
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %%
import torch


# %%
def descend(W, X, Y, lr):
    """A step of descent on W (V, V), in place; the loss before it."""
    ### BEGIN SOLUTION
    probs = torch.softmax(W[X], 1)
    rows = torch.arange(len(X))
    loss = -probs[rows, Y].log().mean().item()
    probs[rows, Y] -= 1
    W.index_add_(0, X, probs, alpha=-lr / len(X))
    return loss
    ### END SOLUTION


# %%
def answer(W, X):
    """The rows of W (V, V)."""
    ### BEGIN SOLUTION
    return W[X]
    ### END SOLUTION


# %%
def race(X, Y, vocab_size):
    """Logits from counts."""
    ### BEGIN SOLUTION
    counts = torch.ones(vocab_size, vocab_size)
    counts.index_put_((X, Y), torch.ones(len(X)), accumulate=True)
    return lambda x: counts[x].log()
    ### END SOLUTION
