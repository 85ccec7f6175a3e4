"""What all processes of a sandbox use together. Limits that a process has for itself do not add up to one for all."""

from dataclasses import dataclass
from pathlib import Path

import psutil

TORCH = 32 << 20
"""Who has torch has more of its own; bwrap's processes have less."""


@dataclass(frozen=True)
class Usage:
    """How many processes there are below a template, and the bytes of memory that are their own."""

    processes: int
    memory: int


def usage(template: int) -> Usage:
    """Of the descendants of the process that was started as template; what they share with it is no use of theirs."""
    try:
        below = [process.pid for process in psutil.Process(template).children(recursive=True)]
    except psutil.Error:
        return Usage(0, 0)
    own = [size for pid in (template, *below) if (size := _own(pid)) is not None]
    # A forked copy still shares nearly all that its parent has, and the kernel counts it for both.
    shared = min((size for size in own if size > TORCH), default=0)
    return Usage(len(below), sum(max(0, size - shared) for size in own))


def _own(pid: int) -> int | None:
    """The bytes of a process that belong to no file; None where it has ended, or can't be looked at."""
    try:
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    except (OSError, UnicodeDecodeError):
        return None
    fields = dict(line.split(":", 1) for line in lines if ":" in line)
    kibibytes = [int(fields[name].split()[0]) for name in ("RssAnon", "RssShmem") if name in fields]
    return sum(kibibytes) << 10
