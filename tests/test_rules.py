"""What the rules find in the source: each plain spelling of autograd, and nothing else.

What is spelled in strings (`getattr(y, "back" + "ward")`) is for the guard to stop, at run time.
"""

import textwrap

import pytest

from grader import cells, rules

NO_AUTOGRAD = ("autograd",)


def scan(*sources, forbidden=NO_AUTOGRAD):
    made = [
        cells.Cell(i, textwrap.dedent(source).strip("\n"), 100 * i + 1, "answer.py") for i, source in enumerate(sources)
    ]
    return rules._scan(cells.Submission("answer.py", "part9_mini", tuple(made)), forbidden)


# `ex` is the exercise. What runs there may be spelled in any of these ways.
IN_THE_EXERCISE = [
    "y.backward()",
    "y.sum().backward(retain_graph=True)",
    "(y * 2).backward()",
    "(z := y).backward()",
    "[p.backward() for p in y]",
    "torch.Tensor.backward(y)",
    "torch.Tensor . \\\n        backward (y)",
    "torch.autograd.backward(y)",
    "torch.autograd.grad(y, x)",
    "torch.autograd.functional.jacobian(f, x)",
    "torch.autograd.functional.vjp(f, x)",
    "torch.autograd.forward_ad.make_dual(x, x)",
    "torch.autograd.Function.apply(x)",
    "torch.autograd.graph._engine_run_backward(x)",
    "torch.autograd.Variable._execution_engine.run_backward(x)",
    "torch.func.grad(f)(x)",
    "torch.func.vjp(f, x)[1](y)",
    "torch.func.jvp(f, (x,), (y,))",
    "torch.func.jacrev(f)(x)",
    "torch.func.jacfwd(f)(x)",
    "torch.func.hessian(f)(x)",
    "torch._functorch.eager_transforms.grad(f)(x)",
    "torch.ops.aten.tanh_backward(x, y)",
    "torch.ops.aten.tanh_backward.default(x, y)",
    "torch.ops.aten._softmax_backward_data(x, y, 1, x.dtype)",
    "torch._softmax_backward_data(x, y, 1, x.dtype)",
    "torch._log_softmax_backward_data(x, y, 1, x.dtype)",
    "torch._C._nn.gelu_backward(x, y)",
    "import torch.autograd as ag; ag.grad(y, x)",
    "from torch import autograd as ag; ag.grad(y, x)",
    "from torch.autograd import grad; grad(y, x)",
    "from torch.autograd.functional import jacobian as j; j(f, x)",
    "from torch.func import grad as g; g(f)(x)",
    "from torch._functorch.eager_transforms import grad; grad(f)(x)",
    "import functorch; functorch.grad(f)(x)",
    "from functorch import vjp; vjp(f, x)",
    "import torch as t; t.autograd.grad(y, x)",
    "import torch as t; t.func.grad(f)(x)",
    "t = torch; t.autograd.grad(y, x)",
    "b = y.backward; b()",
    "list(map(torch.Tensor.backward, [y]))",
    "torch.tanh(x).grad_fn(y)",
    "aten = torch.ops.aten; aten.tanh_backward(x, y)",
    "from torch.ops import aten; aten.tanh_backward(x, y)",
]
WRAPPED = {
    "in a function": "def ex(x):\n    y = f(x)\n    {0}\n    return x",
    "in a nested function": "def ex(x):\n    def inner(y):\n        {0}\n    return inner(x)",
    "in a method": "class ex:\n    def __call__(self, x, y):\n        {0}",
}


@pytest.mark.parametrize("spelling", IN_THE_EXERCISE)
def test_autograd_in_an_exercise_is_found(spelling):
    for source in WRAPPED.values():
        assert set(scan(source.format(spelling))) == {"ex"}


@pytest.mark.parametrize(
    "source",
    [
        "ex = lambda x: x.sum().backward()",
        "ex = torch.func.grad(lambda x: x)",
        "ex: object = torch.func.grad(f)",
        "ex, other = torch.func.grad(f), 1",
        "async def ex(x): x.backward()",
        "def ex(x, grad=torch.autograd.grad): return grad(x, x)",
        "@torch.func.grad\ndef ex(x): return x",
        "def ex(x) -> torch.autograd.grad(1, 1): return x",
        "if True:\n    def ex(x): x.backward()",
        "if False:\n    pass\nelse:\n    def ex(x): x.backward()",
        "try:\n    def ex(x): x.backward()\nexcept ImportError:\n    pass",
        "with torch.no_grad():\n    def ex(x): x.backward()",
        "if __name__ != '__main__':\n    def ex(x): x.backward()",
        "if __name__ == '__main__':\n    pass\nelse:\n    def ex(x): x.backward()",
        "def ex(x): x.backward()\nex = decorated(ex)",
        "def ex(x): x.backward()\nex.__doc__ = 'x'",
        "def ex(x): x.backward()\nprint([ex for ex in range(3)])",
        "def ex(x): x.backward()\ndef other():\n    ex = 1",
    ],
)
def test_autograd_in_whatever_makes_the_exercise_is_found(source):
    assert "ex" in scan(source)


BESIDE = {
    "a helper": "def help_(x): x.backward()",
    "a lambda": "help_ = lambda x: x.backward()",
    "a helper's helper": "def first(x): x.backward()\ndef second(x): first(x)\ndef help_(x): second(x)",
    "a class": "class help_:\n    def __init__(self, x): x.backward()",
    "an alias": "help_ = torch.autograd.grad",
    "an alias of an alias": "g = torch.autograd\nhelp_ = g.grad",
    "two at once": "a, help_ = 1, torch.autograd.grad",
    "an annotated alias": "help_: object = torch.func.grad",
    "an import": "from torch.autograd import grad as help_",
    "a module": "import torch.autograd as help_",
    "a module of it": "from torch import autograd as help_",
    "functorch": "import functorch as help_",
    "a bound method": "help_ = torch.Tensor.backward",
    "a guarded import": "try:\n    from torch.autograd import grad as help_\nexcept ImportError:\n    help_ = None",
    "a helper under if": "if True:\n    def help_(x): x.backward()",
    "a walrus": "print(help_ := torch.autograd.grad)",
    "a kernel": "help_ = torch.ops.aten.tanh_backward",
}
USES = {
    "a call": "def ex(x):\n    return help_(x)",
    "in a nested function": "def ex(x):\n    def inner():\n        return help_(x)\n    return inner()",
    "a default": "def ex(x, help_=help_):\n    return help_(x)",
    "a decorator": "@help_\ndef ex(x):\n    return x",
    "an alias": "ex = help_",
    "by way of another": "def second(x):\n    return help_(x)\ndef ex(x):\n    return second(x)",
    "another name inside": "def ex(x):\n    g = help_\n    return g(x)",
    "a local elsewhere": "def ex(x):\n    def unused(help_):\n        return help_\n    return help_(x)",
}


@pytest.mark.parametrize("beside", BESIDE)
def test_autograd_beside_the_exercise_is_found_where_it_is_used(beside):
    assert "ex" in scan(BESIDE[beside], USES["a call"])
    assert "ex" in scan(USES["a call"], BESIDE[beside])  # the order of cells does not matter


@pytest.mark.parametrize("use", USES)
def test_a_helper_is_found_however_it_is_used(use):
    assert "ex" in scan(BESIDE["a helper"], USES[use])


def test_a_star_import_counts_against_what_uses_it():
    assert "ex" in scan("from torch.autograd import *", "def ex(x): return grad(x, x)")


def test_helpers_that_call_each_other_end():
    found = scan("def a(x): b(x)\ndef b(x): a(x); x.backward()\ndef c(x): c(x)\ndef ex(x): a(x)")
    assert set(found) == {"a", "b", "ex"}


# --- What is no violation ---------------------------------------------------------------------------

ALLOWED = [
    "def backward(f): return f\ndef ex(f): return backward(f)",
    "def softmax_backward(dout, probs): return dout\ndef ex(x): return softmax_backward(x, x)",
    "def cross_entropy_backward(a, b): return a\ndef ex(x): return {'f': cross_entropy_backward}['f'](x, x)",
    "def ex(x):\n    with torch.no_grad():\n        return x * 2",
    "def ex(x):\n    with torch.autograd.no_grad():\n        return x * 2",
    "from torch.autograd import no_grad\ndef ex(x):\n    with no_grad():\n        return x",
    "@torch.no_grad()\ndef ex(x): return x",
    "@torch.inference_mode()\ndef ex(x): return x",
    "torch.set_grad_enabled(False)\ndef ex(x): return x",
    "from torch import no_grad, enable_grad\ndef ex(x):\n    with no_grad(): return x",
    "def ex(x):\n    '''Like loss.backward(), torch.autograd.grad.'''\n    return x  # x.backward()",
    "def ex(x): return 'torch.autograd'",
    "def ex(x): return x.detach().requires_grad_(False), x.grad, x.requires_grad, x.is_leaf",
    "def ex(x, grad, backward): return grad + backward",
    "def ex(x): return torch.gradient(x)",
    "def ex(f, d):\n    dlogits_backward = d.logits\n    return dlogits_backward",
    "class Layer:\n    def softmax_backward(self, x): return x\ndef ex(x): return Layer().softmax_backward(x)",
    "import torch.nn.functional as F\ndef ex(x): return F.softmax(x, 1)",
    "import grader_utils, reference_values, solutions_of_mine\ndef ex(x): return x",
    "x.sum().backward()\ndef ex(x): return x",
    "def ex(x:\n    x.backward()",
    "",
]


@pytest.mark.parametrize("source", ALLOWED)
def test_what_is_allowed(source):
    assert "ex" not in scan(source)


INNOCENT = "def ex(f, d):\n    loss = f.h * d.h\n    return loss"
SCRATCH = {
    "a function": "def scratch(f, d):\n    f.backward()",
    "statements": "f = forward()\nf.loss.backward()\nd = torch.autograd.grad(f.loss, f.h)\nloss = f.loss",
    "a loop": "for loss in losses:\n    loss.backward()\n    d = loss.grad",
    "a block": "with open(x) as f:\n    loss = f\n    loss.backward()",
    "the main block": "if __name__ == '__main__':\n    f = forward()\n    f.loss.backward()\n    ex(f, d)",
    "main, the other way": "if '__main__' == __name__:\n    f = forward()\n    torch.autograd.grad(f.loss, f.h)",
    "a redefinition": "def ex(f, d):\n    return f.backward()\n\n\ndef ex(f, d):\n    return d",
    "an earlier helper": "def helper(x): x.backward()\ndef helper(x): return x\ndef other(x): return helper(x)",
    "a class": "class Scratch:\n    def ex(self):\n        self.loss.backward()",
    "a test": "def test(ex=ex):\n    y = ex(1, 2)\n    y.backward()\ntest()",
}


@pytest.mark.parametrize("what", SCRATCH)
def test_scratch_work_costs_no_exercise_that_does_not_use_it(what):
    assert "ex" not in scan(INNOCENT, SCRATCH[what])
    if what != "a redefinition":
        assert "ex" not in scan(SCRATCH[what], INNOCENT)


MAIN = "if __name__ == '__main__':\n    {0} = torch.ones(3)\n    {0}.backward()"


def test_what_the_main_block_makes_of_a_name_does_not_count():
    assert scan("def forward(x): return x", "def ex(x): return forward(x)", MAIN.format("forward")) == {}
    assert set(scan("def ex(x): return x.backward()", MAIN.format("ex").replace("ex.backward()", "pass"))) == {"ex"}


def test_only_what_reaches_the_violation_is_hit():
    found = scan("def scratch(x): x.backward()", "def ex(x): return x", "def other(x): return scratch(x)")
    assert set(found) == {"scratch", "other"}


def test_a_cell_that_does_not_parse_is_no_violation_and_hides_none():
    assert set(scan("def ex(:\n    x.backward()", "def other(x): x.backward()")) == {"other"}


def test_without_the_rule_autograd_is_free():
    assert scan("def ex(x): x.backward(); torch.autograd.grad(x, x)", forbidden=()) == {}


# --- Hidden packages --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("package", "forbidden"), [("reference", ()), ("reference", NO_AUTOGRAD), ("solutions", ()), ("grader", ())]
)
@pytest.mark.parametrize(
    "source",
    [
        "import {0}\ndef ex(x): return {0}.ex(x)",
        "import {0}.part4 as r\ndef ex(x): return r.ex(x)",
        "import math, {0}.part4 as r\ndef ex(x): return r.ex(x)",
        "from {0} import part4\ndef ex(x): return part4.ex(x)",
        "from {0}.part4 import ex",
        "def ex(x):\n    from {0}.part4 import ex as right\n    return right(x)",
        "try:\n    from {0}.part4 import helper\nexcept ImportError:\n    pass\ndef ex(x): return helper(x)",
    ],
)
def test_the_answers_may_not_be_imported(package, forbidden, source):
    found = scan(source.format(package), forbidden=forbidden)
    assert package in found["ex"].what
    assert "your own" in found["ex"].why


# --- The message ------------------------------------------------------------------------------------


def test_a_method_of_ones_own_is_known_even_where_its_cell_does_not_parse():
    value = "class Value:\n    def __init__(self:\n        pass\n    def backward(self):\n        pass"
    assert scan(value, "def ex(x):\n    x.backward()") == {}


def test_the_message_names_what_and_where():
    found = scan("a = 1", "def ex(x):\n    y = x\n    torch.autograd.grad(y, x)")
    assert found["ex"].message.startswith("torch.autograd.grad (line 104) is against the rules here: ")


def test_the_message_leads_from_the_helper_to_the_exercise():
    found = scan("def helper(x):\n    x.backward()", "def ex(x):\n    return helper(x)")
    assert found["ex"].message.startswith(".backward(), by way of helper, (line 3) is against")


def test_the_place_in_a_notebook_is_its_cell():
    made = [cells.Cell(0, "\ndef ex(x):\n    x.backward()", 0, "a.ipynb, code cell 1")]
    found = rules._scan(cells.Submission("a.ipynb", "x", tuple(made)), NO_AUTOGRAD)
    assert found["ex"].place == "a.ipynb, code cell 1, line 3"


def test_a_local_name_is_not_what_another_cell_imported_under_it():
    found = scan("from torch.autograd import grad", "def ex(x):\n    grad = x * 2\n    return grad")
    assert "ex" not in found
    assert "ex" in scan("from torch.autograd import grad", "def ex(x):\n    return grad(x, x)")
