"""A few processes that grade the mutants, each through a warm template of its own."""

import multiprocessing
import signal
import sys
import time
from collections import deque
from collections.abc import Iterator
from multiprocessing.connection import Connection, wait
from typing import Any

from grader import pipeline
from grader.attempt import Attempt
from grader.course import Course
from grader.dev.audit import Exercise, Trial
from grader.diagnose import COMMON
from grader.errors import UsageError
from grader.report.model import Result
from grader.sandbox import Limits
from grader.start import start_template
from grader.template import Template

SEED = 0
"""What students meet, and the only one: a mutant that is caught under another seed only is not caught."""
PATIENCE = 1.5
"""Seconds that a mutant may take longer than four times the solution's; then it is given one longer chance."""
CHUNK = 24


class Bench:
    """Grades mutants of some exercises, one after the other."""

    def __init__(self, course: Course, chosen: list[Exercise]):
        self._template: Template = start_template()
        self._course = course
        self._chosen = chosen
        self._paces: dict[int, float] = {}
        self._unfit: dict[int, str] = {}

    def close(self) -> None:
        """End the template."""
        self._template.close()

    def trial(self, index: int, mutant: int) -> Trial | str:
        """Run every check of an exercise on one of its mutants; or say why there is no telling a mutant from it."""
        if index in self._unfit:
            return self._unfit[index]
        if index not in self._paces:
            try:
                self._paces[index] = self._pace(index)
            except Exception as error:  # an author's check or solution may raise anything
                self._unfit[index] = f"no mutant can be told from its solution: {type(error).__name__}: {error}"
                return self._unfit[index]
        trial = self._graded(index, mutant, PATIENCE + 4 * self._paces[index])
        if set(trial.refused) == {"timed_out"}:  # this machine may have been busy: once more, with time
            trial = self._graded(index, mutant, 2 * (PATIENCE + 4 * self._paces[index]))
        return trial

    def _pace(self, index: int) -> float:
        """The seconds that the solution takes for its slowest check. Raises UsageError where it does not pass."""
        slowest = 0.0
        for _ in range(2):
            results = self._grade(self._chosen[index], None, Limits())
            for result in results:
                if result.status != "passed":
                    raise UsageError(f"{result.id}: the solution is {result.status}: {result.message}")
            slowest = max(result.seconds for result in results)
            if slowest < PATIENCE / 4:
                break  # else once more: by now all that the grader itself had to work out is at hand
        return slowest

    def _graded(self, index: int, mutant: int, seconds: float) -> Trial:
        one = self._chosen[index]
        results = self._grade(one, mutant, Limits(seconds=seconds, total=3 * seconds))
        checks, _ = self._course.load(one.part)
        own = {(spec.id, mistake.name) for spec in one.specs for mistake in checks[spec.id].mistakes}
        return Trial(
            one.mutants[mutant],
            {result.id: result.status for result in results},
            {result.id: result.mistake for result in results if result.mistake},
            own=any((result.id, result.mistake) in own for result in results),
            known=any(result.mistake in COMMON or (result.id, result.mistake) in own for result in results),
            errors=tuple(f"{result.id}: {result.message}" for result in results if result.status == "grader_error"),
        )

    def _grade(self, one: Exercise, mutant: int | None, limits: Limits) -> list[Result]:
        answer = one.answer(None if mutant is None else one.mutants[mutant])
        attempt = Attempt.of(self._course, one.part, answer, self._template, limits)
        return pipeline.grade(self._course, one.part, one.specs, attempt, SEED).results


def work(
    course: Course, chosen: list[Exercise], order: list[tuple[int, int]], jobs: int, deadline: float | None
) -> Iterator[tuple[int, Trial | str]]:
    """Grade the mutants in some processes; yield each trial with its exercise's index, as they come.

    deadline: on the monotonic clock; what is at work then is left. Raises RuntimeError where a process has died.
    """
    context = multiprocessing.get_context("fork")
    chunks = _Chunks(order, 1 if deadline else CHUNK, jobs)
    busy: dict[Connection, Any] = {}
    numbers: dict[Connection, int] = {}
    try:
        for number in range(jobs):
            ours, theirs = context.Pipe()
            process = context.Process(target=_serve, args=(course, chosen, theirs, [*busy, ours]), daemon=True)
            process.start()
            theirs.close()
            busy[ours], numbers[ours] = process, number
        while busy:
            left = max(0.0, deadline - time.monotonic()) if deadline else None
            ready = wait(list(busy), left)
            if not ready:
                return
            for one in ready:
                assert isinstance(one, Connection)
                try:
                    message = one.recv()
                except EOFError:
                    raise RuntimeError("a process that grades mutants has ended") from None
                yield from message
                chunk = chunks.next(numbers[one])
                one.send(chunk)
                if chunk is None:
                    busy.pop(one).join()
    finally:
        for process in busy.values():
            process.terminate()
        for process in busy.values():
            process.join()


class _Chunks:
    """Mutants that follow each other, of one exercise each time, for processes that each prefer some exercises."""

    def __init__(self, order: list[tuple[int, int]], size: int, jobs: int):
        self._queues: list[deque[list[tuple[int, int]]]] = [deque() for _ in range(jobs)]
        chunk: list[tuple[int, int]] = []
        for item in order:
            if not chunk or len(chunk) == size or item[0] != chunk[0][0]:
                chunk = []
                self._queues[item[0] % jobs].append(chunk)
            chunk.append(item)

    def next(self, number: int) -> list[tuple[int, int]] | None:
        """What the process of that number does next: its own exercises first, then those of the others."""
        queue = self._queues[number] or max(self._queues, key=len)
        return queue.popleft() if queue else None


def _serve(course: Course, chosen: list[Exercise], ours: Connection, others: list[Connection]) -> None:
    """The work of one process: grade chunks until there are no more."""
    for other in others:
        other.close()
    bench = Bench(course, chosen)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        done: list[tuple[int, Trial | str]] = []
        while True:
            ours.send(done)
            chunk = ours.recv()
            if chunk is None:
                return
            done = [(index, bench.trial(index, mutant)) for index, mutant in chunk]
    except (EOFError, BrokenPipeError):
        pass  # nobody is there any more
    finally:
        bench.close()
