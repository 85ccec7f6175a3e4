"""What the kit remembers in a student's workspace. All of it may be deleted."""

import os
from pathlib import Path

from grader.errors import UsageError

NAME = ".grader"


def workspace() -> Path:
    """The student's workspace: the nearest folder, from here upwards, that holds exercises; else this one."""
    here = Path.cwd()
    found = (folder for folder in (here, *here.parents) if next(folder.glob("exercises/part*.py"), None))
    return Path(os.path.relpath(next(found, here)))


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
    partial = path.with_suffix(".partial")
    try:
        path.parent.mkdir(exist_ok=True)
        partial.write_bytes(content)
        os.replace(partial, path)
    except OSError as error:
        raise UsageError(f"{path} can't be written: {error.strerror}. Is something else in its place?") from None
