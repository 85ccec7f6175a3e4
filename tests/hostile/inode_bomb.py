"""Makes empty files until there is no room or the third part of a second is over."""
# kind: resources
# costs: nothing
# passes: double row_sums shrink

# %%
import os
import time


# %%
def double(x):
    return x + x


# %%
def row_sums(x):
    end = time.monotonic() + 0.3
    made = 0
    while time.monotonic() < end and made < 60_000:
        os.close(os.open(f"/tmp/{made}", os.O_CREAT))
        os.close(os.open(f"/dev/shm/{made}", os.O_CREAT))
        made += 2
    return x.sum(1, keepdim=True)


# %%
def shrink(x, n):
    greatest = x.max().item()
    x /= n
    return greatest
