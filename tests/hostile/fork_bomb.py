"""Forks until it may no more, and each copy does the same: stops by itself at 400."""
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
    alive = 0
    end = time.monotonic() + 1.5
    while time.monotonic() < end and alive < 400:
        try:
            if os.fork() == 0:
                time.sleep(3)
                os._exit(0)
            alive += 1
        except OSError:
            time.sleep(0.01)
    if alive > 200:
        print("BREA" + "CHED: processes", alive)
    return x[:, :1] * 0


# %%
def shrink(x, n):
    greatest = x.max().item()
    x /= n
    return greatest
