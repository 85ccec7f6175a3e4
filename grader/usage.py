"""What all processes of a sandbox use together. Limits that a process has for itself do not add up to one for all."""

import sys
from dataclasses import dataclass
from pathlib import Path

TORCH = 32 << 20
"""Who has torch has more of its own; bwrap's processes have less."""


@dataclass(frozen=True)
class Usage:
    """How many processes there are, and the bytes of memory that are their own."""

    processes: int
    memory: int


def usage(template: int) -> Usage:
    """Of the descendants of the process that was started as template; what they share with it is no use of theirs."""
    below = _below(template)
    own = [size for pid in (template, *below) if (size := memory(pid)) is not None]
    # A forked copy still shares nearly all that its parent has, and the kernel counts it for both.
    shared = min((size for size in own if size > TORCH), default=0)
    return Usage(len(below), sum(max(0, size - shared) for size in own))


def largest(pid: int) -> int:
    """The memory of the largest of a process and its descendants: a virtual environment's Python is two on Windows."""
    return max(memory(one) or 0 for one in (pid, *_below(pid)))


def usage_beyond(pid: int, start: int) -> Usage:
    """Of a process and its descendants: what each has beyond so many bytes, with which it started."""
    processes = [pid, *_below(pid)]
    own = [size for one in processes if (size := memory(one)) is not None]
    return Usage(len(processes), sum(max(0, size - start) for size in own))


def memory(pid: int) -> int | None:
    """The bytes of a process that belong to no file; None where it has ended, or can't be looked at."""
    if sys.platform != "linux":
        return _memory_elsewhere(pid)
    try:
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    except (OSError, UnicodeDecodeError):
        return None
    fields = dict(line.split(":", 1) for line in lines if ":" in line)
    kibibytes = [int(fields[name].split()[0]) for name in ("RssAnon", "RssShmem") if name in fields]
    return sum(kibibytes) << 10


def _memory_elsewhere(pid: int) -> int | None:
    """What Windows has promised to a process; elsewhere what lies in memory, files that are mapped included."""
    import psutil

    try:
        told = psutil.Process(pid).memory_info()
    except psutil.Error:
        return None
    return int(getattr(told, "private", told.rss))


def _below(pid: int) -> list[int]:
    import psutil  # costs more than most answers take

    try:
        return [process.pid for process in psutil.Process(pid).children(recursive=True)]
    except psutil.Error:
        return []
