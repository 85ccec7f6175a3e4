"""`%load_ext grader`: the magics and functions that a notebook gets.

`%grade part4.dprobs` asks the process beside the kernel for a verdict (helper.py, judging.py, questions.py). It runs
the ordinary pipeline, but for one thing: the probes come back here and are run in the kernel, on what is in it now
(answering.py). The kernel never imports reference/ or the checks. torch is imported in it when it is needed.
"""

import os
from typing import Any

from grader.kernel.helper import Helper
from grader.kernel.shown import Notice, Shown, Stopped, Verdict
from grader.kernel.stops import stopped_only_in_probes

NOT_HERE = (
    "This notebook is graded by the grader's own preprocessor, because a kernel must not grade itself. The course's "
    "nbgrader_config.py lacks it: see docs/nbgrader.md."
)


class Desk:
    """A kernel's way to ask for verdicts and hints."""

    def __init__(self, shell: Any):
        self._shell = shell
        self._helper = None if _mode() == "autograde" else Helper()
        self.names = {"grade": self.grade, "hint": self.hint}
        """What a notebook finds under which name."""

    def grade(self, *names: str) -> Verdict | int:
        """Grade what is named, as it is in the kernel now: grade("part4.dprobs"), or a whole part: grade("part4").

        While nbgrader validates, it returns the points, or raises Notice where something has not passed.
        """
        reply = self._ask("grade", names)
        verdict = Verdict(reply["text"], reply["html"], reply["report"])
        if _mode() != "validate":
            return verdict
        if reply["failure"]:
            raise Notice(reply["failure"])
        return verdict.points

    def hint(self, *name: str) -> Shown:
        """Show a hint for an exercise, hint("part4.dprobs"); ask again for the next one."""
        reply = self._ask("hint", name)
        return Shown(reply["text"], reply["html"])

    def grade_line(self, line: str) -> Verdict | int:
        """Grade what is named: %grade part4.dprobs part4.dC, or a whole part: %grade part4."""
        return self.grade(*_words(line))

    def hint_line(self, line: str) -> Shown:
        """Show a hint for an exercise: %hint part4.dprobs. Once more for the next one."""
        return self.hint(*_words(line))

    def close(self) -> None:
        """End the process beside the kernel."""
        if self._helper:
            self._helper.close()

    def _ask(self, kind: str, names: tuple[str, ...]) -> dict[str, Any]:
        """What comes of a question. Raises Notice, and Stopped where the stop button is pressed."""
        if self._helper is None or _mode() == "autograde":
            raise Notice(NOT_HERE)
        if not names or not all(isinstance(name, str) and name for name in names):
            raise Notice(f'Say what by name: {kind}("part4.dprobs"), or %{kind} part4.dprobs.')
        try:
            reply = self._reply(self._helper, kind, names)
        except KeyboardInterrupt as pressed:
            raise pressed if isinstance(pressed, Stopped) else Stopped("") from None
        if reply["kind"] == "refused":
            raise Notice(reply["why"])
        return reply

    def _reply(self, helper: Helper, kind: str, names: tuple[str, ...]) -> dict[str, Any]:
        with stopped_only_in_probes():  # an import that is broken off can't be made good
            from grader.kernel import inputs
            from grader.kernel.answering import settle
            from grader.kernel.line import HungUp, Line

        question: dict[str, Any] = {"kind": kind, "targets": names, "marks": _mode() == "validate"}
        question |= {"folder": os.getcwd(), "ran": inputs.ran(self._shell)}
        try:
            with Line(helper.line()) as line:
                return settle(line, question, self._shell)
        except HungUp:  # killed, it may be; once more, with another one
            helper.restart()
        try:
            with Line(helper.line()) as line:
                return settle(line, question, self._shell)
        except HungUp:
            raise helper.complaint() from None


_desk: Desk | None = None


def load(shell: Any) -> None:
    """Give a shell its magics and functions."""
    global _desk  # noqa: PLW0603
    _desk = Desk(shell)
    shell.register_magic_function(_desk.grade_line, "line", "grade")
    shell.register_magic_function(_desk.hint_line, "line", "hint")
    shell.push(_desk.names, interactive=False)


def unload(shell: Any) -> None:
    """Take them away again, but for names that stand for something else by now."""
    global _desk  # noqa: PLW0603
    if _desk is None:
        return
    for name in _desk.names:
        shell.magics_manager.magics["line"].pop(name, None)
    shell.drop_by_id(_desk.names)
    _desk.close()
    _desk = None


def _words(line: str) -> list[str]:
    return [word.strip("\"'") for word in line.replace(",", " ").split()]


def _mode() -> str:
    """What nbgrader runs this notebook for: `validate`, `autograde` or nothing, told by its environment variables."""
    if os.environ.get("NBGRADER_EXECUTION") == "autograde":
        return "autograde"
    validates = os.environ.get("NBGRADER_EXECUTION") == "validate" or os.environ.get("NBGRADER_VALIDATING")
    return "validate" if validates else ""
