"""A difference as a safetensors file: what was given, expected and got, to look at in a notebook."""

import json
import re
from collections.abc import Iterator, Sequence
from typing import Any

import torch
from safetensors.torch import save

from grader.differences import Difference
from grader.judge import CONTAINERS, contents, describe
from grader.values import Namespace, members


def saved(wrong: Sequence[Difference]) -> tuple[bytes, list[str], list[str]]:
    """The file of what is wrong in one case, the names of its tensors, and the names in its metadata.

    Names are as in `given.f.probs`, `expected.dprobs`, `got.dprobs`. What is no tensor is in the metadata, as JSON.
    """
    given = members(wrong[0].given).items()
    found = {leaf: one for name, value in given for leaf, one in _leaves(f"given.{name}", value)}
    for one in wrong:
        name = _name(one)
        found |= dict(_leaves(f"expected.{name}", one.expected))
        if one.comparison.fault != "missing":
            found |= dict(_leaves(f"got.{name}", one.got))
    # A copy each: tensors that share memory can't be saved.
    tensors = {name: v.detach().clone().contiguous() for name, v in found.items() if isinstance(v, torch.Tensor)}
    plain = {name: _json(v) for name, v in found.items() if name not in tensors}
    return save(tensors, metadata=plain), list(tensors), list(plain)


def _name(one: Difference) -> str:
    """A label without brackets: `grads.W1` for `grads['W1']`."""
    label = one.label.partition(":")[0] if one.measured else one.label
    return re.sub(r"\[(?:'([^']*)'|([^\]]*))\]", r".\1\2", label)


def _leaves(name: str, value: Any) -> Iterator[tuple[str, Any]]:
    """What is in a value, by name: containers are gone through where there are tensors in them."""
    if isinstance(value, CONTAINERS) and _holds_tensors(value):
        for key, one in contents(value).items():
            yield from _leaves(f"{name}.{key}", one)
    else:
        yield name, value


def _json(value: Any) -> str:
    try:
        return json.dumps(value, default=lambda one: members(one) if isinstance(one, Namespace) else describe(one))
    except TypeError:  # a key of a dict that JSON has no form for
        return json.dumps(repr(value))


def _holds_tensors(value: Any) -> bool:
    if isinstance(value, CONTAINERS):
        return any(map(_holds_tensors, contents(value).values()))
    return isinstance(value, torch.Tensor)
