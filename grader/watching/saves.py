"""Hears when an exercise file is saved, by whatever an editor does: writing, renaming, deleting and making anew."""

import threading
from collections.abc import Iterator
from pathlib import Path

from watchfiles import watch

from grader.watching.events import Events, Saved

QUIET = 5
"""Milliseconds without a change after which a save is taken to be whole."""
LOOK = 500
"""Milliseconds between two looks at the files themselves: a folder on a network, or one that was put in the place of
another, tells nobody of its changes."""

State = dict[str, tuple[int, int, int]]


class Saves:
    """Watches a folder of exercises in a thread. Use as a context manager."""

    def __init__(self, folder: Path, events: Events):
        self._folder = folder
        self._events = events
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, args=(_state(folder),), daemon=True)

    def __enter__(self) -> "Saves":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()

    def _run(self, before: State) -> None:
        while not self._stop.is_set():
            for now in self._states():
                changed = {name for name in now | before if now.get(name) != before.get(name)}
                if changed:
                    self._events.put(Saved(frozenset(changed)))
                before = now

    def _states(self) -> Iterator[State]:
        """The state of the files whenever something has happened there, and now and then; ends where the folder did."""
        try:
            for _ in watch(
                self._folder,
                watch_filter=None,
                debounce=20 * QUIET,
                step=QUIET,
                stop_event=self._stop,
                rust_timeout=LOOK,
                yield_on_timeout=True,
                raise_interrupt=False,
                recursive=False,
            ):
                yield _state(self._folder)
        except OSError:
            pass
        self._stop.wait(LOOK / 1000)
        yield _state(self._folder)


def _state(folder: Path) -> State:
    """What tells one saved state of the exercises from another, by file."""
    found = {}
    for path in folder.glob("part*.py"):
        try:
            about = path.stat()
        except OSError:
            continue
        found[path.name] = (about.st_mtime_ns, about.st_size, about.st_ino)
    return found
