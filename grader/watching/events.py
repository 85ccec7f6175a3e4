"""What happens while one watches: keys and saves, heard in threads, in one queue."""

from collections.abc import Callable
from dataclasses import dataclass
from queue import SimpleQueue


@dataclass(frozen=True)
class Saved:
    """These exercise files have been written, made or deleted."""

    names: frozenset[str]


@dataclass(frozen=True)
class Pressed:
    """A key, as the character that it gives."""

    key: str


@dataclass(frozen=True)
class Resized:
    """The terminal has another size, or is ours again: what it shows is to be shown anew."""


Event = Saved | Pressed | Resized
QUIT = Pressed("q")


def nothing() -> None:
    """Where nothing is at work."""


class Events:
    """A queue. What goes on meanwhile is broken off, by whoever puts in an event that leaves no reason for it."""

    def __init__(self) -> None:
        self._queue: SimpleQueue[Event] = SimpleQueue()
        self.break_off: Callable[[], None] = nothing
        """Called in the thread of whoever saves or quits."""

    def put(self, event: Event) -> None:
        """Add an event."""
        self._queue.put(event)
        if event == QUIT or isinstance(event, Saved):
            self.break_off()

    def next(self) -> Event:
        """The next event, which is waited for."""
        return self._queue.get()
