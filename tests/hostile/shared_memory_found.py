"""Looks for what the student before it has left in System V objects."""
# kind: next
# costs: exercise row_sums
# passes: double shrink
# after: shared_memory_left

# %%
import ctypes


# %%
def double(x):
    return x + x


# %%
def row_sums(x):
    libc = ctypes.CDLL(None)
    for found in (libc.shmget(4242, 4096, 0o600), libc.semget(4242, 1, 0o600), libc.msgget(4242, 0o600)):
        if found >= 0:
            print("BREA" + "CHED:", found)
    return x[:, :1] * 0


# %%
def shrink(x, n):
    greatest = x.max().item()
    x /= n
    return greatest
