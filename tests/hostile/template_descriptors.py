"""Takes the template's sockets by pidfd_getfd, to command it."""
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
        handle = libc.syscall(434, pid, 0)  # pidfd_open
        for number in range(12):
            if libc.syscall(438, handle, number, 0) >= 0:  # pidfd_getfd
                print("BREA" + "CHED: descriptor", number, "of", pid)
    return x[:, :1] * 0


# %%
def shrink(x, n):
    greatest = x.max().item()
    x /= n
    return greatest
