"""A process that has been started, imports torch, and connects: it waits to become a student's.

It is told on its standard input where to connect, and a word to say there by which it is known. Nothing of this stands
in its arguments or its environment, which others may read. It lives no longer than the other end of that input is open.
"""

import json
import os
import re
import secrets
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from contextlib import suppress
from typing import IO, Any

from grader.errors import UsageError

# It imports what this process does, from the same places, as a fork would have.
BOOT = """
import json, sys
given = json.loads(sys.stdin.readline())
sys.path[:] = given["path"]
from grader import warm
warm.import_torch()
from grader.student.spawned import main
main(given["port"], given["word"])
"""
HOST = "127.0.0.1"
HELLO = 1
"""Seconds for who has connected to say the word."""
DYING = 5
"""Seconds in which what has been killed is gone."""
MARK = re.compile(rb"\0([0-9a-f]{16})\0")
"""What stands in the output behind all that belongs to an answer: the answer's nonce (grader/student/session.py)."""
LONGEST = 18
"""Bytes of a mark."""


class Spare:
    """The process, its folder, and what it prints. Raises UsageError where it can't be started."""

    def __init__(self, root: str, room: int):
        self.folder = tempfile.mkdtemp(dir=root)
        self._word = secrets.token_hex(32).encode()
        self._listener = socket.create_server((HOST, 0))
        self._since = time.monotonic()
        try:
            self.process = subprocess.Popen(
                [sys.executable, "-I", "-X", "utf8", "-c", BOOT],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                cwd=self.folder,
                env=environment(self.folder),
                # Its own group, which no Ctrl-C reaches, and on Windows no window.
                start_new_session=sys.platform != "win32",
                creationflags=sum(
                    getattr(subprocess, f"CREATE_{name}", 0) for name in ("NEW_PROCESS_GROUP", "NO_WINDOW")
                ),
            )
        except OSError as error:
            self._listener.close()
            raise UsageError(f"The student's process can't be started: {error}.") from None
        assert self.process.stdin
        assert self.process.stdout
        self.printed = Printed(self.process.stdout, room)
        given = {
            "port": self._listener.getsockname()[1],
            "word": self._word.decode(),
            "path": [os.path.abspath(path) for path in sys.path],
        }
        with suppress(OSError):  # it has ended already: who waits for it will see
            self.process.stdin.write(json.dumps(given).encode() + b"\n")
            self.process.stdin.flush()

    def age(self) -> float:
        """Seconds since it was started."""
        return time.monotonic() - self._since

    def connected(self, seconds: float) -> socket.socket | None:
        """The line to it, once it has imported torch; None if that takes longer than so many seconds from now."""
        self._listener.settimeout(seconds)
        try:
            line, _ = self._listener.accept()
        except (TimeoutError, OSError):
            return None
        line.settimeout(HELLO)
        if not secrets.compare_digest(_said(line, len(self._word)), self._word):
            line.close()  # somebody else on this machine
            return None
        self._listener.close()
        line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return line

    def below(self) -> list[Any]:
        """The processes that it has started, and they."""
        import psutil

        try:
            found: list[Any] = psutil.Process(self.process.pid).children(recursive=True)
        except psutil.Error:
            return []
        return found

    def end(self) -> None:
        """Kill it and those below it, and wait until they are gone."""
        import psutil

        self._listener.close()
        below = self.below()
        self.process.kill()
        if sys.platform != "win32":
            with suppress(OSError):  # nobody left in its group
                os.killpg(self.process.pid, signal.SIGKILL)
        for one in below:
            with suppress(psutil.Error):
                one.kill()
        with suppress(subprocess.TimeoutExpired):
            self.process.wait(DYING)
        psutil.wait_procs(below, DYING)
        assert self.process.stdin
        with suppress(OSError):
            self.process.stdin.close()
        self.printed.wait(HELLO)


class Printed:
    """What a process prints, read as it comes and cut. By a thread: Windows can't wait for pipes as for sockets."""

    def __init__(self, pipe: IO[bytes], room: int):
        self._pipe, self._room = pipe, room
        self._kept = self._tail = b""
        self._mark = ""
        self._over = False
        self._changed = threading.Condition()
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def take(self, mark: str = "", seconds: float = 0.0) -> bytes:
        """What has come since the last call. Waits so long, at most, for what stands before a mark."""
        with self._changed:
            self._changed.wait_for(lambda: self._over or self._mark == mark, seconds)
            text, self._kept = self._kept, b""
        return MARK.sub(b"", text)

    def reached(self, mark: str) -> bool:
        """Whether a mark was the last one that came, or none can come any more."""
        return self._over or self._mark == mark

    def wait(self, seconds: float) -> None:
        """Wait until nobody is left who could print, so long at most."""
        self._reader.join(seconds)

    def _read(self) -> None:
        with self._pipe:
            while part := os.read(self._pipe.fileno(), 1 << 16):
                with self._changed:
                    self._kept += part[: self._room - len(self._kept)]
                    marks = MARK.findall(self._tail + part)
                    self._tail = (self._tail + part)[-LONGEST:]
                    if marks:
                        self._mark = marks[-1].decode()
                        self._changed.notify_all()
        with self._changed:
            self._over = True
            self._changed.notify_all()


def environment(folder: str) -> dict[str, str]:
    """All that it sees of the environment. Windows needs some of its own, to open a socket and to load a library."""
    if sys.platform != "win32":
        return {"PATH": "/usr/bin:/bin", "HOME": folder, "TMPDIR": folder, "LANG": "C.UTF-8"}
    system = os.environ.get("SYSTEMROOT", "C:\\Windows")
    places = (
        sys.base_prefix,
        os.path.join(sys.base_prefix, "Library", "bin"),
        os.path.join(system, "System32"),
        system,
    )
    kept = ("SYSTEMDRIVE", "COMSPEC", "PROCESSOR_ARCHITECTURE", "NUMBER_OF_PROCESSORS")
    return {
        **{name: os.environ[name] for name in kept if name in os.environ},
        **{name: folder for name in ("HOME", "USERPROFILE", "TEMP", "TMP")},
        "SYSTEMROOT": system,
        "PATH": os.pathsep.join(places),
    }


def _said(line: socket.socket, length: int) -> bytes:
    """The first bytes that come, so many or fewer."""
    said = b""
    deadline = time.monotonic() + HELLO
    try:
        while len(said) < length and time.monotonic() < deadline and (part := line.recv(length - len(said))):
            said += part
    except OSError:
        pass  # what there is of it is not the word
    return said
