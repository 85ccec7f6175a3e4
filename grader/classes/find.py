"""Find a class's submissions of one part: one file a student, and what is wrong with it said of that student alone.

Three layouts are known by their names, each in a folder or in a zip:

- `<student>/**/part4*.py`, and nbgrader's `submitted/<student>/<assignment>/part4*.py`;
- Canvas: `<name>_LATE_<user>_<number>_part4_backprop-2.ipynb`; the student is `<name>_<user>`;
- Moodle: `<First Last>_<number>_assignsubmission_file_/**/part4*.py`; the student is `<First Last>_<number>`.

Wherever a file of a student's may be, there may be a zip of it. Of several files one counts, by this order: that which
is named exactly as the part is; the greater of Canvas's numbers; the one modified later (in a zip: the zip, then the
file in it); the last by name. It is graded, or its fault told: no older one takes its place. Links, folders, devices
and what a zip should not hold never count before a file: they are told where there is no other.

Each file is read once, and those bytes are kept below `extracted` under their own hash.
"""

import hashlib
import io
import re
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, replace
from itertools import count
from pathlib import Path
from typing import IO, Any

import msgspec

from grader import cells
from grader.classes.archive import AGAIN, members
from grader.classes.files import FOLDER, Item, Unfit, read, why
from grader.classes.layout import Entry, entries, hidden
from grader.course import Part
from grader.errors import UsageError

MAX_ZIPS = 10
"""Of one student."""
MAX_ZIP = 64_000_000
"""Bytes of a student's zip, where it has to be unpacked from a zip itself."""
MAX_NAME = 250


class Found(msgspec.Struct, frozen=True):
    """A student's submission of the part: bytes that are kept, or why there are none."""

    student: str
    file: str
    """Where it was, below the submissions; empty where there is nothing."""
    path: Path | None
    """Where its bytes are kept."""
    content_error: str = ""
    sha256: str = ""
    """Of those bytes."""

    @property
    def content(self) -> bytes | None:
        """Those bytes. Raises UsageError where they are no longer what was found."""
        if self.path is None:
            return None
        try:
            content = self.path.read_bytes()
        except OSError as error:
            raise UsageError(f"{self.path} can't be read: {why(error)}. Find the submissions again.") from None
        if hashlib.sha256(content).hexdigest() != self.sha256:
            raise UsageError(f"{self.path} has been changed. Find the submissions again.")
        return content


def find(submissions: Path, part: Part, extracted: Path) -> list[Found]:
    """One Found for each student, by student. Bytes to grade are kept below `extracted`, which is made.

    Raises UsageError where the submissions are missing, unreadable, neither a folder nor a zip, or hold nothing for the
    part, and where `extracted` can't be written.
    """
    with ExitStack() as stack:
        students: dict[str, list[Entry]] = {}
        for entry in entries(submissions, stack):
            students.setdefault(_text(entry.student), []).append(entry)
        found = [choose(student, students[student], part, extracted) for student in sorted(students)]
    if not any(one.file for one in found):
        raise UsageError(
            f"{submissions} holds nothing for {part.id}. It needs {_patterns(part)} in a folder for each student, in "
            f"nbgrader's submitted/, or under the names that Canvas or Moodle gives."
        )
    return found


def choose(student: str, handed: list[Entry], part: Part, extracted: Path) -> Found:
    """The file that counts of all that a student has handed in, or what is wrong; its bytes are kept."""
    with ExitStack() as stack:
        try:
            best = max(_candidates(handed, part, stack), key=lambda one: one.key, default=None)
        except Unfit as unfit:
            return Found(student, _text("/".join(handed[0].path)), None, f"{_shown((student,))} {unfit}.")
        if best is None:
            return Found(student, "", None, f"no file for {part.id}: it needs {_patterns(part)}. Name the file so.")
        item, file = best.item, _text("/".join(best.item.path))
        if item.fault:
            lacking = "" if best.named else f"no file for {part.id} ({_patterns(part)}); "
            return Found(student, file, None, f"{lacking}{_shown(item.path)} {item.fault}.")
        try:
            content = _checked(item, part)
        except Unfit as unfit:
            return Found(student, file, None, f"{_shown(item.path)} {unfit}.")
        except UsageError as error:
            return Found(student, file, None, str(error))
    sha256 = hashlib.sha256(content).hexdigest()
    return Found(student, file, _keep(content, extracted / f"{sha256}{Path(file).suffix}"), "", sha256)


@dataclass(frozen=True)
class _Candidate:
    item: Item
    key: tuple[Any, ...]
    """The greatest counts."""
    named: bool
    """Whether a submission of the part may have its name."""


def _candidates(handed: list[Entry], part: Part, stack: ExitStack) -> Iterator[_Candidate]:
    """What is for the part, or tells why there may be nothing. Raises Unfit where there is too much to look through."""
    pattern = re.compile(rf"{re.escape(part.id)}(?![0-9]).*\.(py|ipynb)", re.DOTALL)
    exact = (f"{part.name}.py", f"{part.name}.ipynb")
    zips = count(1)
    for entry in handed:
        for item in _unpacked(entry, zips, stack):
            name = entry.name if item.path == entry.path else item.path[-1]
            named = bool(pattern.fullmatch(name))
            # A folder is worth telling only where it has the name of a file.
            if (named or item.fault not in ("", FOLDER)) and not _is_hidden(item, entry):
                yield _Candidate(item, (not item.fault, named, name in exact, entry.order, item.age, item.path), named)


def _unpacked(entry: Entry, zips: Iterator[int], stack: ExitStack) -> Iterator[Item]:
    """All of an entry, with what is in a zip in the place of that zip. Raises Unfit where there are too many."""
    for item in entry.items:
        if item.fault or not _is_zip(item) or _is_hidden(item, entry):
            yield item
            continue
        if next(zips) > MAX_ZIPS:
            raise Unfit(f"holds more than {MAX_ZIPS} zips", "Hand in the file itself")
        try:
            inside = members(_open(item, stack), item.path, item.age)
        except Unfit as unfit:
            yield replace(item, fault=str(unfit))
            continue
        for inner in inside:
            yield replace(inner, fault=inner.fault or f"is a zip in a zip. {AGAIN}") if _is_zip(inner) else inner


def _is_hidden(item: Item, entry: Entry) -> bool:
    return any(hidden(name) for name in item.path[len(entry.path) :])


def _is_zip(item: Item) -> bool:
    return item.path[-1].lower().endswith(".zip")


def _open(item: Item, stack: ExitStack) -> IO[bytes]:
    if item.packed:
        return io.BytesIO(read(item, MAX_ZIP))
    try:
        return stack.enter_context(item.open())
    except OSError as error:
        raise Unfit(f"can't be read ({why(error)})", "Make it readable") from None


def _checked(item: Item, part: Part) -> bytes:
    """The bytes of a file of code cells. Raises Unfit or UsageError."""
    content = read(item, cells.MAX_BYTES)
    if not content.strip():
        raise Unfit("is empty", "Save the work and hand it in again")
    cells.parse(content, Path(_shown(item.path)), part.name)
    return content


def _keep(content: bytes, path: Path) -> Path:
    """Write it in one step, so that there is never half of it."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        unfinished = path.with_suffix(".unfinished")
        unfinished.write_bytes(content)
        unfinished.replace(path)
    except OSError as error:
        raise UsageError(f"{path} can't be written: {why(error)}. Make room, or name another folder.") from None
    return path


def _patterns(part: Part) -> str:
    return f"{part.id}*.py or {part.id}*.ipynb"


def _text(name: str) -> str:
    """A name as UTF-8 can hold it, and of some length; unlike by grader.cells.whole, names that differ stay apart."""
    text = name.encode("utf-8", "backslashreplace").decode()
    if len(text) <= MAX_NAME:
        return text
    return f"{text[:100]}~{hashlib.sha256(text.encode()).hexdigest()[:12]}~{text[-100:]}"


def _shown(path: tuple[str, ...]) -> str:
    """A path in a message: on one line, and nothing in it that a terminal obeys."""
    return "".join(char if char.isprintable() else "?" for char in _text("/".join(path)))
