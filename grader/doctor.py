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
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import psutil

from grader.attempt import Attempt
from grader.cells import Cell, Submission
from grader.isolation import TMP, Isolation
from grader.sandbox import OUTPUT_KEPT, Ended, Limits
from grader.template import Template, start_template

LIMITS = Limits(seconds=4.0, total=12.0, memory=256 << 20, file=16 << 20, processes=32)


@dataclass
class Bait:
    """What lies about on this side, for an attack to take."""

    secret: str
    folder: Path
    port: int
    connected: Callable[[], bool]
    victim: "subprocess.Popen[bytes]"
    segment: int


@dataclass(frozen=True)
class Seen:
    """What an attack has led to."""

    output: str
    ended: str
    """Why its process was ended, empty if it was not."""
    left: int
    """Processes that were left when it was over."""


@dataclass(frozen=True)
class Attack:
    """One layer, how it is attacked, and how one sees that the attack got through."""

    layer: str
    title: str
    code: Callable[[Bait], str]
    through: Callable[[Bait, Seen], bool]


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
                word = "not claimed" if attack.layer not in isolation.layers else "BROKEN" if through else "holds"
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
        if template.pid and not output and "itself has ended" in ended and not template.ready:
            raise Ended("crashed", f"{ended}. {template.said()}") from None
    finally:
        attempt.close()
    return Seen(output, ended, _left(template))


def _left(template: Template) -> int:
    """How many processes there are below the template that are no part of it."""
    if template.lost:
        return 0
    deadline = time.monotonic() + 2
    while True:
        try:
            below = psutil.Process(template.pid).children(recursive=True)
        except psutil.Error:
            return 0
        # In a sandbox: the template.
        extra = len(below) - (1 if template.isolation.alone and not template.isolation.connects else 0)
        if extra <= 0 or time.monotonic() > deadline:
            return max(0, extra)
        time.sleep(0.02)


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
    libc = ctypes.CDLL(None)
    key = 0x67000000 | (os.getpid() & 0xFFFFFF)
    segment = libc.shmget(key, 4096, 0o1000 | 0o666) if sys.platform == "linux" else -1

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
            libc.shmctl(segment, 0, None)
        victim.kill()
        victim.wait()
        listener.close()
        with suppress(OSError):
            shutil.rmtree(folder)


def _alive(bait: Bait) -> bool:
    return bait.victim.poll() is None


ATTACKS = (
    Attack(
        "environment",
        "secrets in its own environment",
        lambda bait: "import os\nprint(os.environ.get('GRADER_DOCTOR'))",
        lambda bait, seen: bait.secret in seen.output,
    ),
    Attack(
        "pids",
        "secrets in the environment of this machine's processes",
        lambda bait: (
            """
import glob
for file in glob.glob('/proc/*/environ'):
    try: pairs = open(file, errors='replace').read().split(chr(0))
    except OSError: continue
    print([pair for pair in pairs if pair.startswith('GRADER_DOCTOR=')])
"""
        ),
        lambda bait, seen: bait.secret in seen.output,
    ),
    Attack(
        "filesystem",
        "reading and writing files of this machine",
        lambda bait: (
            f"""
for file in ({str(bait.folder / "secret.txt")!r}, '/proc/1/root{bait.folder}/secret.txt'):
    try: print(open(file).read())
    except OSError: pass
try: open({str(bait.folder / "written")!r}, 'w').write('x')
except OSError: pass
"""
        ),
        lambda bait, seen: bait.secret in seen.output or (bait.folder / "written").exists(),
    ),
    Attack(
        "network",
        "a connection to this machine",
        lambda bait: (
            f"""
import socket
socket.create_connection(('127.0.0.1', {bait.port}), 2)
"""
        ),
        lambda bait, seen: bait.connected(),
    ),
    Attack(
        "pids",
        "killing a process of this machine",
        lambda bait: (
            f"""
import os
os.kill({bait.victim.pid}, 9)
"""
        ),
        lambda bait, seen: not _alive(bait),
    ),
    Attack(
        "ipc",
        "a shared memory segment of this machine",
        lambda bait: (
            f"""
import ctypes
if ctypes.CDLL(None).shmget({bait.segment}, 4096, 0) >= 0: print('SHARED')
"""
        ),
        lambda bait, seen: "SHARED" in seen.output,
    ),
    Attack(
        "hostname",
        "the name of this machine",
        lambda bait: "import os\nprint('HOST', os.uname().nodename)",
        lambda bait, seen: f"HOST {os.uname().nodename}" in seen.output,
    ),
    Attack(
        "user",
        "being root, or having a capability",
        lambda bait: (
            """
import os
status = dict(line.split(':', 1) for line in open('/proc/self/status'))
if os.getuid() == 0 or int(status['CapEff'], 16): print('POWER')
"""
        ),
        lambda bait, seen: "POWER" in seen.output,
    ),
    Attack(
        "userns",
        "a user namespace of its own, in which it would be root",
        lambda bait: "import ctypes\nif ctypes.CDLL(None).unshare(0x10000000) == 0: print('ROOT')",
        lambda bait, seen: "ROOT" in seen.output,
    ),
    Attack(
        "calls",
        "memory that is no process's, and keys that outlive it",
        lambda bait: (
            """
import ctypes
libc = ctypes.CDLL(None)
if libc.memfd_create(b'x', 0) >= 0: print('CALLED')
if libc.syscall(250 if __import__('os').uname().machine == 'x86_64' else 219, 0, -3, 1) >= 0: print('CALLED')
"""
        ),
        lambda bait, seen: "CALLED" in seen.output,
    ),
    Attack(
        "processes",
        "hundreds of processes",
        lambda bait: (
            """
import os, time
forked = 0
try:
    while forked < 300:
        if os.fork() == 0:
            time.sleep(3)
            os._exit(0)
        forked += 1
finally:
    print('FORKED', forked)
"""
        ),
        lambda bait, seen: "FORKED 300" in seen.output,
    ),
    Attack(
        "memory",
        "more memory than allowed, in one process",
        lambda bait: f"x = bytearray({LIMITS.memory * 2})\nprint('TAKEN')",
        lambda bait, seen: "TAKEN" in seen.output,
    ),
    Attack(
        "memory",
        "more memory than allowed, in eight processes",
        lambda bait: (
            f"""
import os, time
for _ in range(8):
    if os.fork() == 0:
        x = bytearray({LIMITS.memory // 4})
        x[::4096] = bytes(len(x[::4096]))
        time.sleep(3)
        os._exit(0)
time.sleep(2)
print('TAKEN')
"""
        ),
        lambda bait, seen: "TAKEN" in seen.output,
    ),
    Attack(
        "files",
        "a file that is larger than allowed",
        lambda bait: (
            f"""
import os, signal
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
with open('big', 'wb') as file:
    os.posix_fallocate(file.fileno(), 0, {LIMITS.file + 1})
    print('WRITTEN')
"""
        ),
        lambda bait, seen: "WRITTEN" in seen.output,
    ),
    Attack(
        "tmp",
        "more files in /tmp and /dev/shm than there is room for",
        lambda bait: (
            f"""
import os
for place in ('.', '/dev/shm'):
    names = [f'{{place}}/part{{i}}' for i in range({TMP // LIMITS.file + 2})]
    try:
        for name in names:
            with open(name, 'wb') as file: os.posix_fallocate(file.fileno(), 0, {LIMITS.file})
        print('ROOM')
    except OSError as error: print(error)
    for name in names:
        if os.path.exists(name): os.unlink(name)
"""
        ),
        lambda bait, seen: "ROOM" in seen.output,
    ),
    Attack(
        "cpu",
        "lifting the limit on CPU time",
        lambda bait: (
            """
import resource
if resource.getrlimit(resource.RLIMIT_CPU)[1] == -1: print('ENDLESS')
resource.setrlimit(resource.RLIMIT_CPU, (-1, -1))
print('ENDLESS')
"""
        ),
        lambda bait, seen: "ENDLESS" in seen.output,
    ),
    Attack(
        "time",
        "a loop that never ends, all signals ignored",
        lambda bait: (
            """
import signal
for number in range(1, 32):
    try: signal.signal(number, signal.SIG_IGN)
    except OSError: pass
while True: pass
"""
        ),
        lambda bait, seen: "stopped" not in seen.ended,
    ),
    Attack(
        "output",
        "a flood of output",
        lambda bait: "for _ in range(100): print('x' * 1_000_000)",
        lambda bait, seen: len(seen.output) > OUTPUT_KEPT,
    ),
    Attack(
        "reply",
        "a reply of ten gigabytes",
        lambda bait: (
            """
import os, stat, struct
for fd in range(3, 64):
    try:
        if stat.S_ISSOCK(os.fstat(fd).st_mode): os.write(fd, struct.pack('<QQ', 10, 10 * 2**30))
    except OSError: pass
"""
        ),
        lambda bait, seen: not seen.ended,
    ),
    Attack(
        "group",
        "a process that outlives its own",
        lambda bait: (
            """
import os, time
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        time.sleep(60)
    os._exit(0)
"""
        ),
        lambda bait, seen: seen.left > 0,
    ),
)
