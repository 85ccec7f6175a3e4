"""The sessions that the docs show: what lies there before them, what was typed, and what came.

A block that begins with ```console holds lines `$ command` and what they print; a line `...` stands for any lines, and
times in seconds are not compared. A command that ends in a backslash goes on in the next line. One shell runs them all,
so that `cd mine` holds for those below. What was there before stands above the block:

- `<!-- place class -->` names the folder it is run in, see tests/places.py; without it, a student's;
- `<!-- dprobs: return 1 / f.probs -->` is the body of that stub of part 4;
- `<!-- answer part3.Linear -->` says that the ```python block between is the cell of that exercise. A line `    ...` in
  it stands for methods that are as they should be;
- `<!-- then -->`: the block goes on where the one above it on the page has ended;
- `<!-- slow -->`: it is run with the slow tests.

    python tests/sessions.py docs/messages.md      writes what the commands print now into a page
"""

import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import places
from pages import ROOT, Block, blocks

COMMAND = re.compile(r"^\$ ((?:.*\\\n)*.*)\n((?:(?!\$ ).*\n)*)", re.MULTILINE)
CELL = r"(?ms)^# %%\n(?=(?:@.*\n)*(?:def|class) {name}\b).*?(?=^# %%|\Z)"
METHOD = r"(?ms)^    def {name}\(.*?(?=^    \S|^\S|\Z)"
SUMMARY = re.compile(r"^\d+ of \d+ points \|", re.MULTILINE)
PATIENCE = 900


@dataclass(frozen=True)
class Session:
    """One block of a page, with the answer above it."""

    block: Block
    code: str

    @property
    def notes(self) -> tuple[str, ...]:
        """What stands above the block."""
        return self.block.notes

    @property
    def commands(self) -> list[tuple[str, str]]:
        """Each command with what it is said to print."""
        return COMMAND.findall(self.block.text)

    def prepare(self, place: Path) -> None:
        """Write the student's answers into the exercises of a place."""
        for note in self.notes:
            first, _, rest = note.partition(" ")
            if first == "answer":
                _write_cell(place / "exercises", rest, self.code)
            elif first.endswith(":"):
                _write_body(place / "exercises" / "part4_backprop.py", first[:-1], rest)


def sessions(page: str) -> list[Session]:
    """All sessions of a page's text."""
    return list(_sessions(page))


def _sessions(page: str) -> Iterator[Session]:
    for above, block in pairwise([None, *blocks(page)]):
        if block.language != "console":
            continue
        if above and above.note("answer") is not None:
            notes = (*above.notes, *block.notes)
            yield Session(Block(notes, block.language, block.text, block.start), above.text)
        else:
            yield Session(block, "")


def days(page: str) -> list[list[Session]]:
    """The sessions of a page, those that go on where another one has ended together with it."""
    made: list[list[Session]] = []
    for session in sessions(page):
        if "then" in session.notes:
            made[-1].append(session)
        else:
            made.append([session])
    return made


def played(day: list[Session], folder: Path) -> list[tuple[str, str, str]]:
    """Each command of a day, what it is said to print, and what it prints, on a terminal of 100 columns and 25 lines."""
    place = places.PLACES[day[0].block.note("place") or "student"](folder)
    for session in day:
        session.prepare(place)
    commands = [one for session in day for one in session.commands]
    assert commands
    came = _run([command for command, _ in commands], place)
    assert len(came) == len(commands), came[-1][-3000:]
    return [(command, shown, text) for (command, shown), text in zip(commands, came, strict=True)]


def _run(commands: list[str], place: Path) -> list[str]:
    """What each command prints, in one shell; fewer where one of them has ended it."""
    path = os.pathsep.join([str(place / "bin"), str(Path(sys.executable).parent), os.environ["PATH"]])
    around = {name: value for name, value in os.environ.items() if name not in ("GRADER_COURSE", "VIRTUAL_ENV")}
    done = subprocess.run(
        ["bash", "-c", "exec 2>&1\n" + "".join(f"{command}\nprintf '\\0'\n" for command in commands)],
        cwd=place,
        env=around | {"COLUMNS": "100", "LINES": "25", "PATH": path, "HOME": str(place)},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        text=True,
        timeout=PATIENCE,
        check=False,
    )
    return done.stdout.removesuffix("\0").split("\0")


def shows(shown: str, came: str) -> bool:
    """Whether a command printed what is shown."""
    lines = plain(shown).splitlines()
    pattern = "".join(r"(?:.*\n)*?" if line == "..." else re.escape(line) + r"\n" for line in lines)
    return re.fullmatch(pattern, plain(came)) is not None


def plain(text: str) -> str:
    """What is compared of a text: all but times and blanks at the end of a line."""
    text = re.sub(r"\d+\.\d+ ?s\b", "0.0 s", text)
    return "".join(line.rstrip() + "\n" for line in text.splitlines())


def _write_body(file: Path, exercise: str, body: str) -> None:
    """Put a body into a stub, as a student would."""
    pattern = rf"(def {exercise}\(.*?)    # YOUR CODE HERE\n    raise NotImplementedError\(\)"
    text, count = re.subn(pattern, lambda m: m[1] + "    " + body, file.read_text(), count=1, flags=re.DOTALL)
    assert count == 1, exercise
    file.write_text(text)


def _write_cell(exercises: Path, target: str, code: str) -> None:
    """Put an answer in the place of an exercise's cell, as a student would."""
    part, name = target.split(".")
    (file,) = exercises.glob(f"{part}_*.py")
    cell = CELL.format(name=name)
    if "\n    ...\n" in code:
        right = re.search(cell, (ROOT / "solutions" / file.name).read_text())
        assert right, target
        code = _filled(code, right[0].removeprefix("# %%\n"))
    text, count = re.subn(cell, lambda _: f"# %%\n{code.rstrip()}\n\n\n", file.read_text())
    assert count == 1, target
    file.write_text(text)


def _filled(code: str, right: str) -> str:
    """The right class, with those methods that the code has."""
    for method in re.finditer(METHOD.format(name=r"(\w+)"), code):
        text = f"{method[0].rstrip()}\n\n"
        right, count = re.subn(METHOD.format(name=method[1]), lambda _, text=text: text, right, count=1)
        assert count == 1, method[1]
    return right


def _shortened(came: str, shown: str) -> str:
    """What a command prints, with `...` for its head and its summary where the page has left them out."""
    if shown.startswith("...\n"):
        came = "...\n" + came.partition("\n\n")[2]
    if shown.endswith("\n...\n"):
        came = SUMMARY.split(came)[0].rstrip("\n") + "\n...\n"
    return plain(came)


def afresh(page: str) -> str:
    """A page with what its sessions print now."""
    lines = page.splitlines()
    for day in reversed(days(page)):
        with tempfile.TemporaryDirectory() as folder:
            came = [f"$ {command}\n{_shortened(text, shown)}" for command, shown, text in played(day, Path(folder))]
        for session in reversed(day):
            count = len(session.commands)
            text, came = "".join(came[-count:]), came[:-count]
            lines[session.block.start : session.block.start + session.block.text.count("\n")] = text.splitlines()
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    for path in map(Path, sys.argv[1:]):
        path.write_text(afresh(path.read_text()))
