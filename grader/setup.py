"""Is a student's machine ready? Each part of the set-up is looked at on its own: what is broken is a line, no more."""

import importlib.util
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from grader import data as names_data
from grader import state
from grader.cores import cores
from grader.course import Course
from grader.errors import UsageError
from grader.versions import grader_version

OLDEST_PYTHON = (3, 11)
OLDEST_TORCH = (2, 4)
ROOM = 1 << 30
"""Bytes that the folder for temporary files should have free."""
PATIENCE = 180
"""Seconds for torch to be imported, from a slow disk for the first time."""
TOOLS = {
    "jupytext": "exercises as notebooks (grader notebook)",
    "pytest": "exercises as tests, as in VS Code (pytest exercises/)",
    "watchfiles": "a verdict at each save (grader watch)",
}
# In a process of its own: a torch that is built for another processor ends the one that imports it. It is looked for
# where this process would find it, which need not be the folder one is in.
TORCH = """
import sys
sys.path[:] = sys.argv[1:]
import json, torch
from grader.training.device import chosen, described
print()
print(json.dumps({
    "version": torch.__version__, "file": torch.__file__, "threads": torch.get_num_threads(),
    "build": f"CUDA {torch.version.cuda}" if torch.version.cuda else "ROCm" if torch.version.hip
             else "MPS" if torch.backends.mps.is_built() else "CPU",
    "device": described(chosen("auto")),
}))
"""


@dataclass(frozen=True)
class Item:
    """What was found of one part of the set-up: `ok`, `warn` or `FAULT`, and how to mend it where it is not ok."""

    name: str
    word: str
    text: str
    fix: str = ""


def items(course: Course) -> Iterator[Item]:
    """All of the set-up, one after the other as it is looked at."""
    yield python(sys.version_info[:3], sys.maxsize)
    yield from torch()
    yield kit(course)
    yield workspace(course)
    yield data(course)
    exercises = state.workspace() / "exercises"
    for folder in (state.folder(), *([exercises] if exercises.is_dir() else [])):
        yield writable(folder)
    yield temporary(tempfile.gettempdir)
    yield isolation()
    yield from (tool(name, purpose) for name, purpose in TOOLS.items())


def python(found: tuple[int, ...], most: int) -> Item:
    """The interpreter. most: its sys.maxsize."""
    bits = 64 if most > 2**32 else 32
    text = f"{'.'.join(map(str, found))}, {bits} bit, {sys.executable}"
    if found[:2] >= OLDEST_PYTHON and bits == 64:
        return Item("Python", "ok", text)
    needed = ".".join(map(str, OLDEST_PYTHON))
    return Item("Python", "FAULT", text, f"The kit needs Python {needed} or newer, 64 bit: make its .venv with one.")


def torch() -> Iterator[Item]:
    """torch: whether it can be imported, what it was built for, the device and the threads that it takes."""
    install = "pip install -r requirements/torch.lock in the kit's folder, or see https://pytorch.org/get-started"
    command = [sys.executable, "-c", TORCH, *sys.path]
    try:
        done = subprocess.run(command, capture_output=True, text=True, errors="replace", timeout=PATIENCE, check=False)
    except (OSError, subprocess.TimeoutExpired) as error:
        yield Item("torch", "FAULT", f"can't be imported: {error}", install)
        return
    try:
        found = json.loads(done.stdout.splitlines()[-1])
        text = f"{found['version']}, built for {found['build']}, {Path(found['file']).parent}"
    except (ValueError, IndexError, TypeError, KeyError):
        said = done.stderr.strip().splitlines() or [f"it ended the process ({done.returncode})"]
        yield Item("torch", "FAULT", f"can't be imported: {said[-1][:300]}", install)
        return
    new = tuple(int(digits) for digits in found["version"].split(".")[:2] if digits.isdecimal()) >= OLDEST_TORCH
    yield Item("torch", "ok", text) if new else Item("torch", "FAULT", text, f"Version 2.4 or newer: {install}")
    yield Item("device", "ok", f"{found['device']}: what --device auto takes in grader train")
    yield Item("threads", "ok", f"1 in what the grader runs, of torch's {found['threads']}; {cores()} processors")


def kit(course: Course) -> Item:
    """This package and the course it grades."""
    text = f"{grader_version()}, {Path(__file__).parent.parent}"
    try:
        parts = course.parts()
    except (UsageError, OSError, SyntaxError, UnicodeDecodeError) as error:
        return _fault("kit", error)
    return Item("kit", "ok", f"{text}, course of {len(parts)} parts in {course.root}")


def workspace(course: Course) -> Item:
    """Where the student's exercises are, and which."""
    folder = state.workspace().resolve()
    found = sorted(path.stem for path in folder.glob("exercises/part*.py"))
    if not found:
        fix = "Go to your workspace, or make one: grader init DIR"
        return Item("workspace", "warn", f"no exercises/ in {folder} or above", fix)
    there = ", ".join(name.partition("_")[0] for name in found)
    try:
        missing = [part.id for part in course.parts() if part.name not in found]
    except (UsageError, OSError, SyntaxError, UnicodeDecodeError):
        missing = []  # the kit's line says that
    if missing:
        fix = f"Bring back what is not there ({', '.join(missing)}): grader update"
        return Item("workspace", "warn", f"{folder}, with {there}", fix)
    return Item("workspace", "ok", f"{folder}, with {there}")


def data(course: Course) -> Item:
    """The list of names in use."""
    try:
        names = names_data.current(course)
    except UsageError as error:
        return _fault("data", error)
    known = "hash verified" if names.sha256 in names_data.EDITIONS else "no known hash to compare with"
    return Item("data", "ok", f"{names.edition}, {known}")


def writable(folder: Path) -> Item:
    """Whether a file can be made in a folder, or in the one above it where it is not there yet."""
    name = f"{folder.name}/"
    try:
        with tempfile.TemporaryFile(dir=folder if os.path.lexists(folder) else folder.parent):
            return Item(name, "ok", "can be written")
    except OSError as error:
        why = f"{folder.resolve()} can't be written: {error.strerror}"
        return Item(name, "FAULT", why, f"Make it a folder that belongs to you: ls -ld {folder.resolve()} says whose.")


def temporary(find: Callable[[], str]) -> Item:
    """The folder for temporary files, where the student's process works. find: says which one it is."""
    try:
        folder = find()
        free = shutil.disk_usage(folder).free
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        fix = "Set TMPDIR to a folder that can be written, on a disk with room."
        return Item("temporary", "FAULT", f"no temporary files: {error.strerror}", fix)
    text = f"{folder} can be written, {free / 2**30:.1f} GiB free"
    return Item("temporary", "ok", text) if free >= ROOM else Item("temporary", "warn", text, "Make room on that disk.")


def isolation() -> Item:
    """How `grader run` cuts a student's code off, and whether there is more."""
    if sys.platform == "linux" and shutil.which("bwrap"):
        return Item("isolation", "ok", "grader run uses process; bubblewrap is there: --isolation bubblewrap")
    how = ": apt install bubblewrap" if sys.platform == "linux" else ", which is for Linux"
    return Item("isolation", "ok", f"grader run uses process; whoever grades a class wants bubblewrap{how}")


def tool(name: str, purpose: str) -> Item:
    """A package that one can do without."""
    try:
        if importlib.util.find_spec(name):
            return Item(name, "ok", f"{version(name)}, for {purpose}")
    except (PackageNotFoundError, ImportError, ValueError):
        pass  # as good as not there
    return Item(name, "warn", f"not there; it is for {purpose}", f"pip install {name}")


def _fault(name: str, error: Exception) -> Item:
    """What is wrong and how to mend it, as the error's sentences say it one after the other."""
    what, _, fix = " ".join(str(error).split()).partition(". ")
    return Item(name, "FAULT", what, fix or "Get the kit once more: see its README.md")
