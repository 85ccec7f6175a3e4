"""Looks for a key in the keyring of the session that it was started in."""
# kind: secrets
# costs: exercise row_sums
# passes: double shrink

# %%
import ctypes


# %%
def double(x):
    return x + x


# %%
def row_sums(x):
    libc = ctypes.CDLL(None, use_errno=True)
    room = ctypes.create_string_buffer(100)
    key = libc.syscall(250, 10, -3, b"user", b"gradebook", 0)  # keyctl: search the session's keyring
    if key > 0 and libc.syscall(250, 11, key, room, 100) > 0:  # keyctl: read
        print("BREA" + "CHED: the key says", room.value)
    return x[:, :1] * 0


# %%
def shrink(x, n):
    greatest = x.max().item()
    x /= n
    return greatest
