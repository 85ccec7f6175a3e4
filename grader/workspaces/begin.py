"""A new workspace: all of it is there, or nothing is."""

import json
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

from grader import state
from grader.course import Course, Part
from grader.errors import UsageError
from grader.workspaces import shipped

GITIGNORE = """\
# What the grader remembers is of this machine, but for your progress, and for what was shipped.
.grader/*
!.grader/progress.txt
!.grader/hints.txt
!.grader/shipped/
backups/
pictures/
*.ipynb_checkpoints
.pytest_cache/
__pycache__/
.venv/
"""
GITATTRIBUTES = """\
# One line a check: lines from two machines are put together.
.grader/*.txt merge=union
"""
PYTEST = """\
[pytest]
python_files = part*.py
testpaths = exercises
"""
SETTINGS = {
    "python.testing.pytestEnabled": True,
    "python.testing.unittestEnabled": False,
    "python.testing.pytestArgs": ["exercises"],
}
EXTENSIONS = {"recommendations": ["ms-python.python", "ms-toolsai.jupyter"]}


def begin(course: Course, folder: Path) -> list[str]:
    """Make a student's workspace of a folder that is empty, or not there; what was done, in lines.

    Raises UsageError where that can't be, and has written nothing then.
    """
    _check(course, folder)
    parts = course.parts()
    content = dict(_files(course, parts))
    try:
        if folder.is_dir():
            _fill(folder, content)
        else:
            _make(folder, content)
    except OSError as error:
        raise UsageError(f"{folder} can't be written: {error.strerror}. Name a folder that you may write to.") from None
    return [
        f"made      {folder}: the exercises are in {folder / 'exercises'}",
        f"Go there, and begin: grader watch {parts[0].id}",
    ]


def _check(course: Course, folder: Path) -> None:
    whole = Path(os.path.abspath(folder)).resolve()
    if folder.is_symlink():
        raise UsageError(f"{folder} is a link. Name the folder itself.")
    if folder.exists() and not folder.is_dir():
        raise UsageError(f"{folder} is a file. Name a folder that is empty, or not there yet.")
    try:
        if folder.is_dir() and any(entry.name != ".git" for entry in folder.iterdir()):
            raise UsageError(f"{folder} is not empty. Name a folder that is empty, or not there yet.")
    except OSError as error:
        raise UsageError(f"{folder} can't be read: {error.strerror}. Name another folder.") from None
    if not whole.parent.is_dir():
        raise UsageError(f"There is no folder {folder.parent}. Make it first: mkdir -p {folder.parent}.")
    if whole.is_relative_to(course.root.resolve()):
        beside = os.path.relpath(course.root.resolve().parent / "zero-to-hero")
        raise UsageError(
            f"{folder} is in the kit's own folder, {course.root}. Name one outside it: `grader init {beside}`."
        )
    around = next((one for one in whole.parents if next(one.glob("exercises/part*.py"), None)), None)
    if around:
        raise UsageError(f"{folder} is in a workspace already, {around}. Name a folder outside it.")


def _files(course: Course, parts: list[Part]) -> Iterator[tuple[str, bytes]]:
    """What a workspace holds, by path."""
    for part in parts:
        text = shipped.of_course(course, part).content
        yield f"{state.NAME}/shipped/{part.name}.py", text
        yield f"exercises/{part.name}.py", text
    for name, content in shipped.data(course).items():
        yield f"data/{name}", content
    yield ".gitignore", GITIGNORE.encode()
    yield ".gitattributes", GITATTRIBUTES.encode()
    yield "pytest.ini", PYTEST.encode()
    for name, told in (("settings", SETTINGS), ("extensions", EXTENSIONS)):
        yield f".vscode/{name}.json", (json.dumps(told, indent=4) + "\n").encode()
    yield "README.md", _readme(parts[0]).encode()


def _readme(part: Part) -> str:
    name = f"{part.id}.{part.exercises[0]}"
    commands = (f"watch {part.id}", "list", f"hint {name}", f"reset {name}", "update")
    watch, list_, hint, reset, update = (f"grader {line:<{max(map(len, commands))}}" for line in commands)
    return f"""\
# Zero to Hero: your workspace

Your answers go into `exercises/`, one file a part. Open one in your editor, and in this folder:

    {watch}    # a verdict whenever you save, and on to the next exercise
    {list_}    # the parts, how far you are, and what is next
    {hint}    # a hint, then the next one
    {reset}    # back to the stub; --undo brings your answer back
    {update}    # what the course has changed since; your answers stay

In VS Code, the Testing view shows each check. What is replaced is first kept in `exercises/backups/`.
"""


def _make(folder: Path, content: dict[str, bytes]) -> None:
    """A new folder appears with all that is in it."""
    made = Path(tempfile.mkdtemp(prefix=f".{folder.name}.", dir=folder.parent))
    try:
        _write(made, content)
        umask = os.umask(0)
        os.umask(umask)
        made.chmod(0o777 & ~umask)
        made.rename(folder)
    except BaseException:
        shutil.rmtree(made, ignore_errors=True)
        raise


def _fill(folder: Path, content: dict[str, bytes]) -> None:
    """A folder that is there stays the same one: it may be where the student is."""
    made = Path(tempfile.mkdtemp(prefix=".grader.", dir=folder))
    moved: list[Path] = []
    try:
        _write(made, content)
        for entry in sorted(made.iterdir()):
            entry.rename(folder / entry.name)
            moved.append(folder / entry.name)
        made.rmdir()
    except BaseException:
        for path in [made, *moved]:
            shutil.rmtree(path) if path.is_dir() else path.unlink(missing_ok=True)
        raise


def _write(folder: Path, content: dict[str, bytes]) -> None:
    for name, told in content.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(told)
