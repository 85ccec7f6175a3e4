"""Answers with a list of lists that is twelve deep and eight wide."""
# kind: answer
# costs: exercise row_sums
# passes: double shrink


# %%
def double(x):
    return x + x


# %%
def row_sums(x):
    answer = x
    for _ in range(8):
        answer = [answer] * 8
    return answer


# %%
def shrink(x, n):
    greatest = x.max().item()
    x /= n
    return greatest
