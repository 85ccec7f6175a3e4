"""The names data: which edition is in use, and whether it is what it says it is."""

import hashlib
from dataclasses import dataclass
from pathlib import Path

from grader import state
from grader.course import Course
from grader.errors import UsageError

EDITIONS = {
    "bd02dfd33179e23ec2dd093cbd4de619834f75d660ef1ae04d3127e7a0110053": "ssa (the kit's own, 32,257 names)",
    "0a30b5557f192f32ab962680889aac5f6fda0f4cecf40a6d0b5694f58ea8cc4d": "makemore (the lectures', 32,033 names)",
}
SHIPPED = next(iter(EDITIONS))


@dataclass(frozen=True)
class Names:
    """A list of names as it was read."""

    path: Path
    words: list[str]
    sha256: str

    @property
    def edition(self) -> str:
        """Which list it is, by its hash."""
        return EDITIONS.get(self.sha256, f"your own ({len(self.words):,} names)")


def own() -> Path:
    """Where a list of the student's own is kept."""
    return state.folder() / "names.txt"


def read(path: Path) -> Names:
    """Read and check a list of names, one a line, letters a to z. Raises UsageError by line number."""
    try:
        raw = path.read_bytes()
        text = raw.decode("utf-8")
    except UnicodeDecodeError as error:
        line = raw[: error.start].count(b"\n") + 1
        raise UsageError(f"{path}, line {line}: this is not UTF-8 text. Save the list as plain text.") from None
    except OSError as error:
        raise UsageError(f"{path} can't be read: {error.strerror}. Name a text file with one name a line.") from None
    words = text.replace("\r\n", "\n").removesuffix("\n").split("\n")
    if not text:
        raise UsageError(f"{path} is empty. It needs one name a line, in the letters a to z.")
    for number, word in enumerate(words, 1):
        wrong = next((char for char in word if not "a" <= char <= "z"), None)
        if wrong is not None:
            raise UsageError(f"{path}, line {number}: {wrong!r} is not one of the letters a to z ({word[:40]!r}).")
        if not word:
            raise UsageError(f"{path}, line {number} is empty. Remove it, or write a name there.")
    return Names(path, words, hashlib.sha256(raw).hexdigest())


def current(course: Course) -> Names:
    """The list in use: the student's own where there is one, else the course's, checked by hash. Raises UsageError."""
    if own().exists():
        return read(own())
    names = read(course.folder("data") / "names.txt")
    if names.sha256 != SHIPPED:
        raise UsageError(
            f"{names.path} is not the list that the kit ships (sha256 {names.sha256[:12]}..., expected "
            f"{SHIPPED[:12]}...). Restore it, or say `grader data use {names.path}` if you mean to use it."
        )
    return names


def use(path: Path) -> Names:
    """Take a copy of a list as the one in use from now on; a bad list changes nothing."""
    names = read(path)
    state.write(own(), path.read_bytes())
    return names


def use_shipped() -> None:
    """Go back to the list that the kit ships."""
    own().unlink(missing_ok=True)
