"""What the doctor attacks the isolation with: for each layer a cell, and how one sees that it got through."""

import socket
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from grader.isolation import TMP
from grader.sandbox import Limits
from grader.template import OUTPUT_KEPT

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
        lambda bait: "import socket\nprint('HOST', socket.gethostname())",
        lambda bait, seen: f"HOST {socket.gethostname()}" in seen.output,
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
