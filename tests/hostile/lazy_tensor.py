"""Answers with tensors whose values are computed later: functional, wrapped by vmap, conjugate."""
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
    kept = []
    torch.vmap(lambda row: kept.append(row) or row.sum())(x)
    return (torch._to_functional_tensor(x.sum(1, keepdim=True)), kept[0])[len(x) % 2]


# %%
def shrink(x, n):
    greatest = x.max().item()
    x /= n
    return greatest
