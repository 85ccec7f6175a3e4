"""Start a template in the way that this machine has: by a fork on Linux, by a new Python anywhere else."""

import sys

from grader.errors import UsageError
from grader.isolation import PROCESS, Isolation
from grader.template import Template


def start_template(fresh: bool = False, isolation: Isolation = PROCESS) -> Template:
    """Fork this process if nothing secret is in its memory yet, else (or if `fresh`) start a new one.

    The fork costs milliseconds; a new process imports torch again. Ask for it where this process has
    threads, or has run a threaded operation of torch: a fork of it would hang in its first one.

    Where processes are not forked but spawned (anywhere but on Linux), the first one begins to import torch now, and
    `process` is the one level that there is. Raises UsageError for another one.
    """
    if sys.platform == "linux":
        from grader.forking import Forking

        return Forking(fresh, isolation)
    if isolation is not PROCESS:
        raise UsageError(f"The isolation `{isolation.name}` needs Linux. Here there is `process`.")
    from grader import spawning

    return spawning.begun()
