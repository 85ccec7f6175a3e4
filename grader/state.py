"""What the kit remembers in a student's workspace. All of it may be deleted."""

import os
import secrets
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from grader.errors import UsageError

NAME = ".grader"
PARTIAL = ".partial"
STALE = 3600.0
"""Seconds after which a new file that was not put in its place never will be."""
PATIENCE = 0.5
"""Seconds that one process waits for another."""
FORGOTTEN = 5.0
"""Seconds after which a lock is one that a killed process has left: what is done under one takes milliseconds."""


def workspace() -> Path:
    """The student's workspace: the nearest folder, from here upwards, that holds exercises; else this one."""
    here = Path.cwd()
    return Path(os.path.relpath(_workspace(here) or here))


def in_workspace() -> bool:
    """Whether there are exercises here or above."""
    return _workspace(Path.cwd()) is not None


def _workspace(here: Path) -> Path | None:
    return next((folder for folder in (here, *here.parents) if next(folder.glob("exercises/part*.py"), None)), None)


def folder() -> Path:
    """Where it is remembered. It need not exist."""
    return workspace() / NAME


def read(path: Path) -> list[str]:
    """The lines of a file of the folder; none where it does not exist. Raises UsageError where it can't be read."""
    try:
        return path.read_text(encoding="utf-8", errors="replace").splitlines()
    except FileNotFoundError:
        return []
    except OSError as error:
        raise UsageError(f"{path} can't be read: {error.strerror}. It may be deleted.") from None


def write(path: Path, content: bytes) -> None:
    """Write a file of the folder whole or not at all. Raises UsageError where that can't be done."""
    new = beside(path)
    try:
        path.parent.mkdir(exist_ok=True)
        try:
            new.write_bytes(content)
            os.replace(new, path)
        finally:
            with suppress(OSError):
                new.unlink()
    except OSError as error:
        taken = isinstance(error, FileExistsError | NotADirectoryError | IsADirectoryError)
        what = "Is something else in its place?" if taken else "Make room there, or make the folder writable."
        raise UsageError(f"{path} can't be written: {error.strerror}. {what}") from None


def beside(path: Path) -> Path:
    """A name of this process's own for what is to take a file's place; what was left under such names long ago goes."""
    with suppress(OSError):
        for left in path.parent.iterdir():
            ours = left.name.startswith(f".{path.name}.") and left.name.endswith(PARTIAL)
            if ours and time.time() - left.stat().st_mtime > STALE:
                left.unlink()
    return path.with_name(f".{path.name}.{secrets.token_hex(4)}{PARTIAL}")


@contextmanager
def alone(path: Path) -> Iterator[None]:
    """While a file of the folder is read and written again, no other process does so.

    Where that can't be had soon, or not at all, it is done all the same: what is kept there may be lost.
    """
    lock, until = path.with_suffix(".lock"), time.monotonic() + PATIENCE
    while (held := _locked(lock)) is False and time.monotonic() < until:
        time.sleep(0.005)
    try:
        yield
    finally:
        if held:
            with suppress(OSError):
                lock.unlink()


def _locked(lock: Path) -> bool | None:
    """Whether the lock is ours now; None where there can be none."""
    with suppress(OSError):
        if abs(time.time() - lock.stat().st_mtime) > FORGOTTEN:
            lock.unlink()
    try:
        lock.parent.mkdir(exist_ok=True)
        os.close(os.open(lock, os.O_CREAT | os.O_EXCL))
    except FileExistsError:
        return False
    except OSError:
        return None
    return True
