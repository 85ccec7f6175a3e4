"""Closes every descriptor that it has."""
# kind: end
# costs: exercise row_sums
# passes: double shrink

# %%
import os


# %%
def double(x):
    return x + x


# %%
def row_sums(x):
    os.closerange(0, 4096)
    return x[:, :1] * 0


# %%
def shrink(x, n):
    greatest = x.max().item()
    x /= n
    return greatest
