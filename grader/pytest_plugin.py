"""`pytest exercises/part4_backprop.py`: one item for each check, with its id, status and message.

Inert for every other file. The student's file is not imported here: the command `grader run` grades
it once, in a process of its own, and the items read its report.
"""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from grader.course import Part, default_course
from grader.errors import UsageError


@pytest.hookimpl(tryfirst=True)
def pytest_pycollect_makemodule(module_path: Path, parent: pytest.Collector) -> Any:
    """Take the place of pytest's own collector where the file is a part's exercises."""
    if module_path.parent.name != "exercises" or not module_path.name.startswith("part"):
        return None
    try:
        part = default_course().part(module_path.stem)
    except UsageError:
        return None
    return ExerciseFile.from_parent(parent, path=module_path, part=part)


class ExerciseFile(pytest.File):
    """One part's exercises, graded once when the first item runs."""

    def __init__(self, *, part: Part, **keywords: Any):
        super().__init__(**keywords)
        self.part = part
        self._results: dict[str, Any] | None = None

    def collect(self) -> Iterator[pytest.Item]:
        """One item for each check, which lies where its exercise is defined."""
        from grader import cells
        from grader.workspaces.exercise import line_of

        try:
            found = cells.read(self.path, self.part.name).cells
        except UsageError:  # grading says so
            found = ()
        lines = {name: line_of(found, name) for name in self.part.exercises}
        for spec in self.part.checks:
            yield CheckItem.from_parent(self, name=spec.id, line=lines[spec.exercise])

    def result(self, name: str) -> Any:
        """The verdict on one check."""
        if self._results is None:
            self._results = self._grade()
        return self._results[name]

    def _grade(self) -> dict[str, Any]:
        import msgspec

        from grader.report.model import Report

        command = [sys.executable, "-m", "grader", "run", self.part.id, "--file", str(self.path), "--json", "-"]
        done = subprocess.run(command, capture_output=True, check=False)
        if done.returncode not in (0, 1, 3) or not done.stdout:
            raise pytest.UsageError(done.stderr.decode("utf-8", "replace").strip())
        report = msgspec.json.decode(done.stdout, type=Report)
        return {result.id: result for result in report.results}


class CheckItem(pytest.Item):
    """One check."""

    def __init__(self, *, line: int | None, **keywords: Any):
        super().__init__(**keywords)
        self.line = line

    def runtest(self) -> None:
        """Pass, skip or fail as the grader's verdict says."""
        assert isinstance(self.parent, ExerciseFile)
        result = self.parent.result(self.name)
        self.user_properties.append(("status", result.status))
        if result.status == "skipped":
            pytest.skip(result.message)
        if result.status != "passed":
            raise NotPassed(result)

    def repr_failure(self, excinfo: Any, style: Any = None) -> Any:
        """The verdict as the command line shows it, instead of a traceback of ours."""
        if isinstance(excinfo.value, NotPassed):
            return excinfo.value.text()
        return super().repr_failure(excinfo, style)

    def reportinfo(self) -> tuple[Path, int | None, str]:
        """Where pytest says that the item is: at its exercise, in lines from 0."""
        return self.path, self.line, f"check {self.name}"  # a bare name would have its dot made into ::


class NotPassed(Exception):
    """Carries the verdict on a check that has not passed."""

    def __init__(self, result: Any):
        super().__init__(f"{result.status}: {result.message}")
        self.result = result

    def text(self) -> str:
        """The verdict, as on the terminal."""
        from rich.console import Console

        from grader.report import terminal

        console = Console(width=100, color_system=None, highlight=False)
        with console.capture() as capture:
            terminal.result(console, self.result)
        return capture.get().rstrip()
