"""Answers with a dict of nineteen thousand long keys instead of a tensor."""
# kind: answer
# costs: exercise row_sums
# passes: double shrink


# %%
def double(x):
    return x + x


# %%
def row_sums(x):
    return {f"{number} " + "k" * 3000: number for number in range(9000)}


# %%
def shrink(x, n):
    greatest = x.max().item()
    x /= n
    return greatest
