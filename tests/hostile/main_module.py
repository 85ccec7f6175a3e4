"""Looks into __main__ and sys.modules for the reference, the judge and the checks."""
# kind: secrets
# costs: exercise row_sums
# passes: double shrink

# %%
import sys


# %%
def double(x):
    return x + x


# %%
def row_sums(x):
    found = [
        name for name in sys.modules if name.startswith(("reference", "solutions", "grader.checks", "grader.judge"))
    ]
    found += [name for name in ("expected", "seed", "course") if hasattr(sys.modules["__main__"], name)]
    if found:
        print("BREA" + "CHED: here are", found)
    return x[:, :1] * 0


# %%
def shrink(x, n):
    greatest = x.max().item()
    x /= n
    return greatest
