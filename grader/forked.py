"""A student's process that a warm template has forked (grader/forking.py).

Its own group, and the kernel's limits on CPU time, memory, number of processes and file size, which it sets for itself
before anything of the student's runs; SIGKILL of the group by the template.
"""

import os
import selectors
import signal
import socket
import time
from contextlib import suppress
from typing import Protocol

import msgspec

from grader.isolation import Isolation
from grader.sandbox import GONE, Child, Ended, Limits
from grader.template import OUTPUT_KEPT, PATIENCE
from grader.usage import Usage, usage

START_SECONDS = 60
"""For a new template to import torch."""


class Parent(Protocol):
    """The template, as its child knows it (grader/forking.py)."""

    isolation: Isolation
    control: socket.socket
    """Where it is told what to do, and tells how its children end."""
    pid: int
    lost: bool
    ready: bool


class Forked(Child):
    """A child of a template. Raises Ended where the template does not start one."""

    def __init__(self, template: Parent, limits: Limits):
        ours, theirs = socket.socketpair()
        super().__init__(ours, limits)
        self._template = template
        self._notes = b""
        self._output = b""
        self._pid = 0
        self._pipe, write_end = os.pipe()
        os.set_blocking(self._pipe, False)
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
        super()._hang_up()
        os.close(self._pipe)

    def _ready(self, seconds: float) -> bool:
        ready = {key.fileobj for key, _ in self._selector.select(seconds)}
        if self._pipe in ready and not self._drain():
            # Its standard output is closed, but it may still be at work: wait for the data alone.
            self._selector.unregister(self._pipe)
        return self._data in ready

    def _usage(self) -> Usage:
        return usage(self._template.pid)

    def _watch(self) -> None:
        try:
            super()._watch()
        except Ended:
            self._template.lost = True  # so that all go together, however many they are
            raise

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

    def _bury(self) -> None:
        with suppress(OSError, Ended):
            self._wait_for("exited", PATIENCE)

    def _wait_for(self, key: str, seconds: float) -> int:
        """The template's next note of that kind about this child."""
        deadline = time.monotonic() + seconds
        while True:
            while b"\n" in self._notes:
                line, self._notes = self._notes.split(b"\n", 1)
                note = msgspec.json.decode(line)
                if note.get("exited", self._pid) != self._pid:
                    continue  # a late one, about a child before this one
                if "exited" in note:
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
