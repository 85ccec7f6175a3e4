"""Starts a daemon in a session of its own that would go on for ten minutes and write files."""
# kind: template
# costs: nothing
# passes: double row_sums shrink

# %%
import os
import signal
import time


# %%
def double(x):
    return x + x


# %%
def row_sums(x):
    if os.fork() == 0:
        os.setsid()
        if os.fork() == 0:
            for number in (1, 2, 15, 17):
                signal.signal(number, signal.SIG_IGN)
            for number in range(600):
                with open(f"/tmp/late{number}", "w") as file:
                    file.write("late")
                time.sleep(1)
        os._exit(0)
    return x.sum(1, keepdim=True)


# %%
def shrink(x, n):
    greatest = x.max().item()
    x /= n
    return greatest
