"""Answers with the right numbers in a shape of a hundred dimensions."""
# kind: answer
# costs: exercise row_sums
# passes: double shrink


# %%
def double(x):
    return x + x


# %%
def row_sums(x):
    return x.sum(1).reshape([len(x), 1] + [1] * 98)


# %%
def shrink(x, n):
    greatest = x.max().item()
    x /= n
    return greatest
