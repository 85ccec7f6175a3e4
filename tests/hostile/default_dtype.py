"""Leaves another default dtype and device, and makes them stay."""
# kind: tamper
# costs: submission
# right: double shrink

# %%
import torch

# %%
torch.set_default_dtype(torch.float64)
torch.set_default_device("meta")
torch.set_default_dtype = torch.set_default_device = lambda *a: None


# %%
def double(x):
    return x + x


# %%
def row_sums(x):
    return torch.zeros(len(x), 1)


# %%
def shrink(x, n):
    greatest = x.max().item()
    x /= n
    return greatest
