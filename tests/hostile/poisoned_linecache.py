"""Puts ten megabytes and terminal escapes where tracebacks look their lines up."""
# kind: tamper
# costs: exercise row_sums
# passes: double shrink

# %%
import linecache


# %%
def double(x):
    return x + x


# %%
def row_sums(x):
    lines = ["\x1b]0;passed\x07" + "x" * 10**7 + "\n"] * 500
    for name in list(linecache.cache):
        linecache.cache[name] = (1, None, lines, name)
    raise ValueError("y" * 10**7)


# %%
def shrink(x, n):
    greatest = x.max().item()
    x /= n
    return greatest
