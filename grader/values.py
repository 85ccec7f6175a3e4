"""The plain values that a probe takes and returns: numbers, tensors, dicts, lists, and namespaces."""

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

from torch import Tensor


class Namespace(SimpleNamespace):
    """Values under names, read as attributes: `f.probs`.

    `advice` is what someone reads who asks for a name that is not there.
    """

    def __init__(self, values: dict[str, Any], advice: str | None = None):
        super().__init__(**values)
        object.__setattr__(self, "_advice", advice)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        names = ", ".join(members(self)) or "nothing"
        advice = object.__getattribute__(self, "__dict__").get("_advice")
        raise AttributeError(f"no {name!r} here. {advice or f'There is {names}.'}")


def members(namespace: SimpleNamespace) -> dict[str, Any]:
    """The values of a namespace as a dict, without its advice."""
    return {name: value for name, value in vars(namespace).items() if name != "_advice"}


def mapped(value: Any, function: Callable[[Tensor], Tensor]) -> Any:
    """A copy of a tree of values, with each tensor put through a function."""
    if isinstance(value, Tensor):
        return function(value)
    if isinstance(value, Namespace):
        return Namespace({k: mapped(v, function) for k, v in members(value).items()}, value._advice)
    if isinstance(value, dict):
        return {k: mapped(v, function) for k, v in value.items()}
    if isinstance(value, (list, tuple)):
        return type(value)(mapped(v, function) for v in value)
    return value
