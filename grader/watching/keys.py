"""Single keys from the terminal, without the return key. The terminal is given back as it was."""

import os
import sys
import threading
from contextlib import suppress
from typing import Any

from grader.watching.events import Events, Pressed, Resized

TICK = 0.05
"""Seconds between two looks at a console that can't be waited for (Windows)."""


class Keys:
    """Takes the terminal, where standard input is one, and gives it back. A context manager for the main thread."""

    def __init__(self, events: Events):
        self._events = events
        self._restore: Any = None
        self._handlers: dict[int, Any] = {}
        self._stop = threading.Event()
        self.heard = sys.stdin is not None and sys.stdin.isatty()
        """Whether there is a keyboard at all."""

    def __enter__(self) -> "Keys":
        if self.heard and sys.platform != "win32":
            self._take_terminal()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        if sys.platform != "win32" and self._restore:
            import signal
            import termios

            for number, handler in self._handlers.items():
                signal.signal(number, handler)
            with suppress(termios.error):  # it may have been closed
                termios.tcsetattr(sys.stdin.fileno(), termios.TCSADRAIN, self._restore)

    def listen(self) -> None:
        """Begin to read keys, in a thread. What was pressed since the terminal was taken is not lost."""
        if self.heard:
            read = self._read_console if sys.platform == "win32" else self._read_terminal
            threading.Thread(target=read, daemon=True).start()

    def _take_terminal(self) -> None:
        import signal
        import termios

        self._restore = termios.tcgetattr(sys.stdin.fileno())
        self._set_mode()

        def shown_anew(*_: object) -> None:
            with suppress(termios.error):  # it may be gone, and its end is on the way
                self._set_mode()  # after Ctrl-Z and fg, the shell has set its own
            self._events.put(Resized())

        def ended(number: int, _: object) -> None:
            sys.exit(128 + number)  # by way of __exit__

        for number in (signal.SIGWINCH, signal.SIGCONT):
            self._handlers[number] = signal.signal(number, shown_anew)
        for number in (signal.SIGTERM, signal.SIGHUP):
            self._handlers[number] = signal.signal(number, ended)

    def _set_mode(self) -> None:
        import termios

        mode = termios.tcgetattr(sys.stdin.fileno())
        mode[3] &= ~(termios.ICANON | termios.ECHO)  # Ctrl-C and Ctrl-Z are left as they are
        mode[6][termios.VMIN], mode[6][termios.VTIME] = 1, 0
        termios.tcsetattr(sys.stdin.fileno(), termios.TCSANOW, mode)

    def _read_terminal(self) -> None:
        while not self._stop.is_set():
            try:
                typed = os.read(sys.stdin.fileno(), 64)
            except OSError:
                return
            if not typed:
                return  # the terminal has gone
            self._press(typed.decode("utf-8", "replace"))

    def _read_console(self) -> None:
        import msvcrt  # Windows

        while not self._stop.wait(TICK):
            typed = ""
            while msvcrt.kbhit():  # type: ignore[attr-defined]
                typed += msvcrt.getwch()  # type: ignore[attr-defined]
            self._press(typed)

    def _press(self, typed: str) -> None:
        if len(typed) == 1:  # else an arrow, or something that was pasted
            self._events.put(Pressed(typed.lower()))
