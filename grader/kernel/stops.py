"""The stop button of a notebook."""

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

from grader.student.guard import PROBE


@contextmanager
def stopped_only_in_probes() -> Iterator[None]:
    """Let the stop button end what a probe runs at once, and anything of ours only when it is done.

    So that nothing that is put in place for a probe stays behind. Raises KeyboardInterrupt.
    """
    if threading.current_thread() is not threading.main_thread():  # the button reaches the main thread alone
        yield
        return
    pressed = False

    def stop(_: int, frame: FrameType | None) -> None:
        nonlocal pressed
        if _in_probe(frame):
            raise KeyboardInterrupt
        pressed = True

    before = signal.signal(signal.SIGINT, stop)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before or signal.default_int_handler)
    if pressed:
        raise KeyboardInterrupt


def _in_probe(frame: FrameType | None) -> bool:
    while frame:
        if frame.f_code.co_filename.startswith(PROBE):
            return True
        frame = frame.f_back
    return False
