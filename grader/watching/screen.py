"""What a student sees while watching: always the whole picture, drawn anew. It fits 80x24, less, and a pipe."""

import threading
from collections.abc import Callable, Sequence

from rich.console import Console
from rich.text import Text

from grader.report import terminal
from grader.report.model import Result

KEYS = (("h", "hint"), ("l", "list"), ("a", "run all"), ("r", "reset"), ("q", "quit"))
BAR = 30
A_WHILE = 0.7
"""Seconds."""

Block = Callable[[Console], None]


class Screen:
    """Draws views on a terminal, each in the place of the last one; elsewhere, one below the other."""

    def __init__(self, console: Console, with_keys: bool):
        self._console = console
        self._with_keys = with_keys
        self._view: Sequence[Block] = ()
        self._drawing = threading.RLock()

    def show(self, *view: Block) -> None:
        """Draw a view."""
        with self._drawing:
            self._view = view
            if self._console.is_terminal:
                self._console.clear()
            for block in view:
                block(self._console)
            if self._with_keys:
                self._console.print(Text.assemble(*(part for key in KEYS for part in _key(*key))))

    def again(self) -> None:
        """Draw the last view anew."""
        self.show(*self._view)

    def leave(self) -> None:
        """Let the shell begin on a line of its own."""
        if self._console.is_terminal:
            self._console.print()

    def working(self, head: Block, words: str) -> Callable[[], None]:
        """Take an old verdict off the screen where the next one takes a while. What is returned calls that off."""
        wanted = True

        def show() -> None:
            with self._drawing:
                if wanted:
                    self.show(head, line(f"{words}\n", "dim"))

        def call_off() -> None:
            nonlocal wanted
            with self._drawing:  # a timer that has run out may be waiting to draw
                wanted = False
            timer.cancel()

        timer = threading.Timer(A_WHILE, show)
        timer.daemon = True
        timer.start()
        return call_off


def _key(key: str, what: str) -> tuple[tuple[str, str], str]:
    return (key, "bold"), f" {what}   "


def line(text: str, style: str = "") -> Block:
    """A paragraph."""
    return lambda console: console.print(Text(terminal.printable(text), style=style))


def lines(texts: Sequence[tuple[str, str]]) -> Block:
    """Lines with their styles, which are cut where they do not fit."""

    def draw(console: Console) -> None:
        for text, style in texts:
            console.print(Text(terminal.printable(text), style=style), no_wrap=True, overflow="ellipsis")

    return draw


def verdicts(results: Sequence[Result], hint: str) -> Block:
    """Verdicts as `grader run` shows them. hint: how one asks for a hint here."""

    def draw(console: Console) -> None:
        for one in results:
            terminal.result(console, one, hint)

    return draw


def briefly(results: Sequence[Result]) -> Block:
    """Verdicts in a line each."""
    rows = [(f"{terminal.WORDS[one.status][0]:<11}  {one.points}/{one.max_points} {one.id}", "") for one in results]
    return lines([*rows, ("", "")] if rows else [])


def progress(done: int, of: int, points: int, most: int) -> Block:
    """How far one has come."""

    def draw(console: Console) -> None:
        width = min(BAR, max(4, console.width - 40))
        full = done * width // of
        bar = f"[{'#' * full}{'-' * (width - full)}]"
        console.print(Text(f"{bar} {done} of {of} exercises, {points} of {most} points"))

    return draw
