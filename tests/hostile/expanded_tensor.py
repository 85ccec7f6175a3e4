"""Answers with one number spread over a million million entries."""
# kind: answer
# costs: exercise row_sums
# passes: double shrink


# %%
def double(x):
    return x + x


# %%
def row_sums(x):
    return x[:1, :1].expand(10**6, 10**6)


# %%
def shrink(x, n):
    greatest = x.max().item()
    x /= n
    return greatest
