"""A notebook's kernel as the pipeline's attempt: what answers probes is no process of the grader's."""

import math
import secrets
from typing import Any

from grader.attempt import Answer
from grader.cells import Cell, Submission
from grader.isolation import Isolation
from grader.keeping import KeepingAttempt
from grader.kernel.line import Line
from grader.sandbox import Limits
from grader.template import Template

ISOLATION = Isolation("none: in the notebook's kernel", ())


class KernelAttempt(KeepingAttempt):
    """Probes are answered over a line, by names that are there already. No clock runs: a notebook has a stop button."""

    def __init__(self, line: Line, submission: Submission, exercises: tuple[str, ...]):
        super().__init__(_Bench(), submission, (), (), Limits(seconds=math.inf, total=math.inf), exercises)
        self._kernel = _Kernel(line)
        self._spoilt: list[str] = []

    def load(self) -> None:
        """The cells have run, when the student wanted it."""
        self._child = self._kernel

    def collect(self, cases: int) -> Answer:
        """The answer to the last probe."""
        answer = super().collect(cases)
        if self._kernel.spoilt:
            self._spoilt.append(self._asked)
        return answer

    def lost(self, name: str) -> str:
        """That a name is not in the kernel, and why that may be."""
        text = f"The kernel has no {name}"
        if cell := self._defining(name):
            return f"{text}, though {cell.place} defines it: has that cell failed, or was the name deleted?"
        if found := self.alike(name):
            return f"{text}. There is {found}: was it renamed?"
        return f"{text} yet: run the cell that defines it."

    def unready(self, id: str) -> bool:
        """Whether a check needs a name that no cell has defined yet."""
        faults = [outcome.fault for outcome in self.answers[id].outcomes if outcome.fault]
        return any(fault["kind"] == "missing" and not self._defining(fault["what"]) for fault in faults)

    def _defining(self, name: str) -> Cell | None:
        """The last cell that was to define a name."""
        return next((cell for cell in reversed(self.submission.cells) if name in cell.names()), None)

    def notes(self, messages: list[str]) -> list[str]:
        """What has happened to the kernel."""
        did = "has changed torch or Python itself, or left a thread or a timer"
        return [f"{id} {did}, and the kernel stays so: restart it before you trust it." for id in self._spoilt]


class _Bench(Template):
    """Stands in the warm process's place: nothing is started, and nothing isolated."""

    def __init__(self) -> None:
        self.isolation = ISOLATION


class _Kernel:
    """The kernel's process, over a line."""

    def __init__(self, line: Line):
        self._line = line
        self.spoilt = False
        """Whether the last answer has left something behind. Elsewhere its process would be replaced for that."""
        self._nonce = self._output = ""

    def ask(self, message: dict[str, Any], blob: bytes, _: float) -> None:
        """Send a request. Raises HungUp."""
        self._nonce = secrets.token_hex(8)
        self._line.send({"nonce": self._nonce, **message}, blob)

    def answer(self, _: float) -> tuple[dict[str, Any], bytes]:
        """What comes of the last request. Raises HungUp."""
        while True:
            reply, blob = self._line.receive()
            if reply.get("nonce") == self._nonce:  # else nobody waited for it: the grader failed meanwhile
                self._output += str(reply.pop("output", ""))
                self.spoilt = reply.pop("spoilt", False) is True
                return reply, blob

    def output(self) -> str:
        """What was printed since the last call."""
        text, self._output = self._output, ""
        return text

    def interrupt(self) -> None:
        """A notebook has a stop button."""

    def close(self) -> None:
        """The kernel is not ours to end."""
