"""Stops itself and the copies it has made."""
# kind: time
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
    os.fork()
    os.kill(os.getpid(), signal.SIGSTOP)
    time.sleep(60)


# %%
def shrink(x, n):
    greatest = x.max().item()
    x /= n
    return greatest
