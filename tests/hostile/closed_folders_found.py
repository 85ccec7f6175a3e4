"""Opens the folders that the student before it has closed, and takes what is there."""
# kind: next
# costs: exercise row_sums
# passes: double shrink
# after: closed_folders_left

# %%
import os


# %%
def double(x):
    return x + x


# %%
def row_sums(x):
    for place in ("/tmp", "/dev/shm", "/dev/mqueue"):
        try:
            os.chmod(place, 0o700)
        except OSError:
            pass
        for name in ("gift", *map(str, range(9))):
            if os.path.exists(f"{place}/{name}"):
                print("BREA" + "CHED:", place, name)
    return x[:, :1] * 0


# %%
def shrink(x, n):
    greatest = x.max().item()
    x /= n
    return greatest
