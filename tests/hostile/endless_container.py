"""Answers with a list that holds itself, and dicts that grow while they are read."""
# kind: answer
# costs: exercise row_sums
# passes: double shrink


# %%
class Growing(dict):
    def items(self):
        while True:
            yield 1, 2


# %%
def double(x):
    return x + x


# %%
def row_sums(x):
    answer = [x]
    answer += [answer] * 3
    return {"a": answer, "b": Growing({0: answer})}


# %%
def shrink(x, n):
    greatest = x.max().item()
    x /= n
    return greatest
