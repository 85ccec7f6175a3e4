"""Which mistake is it? First the known mistakes of the check, then what can be seen in any tensor.

Every function is pure and answers with a `Diagnosis` or None: a name, which is the same for the same
kind of mistake wherever it is made, and advice that never holds the solution.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch

from grader.alike import alike
from grader.attempt import Outcome
from grader.comparison import Comparison
from grader.expect import Case, Expected, told_apart
from grader.judge import SURPLUS, contents, dtype_name, inside
from grader.values import Namespace, members

COMMON = frozenset({
    "an input is changed in place", "an input is returned", "None came", "right values, wrong shape", "transposed",
    "the dtype is wrong", "NaN or infinity", "all zeros", "the sign is wrong", "a factor is wrong",
    "a single entry is wrong",
})  # fmt: skip
"""The mistakes that are known of any exercise. What else `generic` says describes an answer and names no mistake."""

LECTURES = (27, 32, 64, 200)
"""Sizes of the lecture's networks: characters, examples, hidden units."""
TENSOR = re.compile(r"\w+ \(.*\)")
"""How a comparison writes down that a tensor was asked."""
NO_TENSOR = {
    "a list": "torch.tensor makes a tensor of a list of numbers, torch.stack one of a list of tensors.",
    "numpy": "Stay within torch: is there a .numpy(), or a function of NumPy, on the way?",
    "a float": "Stay within torch: .item(), float() and Python's own functions leave it.",
    "an int": "Stay within torch: .item(), int() and Python's own functions leave it.",
    "a bool": "Stay within torch: .item(), bool() and Python's own functions leave it.",
}
"""What to say of that which came where a tensor was asked."""


@dataclass(frozen=True)
class Diagnosis:
    """A mistake by name, and what to think about."""

    name: str
    advice: str


@dataclass(frozen=True)
class Evidence:
    """All that is known of an answer: the cases, what was expected, what came, what is wrong."""

    label: str
    cases: list[Case]
    expected: list[Expected]
    outcomes: list[Outcome]
    comparisons: list[list[Comparison]]
    """For each case, in order; empty where the case raised."""
    updates: tuple[str, ...]
    view: Callable[[int, Any], Any] = lambda case, value: value
    """What of a case's value is compared with that of a known mistake: of a random one, its statistics."""

    def right(self, case: int) -> bool:
        """Whether everything about a case is right."""
        return (
            self.outcomes[case].fault is None
            and not unwanted_changes(self.outcomes[case], self.updates)
            and bool(self.comparisons[case])
            and all(c.fault is None for c in self.comparisons[case])
        )

    def compared(self) -> bool:
        """Whether every case has come to a value."""
        return all(self.comparisons)

    def wrong(self) -> list[Comparison]:
        """The comparisons that are wrong, in order."""
        return [c for comparisons in self.comparisons for c in comparisons if c.fault]


def unwanted_changes(outcome: Outcome, updates: tuple[str, ...]) -> list[str]:
    """Inputs that were changed in place and should not have been."""
    return [name for name in outcome.changed if name.split(".")[0] not in updates]


def agrees(evidence: Evidence, imitations: list[Outcome]) -> bool:
    """Whether the answer is what a known mistake gives, in every case."""
    return all(
        _same(imitation, outcome, lambda value, index=index: evidence.view(index, value))  # type: ignore[misc]
        for index, (imitation, outcome) in enumerate(zip(imitations, evidence.outcomes, strict=True))
    )


def _same(imitation: Outcome, outcome: Outcome, view: Callable[[Any], Any]) -> bool:
    if imitation.fault or outcome.fault:
        first, second = imitation.fault or {}, outcome.fault or {}
        return bool(first.get("type")) and all(first.get(key) == second.get(key) for key in ("type", "what"))
    if set(imitation.changed) != set(outcome.changed):
        return False
    return alike(view(imitation.value), view(outcome.value))


def generic(evidence: Evidence) -> Diagnosis | None:
    """The first thing that can be seen without knowing the exercise."""
    for look in (
        _changed_input,
        _returned_input,
        _wrong_kind,
        _wrong_shape,
        _wrong_dtype,
        _not_finite,
        _some_sizes_only,
    ):
        diagnosis = look(evidence)
        if diagnosis:
            return diagnosis
    return _wrong_values(evidence)


def _changed_input(evidence: Evidence) -> Diagnosis | None:
    names = [n for o in evidence.outcomes for n in unwanted_changes(o, evidence.updates)]
    if not names:
        return None
    right = "What came back is right, but " if evidence.compared() and not evidence.wrong() else ""
    return Diagnosis(
        "an input is changed in place",
        f"{right}{names[0]} is no longer what it was when the function was called, and whoever needs it next gets "
        "other numbers. `x += y`, `x[i] = y` and `x.neg_()` write into the tensor itself. So does `y += 1` after "
        "`y = x`: both names stand for one tensor. `f.x = y` puts another one in its place. Make a new tensor, or "
        "work on a clone.",
    )


def _returned_input(evidence: Evidence) -> Diagnosis | None:
    """An input where the answer should be, in every case that is wrong."""
    names: set[str | None] = set()
    labels: dict[str, None] = {}
    for index, comparisons in enumerate(evidence.comparisons):
        came = {evidence.label: evidence.outcomes[index].value} | dict(
            leaves(evidence.label, evidence.outcomes[index].value)
        )
        for comparison in comparisons:
            if comparison.fault and comparison.label in came:
                names.add(_input_like(evidence.cases[index], came[comparison.label]))
                labels[comparison.label] = None
    if len(names) != 1 or None in names:
        return None
    return Diagnosis("an input is returned", f"{next(iter(labels))} is {names.pop()} itself, unchanged.")


def _some_sizes_only(evidence: Evidence) -> Diagnosis | None:
    right = [i for i in range(len(evidence.cases)) if evidence.right(i)]
    if not right or len(right) == len(evidence.cases):
        return None
    wrong = next(i for i in range(len(evidence.cases)) if i not in right)
    return Diagnosis(
        "right for some sizes only",
        "Right for inputs with {}; wrong for {}. ".format(*told_apart(evidence.cases[right[0]], evidence.cases[wrong]))
        + "Is a size written as a number (32, 27, 64), or guessed from the data, or does it hold for some values only?",
    )


def _wrong_kind(evidence: Evidence) -> Diagnosis | None:
    for comparison in evidence.wrong():
        if comparison.fault == "missing":
            return Diagnosis("a value is missing", f"{comparison.label} is missing: {comparison.asked} was asked.")
        if comparison.fault != "type":
            continue
        if comparison.came.startswith(SURPLUS):
            return Diagnosis(
                "a value too many", f"{comparison.label} has {comparison.came}. {comparison.asked} was asked."
            )
        if comparison.came == "None":
            return Diagnosis("None came", _none(evidence, comparison))
        advice = f"{comparison.label}: {comparison.asked} was asked, {comparison.came} came."
        if TENSOR.fullmatch(comparison.asked):
            more = (text for sign, text in NO_TENSOR.items() if sign in comparison.came)
            advice += " " + next(more, "Exactly a torch.Tensor is needed, and no subclass of it.")
        return Diagnosis("not the type that was asked", advice)
    return None


def _none(evidence: Evidence, comparison: Comparison) -> str:
    if comparison.label == evidence.label:
        return f"{comparison.label} returned None: is the `return` missing?"
    if "grad" in comparison.label:
        return f"{comparison.label} is None: no graph led there. Was something detached, or made without its inputs?"
    return f"{comparison.label} is None: is a `return` missing, or was something never set?"


def _wrong_shape(evidence: Evidence) -> Diagnosis | None:
    for index, comparison, single, got in _tensors(evidence):
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
    sizes = {size for tensor in _given_tensors(evidence.cases[case].given()) for size in tensor.shape}
    size = next((size for size in came if size in LECTURES and size not in sizes), None)
    if size is None:
        return ""
    return (
        f"{size} is a size of the lecture's network, and no size of these inputs: is it written as a number? Read it "
        "from the shape of something that was given."
    )


def _given_tensors(value: Any) -> list[torch.Tensor]:
    if isinstance(value, Namespace):
        return [tensor for member in members(value).values() for tensor in _given_tensors(member)]
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


def _wrong_dtype(evidence: Evidence) -> Diagnosis | None:
    for _, comparison, single, got in _tensors(evidence):
        if comparison.fault == "dtype":
            return Diagnosis(
                "the dtype is wrong",
                f"{comparison.label} is {dtype_name(got.dtype)}; {dtype_name(single.dtype)} was asked, as the inputs "
                "are. A tensor made without dtype=, a NumPy array or .double() on the way may have changed it.",
            )
    return None


def _not_finite(evidence: Evidence) -> Diagnosis | None:
    for comparison in evidence.wrong():
        if comparison.fault == "finite":
            share = f"{comparison.wrong} of {comparison.entries} entries"
            return Diagnosis(
                "NaN or infinity",
                f"{comparison.label} is not finite in {share}, first at {comparison.worst}. A division by zero, the "
                "logarithm of zero, the exponential of a large number or a softmax of nothing but -inf does that.",
            )
    return None


def _wrong_values(evidence: Evidence) -> Diagnosis | None:
    """Patterns over all wrong tensors at once: zeros, an input, a sign, a factor, a single entry."""
    found = [(c, s, g) for _, c, s, g in _tensors(evidence) if c.fault == "values" and s.dtype.is_floating_point]
    if not found:
        return None
    label = found[0][0].label
    if all(not got.any() for _, _, got in found):
        return Diagnosis("all zeros", f"{label} is zero everywhere; for these inputs it should not be.")
    if all(alike(single, -got) for _, single, got in found):
        return Diagnosis("the sign is wrong", f"{label} has the right size and the opposite sign.")
    factors = [_factor(single, got) for _, single, got in found]
    told = len(factors) > 1 and alike(factors, factors[:1] * len(factors))  # one number is some factor of any other
    if None not in factors and (told or all(single.numel() > 1 for _, single, _ in found)):
        return _factor_advice(label, found, factors)
    if all(comparison.wrong == 1 and comparison.entries > 4 for comparison, _, _ in found):
        return Diagnosis("a single entry is wrong", f"All of {label} is right but one entry, at {found[0][0].worst}.")
    return None


def _factor_advice(label: str, found: list[Any], factors: list[Any]) -> Diagnosis:
    rows = [single.shape[0] if single.dim() else 1 for _, single, _ in found]
    for power, words in ((1, "too large"), (-1, "too small")):
        if min(rows) > 1 and all(abs(f / n**power - 1) < 1e-3 for f, n in zip(factors, rows, strict=True)):
            return Diagnosis("a factor is wrong", f"{label} is {words} by its number of rows.")
    text = ", ".join(dict.fromkeys(f"{factor:.5g}" for factor in factors[:4]))
    return Diagnosis("a factor is wrong", f"{label} is off by a constant factor: it is {text} times what was expected.")


def _factor(single: torch.Tensor, got: torch.Tensor) -> float | None:
    """The number c with got = c * single, if there is one."""
    norm = (single.double() ** 2).sum()
    if not norm:
        return None
    factor = float((single.double() * got.double()).sum() / norm)
    return factor if alike(single.double() * factor, got.double()) and factor else None


def _input_like(case: Case, got: Any) -> str | None:
    """The name of the input that equals the answer; what is too plain to tell, such as 0 or one entry, is none."""

    def search(prefix: str, value: Any) -> str | None:
        if isinstance(value, Namespace):
            found = (search(f"{prefix}.{n}" if prefix else n, v) for n, v in members(value).items())
            return next((name for name in found if name), None)
        if isinstance(value, torch.Tensor):
            return prefix if value.numel() > 1 and alike(value, got) else None
        return prefix if value not in (None, True, False, 0, 1, "") and alike(value, got) else None

    return search("", case.given())


def _tensors(evidence: Evidence) -> list[tuple[int, Comparison, torch.Tensor, torch.Tensor]]:
    """Each wrong comparison of two tensors, with its case and both; floats count as tensors here."""
    found = []
    for index, comparisons in enumerate(evidence.comparisons):
        wanted = dict(leaves(evidence.label, evidence.expected[index].single))
        came = dict(leaves(evidence.label, evidence.outcomes[index].value))
        for comparison in comparisons:
            one, other = wanted.get(comparison.label), came.get(comparison.label)
            if type(one) is type(other) is float:
                one, other = torch.tensor(one, dtype=torch.float64), torch.tensor(other, dtype=torch.float64)
            if comparison.fault and isinstance(one, torch.Tensor) and isinstance(other, torch.Tensor):
                found.append((index, comparison, one, other))
    return found


def leaves(label: str, value: Any) -> list[tuple[str, Any]]:
    """The members of a value under the labels that `judge.compare` gives them."""
    if not isinstance(value, (Namespace, dict, list, tuple)):
        return [(label, value)]
    return [pair for key, member in contents(value).items() for pair in leaves(inside(label, value, key), member)]
