"""The grader's side of the student's process: start it, ask it, bound it, end it.

Isolation level `process`: a process of its own in its own group, with a scrubbed environment, limits
on wall-clock time, CPU time, memory, file size, output and reply, and SIGKILL from outside. It does
not hide files and does not cut off the network: that is what the level `bubblewrap` is for.
"""

import os
import secrets
import selectors
import shutil
import signal
import socket
import sys
import tempfile
import time
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import msgspec

from grader import wire
from grader.errors import UsageError

ISOLATION = "process"
"""The level that is active; every result says so."""
GONE = "the sandbox itself has ended"
OUTPUT_KEPT = 20_000
START_SECONDS = 60
"""For a new template to import torch."""
PATIENCE = 5
"""Seconds for a warm template to answer; longer, and it was stopped or killed by a student's code."""


@dataclass(frozen=True)
class Limits:
    """What one submission may use. `seconds` bounds each step (a cell, a check), `total` the run."""

    seconds: float = 10.0
    total: float = 120.0
    memory: int = 2 << 30
    """Bytes of address space beyond what the process starts with."""
    file: int = 256 << 20
    reply: int = 64 << 20


class Ended(Exception):
    """The student's process did not answer: `timed_out`, or it ended or spoke nonsense (`crashed`)."""

    def __init__(self, status: str, reason: str):
        super().__init__(reason)
        self.status = status
        self.reason = reason


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


class Child:
    """One student's process. Use as a context manager: leaving it kills what is left."""

    def __init__(self, template: Template, limits: Limits):
        self._template = template
        self._limits = limits
        self._nonce = ""
        self._spent: set[str] = set()
        self._buffer = bytearray()
        self._notes = b""
        self._output = b""
        self._pid = 0
        self._exit: int | None = None
        self._closed = False
        self._data, theirs = socket.socketpair()
        self._pipe, write_end = os.pipe()
        os.set_blocking(self._pipe, False)
        settings = {"memory": limits.memory, "cpu": int(limits.total) + 1, "file": limits.file}
        request = msgspec.json.encode({"limits": settings})
        try:
            socket.send_fds(template.control, [request], [theirs.fileno(), write_end])
            self._pid = self._wait_for("started", PATIENCE if template.ready else START_SECONDS)
            template.ready = True
        except (OSError, Ended):
            template.lost = True
            self._data.close()
            os.close(self._pipe)
            raise Ended("crashed", GONE) from None
        finally:
            theirs.close()
            os.close(write_end)

    def __enter__(self) -> "Child":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def ask(self, message: dict[str, Any], blob: bytes, seconds: float) -> None:
        """Send a request, which may take so many seconds until each of its messages. Raises Ended."""
        self._spent.add(self._nonce)
        self._nonce = secrets.token_hex(8)
        self._data.settimeout(seconds)
        try:
            self._data.sendall(wire.frame({"nonce": self._nonce, **message}, blob))
        except TimeoutError:
            raise _timed_out(seconds) from None
        except OSError:
            raise self._ended() from None

    def answer(self, seconds: float) -> tuple[dict[str, Any], bytes]:
        """The next message about the last request. Raises Ended."""
        while True:
            reply, content = self._read(seconds)
            if reply.get("nonce") == self._nonce:
                return reply, content
            if str(reply.get("nonce")) not in self._spent:  # else it is late, as from a forked copy
                raise Ended("crashed", "a reply came that no request had asked for")

    def output(self) -> str:
        """What was printed since the last call, cut to a readable length."""
        self._drain()
        text, self._output = self._output, b""
        return text.decode("utf-8", "replace")

    def close(self) -> None:
        """Kill the process and its group; wait until they are gone."""
        if self._closed:
            return
        self._closed = True
        self._data.close()
        os.close(self._pipe)
        if self._exit is not None:
            return
        try:
            self._template.control.sendall(msgspec.json.encode({"kill": self._pid}))
            self._wait_for("exited", PATIENCE)
        except (OSError, Ended):  # the template is gone: the child has lost its parent, not its group
            self._template.lost = True
            with suppress(ProcessLookupError):
                os.killpg(self._pid, signal.SIGKILL)

    def _read(self, seconds: float) -> tuple[dict[str, Any], bytes]:
        """The next frame, while the output is drained and the clock runs."""
        deadline = time.monotonic() + seconds
        while True:
            frame = self._frame()
            if frame is not None:
                return frame
            with selectors.DefaultSelector() as selector:
                selector.register(self._data, selectors.EVENT_READ)
                selector.register(self._pipe, selectors.EVENT_READ)
                ready = {key.fileobj for key, _ in selector.select(max(0.0, deadline - time.monotonic()))}
            if self._pipe in ready and not self._drain() and self._data not in ready:
                # Its standard output is closed, but it may still be at work: wait for the data alone.
                self._data.settimeout(max(0.001, deadline - time.monotonic()))
            elif self._data not in ready:
                if time.monotonic() >= deadline:
                    raise _timed_out(seconds)
                continue
            try:
                part = self._data.recv(1 << 20)
            except TimeoutError:
                raise _timed_out(seconds) from None
            except OSError:
                part = b""
            if not part:
                raise self._ended()
            self._buffer += part

    def _frame(self) -> tuple[dict[str, Any], bytes] | None:
        """A whole frame from the buffer, None if it is not all there yet."""
        if len(self._buffer) < 16:
            return None
        text, blob = wire.lengths(self._buffer)
        if text + blob > self._limits.reply:
            raise Ended("crashed", f"the answer is larger than {self._limits.reply >> 20} MiB")
        end = 16 + text + blob
        if len(self._buffer) < end:
            return None
        content = bytes(self._buffer[16:end])
        del self._buffer[:end]
        try:
            return wire.parse(content[:text]), content[text:]
        except wire.WireError as error:
            raise Ended("crashed", f"the answer can't be read: {error}") from None

    def _drain(self) -> bool:
        """Read what has been printed; keep its beginning. False once nobody can print any more."""
        for _ in range(64):  # bounded, so that endless output can't hold up the clock
            try:
                part = os.read(self._pipe, 1 << 16)
            except BlockingIOError:
                return True
            if not part:
                return False
            self._output += part[: OUTPUT_KEPT - len(self._output)]
        return True

    def _ended(self) -> Ended:
        with suppress(OSError, Ended):
            self._wait_for("exited", PATIENCE)
        return Ended("crashed", _how(self._exit))

    def _wait_for(self, key: str, seconds: float) -> int:
        """The template's next note of that kind about this child."""
        deadline = time.monotonic() + seconds
        while True:
            while b"\n" in self._notes:
                line, self._notes = self._notes.split(b"\n", 1)
                note = msgspec.json.decode(line)
                if note.get("exited") == self._pid:
                    self._exit = note["code"]
                if key in note:
                    return int(note[key])
            self._template.control.settimeout(max(0.001, deadline - time.monotonic()))
            try:
                part = self._template.control.recv(65536)
            except (TimeoutError, OSError):
                part = b""
            if not part:
                raise Ended("crashed", GONE)
            self._notes += part


def _timed_out(seconds: float) -> Ended:
    return Ended(
        "timed_out",
        f"it was still running after {seconds:.3g} seconds and was stopped: is there a loop that never ends?",
    )


def _how(code: int | None) -> str:
    """An exit code in words."""
    if code is None:
        return "it closed its connection to the grader"
    if code >= 0:
        return f"the process ended itself with exit code {code} (os._exit or the like)"
    names: dict[int, str] = {signal.SIGSEGV: "a segmentation fault", signal.SIGXCPU: "too much CPU time"}
    names[signal.SIGKILL] = "SIGKILL: out of memory, or killed by the code itself"
    names[signal.SIGXFSZ] = "a file that grew too large"
    return f"the process was killed by {names.get(-code) or signal.Signals(-code).name}"
