"""Never ends, and swallows whatever is raised to interrupt it."""
# kind: time
# costs: exercise row_sums
# passes: double shrink


# %%
def double(x):
    return x + x


# %%
def row_sums(x):
    while True:
        try:
            while True:
                pass
        except BaseException:
            pass


# %%
def shrink(x, n):
    greatest = x.max().item()
    x /= n
    return greatest
