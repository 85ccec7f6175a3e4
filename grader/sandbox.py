"""The grader's side of the student's process: start it, ask it, bound it, end it.

A process of its own in its own group, with a scrubbed environment, limits on wall-clock time, CPU time, memory,
number of processes, file size, output and reply, and SIGKILL from outside. It does not hide files and does not cut
off the network: that is what the isolation `bubblewrap` is for (grader/isolation.py).
"""

import os
import secrets
import selectors
import signal
import socket
import threading
import time
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Protocol

import msgspec

from grader import wire
from grader.template import PATIENCE, Template

GONE = "the sandbox itself has ended"
INTERRUPTED = "it was interrupted"
OUTPUT_KEPT = 20_000
TEXT = 4 << 20
"""Bytes of JSON in an answer, at most: what JSON unfolds to takes many times as much."""
EVERY = 0.2
"""Seconds between two looks at what a process uses, while it is waited for."""
START_SECONDS = 60
"""For a new template to import torch."""


@dataclass(frozen=True)
class Limits:
    """What one submission may use. `seconds` bounds each step (a cell, a check), `total` the run."""

    seconds: float = 10.0
    total: float = 120.0
    memory: int = 2 << 30
    """Bytes of address space beyond what the process starts with; of memory, for all its processes together."""
    processes: int = 64
    """Processes and threads; of processes, for all together."""
    file: int = 256 << 20
    reply: int = 64 << 20


class Ended(Exception):
    """The student's process did not answer: `timed_out`, or it ended or spoke nonsense (`crashed`)."""

    def __init__(self, status: str, reason: str):
        super().__init__(reason)
        self.status = status
        self.reason = reason


class Process(Protocol):
    """A student's process as an attempt speaks to it."""

    def ask(self, message: dict[str, Any], blob: bytes, seconds: float) -> None: ...
    def answer(self, seconds: float) -> tuple[dict[str, Any], bytes]: ...
    def output(self) -> str: ...
    def interrupt(self) -> None: ...
    def close(self) -> None: ...


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
        self._closed = self._interrupted = False
        self._hanging_up = threading.Lock()
        self._watched = time.monotonic()
        self._data, theirs = socket.socketpair()
        self._pipe, write_end = os.pipe()
        os.set_blocking(self._pipe, False)
        self._selector = selectors.DefaultSelector()
        self._selector.register(self._data, selectors.EVENT_READ)
        self._selector.register(self._pipe, selectors.EVENT_READ)
        settings = {"memory": limits.memory, "cpu": int(limits.total) + 1, "file": limits.file}
        if template.isolation.alone:  # elsewhere the kernel counts all that the user runs
            settings["processes"] = limits.processes
        request = msgspec.json.encode({"limits": settings}) + b"\n"
        try:
            socket.send_fds(template.control, [request], [theirs.fileno(), write_end])
            self._pid = self._wait_for("started", PATIENCE if template.ready else START_SECONDS)
            template.ready = True
        except (OSError, Ended):
            template.lost = True
            self._hang_up()
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
        deadline = time.monotonic() + seconds
        while True:
            reply, content = self._read(seconds, deadline)
            if reply.get("nonce") == self._nonce:
                return reply, content
            if str(reply.get("nonce")) not in self._spent:  # else it is late, as from a forked copy
                raise Ended("crashed", "a reply came that no request had asked for")

    def output(self) -> str:
        """What was printed since the last call, cut to a readable length."""
        self._drain()
        text, self._output = self._output, b""
        return text.decode("utf-8", "replace")

    def interrupt(self) -> None:
        """From another thread: whoever waits for an answer is told at once that there will be none, and can close."""
        with self._hanging_up, suppress(OSError):  # closed already
            self._interrupted = True
            self._data.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        """Kill the process and its group; wait until they are gone."""
        if self._closed:
            return
        self._closed = True
        self._hang_up()
        if self._exit is not None:
            return
        try:
            if not self._template.lost:
                self._template.control.sendall(msgspec.json.encode({"kill": self._pid}) + b"\n")
                self._wait_for("exited", PATIENCE)
        except (OSError, Ended):
            self._template.lost = True
        if self._template.lost and not self._template.isolation.alone:
            # It has lost its parent, not its group. In a sandbox it ends with it, and its number is another's here.
            with suppress(ProcessLookupError):
                os.killpg(self._pid, signal.SIGKILL)

    def _hang_up(self) -> None:
        self._selector.close()
        with self._hanging_up:  # an interrupt must not meet another socket of that number
            self._data.close()
        os.close(self._pipe)

    def _read(self, seconds: float, deadline: float) -> tuple[dict[str, Any], bytes]:
        """The next frame, while the output is drained and the clock runs: late ones do not set it back."""
        while True:
            frame = self._frame()
            if frame is not None and time.monotonic() < deadline:
                return frame
            if frame is not None:
                raise _timed_out(seconds)
            left = max(0.0, deadline - time.monotonic())
            ready = {key.fileobj for key, _ in self._selector.select(min(left, EVERY))}
            if time.monotonic() - self._watched > EVERY:
                self._watch()
            if self._pipe in ready and not self._drain() and self._data not in ready:
                # Its standard output is closed, but it may still be at work: wait for the data alone.
                self._data.settimeout(max(0.001, min(EVERY, deadline - time.monotonic())))
            elif self._data not in ready:
                if time.monotonic() >= deadline:
                    raise _timed_out(seconds)
                continue
            try:
                part = self._data.recv(1 << 16)  # a larger buffer costs more than most answers fill
            except TimeoutError:
                if time.monotonic() >= deadline:
                    raise _timed_out(seconds) from None
                continue
            except OSError:
                part = b""
            if not part:
                raise self._ended()
            self._buffer += part

    def _watch(self) -> None:
        """End it where all its processes together use too much. Raises Ended."""
        from grader.usage import usage  # psutil costs more than most answers take

        self._watched = time.monotonic()
        used = usage(self._template.pid)
        if used.memory > self._limits.memory:
            self._template.lost = True
            raise Ended("crashed", f"its processes together used more than {self._limits.memory >> 20} MiB of memory")
        if used.processes > self._limits.processes:
            self._template.lost = True
            raise Ended("crashed", f"it started more than {self._limits.processes} processes")

    def _frame(self) -> tuple[dict[str, Any], bytes] | None:
        """A whole frame from the buffer, None if it is not all there yet."""
        if len(self._buffer) < 16:
            return None
        text, blob = wire.lengths(self._buffer)
        if text > TEXT:
            raise Ended("crashed", f"the answer holds more than {TEXT >> 20} MiB beside its tensors")
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
        if self._interrupted:
            return Ended("timed_out", INTERRUPTED)
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
