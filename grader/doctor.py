"""Does the isolation hold on this machine? Each layer is attacked from inside, and what came of it is looked at here.

An attack is a cell, run as a submission's would be. Whether it got through is judged by what happened on this side
wherever that can be seen: who connected, which file is there, which process has died, what secret was printed.
"""

import ctypes
import os
import secrets
import shutil
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from grader.attacks import ATTACKS, LIMITS, Bait, Seen
from grader.attempt import Attempt
from grader.cells import Cell, Submission
from grader.isolation import Isolation
from grader.sandbox import Ended
from grader.start import start_template
from grader.template import Template


@dataclass(frozen=True)
class Finding:
    """What came of an attack: `holds`, `BROKEN`, or `not claimed` by the level, with whether it got through."""

    layer: str
    title: str
    word: str
    through: bool


def examine(isolation: Isolation) -> Iterator[Finding]:
    """Attack each layer of a level. Raises Ended where its sandbox does not start at all."""
    os.environ["GRADER_DOCTOR"] = secrets.token_hex(8)
    template = start_template(fresh=True, isolation=isolation)
    try:
        with _bait(os.environ["GRADER_DOCTOR"]) as bait:
            for attack in ATTACKS:
                through = attack.through(bait, _run(template, attack.code(bait)))
                word = (
                    "not claimed" if attack.layer not in template.isolation.layers else "BROKEN" if through else "holds"
                )
                yield Finding(attack.layer, attack.title, word, through)
    finally:
        del os.environ["GRADER_DOCTOR"]
        template.close()


def _run(template: Template, code: str) -> Seen:
    cell = Cell(0, code, 0, "attack.py")
    attempt = Attempt(template, Submission("attack.py", "attack", (cell,)), (), (), LIMITS)
    output, ended = "", ""
    try:
        attempt.load()
        output = attempt.output()
        ended = next((f["what"] for f in attempt.failures.values()), "")
    except Ended as error:
        ended = error.reason
        if not output and "itself has ended" in ended and not template.ready:
            raise Ended("crashed", f"{ended}. {template.said()}") from None
    finally:
        attempt.close()
    return Seen(output, ended, template.left())


@contextmanager
def _bait(secret: str) -> Iterator[Bait]:
    """A secret file, a listening socket, a process and a shared memory segment; all removed in the end."""
    folder = Path(tempfile.mkdtemp(prefix="grader-doctor-"))
    os.chmod(folder, 0o777)
    (folder / "secret.txt").write_text(secret)
    os.chmod(folder / "secret.txt", 0o666)
    listener = socket.create_server(("127.0.0.1", 0))
    listener.setblocking(False)
    victim = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
    key = 0x67000000 | (os.getpid() & 0xFFFFFF)
    segment = ctypes.CDLL(None).shmget(key, 4096, 0o1000 | 0o666) if sys.platform == "linux" else -1

    def connected() -> bool:
        try:
            listener.accept()[0].close()
            return True
        except BlockingIOError:
            return False

    try:
        yield Bait(secret, folder, listener.getsockname()[1], connected, victim, key)
    finally:
        if segment >= 0:
            ctypes.CDLL(None).shmctl(segment, 0, None)
        victim.kill()
        victim.wait()
        listener.close()
        with suppress(OSError):
            shutil.rmtree(folder)
