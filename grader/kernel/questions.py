"""What a kernel may ask of the process that judges: a verdict, or a hint. On the judging side."""

import io
import os
import socket
import textwrap
from functools import cache
from pathlib import Path
from typing import Any

import msgspec
from msgspec.structs import replace
from rich.console import Console

from grader import differences, hints, pipeline, progress
from grader.cells import Cell, Submission, without_magics
from grader.course import PUBLIC_SEED, Course, Part, Spec, default_course
from grader.errors import UsageError
from grader.kernel.attempt import KernelAttempt
from grader.kernel.inputs import place
from grader.kernel.line import HungUp, Line
from grader.report import difference, html, terminal
from grader.report.model import Report, Result

ILLUSTRATED = 2
"""Of more checks at once, no pictures are drawn: a tenth of a second each."""
HINT = "%hint {}"
"""How one asks for a hint in a notebook."""
WIDTH = 100
VALIDATED = 76
"""Columns that nbgrader has for the text of a failure."""


def settle(end: socket.socket) -> None:
    """Hear what is asked on a line, and say what comes of it."""
    with Line(end) as line:
        try:
            question, _ = line.receive()
            line.send(_settled(line, question))
        except HungUp:
            pass  # the stop button was pressed, or the kernel has ended


def warm_up() -> None:
    """Import what draws, which takes a while, before it is asked for."""
    from grader.pictures import difference as _  # noqa: F401


def _settled(line: Line, question: dict[str, Any]) -> dict[str, Any]:
    try:
        course = default_course()
        targets = tuple(question["targets"])
        part, specs = _select(course, targets)
        os.chdir(_home(Path(question["folder"]), part))
        if question["kind"] == "hint":
            return {"kind": "hint", **_hint(part, specs, targets)}
        return {"kind": "verdict", **_verdict(line, question, course, part, specs)}
    except UsageError as error:
        return {"kind": "refused", "why": str(error)}
    except Exception as error:  # whatever fails on this side is ours, and is said as such
        why = f"The grader itself failed here ({type(error).__name__}: {error}). Please report this."
        return {"kind": "refused", "why": why}


@cache
def _select(course: Course, targets: tuple[str, ...]) -> tuple[Part, tuple[Spec, ...]]:
    """What is named. It is read once, as the checks are imported once."""
    return course.select(targets)


def _home(folder: Path, part: Part) -> Path:
    """Where the command would run: a notebook may lie in exercises/, and `grader list` is run beside it."""
    homes = (home for home in (folder, *folder.parents) if (home / "exercises" / f"{part.name}.py").is_file())
    return next(homes, folder)


def _verdict(
    line: Line, question: dict[str, Any], course: Course, part: Part, specs: tuple[Spec, ...]
) -> dict[str, Any]:
    cells = [
        Cell(index, without_magics(source), 0, place(number)) for index, (number, source) in enumerate(question["ran"])
    ]
    attempt = KernelAttempt(line, Submission("the notebook's kernel", part.name, tuple(cells)), tuple(part.exercises))
    judged = _with_awaited(part, specs) if question["marks"] else specs
    report = pipeline.grade(course, part, judged, attempt, PUBLIC_SEED)
    asked = {spec.id for spec in specs}
    results = [_said(one, attempt) for one in report.results if one.id in asked]
    points, most = sum(one.points for one in results), sum(one.max_points for one in results)
    report = replace(report, results=results, points=points, max_points=most)
    ran = [result for result in report.results if result.status != "not_run"]
    try:
        progress.remember({result.id: result.status for result in ran})
    except UsageError:
        pass  # a folder that can't be written to costs the progress shown, not the verdict
    images = {}
    if len(specs) <= ILLUSTRATED:
        wrong = differences.of_report(specs, report, course.load(part), attempt.answers)
        images = difference.images(wrong, ILLUSTRATED)
    return {
        "html": html.fragment(report.results, report, images, HINT),
        "text": _text(report),
        "failure": _failure(report),
        "report": msgspec.to_builtins(report),
    }


def _with_awaited(part: Part, specs: tuple[Spec, ...]) -> tuple[Spec, ...]:
    """The checks with those of the exercises that they wait for: where those fail, there are no marks for these."""
    awaited = {spec.exercise for spec in specs}
    while more := {spec.after for spec in part.checks if spec.exercise in awaited and spec.after} - awaited:
        awaited |= more
    return tuple(spec for spec in part.checks if spec in specs or spec.exercise in awaited)


def _said(result: Result, attempt: KernelAttempt) -> Result:
    """A verdict, but for an exercise of which no cell has been run: that may have passed yesterday."""
    unready = result.status in ("failed", "skipped") and attempt.unready(result.id)
    return replace(result, status="not_run") if unready else result


def _text(report: Report) -> str:
    """The report as a terminal would show it."""
    console = Console(file=io.StringIO(), width=WIDTH, highlight=False, color_system=None)
    for result in report.results:
        terminal.result(console, result, HINT)
    if len(report.results) > 1 or report.notes:
        terminal.summary(console, report)
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue().rstrip()


def _failure(report: Report) -> str:
    """What has not passed, and why, in a few short lines; empty where all has."""
    said = []
    for result in report.results:
        if result.status != "passed":
            said.append(f"{terminal.WORDS[result.status][0]} {result.id}: {result.title}")
            said += [f"It looks like this: {result.mistake}."] if result.mistake else []
            said += [result.message]
    lines = [line for text in said for line in terminal.printable(text).splitlines()]
    return "\n".join(piece for line in lines for piece in textwrap.wrap(line, VALIDATED))


def _hint(part: Part, specs: tuple[Spec, ...], targets: tuple[str, ...]) -> dict[str, Any]:
    if len(targets) > 1 or "." not in targets[0]:
        raise UsageError(f"Name one exercise, for example `%hint {part.id}.{specs[0].exercise}`.")
    shown = hints.next_hint(part, specs[0])
    again = "" if shown.last else f"%hint {shown.name}"
    says = f"{hints.HELD} %grade {part.id}.{specs[0].exercise}" if shown.held else shown.text
    text = f"{shown.name}, hint {shown.number} of {shown.of}: {says}"
    return {
        "html": html.hint_fragment(shown.name, shown.number, shown.of, says, again),
        "text": f"{text}\n(once more for the next: {again})" if again else text,
    }
