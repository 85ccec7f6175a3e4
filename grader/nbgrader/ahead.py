"""nbgrader takes one notebook after the other: while it keeps its books of one, the next one is graded already."""

import atexit
import subprocess
import sys
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from functools import cache
from threading import Timer

import msgspec

from grader.classes.work import Done, Job, Setting
from grader.errors import UsageError
from grader.nbgrader.worker import Answer, Request

START = 120
"""Seconds for the process to import what it needs, and to read a submission."""
LONGEST = 30
"""So many times what a check may take, for all of a submission: more than the sandbox allows it."""


class Ahead:
    """The process that grades (worker.py), and what it has been given beforehand."""

    def __init__(self) -> None:
        self._thread = ThreadPoolExecutor(1)
        self._process: subprocess.Popen[bytes] | None = None
        self._given: dict[tuple[Setting, str], Future[Done]] = {}

    def grade(self, setting: Setting, job: Job, coming: Job | None) -> Done:
        """Grade a job, and begin with the one that may come after it. Raises UsageError where it can't be graded."""
        given = self._given.pop((setting, job.sha256), None)
        self._given.clear()  # it was another one that came
        asked = given or self._thread.submit(self._ask, Request(setting, job))
        if coming is not None:
            self._given[setting, coming.sha256] = self._thread.submit(self._ask, Request(setting, coming))
        try:
            return asked.result()
        except UsageError:
            if given is None:
                raise
            # What went wrong may have been another's doing, for whom it was graded ahead.
            return self._thread.submit(self._ask, Request(setting, job)).result()

    def close(self) -> None:
        """End the process."""
        if self._process is not None:
            self._process.kill()
            for pipe in (self._process.stdin, self._process.stdout):
                with suppress(OSError):  # there may be a request in it that nobody reads any more
                    pipe and pipe.close()
            self._process.wait()
            self._process = None

    def _ask(self, request: Request) -> Done:
        if self._process is None:
            command = [sys.executable, "-m", "grader.nbgrader.worker"]
            self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        assert self._process.stdin and self._process.stdout
        # The sandbox has limits of its own; reading a file of a student's has none.
        limit = Timer(START + LONGEST * request.setting.seconds, self._process.kill)
        limit.start()
        try:
            self._process.stdin.write(msgspec.json.encode(request) + b"\n")
            self._process.stdin.flush()
            line = self._process.stdout.readline()
        except OSError:
            line = b""
        finally:
            limit.cancel()
        if not line:
            self.close()
            raise UsageError("The grader's own process has ended at this one, or took too long. Report it.")
        answer = msgspec.json.decode(line, type=Answer)
        if answer.done is None:
            raise UsageError(answer.refused)
        return answer.done


@cache
def ahead() -> Ahead:
    """The one of this process."""
    one = Ahead()
    atexit.register(one.close)
    return one
