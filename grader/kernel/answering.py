"""The kernel's side of a question: it answers probes with the names that are in it now."""

import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

from grader.kernel import inputs
from grader.kernel.kept import printed, state_kept
from grader.kernel.line import Line
from grader.kernel.shown import Stopped
from grader.kernel.stops import stopped_only_in_probes
from grader.student.guard import Guard
from grader.student.session import Answers
from grader.student.state import State
from grader.student.workspace import Module


def settle(line: Line, question: dict[str, Any], shell: Any) -> dict[str, Any]:
    """Ask, answer the probes that come back, and return what comes of it.

    Raises HungUp where the other side ends, and Stopped where the stop button is pressed.
    """
    running = ""
    try:
        line.send(question)
        places = inputs.places(shell)
        answers = Answers(Module(shell.user_ns), Temporary(), {*places}, passing=(KeyboardInterrupt,))
        while True:
            message, blob = line.receive()
            if message["kind"] != "probe":
                return message
            running = message["id"]
            line.send(*_answer(message, blob, answers, places, shell))
            running = ""
    except KeyboardInterrupt:
        raise Stopped(running) from None


def _answer(
    request: dict[str, Any], blob: bytes, answers: Answers, places: dict[str, str], shell: Any
) -> tuple[dict[str, Any], bytes]:
    with stopped_only_in_probes(), state_kept(), printed(shell.display_pub) as output:
        state = State()
        reply, values = answers.probe(request, blob)
        spoilt = state.spoilt()
    for outcome in reply["outcomes"]:
        for frame in outcome.get("error", {}).get("trace", []):
            frame["file"] = places[frame["file"]]
    return {"nonce": request["nonce"], **reply, "spoilt": spoilt, "output": output.text()}, values


class Temporary(Guard):
    """A guard that holds while a probe runs, and leaves nothing in the kernel behind.

    It does not `stay`: a hook that sees files being opened can't be taken away again.
    """

    @contextmanager
    def forbidding(self, names: Iterable[str]) -> Iterator[None]:
        """Forbid autograd, functions of torch by name, and what is hidden, for the time being."""
        sys.meta_path.insert(0, self._finder)
        try:
            with super().forbidding(names):
                yield
        finally:
            sys.meta_path.remove(self._finder)
