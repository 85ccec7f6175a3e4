"""The grader's side of a student's process: ask it, bound it, end it.

A process of its own with a scrubbed environment, limits on wall-clock time, output and reply, and an end from
outside. How it is started, and what else bounds it: grader/forked.py and grader/spawned.py. What it can see: that is
what the isolation is for (grader/isolation.py).
"""

import secrets
import selectors
import signal
import socket
import threading
import time
from abc import ABC, abstractmethod
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Protocol

from grader import wire
from grader.usage import Usage

GONE = "the sandbox itself has ended"
INTERRUPTED = "it was interrupted"
TEXT = 4 << 20
"""Bytes of JSON in an answer, at most: what JSON unfolds to takes many times as much."""
EVERY = 0.2
"""Seconds between two looks at what a process uses, while it is waited for."""
SIGNALS = {
    "SIGSEGV": "a segmentation fault",
    "SIGXCPU": "too much CPU time",
    "SIGKILL": "SIGKILL: out of memory, or killed by the code itself",
    "SIGXFSZ": "a file that grew too large",
}
STATUSES = {0xC0000005: "a segmentation fault", 0xC00000FD: "a stack that overflowed", 0xC0000409: "abort()"}
"""Exit codes of Windows that stand for what is a signal elsewhere."""


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


class Child(ABC):
    """One student's process, at the other end of a socket. Use as a context manager: leaving it kills what is left."""

    def __init__(self, data: socket.socket, limits: Limits):
        self._data = data
        self._limits = limits
        self._nonce = ""
        self._spent: set[str] = set()
        self._buffer = bytearray()
        self._exit: int | None = None
        self._closed = self._interrupted = False
        self._hanging_up = threading.Lock()
        self._watched = time.monotonic()
        self._selector = selectors.DefaultSelector()
        self._selector.register(data, selectors.EVENT_READ)

    def __enter__(self) -> "Child":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @abstractmethod
    def output(self) -> str:
        """What was printed since the last call, cut to a readable length."""

    @abstractmethod
    def close(self) -> None:
        """Kill the process and what it has started; wait until they are gone."""

    @abstractmethod
    def _ready(self, seconds: float) -> bool:
        """Wait so long, at most; whether there is something to read. What is printed meanwhile does not pile up."""

    @abstractmethod
    def _bury(self) -> None:
        """It has hung up: wait for a moment until it has ended, and learn its exit code."""

    @abstractmethod
    def _usage(self) -> Usage:
        """What all its processes use together."""

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

    def interrupt(self) -> None:
        """From another thread: whoever waits for an answer is told at once that there will be none, and can close."""
        with self._hanging_up, suppress(OSError):  # closed already
            self._interrupted = True
            self._data.shutdown(socket.SHUT_RDWR)

    def _hang_up(self) -> None:
        self._selector.close()
        with self._hanging_up:  # an interrupt must not meet another socket of that number
            self._data.close()

    def _read(self, seconds: float, deadline: float) -> tuple[dict[str, Any], bytes]:
        """The next frame, while the clock runs: late ones do not set it back."""
        while True:
            frame = self._frame()
            left = deadline - time.monotonic()
            if frame is not None and left > 0:
                return frame
            if frame is not None:
                raise _timed_out(seconds)
            ready = self._ready(max(0.0, min(left, EVERY)))
            if time.monotonic() - self._watched > EVERY:
                self._watch()
            if self._interrupted:
                raise self._ended()
            if not ready:
                if time.monotonic() >= deadline:
                    raise _timed_out(seconds)
                continue
            try:
                part = self._data.recv(1 << 16)  # a larger buffer costs more than most answers fill
            except OSError:
                part = b""
            if not part:
                raise self._ended()
            self._buffer += part

    def _watch(self) -> None:
        """End it where all its processes together use too much. Raises Ended."""
        self._watched = time.monotonic()
        used = self._usage()
        if used.memory > self._limits.memory:
            raise Ended("crashed", f"its processes together used more than {self._limits.memory >> 20} MiB of memory")
        if used.processes > self._limits.processes:
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

    def _ended(self) -> Ended:
        if self._interrupted:
            return Ended("timed_out", INTERRUPTED)
        self._bury()
        return Ended("crashed", _how(self._exit))


def _timed_out(seconds: float) -> Ended:
    return Ended(
        "timed_out",
        f"it was still running after {seconds:.3g} seconds and was stopped: is there a loop that never ends?",
    )


def _how(code: int | None) -> str:
    """An exit code in words."""
    if code is None:
        return "it closed its connection to the grader"
    if code in STATUSES:
        return f"the process was ended by {STATUSES[code]}"
    if code >= 0:
        return f"the process ended itself with exit code {code} (os._exit or the like)"
    name = signal.Signals(-code).name
    return f"the process was killed by {SIGNALS.get(name, name)}"
