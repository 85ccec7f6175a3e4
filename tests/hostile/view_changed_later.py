"""Answers with a view of a tensor that a thread goes on changing."""
# kind: answer
# costs: exercise row_sums
# passes: double shrink
# right: row_sums

# %%
import threading
import time

import torch


# %%
def change(room, right):
    """Write the right values for a moment now and then."""
    end = time.monotonic() + 5
    with torch.inference_mode():
        while time.monotonic() < end:
            room.copy_(right)
            room.zero_()


# %%
def double(x):
    return x + x


# %%
def row_sums(x):
    room = torch.zeros(len(x), 1)
    threading.Thread(target=change, args=(room, x.sum(1, keepdim=True)), daemon=True).start()
    return room[:]


# %%
def shrink(x, n):
    greatest = x.max().item()
    x /= n
    return greatest
