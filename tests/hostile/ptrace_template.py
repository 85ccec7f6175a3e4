"""Attaches to the template and the first process as a debugger does."""
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
    for pid in (os.getppid(), 1):
        for request in (16, 0x4206):  # PTRACE_ATTACH, PTRACE_SEIZE
            if libc.ptrace(request, pid, None, None) == 0:
                print("BREA" + "CHED: attached to", pid)
                libc.ptrace(17, pid, None, None)
    return x[:, :1] * 0


# %%
def shrink(x, n):
    greatest = x.max().item()
    x /= n
    return greatest
