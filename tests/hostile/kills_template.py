"""Kills the template, so that the next students have none."""
# kind: template
# costs: exercise row_sums
# passes: double shrink

# %%
import os
import signal
import time


# %%
def double(x):
    return x + x


# %%
def row_sums(x):
    os.kill(os.getppid(), signal.SIGKILL)
    time.sleep(60)


# %%
def shrink(x, n):
    greatest = x.max().item()
    x /= n
    return greatest
