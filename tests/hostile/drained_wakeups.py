"""Fills and drains the pipes that the template wakes up by, and makes them block."""
# kind: template
# costs: submission
# passes: double
# right: double shrink

# %%
import os


# %%
def double(x):
    return x + x


# %%
def row_sums(x):
    for name in range(3, 12):
        try:
            if "pipe:" in os.readlink(f"/proc/self/fd/{name}"):
                os.set_blocking(name, False)
                os.write(name, b"x" * 65536)
                print("BREA" + "CHED: a pipe of the template's,", name)
                os.set_blocking(name, True)
        except OSError:
            pass
    return x[:, :1] * 0


# %%
def shrink(x, n):
    greatest = x.max().item()
    x /= n
    return greatest
