"""nbgrader takes one notebook after the other: while it keeps its books of one, the next one is graded already."""

import atexit
import subprocess
import sys
from concurrent.futures import Future, ThreadPoolExecutor
from functools import cache

import msgspec

from grader.classes.work import Done, Job, Setting
from grader.errors import UsageError
from grader.nbgrader.worker import Answer, Request


class Ahead:
    """The process that grades (worker.py), and what it has been given beforehand."""

    def __init__(self) -> None:
        self._thread = ThreadPoolExecutor(1)
        self._process: subprocess.Popen[bytes] | None = None
        self._given: dict[tuple[Setting, str], Future[Done]] = {}

    def grade(self, setting: Setting, job: Job, coming: Job | None) -> Done:
        """Grade a job, and begin with the one that may come after it. Raises UsageError where it can't be graded."""
        given = self._given.pop((setting, job.sha256), None) or self._thread.submit(self._ask, Request(setting, job))
        self._given.clear()  # it was another one that came
        if coming is not None:
            self._given[setting, coming.sha256] = self._thread.submit(self._ask, Request(setting, coming))
        return given.result()

    def close(self) -> None:
        """End the process."""
        if self._process is not None:
            self._process.kill()

    def _ask(self, request: Request) -> Done:
        if self._process is None or self._process.poll() is not None:
            command = [sys.executable, "-m", "grader.nbgrader.worker"]
            self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        assert self._process.stdin and self._process.stdout
        try:
            self._process.stdin.write(msgspec.json.encode(request) + b"\n")
            self._process.stdin.flush()
            line = self._process.stdout.readline()
        except OSError:
            line = b""
        if not line:
            self._process.kill()
            raise UsageError("The grader's own process has ended at this one. Grade it again, or report it.")
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
