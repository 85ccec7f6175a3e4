"""A real pseudo-terminal with a command in it: what a student types, and what they see."""

import fcntl
import os
import pty
import re
import select
import signal
import struct
import sys
import termios
import time

from students import MINI

SECONDS = 60
"""For whatever is waited for; only a hang takes so long."""
ESCAPES = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]|\x1b[()][A-Z0-9]")
CLEAR = "\x1b[2J"


class Terminal:
    """Runs `grader ...` in a pseudo-terminal. Use as a context manager: leaving it ends the command.

    python: another one than the tests' own, with nothing in its environment but what is given.
    """

    def __init__(self, *arguments, cwd, course=MINI, rows=24, columns=80, python=None, **environment):
        self.seen = ""
        self.everything = ""
        self.status = None
        self.pid, self._fd = pty.fork()
        if self.pid == 0:
            try:
                os.chdir(cwd)
                variables = {"GRADER_COURSE": str(course), "TERM": "xterm-256color"} | environment
                kept = {
                    name: value for name, value in os.environ.items() if name not in ("COLUMNS", "LINES", "NO_COLOR")
                }
                if python:
                    variables, kept = {"TERM": "xterm-256color"} | environment, {}
                python = str(python or sys.executable)
                signal.signal(signal.SIGINT, signal.default_int_handler)
                # A shell stays above it, as at home: a group of processes that has nobody above can't be stopped.
                os.execve(python, [python, "-m", "grader", *map(str, arguments)], kept | variables)
            finally:
                os._exit(127)
        self.resize(rows, columns, told=False)
        self.modes = termios.tcgetattr(self._fd)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.status is None:
            os.kill(self.pid, signal.SIGKILL)
            os.waitpid(self.pid, 0)
        self.hang_up()

    def hang_up(self):
        """Close the terminal, as a window is closed."""
        if self._fd >= 0:
            os.close(self._fd)
        self._fd = -1

    def resize(self, rows, columns, told=True):
        fcntl.ioctl(self._fd, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
        if told:
            os.kill(self.pid, signal.SIGWINCH)

    def press(self, keys):
        os.write(self._fd, keys.encode())

    def until(self, pattern, flags=re.DOTALL):
        """Wait for words in what is new, and return the text of the view that they stand in."""
        deadline = time.monotonic() + SECONDS
        while not (found := re.search(pattern, plain(self.seen), flags)):
            if time.monotonic() > deadline:
                raise AssertionError(f"{pattern!r} did not come; this did:\n{plain(self.seen)}")
            if not self._read(0.2) and self.status is None:
                pid, status = os.waitpid(self.pid, os.WNOHANG)
                if pid:
                    self.status = os.waitstatus_to_exitcode(status)
                    self._read(0.2)
        text = plain(self.seen)
        view = text[: found.end()].rpartition("<cleared>")[2]
        self.seen = ""
        return view

    def raw(self, pattern):
        """The same with its escape sequences."""
        deadline = time.monotonic() + SECONDS
        while not re.search(pattern, self.seen, re.DOTALL):
            assert time.monotonic() < deadline, self.seen
            self._read(0.2)
        text, self.seen = self.seen, ""
        return text

    def ends(self):
        """Wait for the command's end; its exit code."""
        deadline = time.monotonic() + SECONDS
        while self.status is None:
            assert time.monotonic() < deadline, plain(self.seen)
            self._read(0.1)
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            if pid:
                self.status = os.waitstatus_to_exitcode(status)
        return self.status

    def mode(self):
        return termios.tcgetattr(self._fd)

    def set_mode(self, mode):
        termios.tcsetattr(self._fd, termios.TCSANOW, mode)

    def _read(self, seconds):
        if self._fd < 0:
            time.sleep(seconds)
            return False
        if not select.select([self._fd], [], [], seconds)[0]:
            return False
        try:
            part = os.read(self._fd, 1 << 16)
        except OSError:  # the other side is closed
            time.sleep(seconds)
            return False
        self.seen += part.decode("utf-8", "replace")
        self.everything += part.decode("utf-8", "replace")
        return bool(part)


def plain(text):
    """What stands on the screen, without colours; where it was cleared it says so."""
    return ESCAPES.sub("", text.replace(CLEAR, "<cleared>")).replace("\r\n", "\n")
