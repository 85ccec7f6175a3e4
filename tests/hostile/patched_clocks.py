"""Stops all of Python's clocks and lets no one sleep, and then never ends."""
# kind: time
# costs: exercise row_sums
# passes: double shrink

# %%
import time

# %%
time.time = time.monotonic = time.perf_counter = time.process_time = lambda: 0.0
time.sleep = lambda seconds: None


# %%
def double(x):
    return x + x


# %%
def row_sums(x):
    while True:
        time.sleep(1)


# %%
def shrink(x, n):
    greatest = x.max().item()
    x /= n
    return greatest
