"""Which cells of a file were edited since it was last saved."""

import time

from grader.cells import Submission

SHORTLY = 2.0
"""Seconds."""


class Edits:
    """Compares each saved text of a file with those before it.

    Not with the last one alone: a file that is written in pieces is saved several times, and what is cut off at first
    has not been edited.
    """

    def __init__(self) -> None:
        self._before: list[tuple[float, frozenset[str]]] = []

    def of(self, now: Submission) -> list[str]:
        """The names that edited cells define, in the order of the file; none the first time."""
        clock = time.monotonic()
        sources = frozenset(cell.source for cell in now.cells)
        self._before = [one for one in self._before if clock - one[0] < SHORTLY] or self._before[-1:]
        known = sources if not self._before else frozenset().union(*(texts for _, texts in self._before))
        self._before.append((clock, sources))
        return [name for cell in now.cells if cell.source not in known for name in cell.names()]
