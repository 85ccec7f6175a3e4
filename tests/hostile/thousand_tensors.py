"""Answers with two million numbers in a tensor where four were asked, and a list of thousands."""
# kind: answer
# costs: exercise row_sums
# passes: double shrink

# %%
import torch


# %%
def double(x):
    return x + x


# %%
def row_sums(x):
    return [torch.zeros(1)] * 15_000 if len(x) == 4 else torch.zeros(2 * 10**6)


# %%
def shrink(x, n):
    greatest = x.max().item()
    x /= n
    return greatest
