"""Blocks and ignores all signals, sets alarms on itself, and never ends."""
# kind: time
# costs: exercise row_sums
# passes: double shrink

# %%
import signal


# %%
def double(x):
    return x + x


# %%
def row_sums(x):
    for number in range(1, 65):
        try:
            signal.signal(number, signal.SIG_IGN)
        except (OSError, ValueError):
            pass
    signal.pthread_sigmask(signal.SIG_BLOCK, range(1, 65))
    while True:
        signal.sigpending()


# %%
def shrink(x, n):
    greatest = x.max().item()
    x /= n
    return greatest
