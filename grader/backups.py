"""Files of a student's are replaced whole or not at all, and what was there is kept in backups/ beside them."""

import os
import shutil
from contextlib import suppress
from datetime import datetime
from itertools import chain, count
from pathlib import Path

from grader.errors import UsageError

FOLDER = "backups"


def read(path: Path) -> bytes | None:
    """The bytes of a file; None where there is none. Raises UsageError where it could not be replaced."""
    try:
        if path.is_symlink():
            raise UsageError(f"{path} is a link. Put the file itself in its place.")
        if not path.exists():
            return None
        if not path.is_file():
            raise UsageError(f"{path} is no regular file. Move it away.")
        if not os.access(path, os.W_OK):
            raise UsageError(f"{path} is write-protected. Make it writable: chmod u+w {path}.")
        return path.read_bytes()
    except OSError as error:
        raise UsageError(f"{path} can't be read: {error.strerror}. Make it readable.") from None


def replace(changes: list[tuple[Path, bytes | None, bytes | None]]) -> list[Path]:
    """Replace what is in files (where, from, to), each whole or not at all; where that which was there is kept."""
    due = [(path, before, after) for path, before, after in changes if after is not None and after != before]
    partial = {path: path.with_name(f".{path.name}.partial") for path, _, _ in due}
    try:
        for path, before, after in due:
            partial[path].unlink(missing_ok=True)  # left by a run that was killed
            _write(partial[path], after)
            if before is not None:
                shutil.copymode(path, partial[path])
        for path, before, _ in due:
            if read(path) != before:
                raise UsageError(f"{path} has been changed at this very moment. Try again.")
        kept = [_keep(path, before) for path, before, _ in due if before is not None]
        for path, whole in partial.items():
            whole.replace(path)
    except OSError as error:
        raise UsageError(
            f"{changes[0][0].parent} can't be written to: {error.strerror}. Make room there, make it writable, or move "
            f"away what is no folder and is called {FOLDER}. Nothing is lost."
        ) from None
    finally:
        for whole in partial.values():
            with suppress(OSError):
                whole.unlink()
    return kept


def _keep(path: Path, content: bytes) -> Path:
    """Keep a file's content in backups/ beside it, under the date."""
    folder, now = path.parent / FOLDER, f"{datetime.now():%Y-%m-%dT%H-%M-%S}"
    folder.mkdir(exist_ok=True)
    names = (f"{path.stem}.{now}{again}{path.suffix}.bak" for again in chain([""], (f"-{n}" for n in count(2))))
    kept = next(folder / name for name in names if not (folder / name).exists())
    _write(kept, content)
    return kept


def _write(path: Path, content: bytes) -> None:
    """Write a new file whole, down to the disk, or none."""
    with path.open("xb") as file:
        try:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        except OSError:
            path.unlink()
            raise
