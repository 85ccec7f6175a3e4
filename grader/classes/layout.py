"""Whose is what: the layouts in which a class's submissions lie, told apart by names."""

import os
import re
import stat
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from grader.classes.archive import members
from grader.classes.files import FOLDER, LINK, SPECIAL, Item, Unfit, below, listed, why
from grader.errors import UsageError

_NBGRADER = ("submitted",)
_MOODLE = re.compile(r"(.+_[0-9]+)_assignsubmission_(?:file|onlinetext)_?", re.DOTALL)
# The name is as short as it can be: a file that a student calls x_1_2_part4.py is no other student's.
_CANVAS = re.compile(r"(.+?)_(?:LATE_)?([0-9]{1,18})_([0-9]{1,18})_(.+)", re.DOTALL)
_AGAIN = re.compile(r"-([0-9]{1,9})(?=\.\w+\Z)")


@dataclass(frozen=True)
class Entry:
    """A name at the top of the submissions: a student's file, or folder with all below it."""

    path: tuple[str, ...]
    student: str
    items: Iterable[Item]
    name: str
    """What the student had called it, without what Canvas has added."""
    order: tuple[int, ...] = ()
    """Canvas's numbers: the greater, the later it was handed in."""


def entries(submissions: Path, stack: ExitStack) -> Iterator[Entry]:
    """What there is of students', for as long as `stack` is open.

    Raises UsageError where the submissions are missing, unreadable, or neither a folder nor a zip.
    """
    try:
        top = os.open(submissions, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        stack.callback(os.close, top)
        kind = os.fstat(top).st_mode
        if stat.S_ISDIR(kind):
            yield from _in_folder(top)
        elif stat.S_ISREG(kind):
            yield from _in_zip(members(stack.enter_context(os.fdopen(top, "rb", closefd=False))))
        else:
            raise UsageError(f"{submissions} is neither a folder nor a zip. Name one that holds the submissions.")
    except (OSError, ValueError) as error:
        raise UsageError(f"{submissions} can't be read: {why(error)}. Name a folder or a zip.") from None
    except Unfit as unfit:
        raise UsageError(
            f"{submissions} {unfit.what}. Name a folder of submissions or a zip of them; a zip that is refused here "
            f"can be unpacked first."
        ) from None


def hidden(name: str) -> bool:
    """Whether students do not know of it: what their programs leave behind."""
    return name.startswith(".") or name == "__MACOSX"


def _in_folder(top: int) -> Iterator[Entry]:
    items = listed(top, ())
    if any(item.path == _NBGRADER and item.fault == FOLDER for item in items):
        items = listed(top, _NBGRADER)
    for item in items:
        inside = below(top, item, lambda name: not hidden(name))
        yield from _entry(item.path, item.fault not in ("", SPECIAL), inside)


def _in_zip(items: list[Item]) -> Iterator[Entry]:
    inner = [item for item in items if item.path[:1] == _NBGRADER and len(item.path) > 1]
    depth = 2 if inner else 1
    groups: dict[tuple[str, ...], list[Item]] = {}
    for item in inner or items:
        groups.setdefault(item.path[:depth], []).append(item)
    for path, group in groups.items():
        folder = any(len(item.path) > depth or item.fault in (FOLDER, LINK) for item in group)
        yield from _entry(path, folder, group)


def _entry(path: tuple[str, ...], folder: bool, items: Iterable[Item]) -> Iterator[Entry]:
    """The entry of that path, if it is a student's. Any folder is, and a link too: what it leads to can't be told."""
    name = path[-1]
    if hidden(name):
        return
    if moodle := _MOODLE.fullmatch(name):
        yield Entry(path, moodle[1], items, name)
    elif canvas := _CANVAS.fullmatch(name):
        again = _AGAIN.search(canvas[4])
        order = int(canvas[3]), int(again[1]) if again else 0
        yield Entry(path, f"{canvas[1]}_{canvas[2]}", items, _AGAIN.sub("", canvas[4]), order)
    elif folder:
        yield Entry(path, name, items, name)
