"""What may stand beside right answers in a student's file: it costs nothing. (Other right forms: test_forms.py.)"""

import students


def test_helpers_constants_extra_cells_and_imports(part4):
    answer = """import functools
from math import prod
import torch.nn.functional as F

SCALE = 1.0

# %%
%matplotlib inline

# %% [markdown]
# My notes

# %%
class Rule:
    def __init__(self, g): self.g = g
    def over(self, x): return SCALE * self.g / x

@functools.lru_cache
def helper(n):
    return prod([1] * n)

# %%
def scratch():
    x = torch.ones(3, requires_grad=True)
    x.sum().backward()
    return x.grad

# %%
def dprobs(f, d):
    return Rule(d.logprobs).over(f.probs) * helper(3)
"""
    first, rest = "def dprobs(f, d):\n    raise NotImplementedError", answer
    text = students.solved(students.ROOT, "part4_backprop", dprobs=first + "\n\n\n# %%\n" + rest)
    results = part4(text, targets=("part4",))
    assert {r.id: r.message for r in results.values() if r.status != "passed"} == {}


def test_experiments_under_main_are_not_run_and_cost_nothing(part4):
    text = students.solved(students.ROOT, "part4_backprop")
    text += "\n\n# %%\nif __name__ == '__main__':\n    torch.ones(3, requires_grad=True).sum().backward()\n    1 / 0\n"
    assert {r.status for r in part4(text, targets=("part4",)).values()} == {"passed"}


def test_an_experiment_that_fails_costs_no_exercise(part4):
    text = students.solved(students.ROOT, "part4_backprop")
    text += "\n\n# %%\nx = torch.ones(3, requires_grad=True)\nx.sum().backward()\n\n# %%\n1 / 0\n"
    assert {r.status for r in part4(text, targets=("part4",)).values()} == {"passed"}


def test_a_notebook_gets_the_same_verdicts(part4):
    text = students.solved(
        students.ROOT,
        "part4_backprop",
        dprobs="def dprobs(f, d):\n    return 1 / f.probs",
        dC="def dC(f, d):\n    return (",
        dh="def dh(f, d):\n    return 1 / 0",
    )

    def verdicts(results):
        return {r.id: (r.status, r.points, r.mistake) for r in results.values()}

    first = verdicts(part4(text, targets=("part4",)))
    assert first == verdicts(part4(students.as_notebook(text), ".ipynb", targets=("part4",)))
    assert [first[f"part4.{n}"][0] for n in ("dprobs", "dC", "dh")] == ["failed", "crashed", "crashed"]
