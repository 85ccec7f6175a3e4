"""The grader's side of the warm process: fork it or start it, restart it, end it.

What runs in it is grader/student/template.py.
"""

import os
import shutil
import signal
import socket
import sys
import tempfile
import time

from grader.errors import UsageError

PATIENCE = 5
"""Seconds for a warm template to answer; longer, and it was stopped or killed by a student's code."""


class Template:
    """The warm process (grader/student/template.py), the socket that commands it, and its folder."""

    def __init__(self, fresh: bool = False):
        self.lost = False
        """Whether it no longer answers: killed or stopped by a student's code."""
        self.ready = False
        self._start(fresh or "reference" in sys.modules)

    def restart(self) -> None:
        """Start a new one in the place of one that is lost."""
        self._kill()
        self.lost = self.ready = False
        self._start(fresh=True)

    def close(self) -> None:
        """End it and all its children, and remove what they wrote."""
        self.control.close()
        deadline = time.monotonic() + PATIENCE
        while not self.lost and time.monotonic() < deadline:
            done, _ = os.waitpid(self.pid, os.WNOHANG)
            if done:
                shutil.rmtree(self._folder, ignore_errors=True)
                return
            time.sleep(0.001)
        self._kill()

    def _kill(self) -> None:
        self.control.close()
        os.kill(self.pid, signal.SIGKILL)
        os.waitpid(self.pid, 0)
        shutil.rmtree(self._folder, ignore_errors=True)

    def _start(self, fresh: bool) -> None:
        self.control, theirs = socket.socketpair()
        self._folder = tempfile.mkdtemp(prefix="grader-")
        self.pid = _spawn(theirs, self._folder) if fresh else _fork(self.control, theirs, self._folder)
        theirs.close()


def start_template(fresh: bool = False) -> Template:
    """Fork this process if nothing secret is in its memory yet, else (or if `fresh`) start a new one.

    The fork costs milliseconds; a new process imports torch again. Ask for it where this process has
    threads, or has run a threaded operation of torch: a fork of it would hang in its first one.
    """
    if not hasattr(os, "fork"):
        raise UsageError("This system has no fork, which the grader needs. Run it on Linux, macOS or in WSL.")
    return Template(fresh)


def _spawn(theirs: socket.socket, folder: str) -> int:
    theirs.set_inheritable(True)
    return os.posix_spawn(
        sys.executable,
        [sys.executable, "-I", "-m", "grader.student.template", str(theirs.fileno()), folder],
        {"PATH": "/usr/bin:/bin", "LANG": "C.UTF-8"},
        file_actions=[(os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0)],
        setpgroup=0,
    )


def _fork(ours: socket.socket, theirs: socket.socket, folder: str) -> int:
    import torch

    torch.set_num_threads(1)  # before the fork: see grader/student/template.py
    sys.stdout.flush()
    sys.stderr.flush()
    pid = os.fork()
    if pid:
        return pid
    code = 1
    try:
        os.setsid()
        ours.close()
        sys.argv[:] = ["student"]
        from grader.student import template

        template.serve(theirs, folder)
        code = 0
    finally:
        os._exit(code)
