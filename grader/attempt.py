"""One submission at work in the sandbox: whatever one cell or check does to it, the others go on."""

import difflib
import time
from dataclasses import dataclass, field
from typing import Any

import msgspec

from grader import wire
from grader.cells import ALL_RUN, LATE, Cell, Submission
from grader.course import Course, Part, Spec
from grader.reply import Outcome, describe, read_cell, read_failures, read_outcomes
from grader.sandbox import EVERY, INTERRUPTED, Ended, Limits, Process
from grader.template import Template


@dataclass(frozen=True)
class Answer:
    """All cases of a probe, what was printed meanwhile, and how long it took."""

    outcomes: list[Outcome]
    output: str
    seconds: float


@dataclass
class Attempt:
    """Runs a submission's cells and answers probes; starts the process again whenever it ends."""

    template: Template
    submission: Submission
    forbids: tuple[str, ...]
    hidden: tuple[str, ...]
    limits: Limits = field(default_factory=Limits)
    exercises: tuple[str, ...] = ()

    @classmethod
    def of(cls, course: Course, part: Part, submission: Submission, template: Template, limits: Limits) -> "Attempt":
        """A submission of a part of a course."""
        return cls(template, submission, part.forbids, course.hidden_folders(), limits, tuple(part.exercises))

    def __post_init__(self) -> None:
        now = time.monotonic()
        self._deadline = now + self.limits.total
        self._load_deadline = now + self.limits.total / 2  # so that cells leave time for the answers
        self._interrupted = False
        self._child: Process | None = None
        self._sent: set[str] = set()  # keys of the values that this process has been sent
        self._waiting = ""  # the check that is posted, and not collected yet
        self._ends: dict[int, Ended] = {}
        self.failures: dict[int, dict[str, Any]] = {}
        """Cells that failed to run, by index."""

    def close(self) -> None:
        """End the student's process."""
        self._waiting = ""
        if self._child:
            self._child.close()
            self._child = None

    def interrupt(self) -> None:
        """From another thread: end what is running now, and let nothing more be run. What is left is `timed_out`."""
        self._interrupted = True  # first: a process that is just being started is asked nothing any more
        if child := self._child:
            child.interrupt()

    def failed_cell(self, name: str) -> tuple[Cell, dict[str, Any]] | None:
        """The cell that should have defined a name and failed, with its fault."""
        for index, failure in self.failures.items():
            if name in self.submission.cells[index].names():
                return self.submission.cells[index], failure
        return None

    def lost(self, name: str) -> str:
        """That a name is not there, and what may have become of it."""
        text = f"The file defines no {name}."
        if found := self.alike(name):
            return f"{text} There is {found}: was it renamed?"
        part = self.submission.name.partition("_")[0]
        return f"{text} If it was lost, this puts its stub back: grader reset {part}.{name}"

    def alike(self, name: str) -> str | None:
        """A name that the cells define, that is nearly the same, and no other exercise's."""
        names = [n for cell in self.submission.cells for n in cell.names() if n not in (name, *self.exercises)]
        close = difflib.get_close_matches(name.lower(), {n.lower(): n for n in names}, n=1, cutoff=0.8)
        return next((n for n in names if close and n.lower() == close[0]), None)

    def notes(self, messages: list[str]) -> list[str]:
        """One sentence for each cell that failed to run, unless a message has said so already."""
        cells = self.submission.cells
        notes = [f"{cells[i].place} failed: {describe(fault)}" for i, fault in self.failures.items()]
        return [note for note in notes if not any(note in message for message in messages)]

    def load(self) -> None:
        """Run the cells in a fresh process; again without a cell for each one that ends it."""
        self.close()
        while True:
            self._seconds()
            self._child = self._start()
            self._sent.clear()
            running = ALL_RUN
            try:
                self._child.ask(self._load_request(), b"", self._seconds())
                while True:
                    reply, _ = self._child.answer(self._seconds())
                    if "failures" in reply:
                        break
                    running = read_cell(reply, len(self.submission.cells))
                raised = read_failures(reply, len(self.submission.cells))
            except Ended as ended:
                self.close()
                if running == ALL_RUN:
                    raise
                self._ends[running] = ended
                if time.monotonic() > self._load_deadline:
                    self._leave_out(running + 1)
                continue
            ended_cells = {i: _fault(ended) for i, ended in self._ends.items()}
            self.failures = dict(sorted((raised | ended_cells).items()))
            return

    def _start(self) -> Process:
        """A child, from a new template if a student's code has put an end to the last one."""
        self._await_template()
        if not self.template.lost:
            try:
                return self.template.start(self.limits)
            except Ended:
                pass  # killed or stopped without our having noticed yet
        self.template.restart()
        self._await_template()
        return self.template.start(self.limits)

    def _await_template(self) -> None:
        """Wait while it imports torch. That time is none of the submission's. Raises Ended."""
        before = time.monotonic()
        while not self.template.warm(EVERY):
            if self._interrupted:
                raise Ended("timed_out", INTERRUPTED)
        waited = time.monotonic() - before
        self._deadline += waited
        self._load_deadline += waited

    def _leave_out(self, first: int) -> None:
        """Run no cell from here on: those before have used up the time."""
        for cell in self.submission.cells[first:]:
            self._ends.setdefault(cell.index, Ended("timed_out", LATE))

    def post(self, spec: Spec, source: str, cases: list[dict[str, wire.Packed]]) -> None:
        """Send a probe's source with its cases, unless it is on its way already; `collect` brings the answer."""
        if self._waiting == spec.id:
            return
        self._started = time.monotonic()
        self._posted: Ended | None = None
        request: dict[str, Any] = {
            "kind": "probe",
            "id": spec.id,
            "function": spec.name,
            "source": source,
            "forbids": list(spec.forbids),
            "cases": [{name: part.key for name, part in case.items()} for case in cases],
        }
        try:
            if self._child is None:
                self.load()
            assert self._child is not None
            parts = {part.key: part for case in cases for part in case.values()}
            new = [part for key, part in parts.items() if key not in self._sent]
            request["values"] = [{"key": part.key, "tree": part.tree, "size": len(part.blob)} for part in new]
            self._child.output()
            self._child.ask(request, b"".join(part.blob for part in new), self._seconds())
            self._sent.update(parts)
        except Ended as ended:
            self._posted = ended
        self._waiting = spec.id

    def collect(self, cases: int) -> Answer:
        """The answer to the last probe: one outcome for each case."""
        output, told = "", None
        self._waiting = ""
        try:
            if self._posted:
                raise self._posted
            assert self._child is not None
            reply, blob = self._child.answer(self._seconds())
            outcomes, told = read_outcomes(reply, blob, cases), reply.get("seconds")
            output = self._child.output()
            if reply.get("spoilt") is True:
                self.close()  # what this answer left behind must not reach the next one
        except Ended as ended:
            if self._child:
                output = self._child.output()
            self.close()
            outcomes = [Outcome(fault=_fault(ended))] * cases
        passed = time.monotonic() - self._started  # with what we did ourselves before we looked
        seconds = told if isinstance(told, float) and 0 <= told <= passed else passed
        return Answer(outcomes, output, seconds)

    def exchange(self, request: dict[str, Any], blob: bytes, seconds: float) -> tuple[dict[str, Any], bytes]:
        """Send a request to the process in which the cells have run; its reply. Raises Ended."""
        if self._child is None:
            self.load()
        assert self._child is not None
        self._child.ask(request, blob, seconds)
        return self._child.answer(seconds)

    def output(self) -> str:
        """What has been printed since the last call, cut."""
        return self._child.output() if self._child else ""

    def _load_request(self) -> dict[str, Any]:
        return {
            "kind": "load",
            "name": self.submission.name,
            "cells": msgspec.to_builtins(self.submission.cells),
            "forbids": list(self.forbids),
            "hidden": list(self.hidden),
            "skip": list(self._ends),
            "seconds": max(self._load_deadline - time.monotonic(), self.limits.seconds),
        }

    def _seconds(self) -> float:
        if self._interrupted:
            raise Ended("timed_out", INTERRUPTED)
        left = self._deadline - time.monotonic()
        if left <= 0:
            raise Ended("timed_out", f"it was not run: the whole run's {self.limits.total:g} seconds were used up")
        return min(self.limits.seconds, left)


def _fault(ended: Ended) -> dict[str, Any]:
    return {"kind": ended.status, "what": ended.reason, "trace": []}
