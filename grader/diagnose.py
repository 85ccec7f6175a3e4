"""Which mistake is it? First the known mistakes of the check, then what can be seen in any tensor.

Every function is pure and answers with a `Diagnosis` or None: a name, which is the same for the same
kind of mistake wherever it is made, and advice that never holds the solution.
"""

from typing import Any

import torch

from grader.alike import alike
from grader.evidence import Diagnosis, Evidence, leaves, tensors, unwanted_changes
from grader.expect import Case, told_apart
from grader.forms import wrong_dtype, wrong_kind, wrong_shape
from grader.values import Namespace, members

COMMON = frozenset({
    "an input is changed in place", "an input is returned", "None came", "right values, wrong shape", "transposed",
    "the dtype is wrong", "NaN or infinity", "all zeros", "the sign is wrong", "a factor is wrong",
    "a single entry is wrong",
})  # fmt: skip
"""The mistakes that are known of any exercise. What else `generic` says describes an answer and names no mistake."""


def generic(evidence: Evidence) -> Diagnosis | None:
    """The first thing that can be seen without knowing the exercise."""
    for look in (
        _changed_input,
        _returned_input,
        wrong_kind,
        wrong_shape,
        wrong_dtype,
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
    found = [(c, s, g) for _, c, s, g in tensors(evidence) if c.fault == "values" and s.dtype.is_floating_point]
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
