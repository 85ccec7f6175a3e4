"""What the tests do as a student would: write answers into a file, have it graded."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

from grader import cells, pipeline
from grader.attempt import Attempt
from grader.cells import Cell, Submission
from grader.course import Course
from grader.sandbox import Limits

ROOT = Path(__file__).resolve().parent.parent
MINI = Path(__file__).resolve().parent / "minicourse"


def solved(course: Path, part: str, **answers: str) -> str:
    """The solution file of a part, with the cells of some exercises replaced by other answers."""
    text = (course / "solutions" / f"{part}.py").read_text()
    for name, answer in answers.items():
        pattern = rf"(?ms)^# %%\n(?=(?:def|class) {name}\b).*?(?=^# %%|\Z)"
        text, count = re.subn(pattern, lambda _, answer=answer: f"# %%\n{answer}\n\n", text)
        assert count == 1, f"{name} found {count} times"
    return text


def as_notebook(text: str) -> str:
    """A py:percent text as the JSON of a notebook, by the standard library alone."""
    made = []
    for block in re.split(r"(?m)^(?=# %%)", text)[1:]:
        marker, _, body = block.partition("\n")
        kind = "markdown" if "[markdown]" in marker else "code"
        cell = {"cell_type": kind, "metadata": {}, "source": body.strip("\n").splitlines(keepends=True)}
        made.append(cell | ({"outputs": [], "execution_count": None} if kind == "code" else {}))
    return json.dumps({"cells": made, "metadata": {}, "nbformat": 4, "nbformat_minor": 5})


def grade(template, path: Path, course: Path, part: str, targets=(), seed=0, limits=None):
    """Grade a file in this process with a warm template; the results by id."""
    one = Course(course)
    chosen, specs = one.select(targets or (part.partition("_")[0],))
    submission = cells.read(path, chosen.name)
    attempt = Attempt.of(one, chosen, submission, template, limits or Limits(seconds=5, total=60))
    report = pipeline.grade(one, chosen, specs, attempt, seed)
    return {result.id: result for result in report.results}


def printed(template, code, limits=None):
    """What a cell prints, and why it failed if it did."""
    submission = Submission("a.py", "a", (Cell(0, code, 0, "a.py"),))
    attempt = Attempt(template, submission, (), (), limits or Limits(seconds=20, total=60))
    try:
        attempt.load()
        return attempt.output(), "".join(fault["what"] for fault in attempt.failures.values())
    finally:
        attempt.close()


def command(*arguments, cwd: Path, course: Path = MINI, timeout=120, **environment):
    """Run the real command; the finished process."""
    return subprocess.run(
        [sys.executable, "-m", "grader", *map(str, arguments)],
        cwd=cwd,
        env=os.environ | {"GRADER_COURSE": str(course), "COLUMNS": "100"} | environment,
        capture_output=True,
        text=True,
        timeout=timeout,
        check=False,
    )
