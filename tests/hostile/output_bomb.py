"""Prints without end."""
# kind: resources
# costs: exercise row_sums
# passes: double shrink

# %%
import os


# %%
def double(x):
    return x + x


# %%
def row_sums(x):
    while True:
        os.write(1, b"passed " * 10_000)


# %%
def shrink(x, n):
    greatest = x.max().item()
    x /= n
    return greatest
