"""Writes warnings, tracebacks and endless lines to standard error, from three processes."""
# kind: resources
# costs: exercise row_sums
# passes: double shrink

# %%
import os
import warnings


# %%
def double(x):
    return x + x


# %%
def row_sums(x):
    os.fork()
    os.fork()
    warnings.warn("passed", stacklevel=1)
    while True:
        os.write(2, b"Traceback " * 7000)


# %%
def shrink(x, n):
    greatest = x.max().item()
    x /= n
    return greatest
