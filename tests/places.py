"""The folders that the sessions of the docs are run in: each is made by a function of its name."""

import os
import shutil
import stat
import sys
from collections.abc import Callable
from pathlib import Path

from students import ROOT, as_notebook, solved
from tools import need

LEFT_OUT = shutil.ignore_patterns(".git", ".venv", "build", "dist", "__pycache__", ".*_cache", ".hypothesis", ".grader")
STAND_IN = f"""#!/bin/sh
# Stands for a program that runs containers: what is mounted, and whose process numbers, are as it was told.
shown=
while [ "$1" != python3 ]; do
  case "$1" in
    /*:/*:ro) shown="$shown --ro-bind ${{1%%:*}} ${{1%%:*}}" ;;
    /*:/*) shown="$shown --bind ${{1%%:*}} ${{1%%:*}}" ;;
  esac
  shift
done
exec bwrap --unshare-pid --unshare-net --unshare-ipc --as-pid-1 --die-with-parent --ro-bind / / --tmpfs /tmp \\
  --ro-bind {sys.prefix} {sys.prefix} --proc /proc --dev /dev $shown "$@"
"""
ROSTER = """\
Student,ID,SIS User ID,SIS Login ID,Section,part4 (812)
    Points Possible,,,,,50.00
"Lovelace, Ada",101,S-1,ada,A,
"Boole, George",102,S-2,george,A,
"Noether, Emmy",103,S-3,emmy,A,
"Pascal, Blaise",104,S-4,blaise,A,
"""


def student(folder: Path) -> Path:
    """The exercises, as they are shipped."""
    shutil.copytree(ROOT / "exercises", folder / "exercises")
    return folder


def nothing(folder: Path) -> Path:
    """An empty folder."""
    return folder


def kit(folder: Path) -> Path:
    """A clone of the kit: the tree as it stands, whatever git says of it."""
    return shutil.copytree(ROOT, folder / "kit", ignore=LEFT_OUT)


def names(folder: Path) -> Path:
    """A student's folder, with the names in a file elsewhere."""
    (folder / "path" / "to").mkdir(parents=True)
    shutil.copy(ROOT / "data" / "names.txt", folder / "path" / "to")
    return student(folder)


def class_(folder: Path) -> Path:
    """What three students have handed in for part 4, the roster of Canvas that they stand in, and names.txt."""
    need("bwrap")
    text = solved(ROOT, "part4_backprop")
    slip = solved(ROOT, "part4_backprop", dprobs="def dprobs(f, d):\n    return 1 / f.probs")
    for name, file, content in (
        ("ada", "part4_backprop.py", text),
        ("george", "part4_backprop.ipynb", as_notebook(slip)),
        ("emmy", "part4_backprop.py", (ROOT / "exercises" / "part4_backprop.py").read_text()),
    ):
        (folder / "submissions" / name).mkdir(parents=True)
        (folder / "submissions" / name / file).write_text(content)
    (folder / "exported.csv").write_text(ROSTER)
    (folder / "bin").mkdir()
    for name in ("docker", "podman", "apptainer"):
        (folder / "bin" / name).write_text(STAND_IN)
        os.chmod(folder / "bin" / name, stat.S_IRWXU)
    return folder


PLACES: dict[str, Callable[[Path], Path]] = {
    "student": student, "nothing": nothing, "kit": kit, "names": names, "class": class_,
}  # fmt: skip
