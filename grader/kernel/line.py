"""A line between the kernel and the process that judges: frames, as grader/wire.py makes them."""

import socket
from typing import Any

from grader import wire


class HungUp(BaseException):
    """The other side is gone. No Exception: it is no fault of a check that was being judged."""


class Line:
    """One end of a line, for one question and all that is said about it. Leaving it hangs up."""

    def __init__(self, end: socket.socket):
        self._end = end
        self._reader = end.makefile("rb")

    def __enter__(self) -> "Line":
        return self

    def __exit__(self, *_: object) -> None:
        try:
            self._end.shutdown(socket.SHUT_RDWR)  # a forked copy of this process may hold this end as well
        except OSError:
            pass  # the other side was quicker
        self._reader.close()
        self._end.close()

    def send(self, message: dict[str, Any], blob: bytes = b"") -> None:
        """Send a message. Raises HungUp."""
        try:
            self._end.sendall(wire.frame(message, blob))
        except OSError:
            raise HungUp from None

    def receive(self) -> tuple[dict[str, Any], bytes]:
        """The next message. Raises HungUp."""
        text, blob = wire.lengths(self._read(16))
        return wire.parse(self._read(text)), self._read(blob)

    def _read(self, length: int) -> bytes:
        try:
            content = self._reader.read(length)
        except OSError:
            content = b""
        if len(content) < length:
            raise HungUp
        return content
