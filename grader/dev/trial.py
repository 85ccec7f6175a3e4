"""What an author wrote, tried on the reference alone: whether it loads, and whether each check can be run at all."""

import re
import traceback
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

from grader import expect, verdict
from grader.attempt import Answer
from grader.check import Check
from grader.course import Course, Part, Spec
from grader.errors import UsageError
from grader.judge import ReferenceFault
from grader.reply import Outcome


def load(course: Course, part: Part) -> tuple[dict[str, Any], ModuleType]:
    """A part's checks, by id, and its reference. Raises UsageError with the author's line that fails."""
    try:
        return course.load(part)
    except UsageError:
        raise
    except ModuleNotFoundError as error:
        if error.name == f"reference.{part.name}":
            path = course.root / "reference" / f"{part.name}.py"
            raise UsageError(f"There is no {path}: a part's trusted implementations go there.") from None
        raise UsageError(_said(course, error, "imported")) from error
    except Exception as error:  # an author's file may raise anything
        raise UsageError(_said(course, error, "imported")) from error


def faults(course: Course, spec: Spec, check: Any, trusted: ModuleType) -> Iterator[str]:
    """Why a check can't be run on the reference, if it can't."""
    if not isinstance(check, Check):
        yield f"{spec.id}: {spec.name} is another thing at the end of {spec.file}: a name there is used twice"
        return
    try:
        yield from (f"{spec.id}: {fault}" for fault in _inputs(spec, check))
        cases = expect.cases(check, spec, 0)
        expected = [expect.expected(check, trusted, case) for case in cases]
        if all(one.single is None for one in expected):
            yield f"{spec.id}: its probe returns nothing, so that any answer would pass: has it a `return`?"
            return
        for name in dict.fromkeys(mistake.replaces for mistake in check.mistakes):
            if not hasattr(trusted, name):
                yield f"{spec.id}: its mistakes take the place of {name}, which {trusted.__file__} does not define"
        own = Answer([Outcome(one.single) for one in expected], "", 0.0)
        verdict.judge(spec, check, cases, expected, own, expect.imitations(check, trusted, cases))
    except ReferenceFault as fault:
        yield f"{spec.id}: {str(fault).removeprefix(f'{spec.id}: ')}"
    except Exception as error:  # an author's inputs, probe or reference may raise anything
        less = "" if check.make_inputs else f" It has no inputs: write them under `@{spec.name}.inputs`."
        yield f"{spec.id}: {_said(course, error, 'run')}{less}"


SLIPS = re.compile(
    r"name '\w+' is not defined|'Tensor' object has no attribute|module '\S+' has no attribute|takes .*positional arg"
)
"""What an author's slip in a mistake raises; a student's own may too, but rarely."""


def doubts(spec: Spec, check: Check, trusted: ModuleType) -> Iterator[str]:
    """Mistakes that raise in all cases what a slip of the author's would: nobody's answer may be like them."""
    imitate = expect.imitations(check, trusted, expect.cases(check, spec, 0))
    for mistake in check.mistakes:
        raised = [outcome.fault for outcome in imitate(mistake)]
        if all(fault and SLIPS.search(fault["what"]) for fault in raised) and raised[0]:
            kind, what = raised[0]["type"], raised[0]["what"]
            yield f"{spec.id}: {mistake.name!r} raises {kind}: {what}. Is that the mistake, or a slip in it?"


def _inputs(spec: Spec, check: Check) -> Iterator[str]:
    """What is wrong with inputs that can be made."""
    first, second = ([case.sent for case in made(check, spec, 0)] for made in (expect.cases, expect.made))
    if first != second:
        yield "its inputs are others when they are made again from the same seed: draw all of them from rng"
    lost = [name for name in spec.updates if not any(name in sent for sent in first)]
    if lost:
        yield f"it may update {' and '.join(lost)}, which is none of its inputs"


def _said(course: Course, error: Exception, what: str) -> str:
    """That something can't be imported or run, why, and in which line of the author's."""
    return f"{_line(course, error)}this can't be {what}: {type(error).__name__}: {str(error).rstrip('.')}."


def _line(course: Course, error: Exception) -> str:
    """`file:line: ` of the last of an author's lines that an exception came through, or nothing."""
    if isinstance(error, SyntaxError) and error.filename:
        return f"{error.filename}:{error.lineno}: "
    for frame in reversed(traceback.extract_tb(error.__traceback__)):
        if any(Path(frame.filename).is_relative_to(course.root / home) for home in ("grader/checks", "reference")):
            return f"{frame.filename}:{frame.lineno}: "
    return ""
