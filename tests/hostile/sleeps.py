"""Sleeps for an hour."""
# kind: time
# costs: exercise row_sums
# passes: double shrink

# %%
import time


# %%
def double(x):
    return x + x


# %%
def row_sums(x):
    time.sleep(3600)


# %%
def shrink(x, n):
    greatest = x.max().item()
    x /= n
    return greatest
