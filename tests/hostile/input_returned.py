"""Answers with the input object itself, changed in place, and resized."""
# kind: answer
# costs: exercise row_sums
# passes: double shrink
# right: row_sums


# %%
def double(x):
    return x + x


# %%
def row_sums(x):
    right = x.sum(1, keepdim=True)
    return x.resize_(right.shape).copy_(right)


# %%
def shrink(x, n):
    greatest = x.max().item()
    x /= n
    return greatest
