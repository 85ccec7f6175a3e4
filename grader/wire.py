"""What crosses between the two processes: a tree of plain values as JSON, its tensors as safetensors.

Nothing that is read here can run code. Who reads a reply checks its nonce, its size, the types, and
the number and depth of the values before anyone looks at one of them.
"""

import hashlib
import math
from collections.abc import Iterator
from operator import is_
from types import SimpleNamespace
from typing import Any

import msgspec
import numpy
import safetensors
import torch

from grader.cells import whole
from grader.values import Namespace, members

DTYPES = {
    torch.float64: "F64", torch.float32: "F32", torch.float16: "F16", torch.bfloat16: "BF16",
    torch.int64: "I64", torch.int32: "I32", torch.int16: "I16", torch.int8: "I8",
    torch.uint8: "U8", torch.bool: "BOOL",
}  # fmt: skip
_TORCH = {code: dtype for dtype, code in DTYPES.items()}
# numpy knows no bfloat16: its bits travel as those of an int16.
_NUMPY = {dtype: "int16" if dtype is torch.bfloat16 else str(dtype).removeprefix("torch.") for dtype in DTYPES}
MAX_DEPTH = 12
MAX_VALUES = 20_000
MAX_TEXT = 10_000


class WireError(Exception):
    """What came over the wire is not a message of ours."""


class Foreign(msgspec.Struct, frozen=True):
    """Stands for a value of a type that does not cross: only the type's name does."""

    type: str


def encode(value: Any) -> tuple[Any, bytes]:
    """A value as a JSON tree and the safetensors bytes of its tensors.

    Exactly torch.Tensor, bool, int, float, str, None, list, tuple, dict and namespaces cross as they
    are; anything else, subclasses included, crosses as the name of its type.
    """
    tensors: list[torch.Tensor] = []
    tree = _encode(value, tensors, 0)
    return tree, _pack(tensors)


def _encode(value: Any, tensors: list[torch.Tensor], depth: int) -> Any:
    kind = type(value)
    if depth > MAX_DEPTH:
        return {"foreign": "value nested too deep"}
    if value is None or kind is bool:
        return value
    if kind is int:
        return value if abs(value) < 2**63 else {"foreign": "int of more than 63 bits"}
    if kind is float:
        return value if math.isfinite(value) else {"float": repr(value)}
    if kind is str:
        if len(value) > MAX_TEXT:
            return {"foreign": "very long str"}
        return value if whole(value) == value else {"foreign": "str with half a character"}
    if kind is torch.Tensor:
        if value.layout is not torch.strided or value.dtype not in DTYPES or value.is_meta or value.is_nested:
            return {"foreign": f"tensor of layout {value.layout} and dtype {value.dtype}"}
        tensors.append(value)
        return {"tensor": len(tensors) - 1}
    if kind is list:
        return [_encode(item, tensors, depth + 1) for item in value]
    if kind is tuple:
        return {"tuple": [_encode(item, tensors, depth + 1) for item in value]}
    if kind is dict:
        pairs = [[_encode(k, tensors, depth + 1), _encode(v, tensors, depth + 1)] for k, v in value.items()]
        return {"dict": pairs}
    if kind in (Namespace, SimpleNamespace):
        if not all(type(name) is str and (name.isascii() or whole(name) == name) for name in vars(value)):
            return {"foreign": "namespace with a name that is no text"}
        pairs = [[k, _encode(v, tensors, depth + 1)] for k, v in members(value).items()]
        return {"namespace": pairs, "advice": vars(value).get("_advice")}
    return {"foreign": f"{kind.__module__}.{kind.__qualname__}".removeprefix("builtins.")}


def decode(tree: Any, blob: bytes) -> Any:
    """The value of a tree and its tensors; raises WireError for anything that encode never writes."""
    return _decode(tree, _unpack(blob), 0, [MAX_VALUES])


def _decode(tree: Any, tensors: list[torch.Tensor], depth: int, budget: list[int]) -> Any:
    budget[0] -= 1
    if depth > MAX_DEPTH + 1 or budget[0] < 0:
        raise WireError("the reply holds too many values, or nests them too deep")
    if tree is None or isinstance(tree, (bool, int, float, str)):
        return tree
    if isinstance(tree, list):
        return [_decode(item, tensors, depth + 1, budget) for item in tree]
    if not isinstance(tree, dict):
        raise WireError(f"a value of no known form: {type(tree).__name__}")
    index = tree.get("tensor")
    if type(index) is int and 0 <= index < len(tensors) and len(tree) == 1:
        return tensors[index]  # most values are tensors
    match [*tree.items()]:  # items: a pattern of a dict takes one with further keys as well, and four times as long
        case [("float", "nan" | "inf" | "-inf" as text)]:
            return float(text)
        case [("tuple", list(items))]:
            return tuple(_decode(item, tensors, depth + 1, budget) for item in items)
        case [("dict", list(pairs))]:
            return dict(_pair(pair, tensors, depth, budget) for pair in pairs)
        case [("namespace", list(pairs)), ("advice", None | str() as advice)]:
            named = dict(_pair(pair, tensors, depth, budget) for pair in pairs)
            if not all(isinstance(name, str) for name in named):
                raise WireError("a namespace with a name that is no text")
            return Namespace(named, advice)
        case [("foreign", str(name))]:
            return Foreign(name[:200])
    raise WireError(f"a value of no known form: {', '.join(map(str, tree))[:80]}")


def _pair(pair: Any, tensors: list[torch.Tensor], depth: int, budget: list[int]) -> tuple[Any, Any]:
    if not (isinstance(pair, list) and len(pair) == 2):
        raise WireError("a dict entry that is not a pair")
    if type(pair[0]) is str:
        return pair[0], _decode(pair[1], tensors, depth + 1, budget)
    key = _decode(pair[0], tensors, depth + 1, budget)
    if not isinstance(key, (str, int, float, bool, tuple, type(None))):
        key = str(key)
    try:
        hash(key)
    except TypeError:
        key = str(key)
    return key, _decode(pair[1], tensors, depth + 1, budget)


def changed(before: Namespace, after: Namespace, prefix: str = "") -> list[str]:
    """Names of the values that are no longer what they were; a new name beside them is no change."""
    names = []
    for name, value in members(before).items():
        now = vars(after).get(name)
        if isinstance(value, Namespace) and isinstance(now, Namespace):
            names += changed(value, now, f"{prefix}{name}.")
        elif encode(now) != encode(value):
            names.append(prefix + name)
    return names


class Packed(msgspec.Struct, frozen=True):
    """A value ready to be sent; its key is a digest of it."""

    key: str
    tree: Any
    blob: bytes


def packed(values: Namespace) -> dict[str, Packed]:
    """Each value of a namespace on its own: what several probes are given needs to be sent once."""
    parts = {}
    for name, value in members(values).items():
        tree, blob = encode(value)
        parts[name] = Packed(hashlib.sha256(msgspec.json.encode(tree) + b"\0" + blob).hexdigest(), tree, blob)
    return parts


class Given:
    """A value that came over the wire, with what it takes to see whether it has been changed since."""

    def __init__(self, tree: Any, blob: bytes):
        entries = _entries(blob)
        self._tensors = [_tensor(entry) for entry in entries]
        self._memory = [entry["data"] for entry in entries]  # the tensors' own
        self._before = b"".join(self._memory)
        self._forms = [*map(_form, self._tensors)]
        self.value = _decode(tree, self._tensors, 0, [MAX_VALUES])
        self._containers = [(container, _contents(container)) for container in _containers(self.value)]

    def untouched(self) -> bool:
        """Whether the very same values are there, and tensors lie where they lay: a tenth of the time of decoding."""
        return (
            [*map(_form, self._tensors)] == self._forms
            and b"".join(self._memory) == self._before
            and all(_same(_contents(container), before) for container, before in self._containers)
        )


def _containers(value: Any) -> Iterator[Any]:
    """The value and what is in it, where that can hold other values."""
    if isinstance(value, (Namespace, dict, list, tuple)):
        yield value
        for inner in _contents(value):
            yield from _containers(inner)


def _contents(container: Any) -> list[Any]:
    values = vars(container) if isinstance(container, Namespace) else container
    return [*values, *values.values()] if isinstance(values, dict) else [*values]


def _same(one: list[Any], other: list[Any]) -> bool:
    return len(one) == len(other) and all(map(is_, one, other))


def _form(tensor: torch.Tensor) -> tuple[Any, ...]:
    """Where a tensor lies, how it is read and whether it records: other than that, only its memory can change."""
    return tensor.data_ptr(), tensor.shape, tensor.stride(), tensor.requires_grad


def _pack(tensors: list[torch.Tensor]) -> bytes:
    """Tensors as safetensors under the names "0", "1", ...

    Written here because safetensors.torch.save takes 25 microseconds a tensor and refuses views that
    share storage, as a student's often do. The format is a length, a JSON header and the raw bytes.
    """
    header, data, offset = {}, [], 0
    for index, tensor in enumerate(tensors):
        plain = tensor.detach().cpu().resolve_neg()
        # numpy writes entries in their order, whatever the strides; bfloat16 it doesn't know.
        raw = (plain.view(torch.int16) if plain.dtype is torch.bfloat16 else plain).numpy().tobytes()
        header[str(index)] = {
            "dtype": DTYPES[plain.dtype],
            "shape": list(plain.shape),
            "data_offsets": [offset, offset + len(raw)],
        }
        data.append(raw)
        offset += len(raw)
    text = msgspec.json.encode(header)
    text += b" " * (-len(text) % 8)
    return b"".join([len(text).to_bytes(8, "little"), text, *data])


def _unpack(blob: bytes) -> list[torch.Tensor]:
    return [_tensor(entry) for entry in _entries(blob)]


def _entries(blob: bytes) -> list[dict[str, Any]]:
    try:
        entries = dict(safetensors.deserialize(blob))  # type: ignore[no-untyped-call]
    except Exception as error:  # the library raises its own SafetensorError and, for some input, others
        raise WireError(f"the tensors are not safetensors: {error}") from None
    try:
        return [entries[str(index)] for index in range(len(entries))]
    except KeyError:
        raise WireError("the tensors are not numbered from 0 on") from None


def _tensor(entry: dict[str, Any]) -> torch.Tensor:
    dtype, shape, data = _TORCH.get(entry["dtype"]), entry["shape"], entry["data"]
    if dtype is None:
        raise WireError(f"a tensor of dtype {entry['dtype']}")
    try:
        if not data:
            return torch.empty(shape, dtype=dtype)
        # By way of numpy: a third of the time of torch.frombuffer and reshape.
        plain = torch.from_numpy(numpy.frombuffer(data, _NUMPY[dtype]).reshape(shape))
        return plain.view(dtype) if dtype is torch.bfloat16 else plain
    except (RuntimeError, TypeError, ValueError, OverflowError) as error:  # more entries than an int can count
        raise WireError(f"a tensor of shape {str(shape)[:80]}: {type(error).__name__}") from None


def frame(message: dict[str, Any], blob: bytes = b"") -> bytes:
    """A message ready to be sent: two lengths, JSON, tensors."""
    text = msgspec.json.encode(message)
    return len(text).to_bytes(8, "big") + len(blob).to_bytes(8, "big") + text + blob


def lengths(head: bytes | bytearray) -> tuple[int, int]:
    """The two lengths in a frame's first 16 bytes."""
    return int.from_bytes(head[:8], "big"), int.from_bytes(head[8:16], "big")


def parse(text: bytes) -> dict[str, Any]:
    """A message's JSON; raises WireError where it is none or not an object."""
    try:
        message = msgspec.json.decode(text)
    except (msgspec.DecodeError, RecursionError, ValueError) as error:
        raise WireError(f"not JSON: {error}") from None
    if not isinstance(message, dict):
        raise WireError("not a JSON object")
    return message
