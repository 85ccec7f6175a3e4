"""Fills the buffers of as many sockets as it can open, in several processes: stops by itself at 1.2 GiB."""
# kind: resources
# costs: submission
# passes: double
# right: double shrink

# %%
import mmap
import os
import socket
import time

# %%
sent = mmap.mmap(-1, 4096)
BLOCK = b"x" * (1 << 20)


# %%
def double(x):
    return x + x


# %%
def row_sums(x):
    for number in range(6):
        if sent[number] == 0 and os.fork() == 0:
            sent[number] = 1
            kept = []
            try:
                while sent[number] < 200:
                    taken = 0
                    while taken < 1 << 20:
                        kept.append(socket.socketpair())
                        for one in kept[-1]:
                            one.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 1 << 20)
                            one.setblocking(False)
                            taken += one.send(BLOCK)
                    sent[number] += 1
            except OSError:
                pass
            time.sleep(2)
            os._exit(0)
    time.sleep(0.5)
    if sum(sent[:6]) > 400:  # in the kernel they take twice as much
        print("BREA" + "CHED: MiB", sum(sent[:6]), flush=True)
    return x[:, :1] * 0


# %%
def shrink(x, n):
    greatest = x.max().item()
    x /= n
    return greatest
