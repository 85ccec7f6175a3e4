"""A student's process that was started on its own (grader/spare.py), where there is no fork.

It has torch and nothing else of this process's. Its memory and the number of its processes are looked at from here,
and bounded only so; CPU time and file size by the kernel where it is no Windows.
"""

import json
import shutil
import socket
import subprocess
from contextlib import suppress
from typing import Any

from grader.sandbox import GONE, Child, Ended, Limits
from grader.spare import Spare
from grader.template import PATIENCE
from grader.usage import Usage, largest, usage_beyond

FLUSHED = 1.0
"""Seconds for what was printed before an answer to come, too."""


class Spawned(Child):
    """A spare process that has connected, and now is a student's. Raises Ended where it has ended, or was stopped."""

    def __init__(self, spare: Spare, data: socket.socket, limits: Limits):
        super().__init__(data, limits)
        self._spare = spare
        self._start = largest(spare.process.pid)
        self._mark = ""
        self._marks = True  # until one does not come: its standard output leads elsewhere then
        spare.printed.take()
        settings = {"memory": limits.memory, "cpu": int(limits.total) + 1, "file": limits.file}
        data.settimeout(PATIENCE)
        try:
            data.sendall(json.dumps(settings).encode() + b"\n")
            started = data.recv(1)
        except OSError:
            started = b""
        if not started:
            self.close()
            raise Ended("crashed", GONE)

    def answer(self, seconds: float) -> tuple[dict[str, Any], bytes]:
        """The next message about the last request. Raises Ended."""
        reply, content = super().answer(seconds)
        if "cell" not in reply:
            self._mark = self._nonce
        return reply, content

    def output(self) -> str:
        """What was printed since the last call, cut to a readable length."""
        text = self._spare.printed.take(self._mark, FLUSHED if self._marks else 0.0)
        self._marks = self._marks and self._spare.printed.reached(self._mark)
        return text.decode("utf-8", "replace").replace("\r\n", "\n")

    def interrupt(self) -> None:
        """From another thread: end it at once, and tell whoever waits for an answer that there will be none."""
        super().interrupt()
        self._spare.process.kill()

    def close(self) -> None:
        """Kill the process and those below it; wait until they are gone."""
        if self._closed:
            return
        self._closed = True
        self._hang_up()
        self._spare.end()
        shutil.rmtree(self._spare.folder, ignore_errors=True)

    def _ready(self, seconds: float) -> bool:
        return bool(self._selector.select(seconds))

    def _bury(self) -> None:
        with suppress(subprocess.TimeoutExpired):
            self._exit = self._spare.process.wait(PATIENCE)
        self._spare.printed.wait(FLUSHED)

    def _usage(self) -> Usage:
        return usage_beyond(self._spare.process.pid, self._start)
