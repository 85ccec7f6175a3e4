"""Files of a student's are replaced whole or not at all, and what was there is kept in backups/ beside them."""

import ctypes
import os
import shutil
import sys
from contextlib import suppress
from datetime import datetime
from itertools import chain, count
from pathlib import Path

from grader import state
from grader.errors import UsageError

FOLDER = "backups"
_HERE, _EXCHANGE = -100, 2  # AT_FDCWD and RENAME_EXCHANGE, of renameat2(2)


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
    """Replace what is in files (where, from, to), each whole or not at all; where that which was there is kept.

    The student's editor may save at any moment. Up to a look just before a file is replaced, a save stops it: nothing
    is changed then. A later one that writes into the file comes into what is kept, which is the very file, and that
    is said; so is one that puts another file in its place, which is kept as well. (Where two files can't be swapped in
    one call, as they can on Linux, such a one is lost between the look and the very next call.)
    Raises UsageError in both cases, and where a file can't be written.
    """
    due = [(path, before, after) for path, before, after in changes if after is not None and after != before]
    new = {path: state.beside(path) for path, _, _ in due}
    kept: dict[Path, Path] = {}
    done = set()
    try:
        for path, before, after in due:
            _write(new[path], after)
            if before is not None:
                shutil.copymode(path, new[path])
                kept[path] = _keep(path, before)
        for path, before, _ in due:
            if read(path) != before:
                raise _changed(path)
        for path, before, _ in due:
            _put(new[path], path, before is None)
            done.add(path)
            came = _content(new[path])  # what was there, where the two were swapped
            if path in kept and came not in (None, before) and not new[path].samefile(kept[path]):
                another = new.pop(path)  # not to be removed below before it is kept
                kept[path] = _keep(path, came, another)
                another.unlink()
    except OSError as error:
        raise UsageError(
            f"{changes[0][0].parent} can't be written to: {error.strerror}. Make room there, make it writable, or move "
            f"away what is no folder and is called {FOLDER}. Nothing is lost."
        ) from None
    finally:
        for path in [*new.values(), *(copy for path, copy in kept.items() if path not in done)]:
            with suppress(OSError):
                path.unlink()
    for path, before, _ in due:
        if path in kept and _content(kept[path]) != before:
            raise UsageError(
                f"{path} was saved while it was replaced. What was saved is not lost: it is in {kept[path]}."
            )
    return list(kept.values())


def _changed(path: Path) -> UsageError:
    return UsageError(f"{path} has been changed at this very moment. Try again.")


def _put(new: Path, path: Path, fresh: bool) -> None:
    """Put a file in the place of another or, where there was none, not in the place of one that has come since."""
    if fresh:
        try:
            os.link(new, path)
            return
        except FileExistsError:
            raise _changed(path) from None
        except OSError:  # there are no links on this disk
            pass
    elif _swapped(new, path):
        return
    os.replace(new, path)


def _swapped(one: Path, other: Path) -> bool:
    """Let two files change places in one call, so that neither is gone at any moment; whether that was done."""
    if sys.platform != "linux":
        return False
    try:
        done = ctypes.CDLL(None).renameat2(_HERE, os.fsencode(one), _HERE, os.fsencode(other), _EXCHANGE)
    except (OSError, AttributeError):  # an older libc
        return False
    return bool(done == 0)


def _keep(path: Path, content: bytes, source: Path | None = None) -> Path:
    """Keep a file in backups/ beside it, under the date: the file itself by a second name or, failing that, a copy."""
    folder, now = path.parent / FOLDER, f"{datetime.now():%Y-%m-%dT%H-%M-%S}"
    folder.mkdir(exist_ok=True)
    for again in chain([""], (f"-{n}" for n in count(2))):
        kept = folder / f"{path.stem}.{now}{again}{path.suffix}.bak"
        if kept.exists():
            continue
        try:
            os.link(source or path, kept)
        except FileExistsError:
            continue
        except OSError:
            try:
                _write(kept, content)
            except FileExistsError:
                continue
            return kept
        with suppress(OSError), kept.open("rb+") as file:
            os.fsync(file.fileno())
        return kept
    raise AssertionError("there is always another name")


def _content(path: Path) -> bytes | None:
    try:
        return path.read_bytes()
    except OSError:
        return None


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
