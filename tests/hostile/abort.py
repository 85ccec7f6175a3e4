"""Aborts."""
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
    os.abort()


# %%
def shrink(x, n):
    greatest = x.max().item()
    x /= n
    return greatest
