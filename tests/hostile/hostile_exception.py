"""Raises an exception that can't be printed, with a hostile type name and an endless cause."""
# kind: end
# costs: exercise row_sums
# passes: double shrink


# %%
class Fault(Exception):
    __class__ = NotImplementedError

    def __str__(self):
        raise SystemExit(0)

    __repr__ = __str__


Fault.__name__ = Fault.__qualname__ = "\x1b[2J<script>alert(1)</script>"


# %%
def double(x):
    return x + x


# %%
def row_sums(x):
    error = Fault("passed")
    error.__cause__ = error
    error.__context__ = Fault()
    raise error


# %%
def shrink(x, n):
    greatest = x.max().item()
    x /= n
    return greatest
