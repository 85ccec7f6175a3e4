"""The pages of the docs: what each of their blocks is, and which commands stand in their text.

A block is of one of these kinds; any other, and any block that is set off by nothing but spaces, is a fault:

- ```console: a session, which is run (tests/sessions.py);
- `<!-- from FILE -->` above it: it stands in that file, word for word;
- `<!-- run by tests/FILE -->`: that file of tests takes it from the page and runs it;
- `<!-- cell -->`: a cell of a notebook, run behind a student's;
- `<!-- answer part4.dC -->`: what the student of the session below has written;
- ```text: a picture, in which no line is a command.
"""

import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import click

from grader.cli import main
from grader.course import Course
from grader.errors import UsageError
from grader.targets import Named

ROOT = Path(__file__).resolve().parent.parent
PAGES = [
    *(ROOT / name for name in ("README.md", "CONTRIBUTING.md", "CHANGELOG.md", "data/README.md")),
    *sorted((ROOT / "docs").rglob("*.md")),
]
TESTS = {
    name
    for path in (ROOT / "tests").glob("test_*.py")
    for name in re.findall(r"(?m)^def (test_\w+)\(", path.read_text())
}
FENCE, NOTE = re.compile(r"\s*(```|~~~)\s*(\S*)"), re.compile(r"<!-- (.*) -->")
INDENTED = "indented"
"""The language of a block that spaces alone set off."""
PROGRAMS = set("$ % cd dask docker git grader jupyter kubectl make nbgrader pip podman pytest python python3".split())
FOLDERS = ("benchmarks/", "data/", "docs/", "grader/", "reference/", "requirements/", "solutions/", "tests/")


@dataclass(frozen=True)
class Block:
    """What a page sets off as code."""

    notes: tuple[str, ...]
    """The comments right above it, which a reader does not see."""
    language: str
    text: str
    start: int
    """The line of the page, counted from 0, that its text begins in."""

    def note(self, word: str) -> str | None:
        """What a note of that first word says, if there is one."""
        return next((n.removeprefix(word).strip() for n in self.notes if n.split()[0] == word), None)


def blocks(page: str) -> list[Block]:
    """All blocks of a page's text."""
    return list(_blocks(page.splitlines()))


def _blocks(lines: list[str]) -> Iterator[Block]:
    notes: list[str] = []
    at, blank = 0, True
    while at < len(lines):
        line = lines[at]
        fence, spaces = FENCE.match(line), line.startswith(("    ", "\t")) and blank
        if fence or spaces:
            start = at + 1 if fence else at
            stop = start
            while stop < len(lines) and not _ends(lines[stop], fence[1] if fence else ""):
                stop += 1
            language = fence[2] if fence and not line[0].isspace() else INDENTED
            yield Block(tuple(notes), language, "".join(f"{one}\n" for one in lines[start:stop]), start)
            at, notes = stop, []
        elif note := NOTE.fullmatch(line):
            notes.append(note[1])
        else:
            notes = []
        blank = at < len(lines) and not lines[at].strip()
        at += 1


def _ends(line: str, fence: str) -> bool:
    return line.strip() == fence if fence else not line.startswith((" ", "\t"))


def kind(block: Block, following: Block | None = None) -> str | None:
    """Which of the kinds a block is; None: of no kind that is known."""
    if block.language == INDENTED:
        return None
    if block.language == "console":
        return "session"
    if block.note("from") is not None:
        return "quote"
    if block.note("run") is not None:
        return "set-up"
    if block.note("cell") is not None:
        return "cell"
    if block.note("answer") is not None and following and following.language == "console":
        return "answer"
    first = {line.split()[0] for line in block.text.splitlines() if line.strip()}
    return "picture" if block.language == "text" and not first & PROGRAMS else None


def kinds(page: str) -> list[tuple[Block, str | None]]:
    """All blocks of a page's text, each with its kind."""
    return [(one, kind(one, other)) for one, other in pairwise([*blocks(page), None]) if one]


def run_by(file: str) -> list[str]:
    """The blocks of all pages that a file of tests says it runs."""
    name = f"by tests/{Path(file).name}"
    return [block.text for path in PAGES for block in blocks(path.read_text()) if block.note("run") == name]


def spans(page: str) -> list[str]:
    """The code within a page's running text, each on one line."""
    lines = page.splitlines()
    for block in blocks(page):
        for at in range(block.start, block.start + block.text.count("\n")):
            lines[at] = ""
    text = "\n".join("" if FENCE.match(line) else line for line in lines)
    return [" ".join(span.split()) for span in re.findall(r"`([^`]+)`", text)]


def fault(command: str, course: Course) -> str | None:
    """What is wrong with a `grader ...` of the running text: a command, option or exercise that there is not."""
    words = shlex.split(re.split(r" (?:&&|\||>) ", command)[0])[1:]
    one: click.Command = main
    context = click.Context(main)
    while isinstance(one, click.Group) and words and not words[0].startswith("-"):
        found = one.get_command(context, words[0])
        if found is None:
            return f"{words[0]} is no command"
        one, words = found, words[1:]
    if words and words[-1].startswith("--") and _takes_a_value(one, words[-1]):
        words = [*words, "VALUE"]  # the text speaks of the option, whatever its value
    try:
        options, left, _ = one.make_parser(click.Context(one)).parse_args(words)
    except click.UsageError as error:
        return error.format_message()
    if left:
        return f"it takes no {left}"
    for param in one.params:
        given = options.get(param.name or "")
        for value in given if isinstance(given, tuple | list) else [given]:
            if isinstance(param.type, click.Choice) and isinstance(value, str) and value.islower():
                if value not in param.type.choices:
                    return f"{value} is none of {', '.join(map(str, param.type.choices))}"
            elif isinstance(param.type, Named) and isinstance(value, str) and value.startswith("part"):
                try:
                    course.select((value,))
                except UsageError as error:
                    return str(error)
    return None


def _takes_a_value(command: click.Command, name: str) -> bool:
    return any(isinstance(one, click.Option) and name in one.opts and not one.is_flag for one in command.params)
