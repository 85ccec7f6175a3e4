"""Has a child of its own trace it, who never reports its death: who waits for it waits long."""
# kind: time
# costs: exercise row_sums
# passes: double shrink

# %%
import ctypes
import os
import time


# %%
def double(x):
    return x + x


# %%
def row_sums(x):
    me = os.getpid()
    libc = ctypes.CDLL(None)
    libc.prctl(0x59616D61, -1, 0, 0, 0)  # PR_SET_PTRACER, PR_SET_PTRACER_ANY
    if os.fork() == 0:
        os.setsid()
        libc.ptrace(0x4206, me, None, None)  # PTRACE_SEIZE
        time.sleep(600)
    time.sleep(0.1)
    return x[:, :1] * 0


# %%
def shrink(x, n):
    greatest = x.max().item()
    x /= n
    return greatest
