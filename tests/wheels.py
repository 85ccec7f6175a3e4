"""The kit as it is handed out: built from a clean copy, installed where nothing of this checkout is in reach."""

import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from students import ROOT
from tools import lack

from grader.course import Course
from grader.nbgrader import leaks

SEED = 987_654_321_987
"""A number that stands in no text."""
MARK = re.compile(r"^\s*### (BEGIN|END) SOLUTION\s*$", re.MULTILINE)
CELL = re.compile(r"(?ms)^# %%\n(.*?)(?=^# %%|\Z)")
OF_A_WORKING_FOLDER = {
    "exercises/part4_backprop.ipynb": "{}",
    "exercises/backups/part4_backprop.2026-11-26.py": "x = 1\n",
    "grader/__pycache__/cli.cpython-311.pyc": "x",
    ".grader/progress.txt": "part4.dprobs\n",
}
"""What may lie about in the folder of who builds it; git ignores it."""


def copy(folder: Path) -> Path:
    """What git knows of this checkout, as it is now, and what it ignores besides."""
    listed = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    names = subprocess.run(listed, cwd=ROOT, capture_output=True, text=True, check=True).stdout.split("\0")
    for name in filter(None, names):
        if (ROOT / name).is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, folder / name)
    for name, text in OF_A_WORKING_FOLDER.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    return folder


def build(source: Path, out: Path, *words: str) -> Path:
    """`python -m build`; where it has put what it made."""
    command = [sys.executable, "-m", "build", "--no-isolation", "--outdir", out, *words, source]
    done = subprocess.run(command, capture_output=True, text=True, cwd=out.parent, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return out


def unpack(package: Path, folder: Path) -> Path:
    """What is in a wheel or an sdist."""
    shutil.unpack_archive(package, folder, "zip" if package.suffix == ".whl" else "gztar")
    return folder


def given_away(folder: Path) -> list[str]:
    """What of the solutions is in an unpacked wheel or sdist.

    The checks and the reference are part of the kit, and some of their lines are right answers: in them, and in all
    other code, a whole cell of a solution is looked for. What a student is given may hold no line of an answer.
    """
    cells = {
        _joined(cell): f"a cell of solutions/{path.name}"
        for path in (ROOT / "solutions").glob("*.py")
        for cell in CELL.findall(path.read_text())
        if MARK.search(cell)
    }
    found = []
    for path in filter(Path.is_file, folder.rglob("*")):
        name, text = str(path.relative_to(folder)), path.read_text()
        if MARK.search(text) or "solutions" in path.parts:
            found.append(f"{name}: a solution")
        whole = _joined(text)
        found += [f"{name}: {what}" for cell, what in cells.items() if cell in whole]
    for given in (place for place in folder.rglob("*") if place.name in ("exercises", "data") and place.is_dir()):
        found += [f"{leak.file}: {leak.what}" for leak in leaks.scan(given, leaks.secrets(Course(ROOT), SEED))]
    return found


def _joined(text: str) -> str:
    """Without blanks, comments and the marks of solutions."""
    return "".join(map(leaks.bare, MARK.sub("", text).splitlines()))


@dataclass(frozen=True)
class Installed:
    """A Python with the kit, and a user who has nothing but it."""

    venv: Path
    home: Path

    @property
    def python(self) -> Path:
        """Its interpreter."""
        return self.venv / "bin" / "python"

    @property
    def environment(self) -> dict[str, str]:
        """All there is of it."""
        return {
            "PATH": f"{self.venv / 'bin'}:/usr/bin:/bin",
            "HOME": str(self.home),
            "LANG": "C.UTF-8",
            "COLUMNS": "100",
        }

    def run(self, *words: object, cwd: Path | None = None, code: int = 0) -> str:
        """What a command prints, which ends with that exit code; where it is not 0 or 1, in one line of its errors."""
        command = list(map(str, words))
        done = subprocess.run(
            [self.venv / "bin" / command[0], *command[1:]],
            cwd=cwd or self.home, env=self.environment, capture_output=True, text=True, timeout=300, check=False,
        )  # fmt: skip
        assert done.returncode == code, (command, done.returncode, done.stdout + done.stderr)
        if code > 1:
            assert done.stdout == ""
            assert len(done.stderr.splitlines()) == 1, done.stderr
        else:
            assert done.stderr == "", done.stderr
        return done.stdout or done.stderr


def environment(folder: Path) -> Installed:
    """A new virtual environment and a home beside it."""
    subprocess.run([sys.executable, "-m", "venv", folder / "venv"], check=True)
    (folder / "home").mkdir()
    return Installed(folder / "venv", folder / "home")


def share_packages(one: Installed) -> None:
    """Let it see what the tests run with. This checkout is not among that: its .pth file counts in its own folder alone."""
    (place,) = (one.venv / "lib").glob("python*/site-packages")
    others = [path for path in sys.path if path.endswith("site-packages")]
    (place / "others.pth").write_text("\n".join(others) + "\n")


def install(one: Installed, *words: object, download: bool = False) -> None:
    """`pip install`, with the user's own settings where something has to be downloaded, and without an index elsewhere."""
    hidden = ("GRADER_COURSE", "PYTHONPATH", "VIRTUAL_ENV")
    variables = {name: value for name, value in os.environ.items() if name not in hidden}
    command = [one.python, "-m", "pip", "install", "-q", "--disable-pip-version-check"]
    command += ["--no-compile"] if download else ["--no-index"]
    done = subprocess.run(
        [*command, *map(str, words)], cwd=one.home, env=variables, capture_output=True, text=True, check=False
    )
    if done.returncode and download:
        lack(f"what is locked, from a package registry ({done.stderr.strip()[-300:]})")
    assert done.returncode == 0, done.stdout + done.stderr
