"""Where students' processes come from: a warm template, which has imported torch before it is asked for one."""

from typing import TYPE_CHECKING

from grader.isolation import Isolation

if TYPE_CHECKING:
    from grader.sandbox import Child, Limits

PATIENCE = 5
"""Seconds for a warm template to answer; longer, and it was stopped or killed by a student's code."""

OUTPUT_KEPT = 20_000
"""Bytes that are kept of what a process prints, between two looks at it."""


class Template:
    """What starts students' processes. There are two ways, between which grader/start.py chooses."""

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
