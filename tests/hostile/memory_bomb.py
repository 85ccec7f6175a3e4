"""Fills 1.5 GiB of memory in one process."""
# kind: resources
# costs: exercise row_sums
# passes: double shrink

# %%
import time


# %%
def double(x):
    return x + x


# %%
def row_sums(x):
    held = [bytearray(b"x" * (100 << 20)) for _ in range(15)]
    time.sleep(1)
    print("BREA" + "CHED: MiB", len(held) * 100)
    return x[:, :1] * 0


# %%
def shrink(x, n):
    greatest = x.max().item()
    x /= n
    return greatest
