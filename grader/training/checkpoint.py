"""An interrupted run, kept as safetensors: the model's tensors, and the run so far as metadata."""

import os
import time
from pathlib import Path

import msgspec
import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file

from grader import state
from grader.errors import UsageError
from grader.training.run import Run
from grader.training.trainee import Trainee

FOLDER = state.FOLDER / "training"
EVERY = 2.0
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
        self.path = FOLDER / f"{training}.safetensors"
        self._setting = setting
        self._last = time.monotonic()

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
        except (OSError, SafetensorError) as error:
            raise UsageError(f"{self.path} can't be written: {error}. Is the disk full or read-only?") from None

    def set_aside(self) -> Path | None:
        """Move a checkpoint that is there out of the way of a new run; where it lies then."""
        if not self.path.exists():
            return None
        aside = self.path.with_suffix(".before.safetensors")
        os.replace(self.path, aside)
        return aside

    def done(self) -> None:
        """The run has come to its end: there is nothing to go on from."""
        self.path.unlink(missing_ok=True)

    def read(self) -> tuple[Run, dict[str, torch.Tensor]] | None:
        """The run to go on from, None where there is none.

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
        except (OSError, SafetensorError, KeyError, msgspec.DecodeError) as error:
            raise UsageError(f"{self.path} can't be read ({error}). Leave out --resume to start anew.") from None
        then, now = msgspec.to_builtins(setting), msgspec.to_builtins(self._setting)
        other = [name for name in now if now[name] != then[name]]
        if other:
            words = {"submission": "your file has changed"}
            why = " and ".join(words.get(n, f"the {n} was {then[n]} and is now {now[n]}") for n in other)
            raise UsageError(f"{self.path} is of another run: {why}. Leave out --resume to start anew.")
        return so_far, tensors
