"""Where the commands write: the terminal, and files that a user has named."""

from pathlib import Path
from typing import Any

from grader.errors import UsageError


def screen(quiet: bool) -> Any:
    """A console for reports; nothing is printed on it where standard output is to hold a report for programs."""
    from rich.console import Console

    return Console(stderr=quiet, quiet=quiet, highlight=False)


def check_writable(target: str | None) -> None:
    """Refuse an output that can't be written before the work is done, not after."""
    if target in (None, "-"):
        return
    folder = Path(target).resolve().parent
    if not folder.is_dir():
        raise UsageError(f"{target} can't be written: there is no folder {folder}.")
    if Path(target).is_dir():
        raise UsageError(f"{target} is a folder; name a file to write to.")
