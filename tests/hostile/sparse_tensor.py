"""Answers with tensors of other layouts: sparse, compressed, nested."""
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
    right = x.sum(1, keepdim=True)
    return (right.to_sparse(), right.to_sparse_csr(), torch.nested.nested_tensor([right]))[len(x) % 3]


# %%
def shrink(x, n):
    greatest = x.max().item()
    x /= n
    return greatest
