"""A student's process that was not forked: it has been started, imports torch, connects to the grader, and serves."""

import gc
import json
import os
import socket
import sys
import threading

import torch

from grader.student import session


def main(port: int, word: str) -> None:
    """Get ready, say the word at that port of this machine, wait for the limits, and serve. Never returns."""
    sys.argv[:] = ["student"]
    threading.Thread(target=_end_with, args=(_lifeline(),), daemon=True).start()
    torch.set_num_threads(1)  # as in grader/student/template.py
    session.warm_up()
    gc.freeze()
    _no_windows()
    code = 1
    try:
        data = socket.create_connection(("127.0.0.1", port))
        data.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        data.sendall(word.encode())
        limits = json.loads(data.makefile("rb", 0).readline())
        session.capture()
        session.limit(limits)
        data.sendall(b"\n")
        session.Session(data, marks=True).serve()
        code = 0
    finally:
        os._exit(code)


def _lifeline() -> int:
    """Standard input, which the grader holds open as long as it lives; in its place there is nothing to read."""
    lifeline, null = os.dup(0), os.open(os.devnull, os.O_RDONLY)
    os.dup2(null, 0)
    os.close(null)
    return lifeline


def _end_with(lifeline: int) -> None:
    """End where the grader has ended: nobody else would stop a loop that never ends."""
    os.read(lifeline, 1)
    os._exit(1)


def _no_windows() -> None:
    """Windows would show a crash in a window, and wait until it is closed."""
    if sys.platform == "win32":
        import msvcrt

        msvcrt.SetErrorMode(msvcrt.SEM_FAILCRITICALERRORS | msvcrt.SEM_NOGPFAULTERRORBOX)
