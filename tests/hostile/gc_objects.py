"""Looks through all objects of its process for checks, expected values, verdicts."""
# kind: secrets
# costs: exercise row_sums
# passes: double shrink

# %%
import gc
import types


# %%
def double(x):
    return x + x


# %%
def row_sums(x):
    gc.unfreeze()
    kinds = {type(thing).__name__ for thing in gc.get_objects()}
    found = kinds & {"Check", "Course", "Part", "Spec", "Expected", "Case", "Mistake", "Result", "Report", "Template"}
    functions = [thing for thing in gc.get_objects() if type(thing) is types.FunctionType]
    found |= {
        f.__module__ for f in functions if str(f.__module__).startswith(("reference", "solutions", "grader.checks"))
    }
    if found:
        print("BREA" + "CHED: here are", found)
    return x[:, :1] * 0


# %%
def shrink(x, n):
    greatest = x.max().item()
    x /= n
    return greatest
