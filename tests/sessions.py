"""The sessions that the docs show: what was written before them, what was typed, and what came.

A block that begins with ```console holds lines `$ command` and what they print; a line `...` stands for any lines, and
times in seconds are not compared. What the student has written by then stands above the block, in one of two ways:

- `<!-- dprobs: return 1 / f.probs -->` is the body of that stub of part 4;
- `<!-- answer part3.Linear -->` says that the ```python block between is the cell of that exercise. A line `    ...` in
  it stands for methods that are as they should be.

    python tests/sessions.py docs/messages.md      writes what the commands print now into a page
"""

import os
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BLOCK = re.compile(
    r"(?P<notes>(?:^<!-- .* -->\n)*)"
    r"(?:(?<=-->\n)```python\n(?P<code>(?:(?!^```).*\n)*)```\n\n?)?"
    r"^```console\n(?P<text>(?:(?!^```).*\n)*)```",
    re.MULTILINE,
)
COMMAND = re.compile(r"^\$ (.*)\n((?:(?!\$ ).*\n)*)", re.MULTILINE)
CELL = r"(?ms)^# %%\n(?=(?:@.*\n)*(?:def|class) {name}\b).*?(?=^# %%|\Z)"
METHOD = r"(?ms)^    def {name}\(.*?(?=^    \S|^\S|\Z)"
SUMMARY = re.compile(r"^\d+ of \d+ points \|", re.MULTILINE)


@dataclass(frozen=True)
class Session:
    """One block of a page."""

    notes: str
    code: str
    text: str

    @property
    def commands(self) -> list[tuple[str, str]]:
        """Each command with what it is said to print."""
        return COMMAND.findall(self.text)

    def prepare(self, desk: Path) -> None:
        """Write the student's answers into the exercises of a desk."""
        for note in re.findall(r"<!-- (.*) -->", self.notes):
            target = note.removeprefix("answer ")
            if target == note:
                _write_body(desk / "exercises" / "part4_backprop.py", *note.split(": ", 1))
            else:
                _write_cell(desk / "exercises", target, self.code)


def sessions(page: str) -> list[Session]:
    """All blocks of a page's text."""
    return [Session(found["notes"], found["code"] or "", found["text"]) for found in BLOCK.finditer(page)]


def desk(folder: Path) -> Path:
    """A student's folder, with the exercises as they are shipped."""
    shutil.copytree(ROOT / "exercises", folder / "exercises")
    return folder


def run(command: str, cwd: Path) -> str:
    """What a command prints, on a terminal of 100 columns and 25 lines."""
    arguments = shlex.split(command)
    assert arguments[0] in ("grader", "pytest"), command
    done = subprocess.run(
        [sys.executable, "-m", *arguments],
        cwd=cwd,
        env=os.environ | {"COLUMNS": "100", "LINES": "25"},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    return done.stdout + done.stderr


def shows(shown: str, came: str) -> bool:
    """Whether a command printed what is shown."""
    lines = _plain(shown).splitlines()
    pattern = "".join(r"(?:.*\n)*?" if line == "..." else re.escape(line) + r"\n" for line in lines)
    return re.fullmatch(pattern, _plain(came)) is not None


def _plain(text: str) -> str:
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
    return _plain(came)


def _afresh(found: re.Match[str]) -> str:
    session = Session(found["notes"], found["code"] or "", found["text"])
    with tempfile.TemporaryDirectory() as folder:
        session.prepare(desk(Path(folder)))
        text = "".join(
            f"$ {command}\n{_shortened(run(command, Path(folder)), shown)}" for command, shown in session.commands
        )
    return found[0].replace(f"```console\n{session.text}", f"```console\n{text}")


if __name__ == "__main__":
    for page in map(Path, sys.argv[1:]):
        page.write_text(BLOCK.sub(_afresh, page.read_text()))
