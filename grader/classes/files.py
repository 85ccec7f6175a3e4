"""What may hold a submission, in a folder: listed before it is opened, read up to a bound, no link followed.

Every path is walked name by name from the folder at its top, so that nothing exchanged for a link on the way, at any
moment, leads out of it.
"""

import os
import stat
import struct
import zipfile
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import partial
from itertools import islice
from typing import IO, Any

MAX_FILES = 50_000
"""Below one folder, and in one zip."""
MAX_DEPTH = 40
FOLDER = "is a folder, not a file. Put the file itself there"
LINK = "is a symbolic link, which is not followed. Put the file itself there"
SPECIAL = "is no regular file. Put one there"
_KINDS = {stat.S_IFREG: "", stat.S_IFDIR: FOLDER, stat.S_IFLNK: LINK}
BROKEN = (
    *(zipfile.BadZipFile, zlib.error, struct.error, EOFError, OSError),
    *(ValueError, RuntimeError, OverflowError, IndexError),
)
"""What reading a file may raise, or a zip: each of these comes from zipfile on some spoilt one."""


class Unfit(Exception):
    """Why something can't be graded (`what`), and what its student may do, in words that follow its name."""

    def __init__(self, what: str, fix: str):
        super().__init__(f"{what}. {fix}")
        self.what = what


@dataclass(frozen=True)
class Item:
    """A file or a folder as listed; nothing of it has been read."""

    path: tuple[str, ...]
    """Below the submissions, through a zip as through a folder."""
    age: tuple[Any, ...]
    """When it was modified: the greater, the newer. First that of the zip which holds it, if one does."""
    open: Callable[[], IO[bytes]]
    size: int = 0
    """As the file system has it; 0 in a zip, where it is a claim."""
    fault: str = ""
    """Why it can't be a submission, in words that follow its name."""
    packed: bool = False
    """Whether it is in a zip."""


def read(item: Item, most: int) -> bytes:
    """All bytes of a file. Raises Unfit where it is larger than `most`, once unpacked, or can't be read."""
    large = Unfit(f"is larger than {most // 10**6} MB", "Clear its outputs, leave out data")
    if item.size > most:
        raise large
    try:
        with item.open() as file:
            content = file.read(most + 1)
    except BROKEN as error:
        fix = "Zip it again" if item.packed else "Make it a file that can be read"
        raise Unfit(f"can't be read ({why(error)})", fix) from None
    if len(content) > most:
        raise large
    return content


def listed(top: int, path: tuple[str, ...]) -> list[Item]:
    """What is in a folder, itself somewhere below the open folder `top`. Raises OSError, and Unfit where it is full."""
    folder = _opened(top, path, os.O_DIRECTORY)
    try:
        with os.scandir(folder) as entries:
            items = [_item(top, path, entry) for entry in islice(entries, MAX_FILES + 1)]
    finally:
        os.close(folder)
    if len(items) > MAX_FILES:
        raise too_many()
    return sorted(items, key=lambda item: item.path)


def below(top: int, item: Item, enter: Callable[[str], bool]) -> Iterator[Item]:
    """A file itself, or a folder and all below it, but for folders that `enter` refuses. Raises Unfit: too much."""
    waiting, count = [item], 0
    while waiting:
        item = waiting.pop()
        yield item
        if item.fault != FOLDER or not enter(item.path[-1]):
            continue
        if len(item.path) > MAX_DEPTH:
            raise Unfit(f"holds folders in folders, more than {MAX_DEPTH} deep", "Put the file further up")
        try:
            inner = listed(top, item.path)
        except OSError as error:
            yield replace(item, fault=f"can't be read ({why(error)}). Make it readable")
            continue
        count += len(inner)
        if count > MAX_FILES:
            raise too_many()
        waiting += inner


def too_many() -> Unfit:
    """For a folder, and for a zip."""
    return Unfit(f"holds more than {MAX_FILES} files", "Leave out what was not asked for")


def why(error: Exception) -> str:
    """An error of the system's or of zipfile's, short."""
    return (getattr(error, "strerror", None) or str(error) or type(error).__name__).rstrip(".")[:120]


def _item(top: int, path: tuple[str, ...], entry: os.DirEntry[str]) -> Item:
    path = (*path, entry.name)
    opener = partial(_file, top, path)
    try:
        status = entry.stat(follow_symlinks=False)
    except OSError as error:
        return Item(path, (), opener, fault=f"can't be read ({why(error)}). Make it readable")
    fault = _KINDS.get(stat.S_IFMT(status.st_mode), SPECIAL)
    return Item(path, (status.st_mtime_ns,), opener, status.st_size, fault)


def _file(top: int, path: tuple[str, ...]) -> IO[bytes]:
    # Without O_NONBLOCK, a pipe that has taken the file's place would be waited for.
    descriptor = _opened(top, path, os.O_NONBLOCK)
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise OSError("it is no regular file")
    return os.fdopen(descriptor, "rb")


def _opened(top: int, path: tuple[str, ...], flags: int) -> int:
    """A descriptor of what is there, no name on the way being a link. Raises OSError."""
    here = os.dup(top)
    for depth, name in enumerate(path, 1):
        kind = flags if depth == len(path) else os.O_DIRECTORY
        try:
            inner = os.open(name, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC | kind, dir_fd=here)
        finally:
            os.close(here)
        here = inner
    return here
