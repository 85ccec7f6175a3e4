"""Put pages into a folder, all or none: what is there is replaced only by what is whole, and only if it is ours."""

import shutil
from collections.abc import Iterable
from pathlib import Path

from grader.errors import UsageError

MARKER = ".grader-pages"
"""Lists the files of a folder that we have written."""
LITTER = {".DS_Store", "Thumbs.db", "desktop.ini"}
"""What file managers leave in any folder they show."""


def replace(out: Path, files: Iterable[tuple[str, str]]) -> None:
    """Write files, by their paths, into a folder in the place of those that were written before.

    Raises UsageError where the folder holds anything else, or can't be written; it is as before then.
    """
    out = out.resolve()
    new, old = (out.with_name(f".{out.name}.{word}") for word in ("new", "old"))
    try:
        if not out.parent.is_dir():
            raise UsageError(f"{out} can't be written: there is no folder {out.parent}.")
        for path in (new, old, out):
            _check_ours(path)
        if old.exists() and not out.exists():  # the last run was killed between the two renames below
            old.rename(out)
        for path in (new, old):
            shutil.rmtree(path, ignore_errors=True)
        try:
            _fill(new, files)
        except BaseException:
            shutil.rmtree(new, ignore_errors=True)
            raise
        if out.exists():
            out.rename(old)
        try:
            new.rename(out)
        except OSError:
            if old.exists():
                old.rename(out)
            raise
        shutil.rmtree(old, ignore_errors=True)
    except OSError as error:
        raise UsageError(
            f"{out} can't be written: {error.strerror}. Name another folder, or mend that; what was there still is."
        ) from None


def _fill(new: Path, files: Iterable[tuple[str, str]]) -> None:
    new.mkdir()
    marker = new / MARKER
    marker.touch()
    with marker.open("a", encoding="utf-8") as listed:
        for name, text in files:
            listed.write(f"{name}\n")
            listed.flush()  # before the file is there, so that even a killed run leaves nothing unlisted
            path = new / name
            path.parent.mkdir(exist_ok=True)
            path.write_text(text, encoding="utf-8", newline="\n")


def _check_ours(path: Path) -> None:
    """Raises UsageError for a folder that holds something we have not written."""
    if not path.exists():
        return
    if not path.is_dir():
        raise UsageError(f"{path} is a file; name a folder for the pages.")
    marker = path / MARKER
    ours = set(marker.read_text(encoding="utf-8", errors="replace").splitlines()) if marker.is_file() else set()
    for found in path.rglob("*"):
        name = found.relative_to(path).as_posix()
        if (not found.is_dir() or found.is_symlink()) and name not in ours | {MARKER} and found.name not in LITTER:
            raise UsageError(
                f"{path} holds {name!r}, which is none of these pages and would be lost. Name a new folder, or move it."
            )
