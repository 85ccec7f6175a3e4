"""Forks in every copy at once, so that processes are born faster than they are killed: for one second."""
# kind: resources
# costs: exercise row_sums
# passes: double shrink

# %%
import os
import time


# %%
def double(x):
    return x + x


# %%
def row_sums(x):
    end = time.monotonic() + 1
    while time.monotonic() < end:
        try:
            if os.fork() == 0:
                os.setsid()
        except OSError:
            time.sleep(0.001)
    os._exit(0)


# %%
def shrink(x, n):
    greatest = x.max().item()
    x /= n
    return greatest
