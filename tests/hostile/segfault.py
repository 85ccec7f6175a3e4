"""Reads at address 0."""
# kind: end
# costs: exercise row_sums
# passes: double shrink

# %%
import ctypes


# %%
def double(x):
    return x + x


# %%
def row_sums(x):
    return ctypes.string_at(0)


# %%
def shrink(x, n):
    greatest = x.max().item()
    x /= n
    return greatest
