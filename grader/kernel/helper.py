"""The process that judges, as the kernel sees it: started at once, asked later, started again where it has ended."""

import os
import socket
import subprocess
import sys
import tempfile
from typing import IO

from grader.kernel.shown import Notice
from grader.kernel.stops import stopped_only_in_probes

PATIENCE = 5
"""Seconds that it may take to end."""


class Helper:
    """The process (grader/kernel/judging.py), and the socket that hands it a line for each question.

    It ends when that socket closes, and so with the kernel. A session of its own keeps the stop button from it.
    """

    def __init__(self) -> None:
        self._start()

    def line(self) -> socket.socket:
        """One end of a line for one question; the other one is on its way."""
        ours, theirs = socket.socketpair()
        with theirs:
            try:
                socket.send_fds(self._control, [b"?"], [theirs.fileno()])
            except OSError:  # it has ended since
                self.restart()
                socket.send_fds(self._control, [b"?"], [theirs.fileno()])
        return ours

    def restart(self) -> None:
        """Start another one in its place."""
        with stopped_only_in_probes():
            self.close()
            self._start()

    def close(self) -> None:
        """End it."""
        self._control.close()
        self._process.kill()
        self._process.wait(PATIENCE)
        self._log.close()

    def complaint(self) -> Notice:
        """That it has failed, with what it said last."""
        self._log.seek(0)
        said = self._log.read().decode(errors="replace").strip()[-500:]
        return Notice(f"The grader's process has ended before there was a verdict. Please report this. {said}".strip())

    def _start(self) -> None:
        self._control, theirs = socket.socketpair()
        self._log: IO[bytes] = tempfile.TemporaryFile()  # noqa: SIM115  it is open as long as the process
        with theirs:
            self._process = subprocess.Popen(
                [sys.executable, "-I", "-m", "grader.kernel.judging", str(theirs.fileno()), str(os.getpid())],
                stdin=subprocess.DEVNULL,
                stdout=self._log,
                stderr=self._log,
                pass_fds=[theirs.fileno()],
                start_new_session=True,
            )
