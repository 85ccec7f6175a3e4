"""What a worker does, in whatever process or machine it is: grade one submission after the other, in a sandbox."""

import atexit
import ctypes
import multiprocessing
import os
import signal
import sys
import threading
import time
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from grader import cells
from grader.classes.version import course_version
from grader.course import Course
from grader.errors import UsageError
from grader.report.model import Report, joined

if TYPE_CHECKING:
    from grader.template import Template

PR_SET_PDEATHSIG = 1  # from linux/prctl.h
_one_at_a_time = threading.Lock()


class Setting(msgspec.Struct, frozen=True):
    """What all submissions of a batch have in common."""

    course: str
    """The folder; on another machine that of the same name, or the one that GRADER_COURSE names there."""
    version: str
    part: str
    seed: int
    isolation: str
    """`bubblewrap`, `process` or `launcher`."""
    launcher: tuple[str, ...] = ()
    seconds: float = 10.0
    train: str = ""
    """The budget of the training checks, `quick` or `full`; empty: they are not run."""
    device: str = "cpu"

    @property
    def label(self) -> str:
        """What a verdict hangs on beside the submission: the version, and whether it was trained."""
        return f"{self.version}+{self.train}" if self.train else self.version


class Job(msgspec.Struct, frozen=True):
    """One submission: its content travels with it."""

    student: str
    file: str
    sha256: str
    content: bytes


class Done(msgspec.Struct, frozen=True):
    """What came of a job."""

    report: Report | None
    problem: str = ""
    seconds: float = 0.0


def grade(setting: Setting, job: Job) -> bytes:
    """Grade it; a Done as JSON. Whatever the submission does costs it alone."""
    with _one_at_a_time:  # torch's state is the process's
        bench = _bench(setting)
        start = time.monotonic()  # what the worker itself needs to begin is no submission's time
        try:
            submission = cells.parse(job.content, Path(job.file), bench.part.name)
        except UsageError as error:
            done = Done(None, str(error), time.monotonic() - start)
        else:
            done = Done(bench.grade(submission), seconds=time.monotonic() - start)
        return msgspec.json.encode(done)


@cache
def _bench(setting: Setting) -> "_Bench":
    return _Bench(setting)


@cache
def _template(isolation: str, launcher: tuple[str, ...]) -> "Template":
    """One warm sandbox for all parts."""
    from grader.isolation import named
    from grader.start import start_template

    template = start_template(fresh=True, isolation=named(isolation, list(launcher)))
    atexit.register(template.close)
    return template


class _Bench:
    """A warm sandbox, and a part whose checks are loaded once."""

    def __init__(self, setting: Setting):
        from grader import warm

        # It imports torch while this process does.
        self._template = _template(setting.isolation, setting.launcher)
        warm.import_torch()

        import torch

        from grader.sandbox import Limits

        torch.set_num_threads(1)
        self._course = Course(_root(setting))
        self.part = self._course.part(setting.part)
        version = course_version(self._course, self.part)
        if version != setting.version:
            raise UsageError(
                f"{os.uname().nodename} has another version of the course in {self._course.root}: {version}, where the "
                f"batch has {setting.version}. Bring them to the same state."
            )
        self._setting = setting
        self._limits = Limits(seconds=setting.seconds, total=12 * setting.seconds)

    def grade(self, submission: cells.Submission) -> Report:
        from grader import pipeline
        from grader.attempt import Attempt

        attempt = Attempt.of(self._course, self.part, submission, self._template, self._limits)
        report = pipeline.grade(self._course, self.part, self.part.checks, attempt, self._setting.seed)
        return joined(report, self._trained(submission)) if self._setting.train else report

    def _trained(self, submission: cells.Submission) -> Report:
        from rich.console import Console

        from grader.training import device, session
        from grader.training.grade import Plan

        plan = Plan(self._setting.train, device.chosen(self._setting.device), self._setting.seed, keep=False)
        quiet = Console(quiet=True)
        return session.report(self._course, self.part, submission, self._template, plan, "", False, quiet)


def _root(setting: Setting) -> Path:
    here = os.environ.get("GRADER_COURSE")
    return Path(here) if here else Path(setting.course)


def end_with_parent() -> None:
    """In a worker's process: let nothing of it outlive the one that has started it, however that ends."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # who interrupts means the batch, which then ends this
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    parent = multiprocessing.parent_process()
    if parent and os.getppid() != parent.pid:
        os._exit(1)  # it had ended before it could be told of
