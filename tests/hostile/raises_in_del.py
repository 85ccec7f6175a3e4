"""Leaves objects whose __del__ ends the process later, in another exercise."""
# kind: end
# costs: submission
# passes: double
# right: double shrink

# %%
import gc
import os

# %%
left = []


class Last:
    def __del__(self):
        if len(ended) > 1:
            os._exit(0)
        ended.append(1)
        raise SystemExit(0)


ended = []


# %%
def double(x):
    return x + x


# %%
def row_sums(x):
    left.append(Last())
    left.append(left)
    globals()["left"] = []
    gc.collect()
    return x[:, :1] * 0


# %%
def shrink(x, n):
    greatest = x.max().item()
    x /= n
    return greatest
