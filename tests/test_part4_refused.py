"""Answers to part 4 that look right, or nearly, and must not pass; each with the message it deserves."""

import pytest
import students

WRAPPERS = {
    "all NaN": ("torch.full_like(right, float('nan'))", "NaN or infinity", "not finite"),
    "infinite": ("torch.full_like(right, float('inf'))", "NaN or infinity", "not finite"),
    "one NaN": ("right.index_fill(0, torch.tensor([0]), float('nan'))", "NaN or infinity", "not finite"),
    "times 1.001": ("right * 1.001", "a factor is wrong", "1.001"),
    "float64": ("right.double()", "the dtype is wrong", "float64"),
    "float16": ("right.half()", "the dtype is wrong", "float16"),
    "a list": ("right.tolist()", "not the type that was asked", "a list"),
    "an array": ("right.numpy()", "not the type that was asked", "numpy.ndarray"),
    "a number": ("float(right.sum())", "not the type that was asked", "a float"),
    "None": ("None", "None came", "return"),
    "a parameter": ("torch.nn.Parameter(right)", "not the type that was asked", "Parameter"),
    "empty": ("right[:0]", "the shape is wrong", "shape"),
    "negative": ("-right", "the sign is wrong", "sign"),
    "a dimension more": ("right.unsqueeze(0)", "right values, wrong shape", "values are right"),
    "a tuple": ("(right,)", "not the type that was asked", "a tuple"),
    "sparse": ("right.to_sparse()", "not the type that was asked", "sparse"),
    "zeros": ("torch.zeros_like(right)", None, ""),
    "broadcast-equal": ("right.expand(2, *right.shape)", "the shape is wrong", "shape"),
}
SUBCLASS = """class Liar(torch.Tensor):
    @classmethod
    def __torch_function__(cls, func, types, args=(), kwargs=None):
        if func in (torch.allclose, torch.equal, torch.isclose):
            return True
        return super().__torch_function__(func, types, args, kwargs or {})
"""


@pytest.fixture
def wrap(part4, tmp_path):
    """Grade the solution of an exercise whose answer is put through an expression."""

    def run(name, expression, before="", arguments="f, d", seed=0):
        text = students.solved(students.ROOT, "part4_backprop")
        text += (
            f"\n\n# %%\n_right = {name}\n\n\n{before}def {name}({arguments}):\n"
            f"    right = _right({arguments})\n    return {expression}\n"
        )
        return part4(text, targets=(f"part4.{name}",), seed=seed)[f"part4.{name}"]

    return run


@pytest.mark.parametrize("how", WRAPPERS)
@pytest.mark.parametrize("name", ["dprobs", "dbnvar", "dC"])
def test_a_right_answer_spoilt(wrap, name, how):
    expression, mistake, words = WRAPPERS[how]
    result = wrap(name, expression)
    assert (result.status, result.points) == ("failed", 0)
    assert mistake is None or result.mistake == mistake
    assert words in result.message


def test_right_answers_pass_through_the_same_wrapper(wrap):
    assert wrap("dprobs", "right").status == "passed"


@pytest.mark.parametrize("name", ["dlogprobs", "dW1", "dbndiff", "dhprebn", "demb"])
@pytest.mark.parametrize("seed", range(3))
def test_one_entry_off_by_one_percent(wrap, name, seed):
    worst = "right.reshape(-1).index_add(0, i, 0.01 * right.reshape(-1)[i]).reshape(right.shape)"
    result = wrap(name, f"[{worst} for i in [right.abs().reshape(-1).argmax(0, keepdim=True)]][0]", seed=seed)
    assert result.status == "failed"
    assert "1 of" in result.message or result.mistake == "a single entry is wrong"


def test_zeros_for_the_gradient_that_is_zero_in_this_network(part4):
    result = part4(dlogit_maxes="def dlogit_maxes(f, d):\n    return torch.zeros_like(f.logit_maxes)")
    assert result["part4.dlogit_maxes"].status == "failed"
    assert result["part4.dlogit_maxes"].mistake == "zero is filled in"


@pytest.mark.parametrize(
    ("name", "answer"),
    [
        ("dbnmeani", "(-d.bndiff).sum(0)"),
        ("dbngain", "(f.bnraw * d.hpreact).sum(0)"),
        ("db1", "d.hprebn.sum(0, keepdim=True)"),
        ("db2", "d.logits.sum(0, keepdim=True)"),
        ("dcounts_sum_inv", "(f.counts * d.probs).sum(1)"),
    ],
)
def test_right_values_in_a_wrong_shape_say_so(part4, name, answer):
    result = part4(**{name: f"def {name}(f, d):\n    return {answer}"})[f"part4.{name}"]
    assert result.status == "failed"
    assert "right values" in result.mistake
    assert "roadcasting" in result.message


def test_a_hard_coded_batch_size(part4):
    answer = "def dlogprobs(f, d):\n    g = torch.zeros_like(f.logprobs)\n    g[range({n}), f.Y] = -d.loss / 32\n    return g"
    result = part4(dlogprobs=answer.format(n="len(f.Y)"))["part4.dlogprobs"]
    assert (result.status, result.mistake) == ("failed", "32 is hard-coded")
    result = part4(dlogprobs=answer.format(n=32))["part4.dlogprobs"]
    assert (result.status, result.points) == ("crashed", 0)
    assert "It is right for inputs with f.logits" in result.message


def test_a_gradient_that_ignores_what_comes_in(part4):
    result = part4(dprobs="def dprobs(f, d):\n    return 1 / f.probs")["part4.dprobs"]
    assert (result.status, result.mistake) == ("failed", "the incoming gradient is ignored")


def test_right_for_this_loss_only_is_answered_kindly(part4):
    answer = """def dprobs(f, d):
    g = torch.zeros_like(f.probs)
    g[range(len(f.Y)), f.Y] = -1.0 / len(f.Y) / f.probs[range(len(f.Y)), f.Y]
    return g"""
    result = part4(dprobs=answer)["part4.dprobs"]
    assert (result.status, result.mistake) == ("failed", "right for this loss only")
    assert "this is the right gradient" in result.message


AUTOGRAD = {
    "torch.autograd.grad": "torch.autograd.grad((p.log() * d.logprobs).sum(), p)[0]",
    ".backward()": "[(p.log() * d.logprobs).sum().backward(), p.grad][1]",
    "torch.autograd.backward": "[torch.autograd.backward((p.log() * d.logprobs).sum()), p.grad][1]",
    "torch.func.vjp": "torch.func.vjp(torch.log, f.probs)[1](d.logprobs)[0]",
    "torch.func.jvp": "torch.func.jvp(torch.log, (f.probs,), (torch.ones_like(f.probs),))[1] * d.logprobs",
    "torch.func.grad": "torch.func.grad(lambda p: (p.log() * d.logprobs).sum())(f.probs)",
}
DISGUISES = {
    "getattr": ("", "[getattr((p.log() * d.logprobs).sum(), 'back' + 'ward')(), p.grad][1]"),
    "getattr on torch": (
        "",
        "getattr(getattr(torch, 'auto' + 'grad'), 'gr' + 'ad')((p.log() * d.logprobs).sum(), p)[0]",
    ),
    "importlib": (
        "",
        "__import__('importlib').import_module('torch.auto' + 'grad').grad((p.log() * d.logprobs).sum(), p)[0]",
    ),
    "eval": ("", "eval('torch.auto' + 'grad.gr' + 'ad((p.log() * d.logprobs).sum(), p)', {'torch': torch, 'p': p, 'd': d})[0]"),
    "engine": (
        "",
        "getattr(torch.autograd.Variable, '_execution_' + 'engine').__getattribute__('run_' + 'backward')("
        "((p.log() * d.logprobs).sum(),), (torch.tensor(1.0),), False, False, (p,), allow_unreachable=True)[0]",
    ),
    "an operator": ("", "getattr(torch.ops.aten, 'tanh_back' + 'ward')(d.logprobs, f.probs)"),
    "an operator by another name": (
        "",
        "getattr(torch._VF, '_softmax_back' + 'ward_data')(d.logprobs, f.probs, 1, torch.float32)",
    ),
    "forward mode": (
        "",
        "[getattr(torch.auto" + "grad.forward_ad, 'make_' + 'dual')(p, p)][0]",
    ),
    "torch.func by importlib": (
        "",
        "getattr(__import__('importlib').import_module('torch.fu' + 'nc'), 'gr' + 'ad')"
        "(lambda p: (p.log() * d.logprobs).sum())(f.probs)",
    ),
}  # fmt: skip


# These find their way to the engine itself, and find nothing recorded that it could differentiate.
NOTHING_RECORDED = {
    "a grad_fn": "getattr(p.log(), 'grad_' + 'fn')(d.logprobs)",
    "a grad_fn's inside": "getattr(getattr(p.log(), 'grad_' + 'fn'), 'next_' + 'functions')[0][0]",
    "the grad_fn of the base class": "getattr(torch._C.TensorBase, 'grad' + '_fn').__get__(p.log())(d.logprobs)",
    "an engine of one's own": (
        "getattr([c for c in object.__subclasses__() if 'EngineBase' in c.__name__][0](), 'run_' + 'backward')("
        "((p.log() * d.logprobs).sum(),), (torch.ones(()),), False, False, (p,), allow_unreachable=True)[0]"
    ),
    "an operator of jit": (
        "getattr(torch._C, '_jit_get_' + 'operation')('aten::_back' + 'ward')[0]("
        "(p.log() * d.logprobs).sum(), [p], None, None, False) or p.grad"
    ),
}


@pytest.mark.parametrize("how", AUTOGRAD)
def test_autograd_is_seen_in_the_source(part4, how):
    answer = f"def dprobs(f, d):\n    p = f.probs.clone().requires_grad_()\n    return {AUTOGRAD[how]}"
    result = part4(dprobs=answer)["part4.dprobs"]
    assert (result.status, result.points) == ("broken_rule", 0)
    assert "line " in result.message
    assert "by hand" in result.message


@pytest.mark.parametrize("how", DISGUISES)
def test_autograd_in_disguise_is_seen_at_run_time(part4, how):
    before, expression = DISGUISES[how]
    answer = f"{before}def dprobs(f, d):\n    p = f.probs.clone().requires_grad_()\n    return {expression}"
    result = part4(dprobs=answer)["part4.dprobs"]
    assert (result.status, result.points) == ("broken_rule", 0)


@pytest.mark.parametrize("how", NOTHING_RECORDED)
def test_autograd_by_a_back_door_finds_nothing_recorded(part4, how):
    answer = f"def dprobs(f, d):\n    p = f.probs.clone().requires_grad_()\n    return {NOTHING_RECORDED[how]}"
    result = part4(dprobs=answer)["part4.dprobs"]
    assert (result.status, result.points) in (("crashed", 0), ("broken_rule", 0))


def test_leaving_inference_mode_is_a_broken_rule(part4):
    answer = """def dprobs(f, d):
    with torch.inference_mode(False), torch.enable_grad():
        p = f.probs.clone().requires_grad_()
        return getattr(p.log(), "grad_" + "fn")(d.logprobs)"""
    assert part4(dprobs=answer)["part4.dprobs"].status == "broken_rule"


READS = {
    "bytes": "open({0!r}.encode())",
    "a Path": "import pathlib; pathlib.Path({0!r}).read_text()",
    "os.open": "import os; os.open({0!r}, os.O_RDONLY)",
    "a program": "import subprocess; subprocess.run(['cat', {0!r}])",
    "a shell": "import os; os.popen('cat ' + {0!r}).read()",
    "a link": "import os; os.link({0!r}, 'x.txt')",
    "a symbolic link": "import os; os.symlink({0!r}, 'x.txt')",
    "after taking the guard apart": "import sys\n    sys.meta_path[0].__dict__\n    del sys.meta_path[0]\n    open({0!r})",
}


@pytest.mark.parametrize("how", READS)
@pytest.mark.parametrize("file", ["solutions/part4_backprop.py", "tests/test_part4_accepted.py"])
def test_no_way_of_reading_an_answer_passes(part4, how, file):
    answer = f"def dprobs(f, d):\n    {READS[how].format(str(students.ROOT / file))}\n    return d.logprobs / f.probs"
    result = part4(dprobs=answer)["part4.dprobs"]
    # A program that may not be started is no accusation: libraries try that on their own.
    assert result.status == ("crashed" if how in ("a program", "a shell") else "broken_rule")
    assert result.points == 0


def test_autograd_swallowed_by_an_except_is_still_a_broken_rule(part4):
    answer = """def dprobs(f, d):
    p = f.probs.clone().requires_grad_()
    try:
        getattr((p.log() * d.logprobs).sum(), "back" + "ward")()
    except BaseException:
        pass
    return d.logprobs / f.probs"""
    assert part4(dprobs=answer)["part4.dprobs"].status == "broken_rule"


def test_autograd_in_a_helper_is_a_broken_rule_for_who_calls_it_and_nobody_else(part4):
    answer = """def helper(p, g):
    p = p.clone().requires_grad_()
    return torch.autograd.grad((p.log() * g).sum(), p)[0]


def dprobs(f, d):
    return helper(f.probs, d.logprobs)"""
    text = answer.split("\n\n\n")
    results = part4(dprobs=text[1] + "\n\n\n" + text[0], targets=("part4.dprobs", "part4.dcounts"))
    assert results["part4.dprobs"].status == "broken_rule"
    assert "helper" in results["part4.dprobs"].message
    assert results["part4.dcounts"].status == "passed"


@pytest.mark.parametrize("source", ["reference", "solutions.part4_backprop", "grader.expect"])
@pytest.mark.parametrize(
    "form", ["import {0}", "__import__('{0}')", "import importlib\n    importlib.import_module('{0}')"]
)
def test_the_courses_own_code_is_out_of_reach(part4, source, form):
    answer = f"def dprobs(f, d):\n    {form.format(source)}\n    return d.logprobs / f.probs"
    assert part4(dprobs=answer)["part4.dprobs"].status == "broken_rule"


def test_reading_the_solution_from_disk_is_a_broken_rule(part4):
    file = students.ROOT / "solutions" / "part4_backprop.py"
    answer = f"def dprobs(f, d):\n    open({str(file)!r}).read()\n    return d.logprobs / f.probs"
    assert part4(dprobs=answer)["part4.dprobs"].status == "broken_rule"


@pytest.mark.parametrize(
    "change", ["d.logprobs /= f.probs", "d.logprobs.data.mul_(2)", "f.probs[0, 0] = 1", "f.h.zero_()", "f.h = f.h + 1"]
)
def test_an_input_changed_in_place(part4, change):
    answer = f"def dprobs(f, d):\n    right = d.logprobs / f.probs\n    {change}\n    return right"
    result = part4(dprobs=answer)["part4.dprobs"]
    assert (result.status, result.mistake) == ("failed", "an input is changed in place")
    assert "f." in result.message or "d.logprobs" in result.message


def test_an_aliased_input_is_found(part4):
    answer = "def dhprebn(f, d):\n    g = d.bndiff\n    g += d.bnmeani / len(g)\n    return g"
    result = part4(dhprebn=answer)["part4.dhprebn"]
    assert (result.status, result.mistake) == ("failed", "an input is changed in place")


def test_a_subclass_with_a_lying_torch_function(part4):
    answer = SUBCLASS + "\n\ndef dprobs(f, d):\n    return torch.zeros_like(f.probs).as_subclass(Liar)"
    first, second = answer.split("\n\ndef ")
    result = part4(dprobs=f"def {second}\n\n\n{first}")["part4.dprobs"]
    assert (result.status, result.mistake) == ("failed", "not the type that was asked")
    assert "Liar" in result.message


def test_an_object_with_a_lying_eq(part4):
    answer = """def dprobs(f, d):
    class Same:
        shape, dtype = f.probs.shape, f.probs.dtype
        def __eq__(self, other): return True
        def __ne__(self, other): return False
        def __sub__(self, other): return 0.0
        __rsub__ = __sub__
        def __hash__(self): return 1
    return Same()"""
    result = part4(dprobs=answer)["part4.dprobs"]
    assert (result.status, result.mistake) == ("failed", "not the type that was asked")


def test_asking_d_for_another_node_says_who_uses_this_one(part4):
    result = part4(dcounts="def dcounts(f, d):\n    return d.norm_logits * f.counts")["part4.dcounts"]
    assert result.status == "crashed"
    assert "d.probs" in result.message
    assert "d.counts_sum" in result.message


def test_patched_comparisons_do_not_reach_the_judge(part4):
    answer = """def dprobs(f, d):
    import builtins, numpy
    torch.equal = torch.allclose = torch.isclose = lambda *a, **k: True
    numpy.array_equal = numpy.allclose = lambda *a, **k: True
    builtins.all = lambda *a: True
    torch.Tensor.__eq__ = torch.Tensor.__ne__ = lambda *a: True
    return torch.zeros_like(f.probs)"""
    assert part4(dprobs=answer)["part4.dprobs"].points == 0


def test_a_leaked_function_mode_earns_nothing(part4):
    answer = """def dprobs(f, d):
    from torch.overrides import TorchFunctionMode
    class Mode(TorchFunctionMode):
        def __torch_function__(self, func, types, args=(), kwargs=None):
            return True if func in (torch.equal, torch.allclose) else func(*args, **(kwargs or {}))
    Mode().__enter__()
    return torch.zeros_like(f.probs)"""
    assert part4(dprobs=answer)["part4.dprobs"].points == 0


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize(
    ("name", "answer"),
    [
        ("dC", "def dC(f, d):\n    hot = torch.nn.functional.one_hot(f.X).float()\n"
               "    return torch.einsum('nbv,nbe->ve', hot, d.emb)"),
        ("dC", "def dC(f, d):\n    g = torch.zeros(int(f.X.max()) + 1, f.C.shape[1])\n"
               "    return g.index_add(0, f.X.flatten(), d.emb.flatten(0, 1))"),
        ("dlogprobs", "def dlogprobs(f, d):\n    return -d.loss / len(f.Y) * torch.nn.functional.one_hot(f.Y).float()"),
        ("dlogits", "def dlogits(f, d):\n    hot = torch.nn.functional.one_hot(f.logits.argmax(1))\n"
                    "    return d.norm_logits + hot * d.logit_maxes"),
        ("cross_entropy_backward", "def cross_entropy_backward(logits, Y):\n"
                                   "    return (torch.softmax(logits, 1) - torch.nn.functional.one_hot(Y)) / len(Y)"),
    ],
)  # fmt: skip
def test_classes_guessed_from_the_data_pass_on_no_seed(part4, name, answer, seed):
    assert part4(seed=seed, **{name: answer})[f"part4.{name}"].points == 0


def test_a_table_of_the_sizes_and_an_answer_kept_from_before_do_not_pass(part4):
    kept = "def dprobs(f, d, kept={}):\n    return kept.setdefault(f.probs.shape, d.logprobs / f.probs)"
    assert part4(dprobs=kept)["part4.dprobs"].status == "failed"


@pytest.mark.parametrize(
    ("name", "answer"),
    [
        ("cross_entropy_backward", "def cross_entropy_backward(logits, Y):\n    p = logits.exp() / logits.exp().sum(1, "
                                   "keepdim=True)\n    p[range(len(Y)), Y] -= 1\n    return p / len(Y)"),
        ("sigmoid_bce_backward", "def sigmoid_bce_backward(logits, targets):\n    e = logits.exp()\n"
                                 "    return (e / (1 + e) - targets) / logits.numel()"),
    ],
)  # fmt: skip
def test_an_overflow_is_found(part4, name, answer):
    result = part4(**{name: answer})[f"part4.{name}"]
    assert (result.status, result.points) == ("failed", 0)


GRAPHS = {
    "of clones": "f = forward([p.clone() for p in params], X, Y)",
    "of sums": "f = forward([p + 0 for p in params], X, Y)",
    "switched off for good": "torch.set_grad_enabled(False)\n    f = forward(params, X, Y)",
}


@pytest.mark.parametrize("how", GRAPHS)
def test_a_graph_built_on_the_side_is_seen(part4, how):
    answer = f"""def train_step(params, X, Y, lr):
    {GRAPHS[how]}
    d = backward(SimpleNamespace(**{{k: v.detach() for k, v in vars(f).items()}}))
    with torch.no_grad():
        for p, n in zip(params, "C W1 b1 W2 b2 bngain bnbias".split()):
            p -= lr * d[n]
    return f.loss.item()"""
    results = part4(train_step=answer)
    assert results["part4.train_step"].status == "passed"
    assert results["part4.train_step.no_graph"].status == "failed"


def test_garbage_earns_nothing_for_building_no_graph(part4):
    answer = "def train_step(params, X, Y, lr):\n    with torch.no_grad():\n        params[0] += 1\n    return 0.0"
    assert {r.points for r in part4(train_step=answer).values()} == {0}


@pytest.mark.parametrize("name", ["dlogits", "cross_entropy_backward", "train_step"])
def test_any_other_exception_is_not_taken_for_a_known_mistake(part4, name):
    arguments = {"dlogits": "f, d", "cross_entropy_backward": "logits, Y", "train_step": "params, X, Y, lr"}[name]
    for result in part4(**{name: f"def {name}({arguments}):\n    raise RuntimeError('something')"}).values():
        assert result.mistake is None


def test_a_shape_error_tells_the_shapes_that_the_line_names(part4):
    message = part4(dh="def dh(f, d):\n    return d.logits @ f.W2")["part4.dh"].message
    assert "The shapes here: d.logits (5, 7), f.W2 (6, 7); dh is to be (5, 6)." in message


def test_the_code_of_a_syntax_error_is_shown_as_it_is(part4):
    message = part4(dh="def dh(f, d):\n    return d.logits.sum(")["part4.dh"].message
    assert "`return d.logits.sum(`" in message


def test_a_lost_name_finds_its_relative(part4):
    assert (
        "There is dc: was it renamed?"
        in part4(dC="def dC(f, d):\n    pass\n\n\ndel dC\n\n\ndef dc(f, d):\n    return 0")["part4.dC"].message
    )


def test_a_value_too_many_in_the_chain(part4):
    answer = """def backward(f):
    d = SimpleNamespace(loss=torch.ones_like(f.loss))
    for name in "logprobs probs counts_sum_inv counts_sum counts norm_logits logit_maxes logits h W2 b2 hpreact bngain \\
bnbias bnraw bnvar_inv bnvar bndiff2 bndiff bnmeani hprebn embcat W1 b1 emb C".split():
        setattr(d, name, globals()["d" + name](f, d))
    return vars(d)"""
    result = part4(backward=answer)["part4.backward"]
    assert result.mistake == "a value too many"
    assert "too many values: 'loss'" in result.message


def test_replacing_inference_mode_in_a_cell_opens_no_back_door(part4):
    text = students.solved(students.ROOT, "part4_backprop")
    text += f"""

# %%
import contextlib
torch.inference_mode = contextlib.nullcontext

def dprobs(f, d):
    p = f.probs.clone().requires_grad_()
    return {NOTHING_RECORDED["the grad_fn of the base class"]}
"""
    assert part4(text, targets=("part4.dprobs",))["part4.dprobs"].points == 0
