"""Reads and writes the template's memory by process_vm_readv, process_vm_writev and /proc."""
# kind: template
# costs: exercise row_sums
# passes: double shrink

# %%
import ctypes
import os


# %%
def double(x):
    return x + x


# %%
def row_sums(x):
    libc = ctypes.CDLL(None, use_errno=True)
    room = ctypes.create_string_buffer(64)
    for pid in (os.getppid(), 1):
        here = (ctypes.c_void_p * 2)(ctypes.addressof(room), 64)
        there = (ctypes.c_void_p * 2)(id(None), 64)
        for call in (libc.process_vm_readv, libc.process_vm_writev):
            if call(pid, here, 1, there, 1, 0) > 0:
                print("BREA" + "CHED:", call.__name__, pid)
        try:
            with open(f"/proc/{pid}/mem", "r+b", buffering=0):
                print("BREA" + "CHED: memory of", pid)
        except OSError:
            pass
    return x[:, :1] * 0


# %%
def shrink(x, n):
    greatest = x.max().item()
    x /= n
    return greatest
