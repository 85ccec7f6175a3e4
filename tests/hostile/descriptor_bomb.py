"""Opens files, sockets and pipes until it may no more: stops by itself at 5 000."""
# kind: resources
# costs: exercise row_sums
# passes: double shrink
# right: row_sums

# %%
import os
import socket


# %%
def double(x):
    return x + x


# %%
def row_sums(x):
    kept = []
    try:
        while len(kept) < 5000:
            kept += [os.open("/dev/null", os.O_RDONLY), *socket.socketpair(), *os.pipe()]
    except OSError:
        pass
    globals()["kept"] = kept
    return x.sum(1, keepdim=True)


# %%
def shrink(x, n):
    greatest = x.max().item()
    x /= n
    return greatest
