"""What is wrong with the form of an answer: its type, its shape, its dtype."""

import re
from typing import Any

import torch

from grader.alike import alike
from grader.comparison import Comparison
from grader.evidence import Diagnosis, Evidence, tensors
from grader.judge import SURPLUS, dtype_name
from grader.values import Namespace, members

LECTURES = (27, 32, 64, 200)
"""Sizes of the lecture's networks: characters, examples, hidden units."""
TENSOR = re.compile(r"\w+ \(.*\)")
"""How a comparison writes down that a tensor was asked."""
NUMBER = re.compile(r"\w+ \(\)")
"""How it writes down a tensor without dimensions."""
PLAIN = ("a float", "an int", "a bool")
"""How it writes down that a number of Python's was asked."""
NO_TENSOR = {
    "a list": "torch.tensor makes a tensor of a list of numbers, torch.stack one of a list of tensors.",
    "numpy": "Stay within torch: is there a .numpy(), or a function of NumPy, on the way?",
    "a float": "Stay within torch: .item(), float() and Python's own functions leave it.",
    "an int": "Stay within torch: .item(), int() and Python's own functions leave it.",
    "a bool": "Stay within torch: .item(), bool() and Python's own functions leave it.",
}
"""What to say of that which came where a tensor was asked."""


def wrong_kind(evidence: Evidence) -> Diagnosis | None:
    """A value that is missing, is None, is too much, or is not of the type that was asked."""
    for comparison in evidence.wrong():
        if comparison.fault == "missing":
            return Diagnosis("a value is missing", f"{comparison.label} is missing: {comparison.asked} was asked.")
        if comparison.fault != "type":
            continue
        if comparison.came.startswith(SURPLUS):
            text = f"{comparison.label} has {comparison.came}. {comparison.asked} was asked."
            beside = (c for c in evidence.wrong() if c.case == comparison.case and c.label.startswith(comparison.label))
            if lacking := next((c for c in beside if c.fault == "missing"), None):
                return Diagnosis("another name than the one asked for", f"{text} {lacking.label} is missing.")
            return Diagnosis("a value too many", text)
        if comparison.came == "None":
            return Diagnosis("None came", _none(evidence, comparison))
        advice = f"{comparison.label}: {comparison.asked} was asked, {comparison.came} came."
        if TENSOR.fullmatch(comparison.asked):
            more = (text for sign, text in NO_TENSOR.items() if sign in comparison.came)
            advice += " " + next(more, "Exactly a torch.Tensor is needed, and no subclass of it.")
        elif comparison.asked in PLAIN and NUMBER.fullmatch(comparison.came):
            advice += " That is a tensor of a single number; its .item() is the number itself."
        return Diagnosis("not the type that was asked", advice)
    return None


def _none(evidence: Evidence, comparison: Comparison) -> str:
    if comparison.label == evidence.label:
        return f"{comparison.label} returned None: is the `return` missing?"
    if "grad" in comparison.label:
        return f"{comparison.label} is None: no graph led there. Was something detached, or made without its inputs?"
    return f"{comparison.label} is None: is a `return` missing, or was something never set?"


def wrong_shape(evidence: Evidence) -> Diagnosis | None:
    """A shape that was not asked, with what may have become of it."""
    for index, comparison, single, got in tensors(evidence):
        if comparison.fault != "shape":
            continue
        asked, came = tuple(single.shape), tuple(got.shape)
        head = f"{comparison.label} has shape {came}; {asked} was asked."
        if single.numel() == got.numel() and alike(single.reshape(-1), got.reshape(-1).to(single.dtype)):
            return Diagnosis(
                "right values, wrong shape",
                f"The values are right, the shape is not: {comparison.label} has shape {came}; {asked} was "
                "asked. Broadcasting hides the difference as long as the two are added or compared; it bites in an "
                "in-place update, in a sum over the wrong axis, and where (n,) meets (n, 1) and quietly becomes "
                "(n, n). Look at keepdim, at what was summed away, or at what was stacked.",
            )
        if single.dim() == 2 and asked == came[::-1] and alike(single, got.T.to(single.dtype)):
            return Diagnosis("transposed", f"{head} It is the right answer transposed.")
        advice = _hard_coded(evidence, index, came) or _shape_advice(asked, came)
        return Diagnosis("the shape is wrong", f"{head} {advice}".rstrip())
    return None


def _hard_coded(evidence: Evidence, case: int, came: tuple[int, ...]) -> str:
    """Of a size of the lecture's that the answer has and no input."""
    sizes = {size for tensor in _given(evidence.cases[case].given()) for size in tensor.shape}
    size = next((size for size in came if size in LECTURES and size not in sizes), None)
    if size is None:
        return ""
    return (
        f"{size} is a size of the lecture's network, and no size of these inputs: is it written as a number? Read it "
        "from the shape of something that was given."
    )


def _given(value: Any) -> list[torch.Tensor]:
    if isinstance(value, Namespace):
        return [tensor for member in members(value).values() for tensor in _given(member)]
    return [value] if isinstance(value, torch.Tensor) else []


def _shape_advice(asked: tuple[int, ...], came: tuple[int, ...]) -> str:
    if not came and asked:
        return "It is a single number: a sum or a mean that is not told its dimension runs over all of them."
    if len(came) == len(asked) and all(a in (c, 1) for a, c in zip(asked, came, strict=True)):
        return (
            "It holds a dimension that should have size 1: is a sum missing? (On the way back, what broadcasting has "
            "stretched is summed over the stretched dimension.)"
        )
    if len(came) < len(asked):
        return "A dimension is lost: was something summed, or indexed, that should be kept apart?"
    return ""


def wrong_dtype(evidence: Evidence) -> Diagnosis | None:
    """Another dtype than was asked, which is mostly that of the inputs."""
    for index, comparison, single, got in tensors(evidence):
        if comparison.fault == "dtype":
            of_inputs = any(one.dtype == single.dtype for one in _given(evidence.cases[index].given()))
            return Diagnosis(
                "the dtype is wrong",
                f"{comparison.label} is {dtype_name(got.dtype)}; {dtype_name(single.dtype)} was asked"
                f"{', as the inputs are' if of_inputs else ''}. A tensor made without dtype=, a NumPy array or "
                ".double() on the way may have changed it.",
            )
    return None
