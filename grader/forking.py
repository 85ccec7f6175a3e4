"""The grader's side of the warm process that forks students' processes: fork it or start it, restart it, end it.

What runs in it is grader/student/template.py. Linux only: see docs/decisions/9-spawn.md.
"""

import os
import resource
import secrets
import select
import shutil
import signal
import socket
import sys
import tempfile
import time
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from grader import warm
from grader.errors import UsageError
from grader.isolation import ENVIRONMENT, FILTER, Isolation, copy_student_side
from grader.template import PATIENCE, Template

if TYPE_CHECKING:
    from grader.sandbox import Child, Limits

CONNECT = 120
"""Seconds for a launcher to start its container."""
DYING = 2
"""Seconds in which what has been killed is gone."""
RLIMIT_LOCKS = 10  # from linux/resource.h: bounds nothing since Linux 2.4


class Forking(Template):
    """The warm process (grader/student/template.py), the socket that commands it, and its folder."""

    _known_by = 0
    """The limit by which all that descends from the template is known; 0 where there is none."""

    def __init__(self, fresh: bool, isolation: Isolation):
        self.isolation = isolation
        self._start(fresh or isolation.command is not None or "reference" in sys.modules)

    def start(self, limits: "Limits") -> "Child":
        """A process for a submission, forked from the warm one. Raises Ended where that has gone."""
        from grader.forked import Forked  # imports torch, which a fork of this process is to have in its own way

        return Forked(self, limits)

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
        self._end_orphans()
        shutil.rmtree(self._folder, ignore_errors=True)

    def _mark(self) -> None:
        """Give the template a limit by which all that descends from it is known, whoever is its parent by then.

        In a sandbox all end with the template. (To be the parent of who has lost theirs would be another way to know
        them; but an answer that kills its parent would hit this process, then, when it is asked for the second time.)
        """
        self._known_by = 0
        if self.isolation.command is None:
            mark = 1 + secrets.randbits(60)
            with suppress(OSError, ValueError):
                resource.prlimit(self.pid, RLIMIT_LOCKS, (mark, mark))
                self._known_by = mark

    def _end_orphans(self) -> None:
        """End who outlives a template that was killed: it has buried no child, and what that left."""
        deadline = time.monotonic() + DYING
        while self._known_by and _kill_known(self._known_by) and time.monotonic() < deadline:
            time.sleep(0.001)

    def _start(self, fresh: bool) -> None:
        self._folder = tempfile.mkdtemp(prefix="grader-")
        if self.isolation.connects:
            self._start_elsewhere()
            return
        self.control, theirs = socket.socketpair()
        if fresh:
            self.pid = _spawn(self._command(theirs.fileno()), theirs, Path(self._folder))
        else:
            self.pid = _fork(self.control, theirs, self._folder)
        theirs.close()
        self._mark()

    def _command(self, descriptor: int) -> list[str]:
        if self.isolation.command is None:
            return [sys.executable, "-I", "-m", "grader.student.template", str(descriptor), self._folder]
        kit = Path(self._folder, "kit")
        copy_student_side(kit)
        os.chmod(self._folder, 0o755)  # inside it is another user's
        return self.isolation.command(kit, Path(self._folder), descriptor)

    def _start_elsewhere(self) -> None:
        """Where no descriptor can be inherited: it connects to a socket in the folder."""
        with socket.socket(socket.AF_UNIX) as listening:
            listening.bind(f"{self._folder}/control")
            os.chmod(f"{self._folder}/control", 0o666)
            listening.listen(1)
            listening.settimeout(0.2)
            self.pid = _spawn(self._command(-1), None, Path(self._folder))
            deadline = time.monotonic() + CONNECT
            while time.monotonic() < deadline and not _ended(self.pid):
                try:
                    self.control, _ = listening.accept()
                    return
                except TimeoutError:
                    continue
        self.control, said = socket.socket(), self.said()
        self._kill()
        raise UsageError(f"The launcher has not connected to the grader (within {CONNECT} seconds). It said: {said}")

    def said(self) -> str:
        """What the command that makes the isolation has complained of."""
        try:
            return Path(self._folder, "log").read_text(errors="replace").strip()[-500:]
        except OSError:
            return ""

    def left(self) -> int:
        """How many processes there are below it that are no part of it: waits a moment for those that are dying."""
        import psutil

        deadline = time.monotonic() + DYING
        while not self.lost:
            try:
                below = psutil.Process(self.pid).children(recursive=True)
            except psutil.Error:
                return 0
            # In a sandbox: the template.
            extra = len(below) - (1 if self.isolation.alone and not self.isolation.connects else 0)
            if extra <= 0 or time.monotonic() > deadline:
                return max(0, extra)
            time.sleep(0.02)
        return 0


def _kill_known(mark: int) -> int:
    """Kill the processes of this machine that have such a limit: how many were alive."""
    alive = 0
    for pid in map(int, filter(str.isdigit, os.listdir("/proc"))):
        with suppress(OSError):  # it has ended, or is another user's
            if resource.prlimit(pid, RLIMIT_LOCKS)[1] == mark:
                alive += _kill_if_known(os.pidfd_open(pid), pid, mark)
    return alive


def _kill_if_known(process: int, pid: int, mark: int) -> bool:
    """Kill the process behind a descriptor, which never comes to mean another; whether it was alive."""
    try:
        ended = select.poll()
        ended.register(process, select.POLLIN)
        if resource.prlimit(pid, RLIMIT_LOCKS)[1] != mark or ended.poll(0):
            return False
        signal.pidfd_send_signal(process, signal.SIGKILL)
        return True
    finally:
        os.close(process)


def _ended(pid: int) -> bool:
    """Whether a process of ours has ended; it stays to be reaped."""
    return os.waitid(os.P_PID, pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is not None


def _spawn(command: list[str], theirs: socket.socket | None, folder: Path) -> int:
    """Start a template: what it needs are the socket, the filter behind it, and a log for what bwrap may say."""
    actions: list[Any] = [(os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0)]
    if (folder / "kit").exists():
        log = str(folder / "log")
        actions += [(os.POSIX_SPAWN_OPEN, fd, log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600) for fd in (1, 2)]
    if theirs is not None:
        theirs.set_inheritable(True)
        if (folder / FILTER).exists():
            actions.append((os.POSIX_SPAWN_OPEN, theirs.fileno() + 1, str(folder / FILTER), os.O_RDONLY, 0))
    program = command[0] if os.sep in command[0] else shutil.which(command[0]) or command[0]
    return os.posix_spawn(program, command, ENVIRONMENT, file_actions=actions, setpgroup=0)


def _fork(ours: socket.socket, theirs: socket.socket, folder: str) -> int:
    warm.import_torch()

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
        _cover(theirs.fileno())
        sys.argv[:] = ["student"]
        from grader.student import template

        template.serve(theirs, folder)
        code = 0
    finally:
        os._exit(code)


def _cover(kept: int) -> None:
    """Put nothing in the place of all else that this process had open: it is none of a student's business.

    The numbers stay taken: who closes one later closes that.
    """
    null = os.open(os.devnull, os.O_RDWR)
    for descriptor in map(int, os.listdir("/proc/self/fd")):
        if descriptor > 2 and descriptor not in (kept, null):
            os.dup2(null, descriptor, inheritable=False)
    os.close(null)
