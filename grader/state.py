"""What the kit remembers in a student's folder. All of it may be deleted."""

import os
from pathlib import Path

from grader.errors import UsageError

FOLDER = Path(".grader")


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
        FOLDER.mkdir(exist_ok=True)
        partial.write_bytes(content)
        os.replace(partial, path)
    except OSError as error:
        raise UsageError(f"{path} can't be written: {error.strerror}. Is something else in its place?") from None
