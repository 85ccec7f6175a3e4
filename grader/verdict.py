"""From an answer to a verdict: what is the status, what is the message, which mistake is it."""

import math
from functools import partial
from typing import Any

import msgspec

from grader.attempt import Answer, Attempt
from grader.check import Check
from grader.comparison import Comparison
from grader.course import Spec
from grader.crashes import crash, sentence
from grader.diagnose import generic
from grader.evidence import Diagnosis, Evidence, agrees, unwanted_changes
from grader.expect import KEPT, Case, Expected, Imitations
from grader.judge import compare, compare_bands, compare_forms
from grader.reply import Outcome, describe
from grader.report.model import NOT_WRITTEN, Details, Frame, Result
from grader.rules import Violation

OUTPUT_SHOWN = 2_000
SAYS_VALUES = ("a factor is wrong", "a value is missing", "a value too many", "not the type that was asked")
"""Diagnoses whose advice tells of the values that were expected."""
NEAR = 64
"""An answer that is off by less than so many times what is allowed is looked at twice."""


def judge(
    spec: Spec,
    check: Check,
    cases: list[Case],
    expected: list[Expected],
    answer: Answer,
    imitations: Imitations,
    attempt: Attempt | None = None,
) -> Result:
    """The verdict on one check's answer. Passed only if every value of every case is right."""
    view = partial(_statistics, check, cases, expected) if check.measure else lambda case, value: value
    comparisons = [
        [] if outcome.fault else _compared(spec.exercise, check, index, cases[index], want, outcome)
        for index, (want, outcome) in enumerate(zip(expected, answer.outcomes, strict=True))
    ]
    evidence = Evidence(spec.exercise, cases, expected, answer.outcomes, comparisons, spec.updates, view)
    right = [evidence.right(index) for index in range(len(cases))]
    details = Details(
        cases=len(cases),
        cases_right=sum(right),
        comparisons=evidence.wrong() or (comparisons[-1] if comparisons else []),
        trace=_trace(answer.outcomes),
        output=answer.output[:OUTPUT_SHOWN],
    )
    if right and all(right):
        return _result(spec, "passed", "", details=details, seconds=answer.seconds)
    status, message = _status(evidence, attempt)
    mistake = None
    if status in ("failed", "crashed"):
        found = _known(check, imitations, evidence) or (generic(evidence) if status == "failed" else None)
        explanation = _explained(check, evidence) if status == "failed" else None
        mistake = found.name if found else None
        advice = found.advice if found else ""
        unseen = _joined(message, "" if mistake in SAYS_VALUES else advice) or _unseen(evidence)
        message = _joined(message, advice, explanation or "") or _plain(evidence)
        return _result(spec, status, message, mistake, details, answer.seconds, unseen)
    return _result(spec, status, message, None, details, answer.seconds)


def _joined(*parts: str) -> str:
    return " ".join(sentence(part) for part in parts if part)


_kept: dict[tuple[Any, ...], list[Comparison]] = {}


def _compared(label: str, check: Check, index: int, case: Case, want: Expected, outcome: Outcome) -> list[Comparison]:
    """The comparisons of one case's value with the reference's.

    Most of a class's right answers are the same to the bit, and need to be compared once. Kept is what came of it,
    and not the value, which may be large.
    """
    if outcome.content is None:
        return _compare(label, check, index, case, want, outcome.value)
    key = label, check, index, case, want, outcome.content
    if key not in _kept:
        if len(_kept) >= KEPT:
            _kept.clear()
        _kept[key] = _compare(label, check, index, case, want, outcome.value)
    return _kept[key]


def _compare(label: str, check: Check, index: int, case: Case, want: Expected, got: Any) -> list[Comparison]:
    """The comparisons of one case's value with the reference's, or of what is measured of both."""
    if check.measure:
        wrong = compare_forms(label, index, want.single, got)
        wanted = check.measure(case.given(), want.single)
        return wrong or list(compare_bands(label, index, wanted, check.measure(case.given(), got)))
    found = list(compare(label, index, want.single, want.double, got))
    if any(c.fault == "values" and (c.maxdiff or math.inf) < NEAR * (c.allowed or 0.0) for c in found):
        # So near that it may hang on how the inputs are rounded: measure that too, before it is called wrong.
        found = list(compare(label, index, want.single, want.double, got, want.nudged()))
    return found


def _statistics(check: Check, cases: list[Case], expected: list[Expected], index: int, value: Any) -> Any:
    """What is measured of a random value, or else what is wrong with its form."""
    assert check.measure is not None
    wrong = compare_forms("value", index, expected[index].single, value)
    return [(c.label, c.fault, c.came) for c in wrong] or check.measure(cases[index].given(), value)


def broken_rule(spec: Spec, violation: Violation) -> Result:
    """The verdict on an exercise whose source uses what the part forbids."""
    return _result(spec, "broken_rule", violation.message)


def skipped(spec: Spec, result: Result) -> Result:
    """The verdict on a check whose prerequisite has not passed; not begun stays not begun."""
    if result.status == "not_attempted":
        return result
    return _result(spec, "skipped", f"Not judged: it waits for {spec.part}.{spec.after}, which has not passed.")


def grader_error(spec: Spec, error: BaseException) -> Result:
    """Our own fault, said as such."""
    return _result(
        spec,
        "grader_error",
        f"The grader itself failed here ({type(error).__name__}: {error}). This is our mistake and not yours: do "
        "not count the missing points as lost, and please report it with the command you ran.",
    )


def _result(
    spec: Spec,
    status: Any,
    message: str,
    mistake: str | None = None,
    details: Details | None = None,
    seconds: float = 0.0,
    unseen: str = "",
) -> Result:
    points = spec.points if status == "passed" else 0
    details, seconds = details or Details(), round(seconds, 4)
    return Result(spec.id, spec.title, status, points, spec.points, message, mistake, details, seconds, unseen=unseen)


def _status(evidence: Evidence, attempt: Attempt | None) -> tuple[str, str]:
    """The status of an answer that is not right, with the message that the status alone gives."""
    faults = [outcome.fault for outcome in evidence.outcomes if outcome.fault]
    for kind in ("broken_rule", "not_attempted", "missing", "timed_out"):
        fault = next((fault for fault in faults if fault["kind"] == kind), None)
        if fault:
            return _faulty(evidence.label, kind, fault, attempt)
    if faults:
        return "crashed", sentence(crash(faults[0], evidence, attempt))
    return "failed", ""


def _faulty(label: str, kind: str, fault: dict[str, Any], attempt: Attempt | None) -> tuple[str, str]:
    what = fault["what"]
    if kind == "broken_rule":
        return kind, f"{what} is against the rules here, and was stopped."
    if kind == "not_attempted":
        return kind, _unwritten(label, what)
    if kind == "timed_out":
        return kind, sentence(f"{what[:1].upper()}{what[1:]}")
    failed = attempt.failed_cell(what) if attempt else None
    if failed is None:
        return "failed", attempt.lost(what) if attempt else f"The file defines no {what}."
    cell, failure = failed
    text = f"{what} does not exist, because {cell.place} failed: {describe(failure)}"
    return ("broken_rule" if failure["kind"] == "broken_rule" else _crashed_kind(failure)), text


def _unwritten(label: str, what: str) -> str:
    """Which stub was met: the exercise's own, a method of it, or another one's."""
    called = what.removesuffix(".__init__")
    if called == label:
        return NOT_WRITTEN
    if what.startswith(f"{label}."):
        return f"{what} is not written yet."
    return f"It calls {called}, which is not written yet."


def _crashed_kind(failure: dict[str, Any]) -> str:
    return "timed_out" if failure["kind"] == "timed_out" else "crashed"


def _known(check: Check, imitations: Imitations, evidence: Evidence) -> Diagnosis | None:
    """The first known mistake that answers just the same."""
    for mistake in check.mistakes:
        if agrees(evidence, imitations(mistake)):
            return Diagnosis(mistake.name, mistake.advice)
    return None


def _explained(check: Check, evidence: Evidence) -> str | None:
    """What the check's own explanation says of the first wrong case."""
    if check.explanation is None:
        return None
    for index, comparisons in enumerate(evidence.comparisons):
        wrong = [c.label for c in comparisons if c.fault]
        if wrong:
            return check.explanation(evidence.cases[index].given(), evidence.outcomes[index].value, wrong)
    return None


def _plain(evidence: Evidence) -> str:
    """What can be said of an answer that no diagnosis fits."""
    wrong = evidence.wrong()
    if not wrong:
        changes = [n for o in evidence.outcomes for n in unwanted_changes(o, evidence.updates)]
        return f"The answer was not accepted ({', '.join(changes) or 'no value came'})."
    first = wrong[0]
    if first.fault == "values" and first.expected is None:  # a measured number, or a plain value
        return f"{first.label} is {first.came}; for a right answer it is {first.asked}."
    if first.fault != "values":
        return f"{first.label}: {first.asked} was asked, {first.came} came."
    share = (first.maxdiff or 0.0) / max(abs(first.expected or 0.0), 1e-30)
    much = f": {first.label} is off by {100 * share:.3g} % where it is worst" if share < 1 else ""
    return f"The values are not right{much}."


def _unseen(evidence: Evidence) -> str:
    """The same for who must not see what was expected."""
    wrong = evidence.wrong()
    if not wrong:
        return _plain(evidence)
    first = wrong[0]
    if first.fault in ("values", "finite"):
        return f"The values of {first.label} are not right."
    return f"{first.label}: not of the {first.fault or 'form'} that was asked."


def _trace(outcomes: list[Outcome]) -> list[Frame]:
    fault = next((outcome.fault for outcome in outcomes if outcome.fault), None)
    return [msgspec.convert(frame, Frame) for frame in fault["trace"]] if fault else []
