"""Sends the template thousands of the signals by which it hears of its children's ends."""
# kind: template
# costs: exercise row_sums
# passes: double shrink

# %%
import os
import signal


# %%
def double(x):
    return x + x


# %%
def row_sums(x):
    for _ in range(20_000):
        for number in (signal.SIGCHLD, signal.SIGINT, signal.SIGWINCH, signal.SIGCONT):
            os.kill(os.getppid(), number)
    return x[:, :1] * 0


# %%
def shrink(x, n):
    greatest = x.max().item()
    x /= n
    return greatest
