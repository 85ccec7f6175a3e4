"""Writes 1.2 GiB into files that exist in memory alone (memfd_create), and maps none of them."""
# kind: resources
# costs: submission
# passes: double
# right: double shrink

# %%
import os

# %%
files = []
BLOCK = b"x" * (10 << 20)


# %%
def double(x):
    return x + x


# %%
def row_sums(x):
    while len(files) < 6:
        files.append(os.memfd_create("room"))
        for _ in range(20):
            os.write(files[-1], BLOCK)
        if len(files) > 4:
            print("BREA" + "CHED: MiB", 200 * len(files), flush=True)
    return x[:, :1] * 0


# %%
def shrink(x, n):
    greatest = x.max().item()
    x /= n
    return greatest
