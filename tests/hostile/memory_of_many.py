"""Fills 1.5 GiB of memory in six processes, each of which stays below its own limit."""
# kind: resources
# costs: submission
# passes: double
# right: double shrink

# %%
import os
import time


# %%
def double(x):
    return x + x


# %%
def row_sums(x):
    for _ in range(6):
        if os.fork() == 0:
            held = bytearray(b"x" * (250 << 20))
            time.sleep(1.5)
            os._exit(len(held) == 0)
    done = [os.waitstatus_to_exitcode(os.wait()[1]) for _ in range(6)]
    if done.count(0) > 2:
        print("BREA" + "CHED: MiB", 250 * done.count(0))
    return x[:, :1] * 0


# %%
def shrink(x, n):
    greatest = x.max().item()
    x /= n
    return greatest
