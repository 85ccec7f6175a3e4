"""The zip that Gradescope takes as an autograder: scripts, the kit, the course, and the secret seed of the inputs.

Gradescope unpacks it in /autograder/source, runs setup.sh once, and run_autograder for each submission. The kit is not
installed there but found by its path: what is installed can be read by whoever runs that Python.
"""

import io
import os
import shutil
import stat
import zipfile
from collections.abc import Iterator
from datetime import datetime
from itertools import count
from pathlib import Path

import msgspec

from grader.course import Course, Part
from grader.errors import UsageError
from grader.gradescope.setting import FILE, Setting

KIT = Path(__file__).resolve().parent.parent.parent
SCRIPTS = ("run_autograder", "setup.sh")
LOCKS = ("requirements/student.lock", "requirements/torch.lock")
DATE = (1980, 1, 1, 0, 0, 0)
"""Of all files: the same course and seed make the same zip."""


def bundle(course: Course, part: Part, seed: int) -> bytes:
    """The zip. Raises UsageError where the kit is no clone, or a file can't be read."""
    own = course.root.resolve() == KIT
    setting = Setting(part.id, "kit" if own else "course", seed)
    files = {name: Path(__file__).with_name(name) for name in SCRIPTS}
    files |= {name: KIT / name for name in LOCKS}
    files |= {f"kit/{name}": path for name, path in _below(KIT, "grader", "reference", "data")}
    if not own:
        files |= {f"course/{name}": path for name, path in _below(course.root, "grader/checks", "reference", "data")}
    try:
        contents = {name: path.read_bytes() for name, path in files.items()}
    except FileNotFoundError as error:
        raise UsageError(
            f"There is no {error.filename}. A bundle is made in a clone of the kit: an installed one lacks its locks."
        ) from None
    except OSError as error:
        raise UsageError(f"{error.filename} can't be read: {error.strerror}. Make it readable.") from None
    return _zipped(contents | {FILE: msgspec.json.encode(setting)})


def save(content: bytes, out: Path) -> Path | None:
    """Write it in one step, for its owner alone: it holds the seed. Where an older one is kept, if there was one.

    Raises UsageError where it can't be written.
    """
    older = None
    if out.is_dir():
        raise UsageError(f"{out} is a folder. Name a file in it.")
    unfinished = out.with_name(f"{out.name}.unfinished")
    try:
        unfinished.unlink(missing_ok=True)
        with open(os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(content)
        if out.exists():
            older = _dated(out)
            shutil.copy2(out, older)
        unfinished.replace(out)
    except OSError as error:
        raise UsageError(f"{out} can't be written: {error.strerror}. Name a file in a folder of yours.") from None
    return older


def _below(root: Path, *folders: str) -> Iterator[tuple[str, Path]]:
    """The files of some folders, by their path below the root; nothing hidden, nothing that Python has compiled."""
    for folder in folders:
        for path in (root / folder).rglob("*"):
            name = path.relative_to(root)
            if path.is_file() and not any(part.startswith((".", "__pycache__")) for part in name.parts):
                yield name.as_posix(), path


def _zipped(contents: dict[str, bytes]) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        for name, content in sorted(contents.items()):
            entry = zipfile.ZipInfo(name, DATE)
            entry.create_system = 3  # Unix, whose modes follow
            entry.external_attr = (stat.S_IFREG | (0o755 if name in SCRIPTS else 0o644)) << 16
            archive.writestr(entry, content, zipfile.ZIP_DEFLATED)
    return made.getvalue()


def _dated(path: Path) -> Path:
    """A name beside it that is free, with today's date."""
    today = f"{datetime.now():%Y-%m-%d}"
    names = (path.with_name(f"{path.stem}-{today}{again}{path.suffix}") for again in _again())
    return next(name for name in names if not name.exists())


def _again() -> Iterator[str]:
    yield ""
    yield from (f"-{number}" for number in count(2))
