"""Looks for the message queue of the student before it."""
# kind: next
# costs: exercise row_sums
# passes: double shrink
# after: queue_left

# %%
import ctypes


# %%
def double(x):
    return x + x


# %%
def row_sums(x):
    rt = ctypes.CDLL("librt.so.1")
    if rt.mq_open(b"/gift", 0) >= 0:
        print("BREA" + "CHED: a queue")
    return x[:, :1] * 0


# %%
def shrink(x, n):
    greatest = x.max().item()
    x /= n
    return greatest
