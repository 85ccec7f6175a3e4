"""Where students' processes come from: a warm template, which has imported torch before it is asked for one."""

import sys
from typing import TYPE_CHECKING

from grader.errors import UsageError
from grader.isolation import PROCESS, Isolation

if TYPE_CHECKING:
    from grader.sandbox import Child, Limits

PATIENCE = 5
"""Seconds for a warm template to answer; longer, and it was stopped or killed by a student's code."""

OUTPUT_KEPT = 20_000
"""Bytes that are kept of what a process prints, between two looks at it."""


class Template:
    """What starts students' processes. There are two ways: grader/forking.py, and grader/spawning.py."""

    isolation: Isolation
    lost = False
    """Whether it no longer answers: killed or stopped by a student's code."""
    ready = False
    """Whether it has started a process."""

    def warm(self, seconds: float) -> bool:
        """Wait so long, at most; whether `start` is not going to wait for an import of torch."""
        return True

    def start(self, limits: "Limits") -> "Child":
        """A process for a submission. Raises Ended where the template has gone."""
        raise NotImplementedError

    def restart(self) -> None:
        """Start a new template in the place of one that is lost."""
        raise NotImplementedError

    def close(self) -> None:
        """End it and all its children, and remove what they wrote."""
        raise NotImplementedError

    def said(self) -> str:
        """What has been complained of while it was started."""
        raise NotImplementedError

    def left(self) -> int:
        """How many processes of students' there are still, that are known of here."""
        raise NotImplementedError


def start_template(fresh: bool = False, isolation: Isolation = PROCESS) -> Template:
    """Fork this process if nothing secret is in its memory yet, else (or if `fresh`) start a new one.

    The fork costs milliseconds; a new process imports torch again. Ask for it where this process has
    threads, or has run a threaded operation of torch: a fork of it would hang in its first one.

    Where processes are not forked but spawned (anywhere but on Linux), the first one begins to import torch now, and
    `process` is the one level that there is. Raises UsageError for another one.
    """
    if sys.platform == "linux":
        from grader.forking import Forking

        return Forking(fresh, isolation)
    if isolation is not PROCESS:
        raise UsageError(f"The isolation `{isolation.name}` needs Linux. Here there is `process`.")
    from grader import spawning

    return spawning.begun()
