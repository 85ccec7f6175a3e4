"""Where the commands write: the terminal, and files that a user has named."""

import sys
from pathlib import Path
from typing import Any

from grader import state
from grader.errors import UsageError


def screen(quiet: bool) -> Any:
    """A console for reports; nothing is printed on it where standard output is to hold a report for programs."""
    from rich.console import Console

    return Console(stderr=quiet, quiet=quiet, highlight=False)


def check_writable(target: str | None) -> None:
    """Raise UsageError for an output that can't be written or lies among answers: before the work is done."""
    if target in (None, "-"):
        return
    folder = Path(target).resolve().parent
    if not folder.is_dir():
        raise UsageError(f"{target} can't be written: there is no folder {folder}.")
    if Path(target).is_dir():
        raise UsageError(f"{target} is a folder; name a file to write to.")
    spare_answers(Path(target))


def spare_answers(target: Path) -> None:
    """Raise UsageError for an output in the place of what somebody has written."""
    whole = target.resolve()
    if whole.suffix.lower() in (".py", ".ipynb"):
        raise UsageError(f"{target} would be in the place of an exercise file or a notebook. Name another file.")
    if any(folder.name == "exercises" and next(folder.glob("part*.py"), None) for folder in whole.parents):
        raise UsageError(f"{target} lies where the exercises are. Name a file in another folder.")


def write(target: str, content: bytes) -> None:
    """Write a report to a file, or to standard output where `-` is named. Raises UsageError as `write_whole` does."""
    if target == "-":
        sys.stdout.buffer.write(content)
    else:
        write_whole(Path(target), content)


def write_whole(target: Path, content: bytes) -> None:
    """Write a file whole, in the place of an earlier one, or not at all. Raises UsageError where that can't be done."""
    final = target.resolve()
    partial = state.beside(final)
    try:
        if final.exists() and not final.is_file():  # a device, as /dev/stdout: nothing to put a file in the place of
            final.write_bytes(content)
            return
        try:
            partial.write_bytes(content)
            partial.replace(final)
        finally:
            partial.unlink(missing_ok=True)
    except OSError as error:
        raise UsageError(f"{target} can't be written: {error.strerror}. Name another place.") from None
