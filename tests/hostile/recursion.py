"""Recurses through C until the stack ends, with Python's own limit lifted."""
# kind: end
# costs: exercise row_sums
# passes: double shrink

# %%
import sys


# %%
def double(x):
    return x + x


# %%
def row_sums(x):
    sys.setrecursionlimit(10**8)
    return eval("row_sums(x)", {"row_sums": row_sums, "x": x})


# %%
def shrink(x, n):
    greatest = x.max().item()
    x /= n
    return greatest
