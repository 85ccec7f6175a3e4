"""What a probe finds as it is elsewhere, and what grading leaves in a kernel as it was."""

import builtins
import io
import random
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch

from grader.fresh import fresh_state

PRINTED = 20_000
"""Characters that are kept of what an answer prints."""


@contextmanager
def state_kept() -> Iterator[None]:
    """Start as a probe does elsewhere, and leave the kernel's own state as it was."""
    dtype, numbers, grad = torch.get_default_dtype(), random.getstate(), torch.is_grad_enabled()
    threads = torch.get_num_threads()
    # fresh_state seeds a GPU's generator only where torch has begun to use one.
    used = torch.cuda.is_initialized()  # type: ignore[no-untyped-call]
    torch.set_num_threads(1)  # as elsewhere: such small networks are quicker so
    try:
        with torch.random.fork_rng(devices=range(torch.cuda.device_count()) if used else []):
            fresh_state()
            yield
    finally:
        torch.set_num_threads(threads)
        torch.set_default_dtype(dtype)
        torch.set_grad_enabled(grad)
        random.setstate(numbers)


class Printed(io.TextIOBase):
    """Stands for standard output and error; keeps the beginning."""

    def __init__(self) -> None:
        self._kept: list[str] = []
        self._room = PRINTED

    def write(self, text: str, /) -> int:
        """Keep what there is room for."""
        if self._room > 0:
            self._kept.append(text[: self._room])
            self._room -= len(text)
        return len(text)

    def publish(self, data: dict[str, Any], *_: Any, **__: Any) -> None:
        """Of what is displayed, keep the text."""
        self.write(f"{data.get('text/plain', '')}\n")

    def ask(self, prompt: object = "", /) -> str:
        """Nobody is there to answer, as elsewhere."""
        self.write(str(prompt))
        raise EOFError("EOF when reading a line")

    def text(self) -> str:
        """What was printed, as UTF-8 can hold it."""
        return "".join(self._kept).encode("utf-8", "backslashreplace").decode()


@contextmanager
def printed(publisher: Any) -> Iterator[Printed]:
    """Catch what is printed, what is displayed by way of IPython's publisher, and what is asked for."""
    caught = Printed()
    streams, ask = (sys.stdout, sys.stderr), builtins.input
    sys.stdout = sys.stderr = caught
    builtins.input = caught.ask
    publisher.publish = caught.publish  # in the instance, over the class's own
    try:
        yield caught
    finally:
        sys.stdout, sys.stderr = streams
        builtins.input = ask
        del publisher.publish
