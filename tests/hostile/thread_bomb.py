"""Starts threads until it may no more: stops by itself at 400."""
# kind: resources
# costs: exercise row_sums
# passes: double shrink

# %%
import threading
import time


# %%
def double(x):
    return x + x


# %%
def row_sums(x):
    alive = 0
    try:
        while alive < 400:
            threading.Thread(target=time.sleep, args=(3,), daemon=True).start()
            alive += 1
    except RuntimeError:
        pass
    if alive > 200:
        print("BREA" + "CHED: threads", alive)
    return x[:, :1] * 0


# %%
def shrink(x, n):
    greatest = x.max().item()
    x /= n
    return greatest
