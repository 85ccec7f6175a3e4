"""A file's text in lines that keep their ends, so that what is not changed is written as it was."""

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from grader.cells import not_utf8
from grader.errors import UsageError

_LINE = re.compile(r"[^\r\n]*(?:\r\n|\r|\n)|[^\r\n]+")
_BOM = "\ufeff"


@dataclass(frozen=True)
class Text:
    """Lines with their ends, and the mark that some editors put before them."""

    lines: tuple[str, ...]
    mark: str = ""

    @property
    def bare(self) -> list[str]:
        """The lines without their ends."""
        return [bare(line) for line in self.lines]

    @property
    def end(self) -> str:
        """How most lines end."""
        ends = Counter(line[len(bare(line)) :] for line in self.lines)
        del ends[""]
        return ends.most_common(1)[0][0] if ends else "\n"

    @property
    def content(self) -> bytes:
        """The bytes of the file."""
        return (self.mark + "".join(self.lines)).encode()

    def of(self, lines: Sequence[str]) -> "Text":
        """A file like this one with other lines. A line that has no end gets one, but for a last one that had none."""
        whole = [line if line != bare(line) else line + self.end for line in lines]
        last = [lines[-1]] if lines and self.lines[-1:] == (lines[-1],) else whole[-1:]
        return replace(self, lines=(*whole[:-1], *last))


def bare(line: str) -> str:
    """A line without its end."""
    return line.rstrip("\r\n")


def text(content: str) -> Text:
    """The lines of a string. They end where Python ends them, and nowhere else."""
    mark = _BOM if content.startswith(_BOM) else ""
    return Text(tuple(_LINE.findall(content.removeprefix(mark))), mark)


def read(content: bytes, path: Path) -> Text:
    """The lines of a file that has been read. Raises UsageError where it is not UTF-8."""
    try:
        return text(content.decode())
    except UnicodeDecodeError as error:
        raise UsageError(not_utf8(path, error)) from None


def like(own: Text, new: Text) -> Text:
    """`new` with its lines ended as those of `own`."""
    end = own.end
    if end == "\n":
        return replace(new, mark=own.mark)
    return Text(tuple(line if line == bare(line) else bare(line) + end for line in new.lines), own.mark)


def trimmed(lines: Iterable[str]) -> list[str]:
    """Lines without the blank ones at their end."""
    kept = list(lines)
    while kept and not kept[-1].strip():
        kept.pop()
    return kept
