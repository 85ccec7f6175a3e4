"""What crosses between the two processes: only what was meant to, whatever bytes come."""

import contextlib
import json
import math
import struct
from types import SimpleNamespace

import hypothesis.strategies as st
import msgspec
import numpy as np
import pytest
import torch
from hypothesis import example, given, settings

from grader import wire
from grader.values import Namespace, members

settings.register_profile("wire", max_examples=100, deadline=None)
PROFILE = settings.get_profile("wire")
NOTHING = wire.encode(None)[1]
BITS = {1: torch.uint8, 2: torch.int16, 4: torch.int32, 8: torch.int64}


def crossed(value):
    """The value as it comes out on the other side, by way of real frames."""
    tree, blob = wire.encode(value)
    sent = wire.frame({"value": tree}, blob)
    text, rest = wire.lengths(sent)
    assert len(sent) == 16 + text + rest
    return wire.decode(wire.parse(sent[16 : 16 + text])["value"], sent[16 + text :])


def same(one, other):
    """Whether two values are one to the last bit, types and dtypes included."""
    if type(one) is not type(other):
        return False
    if isinstance(one, torch.Tensor):
        bits = BITS[one.element_size()]
        return (
            (one.dtype, one.shape) == (other.dtype, other.shape)
            and not other.requires_grad
            and torch.equal(one.detach().contiguous().view(bits), other.view(bits))
        )
    if isinstance(one, float):
        return struct.pack("d", one) == struct.pack("d", other) or (math.isnan(one) and math.isnan(other))
    if isinstance(one, Namespace):
        return one._advice == other._advice and same(members(one), members(other))
    if isinstance(one, dict):
        return list(map(repr, one)) == list(map(repr, other)) and all(same(one[key], other[key]) for key in one)
    if isinstance(one, (list, tuple)):
        return len(one) == len(other) and all(map(same, one, other))
    return one == other


@st.composite
def tensors(draw):
    """Any dtype, any bits, 0-d and empty ones too, contiguous or not."""
    dtype = draw(st.sampled_from(list(wire.DTYPES)))
    shape = draw(st.lists(st.integers(0, 4), max_size=4))
    rng = torch.Generator().manual_seed(draw(st.integers(0, 2**32)))
    size = torch.empty(0, dtype=dtype).element_size()
    raw = torch.randint(0, 256, [math.prod(shape) * size], dtype=torch.uint8, generator=rng)
    tensor = ((raw % 2).bool() if dtype is torch.bool else raw.view(dtype)).reshape(shape)
    layout = draw(st.sampled_from(["plain", "transposed", "strided", "expanded"]))
    if layout == "transposed":
        return tensor.mT if tensor.dim() > 1 else tensor
    if layout == "strided":
        return torch.stack([tensor, tensor], -1)[..., 1]
    if layout == "expanded":
        return tensor.expand(3, *tensor.shape)
    return tensor


KEYS = st.none() | st.booleans() | st.integers(-9, 9) | st.floats(allow_nan=False) | st.text(max_size=4)
PLAIN = st.none() | st.booleans() | st.integers(1 - 2**63, 2**63 - 1) | st.floats() | st.text(max_size=20) | tensors()
NAMES = st.text(max_size=6).filter(lambda name: name != "_advice")
VALUES = st.recursive(
    PLAIN,
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.lists(inner, max_size=4).map(tuple)
        | st.dictionaries(KEYS | st.tuples(KEYS, KEYS), inner, max_size=4)
        | st.builds(Namespace, st.dictionaries(NAMES, inner, max_size=4), st.none() | st.text(max_size=9))
    ),
    max_leaves=8,
)


class Sub(torch.Tensor):
    """Says that it is a plain tensor, and equal to everything."""

    @classmethod
    def __torch_function__(cls, func, types, args=(), kwargs=None):
        return True

    __class__ = torch.Tensor


class Liar:
    """Equal to everything, an instance of everything."""

    __hash__ = None

    def __eq__(self, other):
        return True

    @property
    def __class__(self):
        return torch.Tensor


def subclass(base, *arguments):
    return type(f"A{base.__name__}", (base,), {"__eq__": lambda *_: True, "__hash__": lambda _: 1})(*arguments)


# Everything that must not cross as what it seems to be; made lazily, because torch warns about some.
FOREIGN = {
    "tensor subclass": lambda: torch.ones(2).as_subclass(Sub),
    "parameter": lambda: torch.nn.Parameter(torch.ones(2)),
    "lying object": Liar,
    "lying class": lambda: Liar,
    "int subclass": lambda: subclass(int, 1),
    "float subclass": lambda: subclass(float, 1),
    "str subclass": lambda: subclass(str, "a"),
    "list subclass": lambda: subclass(list, [1]),
    "tuple subclass": lambda: subclass(tuple, [1]),
    "dict subclass": lambda: subclass(dict, [("a", 1)]),
    "namespace subclass": lambda: subclass(Namespace, {}),
    "torch.Size": lambda: torch.Size([1]),
    "array": lambda: np.ones(2, np.float32),
    "numpy number": lambda: np.float64(1),
    "numpy bool": lambda: np.bool_(True),
    "dtype": lambda: torch.float32,
    "function": lambda: same,
    "generator": lambda: (i for i in range(3)),
    "exception": lambda: ValueError("x"),
    "bytes": lambda: b"x",
    "set": lambda: {1},
    "complex": lambda: 1j,
    "long int": lambda: 2**63,
    "longer int": lambda: -(10**5000),
    "long str": lambda: "x" * (wire.MAX_TEXT + 1),
    "meta tensor": lambda: torch.ones(2, device="meta"),
    "sparse tensor": lambda: torch.ones(2).to_sparse(),
    "complex tensor": lambda: torch.ones(2, dtype=torch.complex64),
    "quantised tensor": lambda: torch.quantize_per_tensor(torch.ones(2), 1.0, 0, torch.qint8),
    "nested tensor": lambda: torch.nested.nested_tensor([torch.ones(2), torch.ones(3)]),
}


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("kind", FOREIGN)
def test_what_is_not_plain_crosses_as_the_name_of_its_type_alone(kind):
    value = FOREIGN[kind]()
    assert type(crossed(value)) is wire.Foreign
    assert type(crossed({"a": [value]})["a"][0]) is wire.Foreign
    assert wire.encode(value)[1] == NOTHING


def test_an_endless_value_ends():
    value: list = []
    value.append(value)
    came = crossed(value)
    while isinstance(came, list):
        (came,) = came
    assert came == wire.Foreign("value nested too deep")


@given(VALUES)
@PROFILE
def test_values_come_out_as_they_went_in(value):
    assert same(crossed(value), value)


@given(tensors().filter(torch.numel))
@PROFILE
def test_a_value_that_differs_in_one_bit_is_not_the_same(tensor):
    other = tensor.clone(memory_format=torch.contiguous_format)
    assert same(tensor, other)
    other.view(-1)[:1].view(torch.uint8)[0] ^= 1
    assert not same(tensor, other)
    assert not same(tensor, tensor.unsqueeze(0))
    assert not same(tensor, tensor.to(torch.int32 if tensor.dtype is not torch.int32 else torch.float32))


def test_views_of_one_storage_cross_each_by_itself():
    base = torch.arange(6.0)
    views = [base, base[2:], base.view(2, 3).T, base[::2], base[:0], base.expand(2, 6), base[3]]
    came = crossed(views)
    assert all(map(same, came, views))
    came[0].fill_(7)
    assert same(came[1], base[2:])


@pytest.mark.parametrize(
    "tensor",
    [
        torch.ones(2, requires_grad=True),
        torch.ones(2, requires_grad=True) * 3,
        torch.eye(3)[:1, 1],
        torch.eye(3)[1:2, ::2][:, 1:],
        torch.tensor([1 + 2j]).conj().imag,
    ],
    ids=["leaf", "graph", "one of a column", "one of a block", "negative bit"],
)
def test_a_tensor_crosses_by_its_values(tensor):
    assert crossed(tensor).tolist() == tensor.tolist()
    assert not crossed(tensor).requires_grad


@pytest.mark.parametrize("text", ["\ud800", "a\udcff", "\x00", "\x1b[31m", "😀", "\u2028"])
def test_any_text_can_be_sent(text):
    came = crossed({"text": text, "other": torch.ones(2)})
    if text.encode("utf-8", "replace").decode() == text:
        assert came["text"] == text
    else:  # half a character is no text that JSON can hold
        assert type(came["text"]) in (str, wire.Foreign)
    assert same(came["other"], torch.ones(2))


def test_a_simplenamespace_crosses_as_a_namespace():
    came = crossed(SimpleNamespace(a=1, b=torch.ones(2)))
    assert type(came) is Namespace
    assert same(members(came), {"a": 1, "b": torch.ones(2)})


# --- Hostile replies --------------------------------------------------------------------------------


def safetensors(data=b"", **tensors):
    """A blob with that header, sound or not."""
    header = json.dumps({name.strip("_"): tensor for name, tensor in tensors.items()}).encode()
    return len(header).to_bytes(8, "little") + header + data


def one(dtype="F32", shape=(1,), offsets=(0, 4)):
    return {"dtype": dtype, "shape": list(shape), "data_offsets": list(offsets)}


BLOBS = {
    "empty": b"",
    "short": b"\1\2\3",
    "no header": b"\0" * 8,
    "huge header": (2**62).to_bytes(8, "little") + b"{}",
    "negative header": b"\xff" * 8 + b"{}",
    "not JSON": (4).to_bytes(8, "little") + b"nope",
    "a list": (2).to_bytes(8, "little") + b"[]",
    "deep JSON": (50_000).to_bytes(8, "little") + b"[" * 50_000,
    "pickle": b"\x80\x04K\x01.",
    "no data": safetensors(_0=one()),
    "too much data": safetensors(b"\0" * 9, _0=one()),
    "wrong size": safetensors(b"\0" * 4, _0=one(shape=(2,))),
    "offsets reversed": safetensors(b"\0" * 4, _0=one(offsets=(4, 0))),
    "offsets outside": safetensors(b"\0" * 4, _0=one(offsets=(4, 8))),
    "offsets negative": safetensors(b"\0" * 4, _0=one(offsets=(-4, 0))),
    "overlapping": safetensors(b"\0" * 4, _0=one(), _1=one()),
    "a hole": safetensors(b"\0" * 12, _0=one(), _1=one(offsets=(8, 12))),
    "huge shape": safetensors(b"\0" * 4, _0=one(shape=(2**40,))),
    "shape overflows": safetensors(b"\0" * 4, _0=one(shape=(2**32, 2**32))),
    "shape overflows to fit": safetensors(b"\0" * 4, _0=one(shape=(2**62, 4))),
    "negative shape": safetensors(b"\0" * 4, _0=one(shape=(-1,))),
    "shape of text": safetensors(b"\0" * 4, _0=one(shape="1")),
    "empty and huge": safetensors(_0=one(shape=(0, 2**63), offsets=(0, 0))),
    "empty and huger": safetensors(_0=one(shape=(2**64 - 1, 0), offsets=(0, 0))),
    "foreign dtype": safetensors(b"\0", _0=one("F8_E4M3", offsets=(0, 1))),
    "unknown dtype": safetensors(b"\0" * 4, _0=one("F33")),
    "no dtype": safetensors(b"\0" * 4, _0={"shape": [1], "data_offsets": [0, 4]}),
}


@pytest.mark.parametrize("name", BLOBS)
def test_a_hostile_blob_is_refused(name):
    with pytest.raises(wire.WireError):
        wire.decode({"tensor": 0}, BLOBS[name])


SOUND = wire.encode([torch.arange(6.0).view(2, 3), torch.tensor(True), torch.ones(0, 4, dtype=torch.int64)])[1]


@pytest.mark.parametrize("length", range(len(SOUND)))
def test_a_truncated_blob_is_refused(length):
    with pytest.raises(wire.WireError):
        wire.decode([{"tensor": 0}, {"tensor": 1}, {"tensor": 2}], SOUND[:length])


@given(st.binary(max_size=200))
@PROFILE
def test_random_bytes_are_refused(blob):
    with pytest.raises(wire.WireError):
        wire.decode({"tensor": 0}, blob)
    with pytest.raises(wire.WireError):
        wire.decode({"tensor": 0}, len(blob).to_bytes(8, "little") + blob)


@given(st.lists(st.tuples(st.integers(0, len(SOUND) - 1), st.integers(0, 255)), min_size=1, max_size=4))
@settings(PROFILE, max_examples=400)
def test_changed_bytes_are_refused_or_give_other_tensors(changes):
    blob = bytearray(SOUND)
    for at, value in changes:
        blob[at] = value
    with contextlib.suppress(wire.WireError):  # nothing else may come out
        assert all(type(value) is torch.Tensor for value in wire.decode([{"tensor": 0}], bytes(blob)))


TREES = {
    "empty object": {},
    "unknown form": {"pickle": "cos\nsystem"},
    "no such tensor": {"tensor": 0},
    "negative tensor": {"tensor": -1},
    "tensor by name": {"tensor": "0"},
    "tensor by float": {"tensor": 0.0},
    "tensor by bool": {"tensor": False},
    "float of text": {"float": "1e5"},
    "float of number": {"float": 1.0},
    "float of infinity": {"float": "infinity"},
    "tuple of dict": {"tuple": {}},
    "tuple of text": {"tuple": "ab"},
    "dict of dict": {"dict": {"a": 1}},
    "dict of text": {"dict": ["ab"]},
    "dict of triples": {"dict": [[1, 2, 3]]},
    "dict of singles": {"dict": [[1]]},
    "dict of nothing": {"dict": [None]},
    "namespace without advice": {"namespace": []},
    "namespace of dict": {"namespace": {}, "advice": None},
    "advice of number": {"namespace": [], "advice": 1},
    "name of number": {"namespace": [[1, 2]], "advice": None},
    "name of None": {"namespace": [[None, 2]], "advice": None},
    "name of list": {"namespace": [[{"tuple": [1]}, 2]], "advice": None},
    "foreign of number": {"foreign": 1},
    "bytes": b"x",
    "a set": {1},
    "an object": object(),
}


@pytest.mark.parametrize("name", TREES)
@pytest.mark.parametrize(
    "inside", [lambda t: t, lambda t: [t], lambda t: {"dict": [["k", t]]}], ids=["", "list", "dict"]
)
def test_a_hostile_tree_is_refused(name, inside):
    with pytest.raises(wire.WireError):
        wire.decode(inside(TREES[name]), NOTHING)


def wide(depth, breadth, form):
    """A small object that stands for breadth ** depth values."""
    value = None
    for _ in range(depth):
        value = form([value] * breadth)
    return value


FORMS = {
    "lists": lambda items: items,
    "tuples": lambda items: {"tuple": items},
    "dicts": lambda items: {"dict": [[i, item] for i, item in enumerate(items)]},
    "keys": lambda items: {"dict": [[item, i] for i, item in enumerate(items)]},
    "namespaces": lambda items: {"namespace": [[f"a{i}", item] for i, item in enumerate(items)], "advice": None},
}


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize(("depth", "breadth"), [(1, wire.MAX_VALUES + 1), (10, 40), (wire.MAX_DEPTH + 2, 1), (900, 1)])
def test_too_many_values_are_refused_before_they_are_made(form, depth, breadth):
    # 40 ** 10 values would take longer than anyone waits, so this ends only if they are counted.
    with pytest.raises(wire.WireError):
        wire.decode(wide(depth, breadth, FORMS[form]), NOTHING)


def test_as_many_values_as_are_allowed_are_read():
    assert len(wire.decode([1] * (wire.MAX_VALUES - 1), NOTHING)) == wire.MAX_VALUES - 1  # and the list itself
    with pytest.raises(wire.WireError):
        wire.decode([1] * wire.MAX_VALUES, NOTHING)


@pytest.mark.parametrize("opening", ["[", '{"a":', '{"tuple":[', '{"dict":[[', '{"x":{"y":'])
def test_no_depth_of_json_overflows_the_stack(opening):
    closing = {"[": "]", "{": "}"}
    end = "".join(closing[char] for char in reversed(opening) if char in closing)
    for depth in [*range(1, 1100), 10**5]:
        with contextlib.suppress(wire.WireError):
            wire.decode(wire.parse(f'{{"v": {opening * depth}1{end * depth}}}'.encode())["v"], NOTHING)


@pytest.mark.parametrize(
    "key", [[1], {"dict": []}, {"namespace": [["a", 1]], "advice": None}, {"tuple": [[1]]}, {"foreign": "x"}], ids=str
)
def test_an_unhashable_key_raises_nothing_else(key):
    with contextlib.suppress(wire.WireError):
        assert list(wire.decode({"dict": [[key, 7]]}, NOTHING).values()) == [7]


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-3, 2**64) | st.floats(allow_nan=False) | st.sampled_from(["nan", "0", ""]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["tensor", "float", "tuple", "dict", "namespace", "advice", "foreign", "x"]),
            inner,
            max_size=3,
        )
        | st.builds(lambda k, v, a: {k: [v], "advice": a}, st.sampled_from(["dict", "namespace"]), inner, inner)
        | st.builds(lambda k, v: {"dict": [[k, v]]}, inner, inner)
        | st.builds(lambda k, v: {"namespace": [[k, v]], "advice": None}, inner, inner)
    ),
    max_leaves=12,
)
ALLOWED = {type(None), bool, int, float, str, list, tuple, dict, Namespace, torch.Tensor, wire.Foreign}


@given(JSON)
@example({"namespace": [[0, 0]], "advice": None})
@settings(PROFILE, max_examples=400)
def test_any_tree_gives_plain_values_or_is_refused(tree):
    def plain(value):
        assert type(value) in ALLOWED
        inner = members(value) if isinstance(value, Namespace) else value
        if isinstance(inner, dict):
            assert all(type(key) in ALLOWED - {list, dict} for key in inner)
            inner = list(inner.values())
        if isinstance(inner, (list, tuple)):
            for item in inner:
                plain(item)

    with contextlib.suppress(wire.WireError):
        plain(wire.decode(tree, SOUND))


@pytest.mark.parametrize(
    "text", [b"", b"x", b"[]", b"1", b"null", b'"a"', b"{", b"\xff", b'{"a": NaN}', b'{"a": "\\ud800"}', b"[" * 10**5]
)
def test_what_is_no_json_object_is_refused(text):
    with pytest.raises(wire.WireError):
        wire.parse(text)


@given(st.binary(max_size=60))
@PROFILE
def test_random_text_is_refused_or_an_object(text):
    with contextlib.suppress(wire.WireError):
        assert type(wire.parse(text)) is dict


def test_lengths_read_any_head():
    assert wire.lengths(b"\xff" * 16) == (2**64 - 1, 2**64 - 1)
    assert wire.lengths(wire.frame({"a": 1}, b"xyz")) == (len(msgspec.json.encode({"a": 1})), 3)


# --- Changes in place -------------------------------------------------------------------------------


def given_values():
    return Namespace(
        {"x": torch.ones(3), "f": Namespace({"h": torch.tensor([math.nan])}), "n": 3, "xs": [torch.ones(2)]}
    )


CHANGES = {
    "": lambda g: None,
    "x": lambda g: g.x.add_(1),
    "f.h": lambda g: g.f.h.zero_(),
    "n": lambda g: setattr(g, "n", True),
    "xs": lambda g: g.xs[0].zero_(),
    "x ": lambda g: g.x.unsqueeze_(0),
    "x  ": lambda g: delattr(g, "x"),
    "x   ": lambda g: setattr(g, "x", torch.ones(3).double()),
    "f": lambda g: setattr(g, "f", None),
    " ": lambda g: setattr(g, "new", 1),
}


@pytest.mark.parametrize("what", CHANGES)
def test_changed_inputs_are_told_by_name(what):
    after = given_values()
    CHANGES[what](after)
    assert wire.changed(given_values(), after) == ([what.strip()] if what.strip() else [])


TOUCHED = {
    "written": lambda g: g.x.add_(1),
    "written by numpy": lambda g: g.x.numpy().fill(9.0),
    "written to its data": lambda g: g.x.data.zero_(),
    "written deep inside": lambda g: g.xs[0].zero_(),
    "another shape": lambda g: g.x.unsqueeze_(0),
    "other data": lambda g: setattr(g.x, "data", torch.ones(3)),
    "it records": lambda g: g.x.requires_grad_(),
    "another name": lambda g: setattr(g, "new", 1),
    "a name less": lambda g: delattr(g, "n"),
    "an equal number of another type": lambda g: setattr(g, "n", 3.0),
    "an equal tensor": lambda g: setattr(g, "x", g.x.clone()),
    "an entry more": lambda g: g.xs.append(1),
    "a name deep inside": lambda g: setattr(g.f, "more", 1),
    "a dict's key": lambda g: g.d.update(b=2),
    "a dict's order": lambda g: g.d.update(a=g.d.pop("a")),
}


def came():
    """A value as it comes out of the wire."""
    values = given_values()
    values.d = {"a": 1.0, "c": torch.zeros(2, dtype=torch.bfloat16)}
    return wire.Given(*wire.encode(values))


def test_what_is_only_read_is_untouched():
    given = came()
    assert given.value.x.sum() == 3
    assert given.value.f.h.isnan().all()
    assert given.value.xs[0] @ given.value.xs[0] == 2
    assert given.untouched()


@pytest.mark.parametrize("how", TOUCHED)
def test_what_was_touched_is_not_handed_out_again(how):
    given = came()
    TOUCHED[how](given.value)
    assert not given.untouched()


def test_what_two_namespaces_share_has_one_key():
    shared = torch.arange(6.0)
    one = wire.packed(Namespace({"f": shared, "d": torch.ones(2)}))
    other = wire.packed(Namespace({"f": shared.clone(), "d": torch.ones(2).double()}))
    assert one["f"].key == other["f"].key
    assert one["d"].key != other["d"].key
    keys = {
        wire.packed(Namespace({"x": x}))["x"].key for x in (shared, shared.view(2, 3), shared.int(), [shared], 1, True)
    }
    assert len(keys) == 6
