"""Students' processes where there is no fork, or none to be trusted: each is a fresh Python that imports torch.

One spare process is kept warm, so that in a grader that goes on only the first one is waited for.
"""

import atexit
import os
import shutil
import socket
import tempfile
import time
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from grader.isolation import SPAWNED
from grader.spare import DYING, HELLO, Spare
from grader.template import OUTPUT_KEPT, Template

if TYPE_CHECKING:
    from grader.sandbox import Child, Limits

START_SECONDS = 120
"""For a process to import torch, which a machine may have to read from a cold disk and look through for viruses."""


_early: "list[Spawning]" = []


def begin() -> None:
    """Start what `begun` will return, so that it imports torch while this process does."""
    _early.append(Spawning())


def begun() -> "Spawning":
    """What has been started for this, or a new one."""
    return _early.pop() if _early else Spawning()


@atexit.register
def _end_early() -> None:
    """End what nobody came for: the command has failed before it did."""
    while _early:
        _early.pop().close()


class Spawning(Template):
    """Holds a spare process, and a folder in which each process has its own."""

    isolation = SPAWNED
    _line: socket.socket | None
    """The line to the spare process, once it is warm."""

    def __init__(self) -> None:
        self._folder = tempfile.mkdtemp(prefix="grader-")
        self._renew()

    def warm(self, seconds: float) -> bool:
        """Wait so long, at most; whether `start` will not wait: torch is imported, or there is nothing to wait for."""
        self._line = self._line or self._spare.connected(seconds)
        return bool(self._line) or self._spare.process.poll() is not None or self._spare.age() > START_SECONDS

    def start(self, limits: "Limits") -> "Child":
        """The spare process, as a submission's; the next one begins to import torch. Raises Ended."""
        # They import torch, as the spare process does meanwhile.
        from grader.sandbox import EVERY, GONE, Ended
        from grader.spawned import Spawned

        while not self.warm(EVERY):
            pass
        if self._line is None:
            self._spare.printed.wait(HELLO)
            raise Ended("crashed", f"{GONE}. It said: {self.said()}")
        self.ready = True
        line, self._line = self._line, None
        child = Spawned(self._spare, line, limits)
        self._renew()
        return child

    def restart(self) -> None:
        """Start another spare process."""
        self._drop()
        self._renew()

    def close(self) -> None:
        """End the spare process and whoever has got away from a student's, and remove what they wrote."""
        import psutil

        self._drop()
        strays = self._strays()
        for one in strays:
            with suppress(psutil.Error):
                one.kill()
        psutil.wait_procs(strays, DYING)
        deadline = time.monotonic() + DYING
        while os.path.exists(self._folder) and time.monotonic() < deadline:
            shutil.rmtree(self._folder, ignore_errors=True)
            time.sleep(0.01)  # Windows lets go of a dead process's files a little late

    def said(self) -> str:
        """What the spare process has said so far."""
        return self._spare.printed.take().decode("utf-8", "replace").strip()[-500:]

    def left(self) -> int:
        """How many processes students' processes have left behind."""
        return len(self._strays())

    def _renew(self) -> None:
        self._spare = Spare(self._folder, OUTPUT_KEPT)
        self._line = None

    def _drop(self) -> None:
        if self._line:
            self._line.close()
        self._spare.end()

    def _strays(self) -> list[Any]:
        """Processes that were given a folder in ours as their home, but for the spare one: wherever they hang now."""
        import psutil

        found = []
        for process in psutil.process_iter():
            try:
                theirs = process.environ().get("HOME", "").startswith(self._folder)
                if theirs and process.pid != self._spare.process.pid and process.status() != psutil.STATUS_ZOMBIE:
                    found.append(process)
            except (psutil.Error, OSError):
                continue  # another user's, or it has ended
        return found
