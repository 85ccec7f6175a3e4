"""What is said of an exception: what can be seen of it without the answer, and nothing where nothing can."""

from types import SimpleNamespace

import pytest
import torch

from grader.crashes import crash
from grader.evidence import Evidence
from grader.expect import Expected
from grader.kernel.attempt import ISOLATION
from grader.reply import Outcome, describe
from grader.sandbox import Limits
from grader.values import Namespace

ANSWERS = {
    "misspelt": ("dbnbias", "dbnbias = d.hpreact.sum(0)\n    return dbnbais", "Is dbnbias meant?"),
    "misspelt module": ("dbnbias", "return torhc.ones(2)", "Is torch meant?"),
    "as in the lecture": ("dnorm_logits", "return counts * d.counts", "Is f.counts meant?"),
    "of another function": ("dlogprobs", "return torch.ones(n)", "Nothing that this line can see has that name"),
    "misspelt value": ("dnorm_logits", "return f.count * d.counts", "Is counts meant?"),
    "a function's attribute": ("dbnbias", "return dhpreact.sum(0)", "the gradient that came in is d.hpreact."),
    "a function as a factor": (
        "dnorm_logits",
        "return f.counts * dcounts",
        "Here dcounts is the function of that name",
    ),
    "a function that nothing is known of": (
        "dnorm_logits",
        "return f.counts * dlogits",
        "Here dlogits is the function of that name and not what it returns.",
    ),
    "entry by entry": ("dW2", "return f.h * d.logits", "dW2 is to be (6, 7). (`*` multiplies entry by entry"),
    "None on the way": ("db2", "d.logits = None\n    return d.logits.sum(0)", "lack its `return`?"),
    "memory": ("dC", "return torch.zeros(1 << 31)", "(the grader allows 2 GiB)"),
}


@pytest.mark.parametrize("what", ANSWERS)
def test_an_exception_leads_on(part4, what):
    name, body, words = ANSWERS[what]
    result = part4(**{name: f"def {name}(f, d):\n    {body}"})[f"part4.{name}"]
    assert result.status == "crashed"
    assert words in result.message


def test_an_exercise_that_is_gone_is_not_taken_for_a_slip_of_the_keyboard(part4):
    gone = part4(dh="", backward="def backward(f):\n    return dh(f, f)")["part4.backward"]
    assert "dh is an exercise of its own, and no cell defines it." in gone.message
    assert "meant?" not in gone.message


def test_the_cell_that_should_have_defined_it_keeps_its_name():
    cell = SimpleNamespace(place="Nets.ipynb, code cell 4 (dW2)")
    broken = {"kind": "raised", "type": "SyntaxError", "what": "invalid syntax", "trace": []}
    attempt = SimpleNamespace(failed_cell=lambda name: (cell, broken))
    text = said("name 'dW2' is not defined", "NameError", attempt)
    assert "Nets.ipynb, code cell 4 (dW2) should define it and failed: SyntaxError" in text


QUIET = {
    "a memory location": ("dbndiff2", "g = d.bnvar.expand_as(f.bndiff2)\n    g /= 4\n    return g", "GiB"),
    "a matrix product": ("dh", "return d.logits @ f.W2", "entry by entry"),
    "a vector": ("dW2", "return f.h * f.b2", "entry by entry"),
    "nothing alike": ("dnorm_logits", "return f.zebra", "meant"),
    "a lambda": ("dnorm_logits", "return (lambda: f.counts) * d.counts", "Here"),
    "a type error": ("dnorm_logits", "return f.counts + 'a'", "docstring"),
}


@pytest.mark.parametrize("what", QUIET)
def test_nothing_is_made_up(part4, what):
    name, body, words = QUIET[what]
    result = part4(**{name: f"def {name}(f, d):\n    {body}"})[f"part4.{name}"]
    assert result.status == "crashed"
    assert words not in result.message


def test_arguments_that_do_not_fit_are_told(part4):
    assert "arguments that its docstring names" in part4(dh="def dh(f):\n    return f.h")["part4.dh"].message


def said(what, kind="RuntimeError", attempt=None, trace=(), updates=()):
    """What is said of an exception in a case of its own."""
    fault = {"kind": "raised", "type": kind, "what": what, "trace": list(trace)}
    case = SimpleNamespace(given=lambda: Namespace({"x": torch.ones(2)}))
    evidence = Evidence("dx", [case], [Expected(torch.ones(2), None)], [Outcome(fault=fault)], [[]], updates)
    return crash(fault, evidence, attempt)


@pytest.mark.parametrize("what", ["a leaf Variable", "a view of a leaf Variable"])
def test_writing_into_a_tensor_whose_gradient_is_asked_is_told(what):
    text = said(f"{what} that requires grad is being used in an in-place operation.")
    assert "`x -= y` writes into x itself, `x = x - y` makes a new tensor" in text
    assert "writes into" not in said("one of the variables has been modified by an inplace operation")
    assert "writes into" not in said(
        f"{what} that requires grad is being used in an in-place operation.", updates=("x",)
    )


TYPED = {
    "BdbQuit": "",
    "EOFError": "EOF when reading a line",
    "RuntimeError": "input(): lost sys.stdin",
}


@pytest.mark.parametrize("kind", TYPED)
def test_nobody_can_type_while_it_is_graded(kind):
    text = said(TYPED[kind], kind)
    assert text.startswith(f"It raised {kind}. " if not TYPED[kind] else f"It raised {kind}: {TYPED[kind]}. ")
    assert "Nobody can type there while it is graded" in text
    assert '`if __name__ == "__main__":`' in text
    assert "Nobody" not in said("Ran out of input", "EOFError")


def test_what_says_nothing_of_itself_has_no_colon():
    fault = {"kind": "raised", "type": "BdbQuit", "what": "", "trace": [{"line": 3, "code": "breakpoint()"}]}
    assert describe(fault) == "BdbQuit, in line 3: `breakpoint()`."
    assert describe(fault | {"what": "no"}) == "BdbQuit: no, in line 3: `breakpoint()`."


@pytest.mark.parametrize("call", ["breakpoint()", "input('x? ')", "import pdb; pdb.set_trace()"])
def test_a_question_in_an_answer(mini, call):
    result = mini(double=f"def double(x):\n    {call}\n    return x + x")["part9.double"]
    assert result.status == "crashed"
    assert "Nobody can type there" in result.message


def called(*functions):
    trace = [{"file": "m.py", "line": 1, "function": name, "code": f"{name}()"} for name in functions]
    return said("maximum recursion depth exceeded", "RecursionError", trace=trace)


def test_what_calls_itself_without_an_end_is_named():
    assert "f calls itself without an end" in called(*"ffffff")
    assert "f and g call each other without an end" in called(*"fgfgfg")
    assert "f calls itself without an end" in called("f", "f.<listcomp>", "f", "f.<listcomp>", "f", "sqrt")
    assert "A function calls itself without an end" in called("f", "g", "h")
    assert "A function calls itself without an end" in called()
    assert "itself" not in said("maximum recursion depth exceeded")


@pytest.mark.parametrize(
    "what", ["CUDA out of memory.", "can't allocate memory: 8 bytes", "[enforce fail] not enough memory"]
)
def test_a_notebooks_kernel_has_no_limit_of_memory(what):
    kernel = SimpleNamespace(template=SimpleNamespace(isolation=ISOLATION), limits=Limits())
    for attempt in (None, kernel):
        assert "That is more memory than there is: is a size" in said(what, attempt=attempt)
    assert "That is more memory" in said("", "MemoryError")


def test_the_limit_is_the_one_that_was_set():
    isolation = SimpleNamespace(layers=("memory",))
    attempt = SimpleNamespace(template=SimpleNamespace(isolation=isolation), limits=Limits(memory=3 << 30))
    assert "(the grader allows 3 GiB)" in said("Unable to allocate 9. GiB", "_ArrayMemoryError", attempt)
