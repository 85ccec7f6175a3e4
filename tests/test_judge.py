"""Nothing but the true value passes, whatever comes over the wire."""

import contextlib
import math

import hypothesis.strategies as st
import msgspec
import numpy as np
import pytest
import torch
from hypothesis import assume, example, given, settings

from grader import judge, wire
from grader.values import Namespace, members
from grader.wire import Foreign

EXAMPLES = settings(max_examples=100, deadline=None)
ONE = torch.tensor([1.0, -2.0, 3.0])


def compared(single, got, double=None):
    """The comparisons of an answer, as it came over the wire, with a reference's value."""
    double = in_double(single) if double is None else double
    return list(judge.compare("x", 0, single, double, wire.decode(*wire.encode(got))))


def faults(single, got, double=None):
    return [comparison.fault for comparison in compared(single, got, double)]


def passes(single, got, double=None):
    found = faults(single, got, double)
    return bool(found) and not any(found)


def in_double(value):
    if isinstance(value, torch.Tensor):
        return value.double() if value.is_floating_point() else value
    if isinstance(value, Namespace):
        return Namespace(in_double(members(value)))
    if isinstance(value, dict):
        return {key: in_double(member) for key, member in value.items()}
    if isinstance(value, (list, tuple)):
        return type(value)(map(in_double, value))
    return value


class Sub(torch.Tensor):
    """Says that it is a plain tensor, and that everything about it is right."""

    __class__ = torch.Tensor

    @classmethod
    def __torch_function__(cls, func, types, args=(), kwargs=None):
        return True


class Liar:
    """Equal to everything and an instance of everything, with the shape and dtype that was asked."""

    shape, dtype = ONE.shape, ONE.dtype
    __hash__ = None

    def __eq__(self, other):
        return True

    @property
    def __class__(self):
        return torch.Tensor


# --- Tensors ----------------------------------------------------------------------------------------


def random(shape, dtype, scale, seed):
    rng = torch.Generator().manual_seed(seed)
    if dtype is torch.bool:
        return torch.rand(shape, generator=rng) < 0.5
    if dtype is torch.int64:
        return torch.randint(-1000, 1000, shape, generator=rng)
    return (torch.randn(shape, generator=rng, dtype=torch.float64) * scale).to(dtype)


SHAPES = st.lists(st.integers(1, 5), max_size=4)
TENSORS = st.builds(
    random,
    SHAPES,
    st.sampled_from([torch.float32, torch.float32, torch.float64, torch.int64, torch.bool]),
    st.integers(-20, 20).map(lambda power: 10.0**power),
    st.integers(0, 2**32),
)
FLOATS = TENSORS.filter(torch.is_floating_point)


def one_entry(tensor, value, at=0):
    changed = tensor.clone()
    changed.view(-1)[at % tensor.numel()] = value
    return changed


def corruptions(t, at):
    """Everything that is not the tensor, by name; values beside the right type come last."""
    floating = t.is_floating_point()
    largest = t.double().abs().max().item()
    here = t.reshape(-1)[at % t.numel()].item()
    if floating:
        step = 0.01 * largest or 1.0
        yield "an entry off by 1%", one_entry(t, here + step, at)
        yield "an entry off by -1%", one_entry(t, here - step, at)
        yield "all off by 1%", t + step
        for factor in (1.001, 0.999, -1, 0, 2):
            if t.any():
                yield f"times {factor}", t * factor
        for strange in (math.nan, math.inf, -math.inf):
            yield f"one {strange}", one_entry(t, strange, at)
            yield f"all {strange}", torch.full_like(t, strange)
    elif t.dtype is torch.int64:
        yield "an entry off by 1", one_entry(t, here + 1, at)
        yield "an entry off by a multiple of 2**53", one_entry(t, here + 2**62, at)
        yield "all off by 1", t - 1
    else:
        yield "an entry flipped", one_entry(t, not here, at)
        yield "all flipped", ~t
    for dtype in wire.DTYPES:
        if dtype is not t.dtype:
            yield f"as {dtype}", t.to(dtype)
    yield "as complex", t.to(torch.complex64)
    shapes = {
        "unsqueezed first": t.unsqueeze(0),
        "unsqueezed last": t.unsqueeze(-1),
        "squeezed": t.squeeze(),
        "flattened": t.flatten(),
        "transposed": t.permute(*range(t.dim() - 1, -1, -1)) if t.dim() else t,
        "broadcast": t.expand(2, *t.shape),
        "broadcast last": t.unsqueeze(-1).expand(*t.shape, 2),
        "one entry for all": t.reshape(-1)[0],
        "a row too many": torch.cat([t, t[:1]]) if t.dim() else torch.stack([t, t]),
        "a row too few": t[:-1] if t.dim() else t.new_empty(0),
        "empty": t.new_empty(0),
        "empty rows": t.new_empty(0, *t.shape[1:]),
    }
    yield from ((name, value) for name, value in shapes.items() if value.shape != t.shape)
    yield "a subclass", t.as_subclass(Sub)
    if floating:
        yield "a parameter", torch.nn.Parameter(t)
    yield "an object", Liar()
    yield "None", None
    yield "a list", t.tolist() if t.dim() else [t.item()]
    yield "a number", here
    yield "an array", t.numpy()
    yield "its text", str(t)
    yield "its description", judge.describe(t)
    yield "a list of it", [t]
    yield "a tuple of it", (t,)
    yield "a dict of it", {"x": t}
    yield "a namespace of it", Namespace({"x": t})
    yield "the type", torch.Tensor
    yield "nothing", []


@given(TENSORS, st.integers(0, 1000))
@EXAMPLES
def test_nothing_but_the_true_tensor_passes(tensor, at):
    passed = [name for name, value in corruptions(tensor, at) if passes(tensor, value)]
    assert passed == []


@given(TENSORS)
@EXAMPLES
def test_the_true_tensor_passes_however_it_is_stored(tensor):
    stored = [tensor, tensor.clone(), torch.stack([tensor, tensor], -1)[..., 0], tensor.expand(3, *tensor.shape)[1]]
    stored += [tensor.double().to(tensor.dtype)]
    if tensor.is_floating_point():
        stored += [tensor.clone().requires_grad_(), tensor.clone().requires_grad_() * 1]
    for one in stored:
        (comparison,) = compared(tensor, one)
        assert (comparison.fault, comparison.wrong, comparison.entries) == (None, 0, tensor.numel())
        assert comparison.exact


@given(FLOATS, st.integers(0, 1000), st.floats(-9, 0), st.integers(0, 2**32))
@example(torch.ones(3), 0, -3.05, 0)
@settings(EXAMPLES, max_examples=200)
def test_an_entry_off_by_1_percent_passes_by_no_reference(tensor, at, power, seed):
    """However far the reference's two precisions are apart: it is either unfit, or tells 1% from nothing."""
    largest = tensor.abs().max().item()
    assume(largest > 1e-3)  # below, a difference may be all rounding, as in a gradient that should be zero
    noise = torch.empty(tensor.shape, dtype=torch.float64)
    noise.uniform_(-1, 1, generator=torch.Generator().manual_seed(seed)).view(-1)[0] = 1
    double = tensor.double() + 10**power * largest * noise
    wrong = one_entry(tensor, tensor.view(-1)[at % tensor.numel()].item() + 0.01 * largest, at)
    with contextlib.suppress(judge.ReferenceFault):
        assert not passes(tensor, wrong, double)
        assert not passes(tensor, tensor * 0, double)


@given(
    st.integers(1, 200),
    st.integers(16, 64),
    st.integers(-6, 6).map(lambda p: 10.0**p),
    st.integers(1, 7),
    st.integers(),
)
@EXAMPLES
def test_another_order_of_summing_passes(terms, entries, scale, chunk, seed):
    rng = torch.Generator().manual_seed(seed % 2**32)
    x = torch.randn(terms, entries, generator=rng) * scale
    w = torch.randn(entries, 16, generator=rng)
    order = torch.randperm(terms, generator=rng)
    parts = [part.sum(0) for part in x[order].split(chunk)]
    one_by_one = parts[0]
    for part in parts[1:]:
        one_by_one = one_by_one + part
    sums, double = x.sum(0), x.double().sum(0)
    answers = [
        one_by_one,
        x[order].sum(0),
        x.mean(0) * terms,
        torch.ones(terms) @ x,
        double.float(),
        (x * 3).sum(0) / 3,
    ]
    assert [passes(sums, answer, double) for answer in answers] == [True] * len(answers)
    assert not passes(sums, one_by_one * 1.001, double)

    product, double = x @ w, x.double() @ w.double()
    answers = [
        (w.T @ x.T).T,
        torch.einsum("ij,jk->ik", x, w),
        (x[:, :, None] * w).sum(1),
        x[order].matmul(w)[order.argsort()],
    ]
    assert [passes(product, answer, double) for answer in answers] == [True] * len(answers)
    assert not passes(product, product.T if terms == 16 else product * 1.001, double)


@pytest.mark.parametrize("shape", [(), (4,)])
def test_other_orders_pass_for_a_single_number_too(shape):
    x = torch.rand(64, *shape, generator=torch.Generator().manual_seed(0)) + 0.1
    backwards = torch.zeros(shape)
    for row in x.flip(0):
        backwards = backwards + row
    assert passes(x.sum(0), backwards, x.double().sum(0))


INFINITE = torch.tensor([1.0, math.inf, -math.inf])


def test_what_hangs_on_the_rounding_of_its_inputs_may_be_off_by_more_up_to_a_bound():
    want, elsewhere = torch.tensor([1.0, 0.5]), torch.tensor([1.01, 0.5])  # where inputs one rounding away lead

    def fault(off):
        return next(judge.compare("x", 0, want, want.double(), torch.tensor([1.0 + off, 0.5]), (elsewhere,))).fault

    assert [fault(off) for off in (0.01, math.nan, math.inf)] == ["values", "finite", "finite"]
    assert fault(0.001) is None  # and were refused without: an instability that says nothing would allow nothing
    assert faults(want, torch.tensor([1.001, 0.5])) == ["values"]


def test_nudged_inputs_that_lead_to_nothing_finite_allow_nothing():
    want = torch.tensor([1.0, 0.5])
    for other in (torch.full((2,), math.nan), torch.full((2,), math.inf)):
        came = torch.tensor([1.001, 0.5])
        assert next(judge.compare("x", 0, want, want.double(), came, (other,))).fault == "values"


@pytest.mark.parametrize(
    ("got", "fault"),
    [
        ([1.0, -math.inf, math.inf], "finite"),
        ([1.0, math.inf, math.inf], "finite"),
        ([1.0, math.inf, math.nan], "finite"),
        ([math.inf, math.inf, -math.inf], "finite"),
        ([math.nan, math.inf, -math.inf], "finite"),
        ([1.0, 3e38, -math.inf], "values"),
        ([1.01, math.inf, -math.inf], "values"),
        ([0.0, 0.0, 0.0], "values"),
        ([1.0, math.inf, -math.inf], None),
    ],
)
def test_an_infinity_is_right_only_where_the_reference_has_it(got, fault):
    (comparison,) = compared(INFINITE, torch.tensor(got))
    assert comparison.fault == fault


def test_all_infinite_is_right_only_where_all_are():
    infinite = torch.full((2,), math.inf)
    assert passes(infinite, infinite)
    assert not passes(infinite, -infinite)
    assert not passes(infinite, torch.ones(2))


@pytest.mark.parametrize("scale", [0.0, 1e-30])
def test_zeros_are_no_free_pass(scale):
    zeros = torch.zeros(3) * scale
    assert passes(zeros, zeros)
    assert passes(zeros, -zeros)
    assert not passes(zeros, torch.tensor([0.0, 1e-12, 0.0]))


def test_order_of_faults():
    want = torch.ones(2, 3)
    wrong = torch.full((3, 2), math.nan, dtype=torch.float64)
    assert faults(want, wrong.tolist()) == ["type"]
    assert faults(want, wrong) == ["shape"]
    assert faults(want, wrong.T) == ["dtype"]
    assert faults(want, wrong.T.float()) == ["finite"]
    assert faults(want, want + 1) == ["values"]


def test_what_a_comparison_tells():
    want = torch.tensor([[1.0, 2.0], [3.0, 4.0]])
    (comparison,) = compared(want, torch.tensor([[1.0, 2.5], [1.0, 4.0]]))
    assert (comparison.label, comparison.case, comparison.asked, comparison.came) == ("x", 0, *["float32 (2, 2)"] * 2)
    assert (comparison.entries, comparison.wrong, comparison.worst) == (4, 2, [1, 0])
    assert (comparison.expected, comparison.got, comparison.maxdiff) == (3, 1, 2)
    assert 0 < comparison.allowed < 1e-4
    assert not comparison.exact
    assert not comparison.approximate


def test_exact_and_approximate_are_told_apart():
    (comparison,) = compared(ONE, ONE * (1 + 2**-22))
    assert (comparison.fault, comparison.exact, comparison.approximate) == (None, False, True)


@pytest.mark.parametrize(
    ("want", "got", "worst"),
    [
        (ONE, [1.0, math.nan, 30.0], [1]),
        (ONE, [math.inf, -2.0, 30.0], [0]),
        (ONE, [1.0, -2.0, 3.5], [2]),
        (INFINITE, [2.0, math.inf, -math.inf], [0]),
        (torch.tensor(1.0), 2.0, []),
        (torch.tensor([False, True]), [False, False], [1]),
        (torch.tensor([2**62, 1]), [2**62 + 1, 1], [0]),
        (torch.zeros(2, 3, 4), torch.zeros(24).index_fill(0, torch.tensor(17), 1).view(2, 3, 4).tolist(), [1, 1, 1]),
    ],
)
def test_the_worst_entry_is_a_wrong_one(want, got, worst):
    (comparison,) = compared(want, torch.tensor(got, dtype=want.dtype))
    assert comparison.fault
    assert comparison.worst == worst


def test_the_greatest_difference_is_a_number_where_infinities_agree():
    (comparison,) = compared(INFINITE, torch.tensor([1.5, math.inf, -math.inf]))
    assert comparison.maxdiff == 0.5


# --- Other values -----------------------------------------------------------------------------------

PLAIN = [1, 0, -7, 1.5, 1.0, 0.0, True, False, None, "1", "", "None", "float32 (3,)"]
OTHERS = [
    math.nan,
    math.inf,
    1.5015,
    1e-8,
    2,
    [],
    (),
    {},
    [1],
    (1,),
    {"a": 1},
    ONE,
    ONE[0],
    torch.tensor(1),
    np.float64(1.5),
]


@pytest.mark.parametrize("want", PLAIN, ids=repr)
@pytest.mark.parametrize(
    "got", [*PLAIN, *OTHERS, Liar(), Liar, Namespace({})], ids=lambda v: f"{type(v).__name__} {v}"[:30]
)
def test_plain_values_pass_only_as_themselves(want, got):
    assert passes(want, got) == (type(got) is type(want) and got == want)


@pytest.mark.parametrize("got", [1e-17, -1e-12, 0.0])
def test_a_float_that_cancels_to_zero_is_zero(got):
    assert passes(0.0, got)
    assert not passes(0.0, got + 3e-9)


@pytest.mark.parametrize("want", [1.5, -1e-5, 1e20, math.inf])
def test_a_float_is_allowed_single_precision(want):
    assert passes(want, want)
    assert passes(want, want * (1 + 1e-7))
    assert not passes(want, -want)
    assert not passes(want, want / 2 if math.isfinite(want) else 1e308)
    assert not passes(want, math.nan)
    assert math.isinf(want) or not passes(want, want * 1.001)


@pytest.mark.parametrize("got", ["None", "float32 (3,)", "a list of 3", "x" * 9000], ids=lambda v: v[:12])
def test_what_came_is_not_taken_from_a_text(got):
    (comparison,) = compared(ONE, got)
    assert comparison.fault == "type"
    assert comparison.came == "a str"


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (ONE, "float32 (3,)"),
        (torch.tensor(1), "int64 ()"),
        (Foreign("numpy.ndarray"), "a numpy.ndarray"),
        (None, "None"),
        ([1, 2], "a list of 2"),
        ((), "a tuple of 0"),
        ({"a": 1}, "a dict of 1"),
        ("None", "a str"),
        (1.5, "a float"),
        (Namespace({}), "a SimpleNamespace"),
    ],
)
def test_describe(value, words):
    assert judge.describe(value) == words


# --- Statistics of random answers -------------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "side"),
    [(0.9, -1), (1.0, 0), (1.5, 0), (2.0, 0), (2.1, 1), (math.nan, 1), (math.inf, 1), (-math.inf, -1)],
)
def test_a_statistic_passes_in_its_band_alone(value, side):
    (came,) = judge.compare_bands("x", 0, {"mean": judge.Band(1.5, 1.0, 2.0)}, {"mean": judge.Band(value, 1.0, 2.0)})
    assert judge.Band(value, 1.0, 2.0).side == side
    assert came.fault == ("values" if side else None)


# --- Containers -------------------------------------------------------------------------------------

TREE = {
    "grads": {"W1": ONE, "b": torch.tensor(2.0)},
    "f": Namespace({"h": torch.eye(2), "n": 3}),
    "list": [ONE + 1, 0.5],
    "pair": (True, "text"),
    1: None,
}


def edited(edit):
    tree = wire.decode(*wire.encode(TREE))
    edit(tree)
    return tree


EDITS = {
    "missing": (lambda t: t.pop("list"), "x['list']", "missing"),
    "missing None": (lambda t: t.pop(1), "x[1]", "missing"),
    "missing inside": (lambda t: t["grads"].pop("W1"), "x['grads']['W1']", "missing"),
    "missing name": (lambda t: delattr(t["f"], "h"), "x['f'].h", "missing"),
    "surplus": (lambda t: t.update(more=1), "x", "type"),
    "surplus inside": (lambda t: t["grads"].update({(1, 2): 1}), "x['grads']", "type"),
    "surplus name": (lambda t: setattr(t["f"], "more", 1), "x['f']", "type"),
    "renamed": (lambda t: t["grads"].update(W2=t["grads"].pop("W1")), "x['grads']['W1']", "missing"),
    "a key's type": (lambda t: t.update({"1": t.pop(1)}), "x[1]", "missing"),
    "a bool for an int key": (lambda t: t.update({True: t.pop(1)}), "x[1]", "missing"),
    "swapped": (lambda t: t["grads"].update(W1=t["grads"]["b"], b=t["grads"]["W1"]), "x['grads']['W1']", "shape"),
    "longer": (lambda t: t["list"].append(0.5), "x['list']", "shape"),
    "shorter": (lambda t: t["list"].pop(), "x['list']", "shape"),
    "reversed": (lambda t: t["list"].reverse(), "x['list'][0]", "type"),
    "emptied": (lambda t: t["grads"].clear(), "x['grads']['W1']", "missing"),
    "a tuple for a list": (lambda t: t.update(list=tuple(t["list"])), "x['list']", "type"),
    "a list for a tuple": (lambda t: t.update(pair=list(t["pair"])), "x['pair']", "type"),
    "a dict for a namespace": (lambda t: t.update(f=members(t["f"])), "x['f']", "type"),
    "a namespace for a dict": (lambda t: t.update(grads=Namespace(t["grads"])), "x['grads']", "type"),
    "None for a dict": (lambda t: t.update(grads=None), "x['grads']", "type"),
    "an inner value": (lambda t: t["f"].h.fill_(1), "x['f'].h", "values"),
    "an inner number": (lambda t: setattr(t["f"], "n", 3.0), "x['f'].n", "type"),
    "an inner text": (lambda t: t.update(pair=(True, "Text")), "x['pair'][1]", "values"),
}


@pytest.mark.parametrize("name", EDITS)
def test_a_container_passes_only_with_its_very_members(name):
    edit, label, fault = EDITS[name]
    wrong = [(c.label, c.fault) for c in compared(TREE, edited(edit)) if c.fault]
    assert (label, fault) in wrong


def test_a_container_yields_a_comparison_for_each_member():
    labels = ["grads']['W1']", "grads']['b']", "f'].h", "f'].n", "list'][0]", "list'][1]", "pair'][0]", "pair'][1]"]
    assert [(c.label, c.fault) for c in compared(TREE, TREE)] == [(f"x['{n}", None) for n in labels] + [("x[1]", None)]


TREES = st.recursive(
    TENSORS | st.integers(-5, 5) | st.floats(0.5, 2) | st.booleans() | st.text(max_size=3),
    lambda inner: (
        st.lists(inner, min_size=1, max_size=3)
        | st.lists(inner, min_size=1, max_size=3).map(tuple)
        | st.dictionaries(st.text("abc", min_size=1, max_size=2), inner, min_size=1, max_size=3)
        | st.dictionaries(st.text("abc", min_size=1, max_size=2), inner, min_size=1, max_size=3).map(Namespace)
    ),
    max_leaves=6,
)
JUNK = st.sampled_from([None, Liar(), [], {}, math.nan, torch.tensor(math.nan), torch.zeros(0), Namespace({}), ()])


def variants(value, junk):
    """The value with one part of it, at any depth, replaced by junk, missing, or joined by junk."""
    yield junk
    if isinstance(value, Namespace):
        yield from (Namespace(v) if isinstance(v, dict) else v for v in variants(members(value), junk))
    elif isinstance(value, dict):
        for key in value:
            yield {k: v for k, v in value.items() if k != key}
            yield from (value | {key: inner} for inner in variants(value[key], junk))
        yield value | {"surplus": junk}
    elif isinstance(value, (list, tuple)):
        kind = type(value)
        for i in range(len(value)):
            yield value[:i] + value[i + 1 :]
            yield from (kind([*value[:i], inner, *value[i + 1 :]]) for inner in variants(value[i], junk))
        yield value + kind([junk])


@given(TREES, JUNK)
@EXAMPLES
def test_a_nested_value_passes_as_itself_and_with_no_part_replaced(tree, junk):
    assert passes(tree, tree)
    assert not [variant for variant in variants(tree, junk) if passes(tree, variant)]


def test_empty_containers_prove_nothing_by_themselves():
    assert faults({}, {}) == faults([], []) == []  # Evidence.right counts no comparison as wrong
    assert faults({"a": []}, {"a": [1]}) == ["shape"]
    assert faults({"a": {}}, {"a": {"b": 1}}) == ["type"]
    assert faults({}, []) == ["type"]


# --- Whatever comes ---------------------------------------------------------------------------------

JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**70), 2**70) | st.floats(allow_nan=False) | st.just("nan"),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["tensor", "float", "tuple", "dict", "foreign"]), inner, max_size=2)
        | st.builds(lambda k, v: {"dict": [[k, v]]}, inner, inner)
        | st.builds(
            lambda v, k: {"namespace": [[k, v]], "advice": None}, inner, st.sampled_from(["a", "grads", "_advice"])
        )
        | st.builds(lambda v: {"dict": [["grads", v], ["f", v], ["list", v], ["pair", v], [1, v]]}, inner)
    ),
    max_leaves=10,
)
BLOB = wire.encode([ONE, torch.tensor(math.nan), torch.zeros(0, 3), torch.ones(2, dtype=torch.bool)])[1]


@given(JSON, st.sampled_from([TREE, ONE, 1, 1.5, "a", [ONE], True]))
@settings(EXAMPLES, max_examples=300)
def test_whatever_the_wire_lets_in_can_be_compared_and_reported(tree, want):
    try:
        got = wire.decode(tree, BLOB)
    except wire.WireError:
        return
    found = list(judge.compare("x", 0, want, in_double(want), got))
    assert found
    assert any(c.fault for c in found) or type(got) is type(want)
    assert len(msgspec.json.encode(found)) < 5_000


# --- The reference's own faults ---------------------------------------------------------------------

FAULTS = {
    "NaN": (torch.tensor([1.0, math.nan]), None),
    "NaN alone": (math.nan, None),
    "empty": (torch.zeros(0, 3), None),
    "empty ints": (torch.zeros(0, dtype=torch.int64), None),
    "no plain type": (Foreign("torch.nn.parameter.Parameter"), None),
    "NaN in double": (ONE, torch.tensor([1.0, math.nan, 3.0]).double()),
    "infinite in double": (ONE, torch.tensor([1.0, math.inf, 3.0]).double()),
    "a float, NaN in double": (1.5, math.nan),
    "a float, infinite in double": (1.5, math.inf),
    "two precisions, two values": (ONE, ONE.double() * 1.01),
    "another sign": (ONE, -ONE.double()),
    "a float that depends on precision": (1.5, 1.6),
    "an int that depends on precision": (3, 4),
    "a bool that depends on precision": (True, False),
    "an argmax that depends on precision": (torch.tensor([3, 1]), torch.tensor([3, 2])),
    "inside": ({"a": 1, "b": [torch.tensor(math.nan)]}, None),
}


@pytest.mark.parametrize("name", FAULTS)
def test_a_reference_that_can_not_be_judged_by_is_our_fault(name):
    single, double = FAULTS[name]
    with pytest.raises(judge.ReferenceFault):
        compared(single, single if not isinstance(single, Foreign) else torch.nn.Parameter(ONE), double)


def test_a_reference_of_no_plain_type_is_our_fault_whatever_came():
    with pytest.raises(judge.ReferenceFault):
        compared(Foreign("torch.nn.parameter.Parameter"), ONE)


def test_the_fault_names_the_value():
    with pytest.raises(judge.ReferenceFault, match=r"x\['b'\]\.c: the reference gave NaN"):
        compared({"b": Namespace({"c": torch.tensor(math.nan)})}, {"b": Namespace({"c": torch.tensor(1.0)})})
