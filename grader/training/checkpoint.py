"""An interrupted run, kept as safetensors: the model's tensors, and the run so far as metadata."""

import os
import time
from contextlib import suppress
from pathlib import Path

import msgspec
import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file

from grader import state, wire
from grader.errors import UsageError
from grader.training.run import Run, goes_on
from grader.training.trainee import Trainee

EVERY = 3.0
"""Seconds between two checkpoints, at least."""


class Setting(msgspec.Struct, frozen=True):
    """What a run must have in common with the one that it goes on from."""

    submission: str
    """A hash of the student's cells."""
    data: str
    budget: str
    seed: int
    device: str


class Keeper:
    """Writes checkpoints of one run, not too often, each whole or not at all."""

    def __init__(self, training: str, setting: Setting):
        self.path = state.folder() / "training" / f"{training}.safetensors"
        self._setting = setting
        self._last = time.monotonic()
        self.step: int | None = None
        """The step of the last checkpoint that this run has written or read."""

    def __call__(self, so_far: Run, trainee: Trainee) -> None:
        """Called between two messages."""
        if time.monotonic() - self._last >= EVERY:
            self.write(so_far, trainee.snapshot())
            self._last = time.monotonic()

    def write(self, so_far: Run, tensors: dict[str, torch.Tensor]) -> None:
        """Write a checkpoint in the place of the last one. Raises UsageError where that can't be done."""
        partial = self.path.with_suffix(".partial")
        about = {"run": msgspec.json.encode(so_far).decode(), "setting": msgspec.json.encode(self._setting).decode()}
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            save_file({name: tensor.contiguous() for name, tensor in tensors.items()}, partial, metadata=about)
            os.replace(partial, self.path)
            self.step = so_far.step
        except (OSError, SafetensorError) as error:
            raise UsageError(f"{self.path} can't be written: {error}. Is the disk full or read-only?") from None

    def set_aside(self) -> Path | None:
        """Move a checkpoint that is there out of the way of a new run; where it lies then.

        Raises UsageError where that can't be done.
        """
        if not self.path.exists():
            return None
        aside = self.path.with_suffix(".before.safetensors")
        try:
            os.replace(self.path, aside)
        except OSError as error:
            raise UsageError(f"{self.path} can't be moved to {aside}: {error.strerror}. Delete one of them.") from None
        return aside

    def done(self) -> None:
        """The run has come to its end: there is nothing to go on from."""
        with suppress(OSError):  # what can't be deleted costs no verdict: the next run says so
            self.path.unlink()

    def read(self, asked: int) -> tuple[Run, dict[str, torch.Tensor]] | None:
        """The run of so many steps to go on from, None where there is none.

        Raises UsageError where the checkpoint can't be read, or is of another setting.
        """
        if not self.path.exists():
            return None
        try:
            with safe_open(self.path, framework="pt") as file:
                about = file.metadata() or {}
                tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
            setting = msgspec.json.decode(about["setting"], type=Setting)
            so_far = msgspec.json.decode(about["run"], type=Run)
        except (OSError, SafetensorError, KeyError, msgspec.DecodeError, RecursionError) as error:
            raise self._unreadable(str(error)) from None
        then, now = msgspec.to_builtins(setting), msgspec.to_builtins(self._setting)
        other = [name for name in now if now[name] != then[name]]
        if other:
            words = {"submission": "your file has changed"}
            why = " and ".join(words.get(n, f"the {n} was {then[n]} and is now {now[n]}") for n in other)
            raise UsageError(f"{self.path} is of another run: {why}. Leave out --resume to start anew.")
        if not goes_on(so_far, asked):
            raise self._unreadable(f"it is not on the way to {asked:,} steps")
        if odd := [str(tensor.dtype) for tensor in tensors.values() if tensor.dtype not in wire.DTYPES]:
            raise self._unreadable(f"a tensor of {odd[0]}")
        self.step = so_far.step
        return so_far, tensors

    def _unreadable(self, why: str) -> UsageError:
        return UsageError(f"{self.path} can't be read ({why}). Leave out --resume to start anew.")
