"""The isolation where no namespace can be made, as in Gradescope's containers: another user, who has no rights.

It hides what is closed to others, and bounds what `process` bounds. It cuts off neither the network nor /tmp.
"""

import os
import shutil
import sys
from pathlib import Path

from grader.errors import UsageError
from grader.isolation import BOOT, PROCESS_LAYERS, Isolation

RIGHTS = ("--clear-groups", "--no-new-privs", "--inh-caps=-all", "--bounding-set=-all")
"""None of root's: options of setpriv."""


def another_user() -> Isolation:
    """The isolation. Raises UsageError where this is not root, or there is no setpriv."""
    setpriv = shutil.which("setpriv")
    if os.getuid() != 0 or setpriv is None:
        raise UsageError("Another user's rights are root's to give, with setpriv (Debian: apt install util-linux).")
    # Nobody's number but this run's: the kernel counts processes by user, and who is the same user can end them.
    user = str(60_000 + os.getpid() % 4_000)
    command = [setpriv, "--reuid", user, "--regid", user, *RIGHTS, sys.executable, "-I", "-c", BOOT]

    def start(kit: Path, folder: Path, descriptor: int) -> list[str]:
        # Not `alone`, as the level `launcher` says to the template: it would sweep the machine's own /tmp after each
        # child, and end itself over what it can't remove there.
        return [*command, str(kit), str(folder / "control"), "/tmp"]

    # `alone` for the grader: the user's processes are all this template's, and are never signalled by number from here.
    return Isolation("another user (setpriv)", PROCESS_LAYERS, start, alone=True, connects=True)
