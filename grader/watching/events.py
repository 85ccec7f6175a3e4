"""What happens while one watches: keys and saves, heard in threads, in one queue."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from queue import Empty, SimpleQueue


@dataclass(frozen=True)
class Saved:
    """These exercise files have been written, made or deleted."""

    names: frozenset[str]


@dataclass(frozen=True)
class Pressed:
    """A key, as the character that it gives, and when it was pressed."""

    key: str
    at: float = field(default_factory=time.monotonic, compare=False)


@dataclass(frozen=True)
class Resized:
    """The terminal has another size, or is ours again: what it shows is to be shown anew."""


Event = Saved | Pressed | Resized
QUIT = Pressed("q")
TICK = 0.2
"""Seconds until a signal is heard, at most."""


def nothing(_: Event) -> None:
    """Where nothing is at work."""


class Events:
    """A queue. What goes on meanwhile is broken off, by whoever puts in an event that leaves no reason for it."""

    def __init__(self) -> None:
        self._queue: SimpleQueue[Event] = SimpleQueue()
        self.break_off: Callable[[Event], None] = nothing
        """Called in the thread that puts in what leaves no reason to go on."""

    def put(self, event: Event) -> None:
        """Add an event."""
        self._queue.put(event)
        if event == QUIT or isinstance(event, Saved):
            self.break_off(event)

    def next(self) -> Event:
        """The next event, which is waited for."""
        while True:
            try:
                return self._queue.get(timeout=TICK)
            except Empty:
                continue  # a signal that came to another thread than this one is heard now
