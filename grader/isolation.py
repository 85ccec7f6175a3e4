"""How far the student's process is cut off from this machine: the command that its template is started with.

Three levels. `process` is the student's own: see grader/sandbox.py for what it bounds. `bubblewrap` puts the template
into namespaces of its own, with a file system that holds Python, its packages and the student side of the grader, and
nothing else. `launcher` is any other command that ends in a Python: docker, podman, apptainer.
"""

import importlib.util
import os
import shutil
import sys
import sysconfig
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from grader import seccomp
from grader.errors import UsageError

TMP = 256 << 20
"""Bytes that a submission may write to its /tmp, in all; as many to shared memory."""
ROOM = Path("/tmp")
"""Where a submission may write: the sandbox's own, which hides the machine's."""
STUDENT_SIDE = ("__init__.py", "binding.py", "cells.py", "errors.py", "fresh.py", "values.py", "wire.py", "student")
"""All of this package that a student's process can see."""
FILTER = "filter"
"""A file of the template's folder; it is opened as the descriptor behind the template's own, for bwrap to read."""
# `python -I` looks nowhere but at its own packages: the student side is put before them, from the folder named.
BOOT = "import sys; sys.path.insert(0, sys.argv[1]); from grader.student.template import main; main(sys.argv[2:])"
ENVIRONMENT = {"PATH": "/usr/bin:/bin", "LANG": "C.UTF-8"}
PROCESS_LAYERS = ("environment", "time", "cpu", "memory", "files", "output", "reply", "group")
SPAWNED_LAYERS = ("environment", "time", "output", "reply", *(() if sys.platform == "win32" else ("cpu", "files")))
"""Memory and processes are looked at there from time to time, which is no wall."""
NAMESPACES = ("network", "filesystem", "tmp", "pids", "ipc", "hostname", "user", "processes")
NEW = [
    *("--unshare-ipc", "--unshare-pid", "--unshare-net", "--unshare-uts", "--unshare-cgroup-try"),
    "--as-pid-1",  # so that nobody inside can stop, kill or trace what is not the student's own
    *("--die-with-parent", "--new-session", "--hostname", "student", "--clearenv"),
    *(word for name, value in ENVIRONMENT.items() for word in ("--setenv", name, value)),
]
USER = ["--unshare-user", "--disable-userns", "--uid", "65534", "--gid", "65534", "--cap-drop", "ALL"]
"""An ordinary user is nobody inside, and can't open another user namespace there."""
ROOT = ["--cap-drop", "ALL", "--cap-add", "CAP_SETUID", "--cap-add", "CAP_SETGID"]
"""Root stays root until the template has become another user: only root may read its own Python's folder."""


@dataclass(frozen=True)
class Isolation:
    """A level, by name, with the layers that it claims (`grader doctor` tries them)."""

    name: str
    layers: tuple[str, ...]
    command: Callable[[Path, Path, int], list[str]] | None = None
    """(kit, folder, descriptor) to the command that starts a template; None: a process like this one."""
    alone: bool = False
    """Whether /tmp, shared memory and process numbers inside are nobody else's."""
    connects: bool = False
    """Whether the template can't inherit a descriptor, and connects to a socket in its folder."""


PROCESS = Isolation("process", PROCESS_LAYERS)
SPAWNED = Isolation("process, spawned", SPAWNED_LAYERS)
"""What stands for `process` anywhere but on Linux: see grader/spawning.py."""


def bubblewrap() -> Isolation:
    """The level `bubblewrap`. Raises UsageError where there is no bwrap."""
    bwrap = shutil.which("bwrap")
    if sys.platform != "linux" or bwrap is None:
        raise UsageError(
            "The isolation `bubblewrap` needs Linux and the program bwrap (Debian: apt install bubblewrap). "
            "`--isolation process` does without, and hides no files and no network."
        )
    root, calls = os.getuid() == 0, seccomp.program()
    layers = (*PROCESS_LAYERS, *NAMESPACES, *(("userns",) if calls or not root else ()), *(("calls",) if calls else ()))

    def command(kit: Path, folder: Path, descriptor: int) -> list[str]:
        inside = [sys.executable, "-I", "-c", BOOT, "/kit", str(descriptor), "/tmp", "alone"]
        user = [*(ROOT if root else USER)]
        if calls:
            (folder / FILTER).write_bytes(calls)
            user += ["--seccomp", str(descriptor + 1)]
        return [bwrap, *NEW, *_files(kit), *user, "--", *inside, *([str(_somebody())] if root else [])]

    return Isolation("bubblewrap", layers, command, alone=True)


def launcher(prefix: list[str]) -> Isolation:
    """A level that a command of the instructor's makes. It ends in a Python that has torch, msgspec and safetensors.

    In its words, {folder} stands for the folder that holds the socket to connect to, and {kit} for the one with the
    student side of the grader: both are to be mounted under the same path inside. It must give what it starts process
    numbers of its own: between two submissions the template kills whoever it can, and empties /tmp.
    """

    def command(kit: Path, folder: Path, descriptor: int) -> list[str]:
        words = [word.replace("{folder}", str(folder)).replace("{kit}", str(kit)) for word in prefix]
        ours = str(os.readlink("/proc/self/ns/pid"))
        return [*words, "-I", "-c", BOOT, str(kit), str(folder / "control"), "/tmp", "apart", ours]

    return Isolation(f"launcher ({prefix[0]})", PROCESS_LAYERS, command, alone=True, connects=True)


def named(name: str, prefix: list[str]) -> Isolation:
    """The level of that name. Raises UsageError where it can't be had."""
    if name == "process":
        return PROCESS
    if name == "bubblewrap":
        return bubblewrap()
    if not prefix:
        raise UsageError("The isolation `launcher` needs a command: --launcher, see docs/isolation.md.")
    return launcher(prefix)


def _somebody() -> int:
    """A user for root's templates: one for each process that grades, so that their process limits are their own."""
    return 60_000 + os.getpid() % 4_000


def _files(kit: Path) -> list[str]:
    """The file system: what Python needs, read-only, and a little room."""
    base = Path(sys.base_prefix)
    system = [Path(p) for p in ("/usr/lib", "/usr/lib64", "/lib", "/lib64", "/etc/ld.so.cache")]
    links = [path for path in _links(Path(sys.executable)) if not path.is_relative_to(sys.prefix)]
    paths = list(dict.fromkeys([*system, *links, base / "lib", base / "lib64", Path(sys.prefix), *_homes()]))
    above = dict.fromkeys(folder for path in paths for folder in reversed(path.parents))
    # What is installed below the room lies under a folder that is closed as soon as all is in it.
    closed = [str(folder) for folder in above if folder.parent == ROOM]
    # Folders that lead to them, which may be closed to others outside, as /root is.
    folders = [str(folder) for folder in above if folder not in (ROOM, Path("/"))]
    shown = [w for f in folders for w in (["--tmpfs", f] if f in closed else ["--perms", "0755", "--dir", f])]
    shown += [word for path in paths for word in ("--ro-bind-try", str(path), str(path))]
    for place in dict.fromkeys(sysconfig.get_path(name) for name in ("purelib", "platlib")):
        if Path(place, "grader").is_dir():  # an installed kit, with what students must not see
            shown += ["--tmpfs", str(Path(place, "grader")), "--remount-ro", str(Path(place, "grader"))]
    return [
        *("--ro-bind", str(kit), "/kit"),
        *("--proc", "/proc", "--remount-ro", "/proc", "--dev", "/dev", "--mqueue", "/dev/mqueue"),
        *(w for place in ("/dev/shm", str(ROOM)) for w in ("--perms", "1777", "--size", str(TMP), "--tmpfs", place)),
        *shown,
        *(word for folder in closed for word in ("--remount-ro", folder)),
        *("--remount-ro", "/dev", "--remount-ro", "/", "--chdir", str(ROOM)),
    ]


def _homes() -> list[Path]:
    """The folders that hold what the student side imports, where they are no part of this Python's own."""
    specs = (importlib.util.find_spec(name) for name in ("torch", "numpy", "msgspec", "safetensors"))
    homes = [Path(spec.origin).parent.parent for spec in specs if spec and spec.origin]
    return [home for home in homes if not home.is_relative_to(sys.prefix)]


def _links(path: Path) -> list[Path]:
    """What a link leads to, hop by hop."""
    hops = []
    while path.is_symlink():
        path = path.parent / path.readlink()
        hops.append(path)
    return hops or [path]


def copy_student_side(kit: Path) -> None:
    """Put what a student's process may see of this package into a folder, apart from the rest."""
    here = Path(__file__).parent
    (kit / "grader").mkdir(parents=True)
    for name in STUDENT_SIDE:
        if (here / name).is_dir():
            shutil.copytree(here / name, kit / "grader" / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(here / name, kit / "grader" / name)
