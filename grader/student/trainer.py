"""Training in the process where the model is: build what a recipe describes, make steps, answer with logits.

It runs in the student's process on the student's names, and in the grader's on the reference's. It holds no labels
but those of the training examples, keeps no clock, and judges nothing.
"""

import os
import random
from collections.abc import Callable
from contextlib import nullcontext
from numbers import Real
from typing import Any

import torch

from grader.values import Namespace, mapped, members

REPEATS = 10
"""Steps on one batch, after which a loss that is minimised has to be lower."""
SMALL = 0.01
"""The share of the learning rate at which two steps are compared: the second gradient is then the first one's."""


class Trainer:
    """One trainee: what a recipe has made of a module's names, with the examples it is trained on.

    recipe: a function (m, given), where `given` holds its inputs and the examples X and Y, to a dict of functions:
    `step(X, Y, lr)` to the loss before the step, `logits(X)`, `tensors()` to a dict of all that a checkpoint holds, and
    if needed `restore(dict)` and `hidden(X)`.
    """

    def __init__(self, recipe: Any, module: Any, given: Any, X: torch.Tensor, Y: torch.Tensor, device: str, seed: int):
        if device != "cpu":
            os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")  # without it cuBLAS is not deterministic
            torch.use_deterministic_algorithms(True, warn_only=True)
        self._recipe, self._module, self._seed, self._device = recipe, module, seed, device
        self._given = mapped(given, lambda t: t.to(device))
        self._X, self._Y = X.to(device), Y.to(device)
        self._trainee = self._new()
        self._shapes = {name: tensor.shape for name, tensor in self._trainee["tensors"]().items()}

    def steps(self, rows: torch.Tensor, rates: torch.Tensor, seeds: list[int]) -> torch.Tensor:
        """Make a step on each row of examples, a block for each seed; the losses as the steps tell them (n,).

        rows: (n, batch) numbers of training examples; (n, 0) means all of them. rates: (n,) learning rates.
        """
        step, X, Y = self._trainee["step"], self._X, self._Y
        told: list[Any] = []
        size = -(-len(rows) // len(seeds))
        batches = torch.split(rows.to(self._device), size)
        with self._there():
            for seed, block, some in zip(seeds, batches, torch.split(rates, size), strict=True):
                _seed(seed)
                # A block is looked up at once: for each step alone it would cost some hundredths of the step.
                # Each batch is detached, so that a step may write into its own as into any other tensor.
                inputs = [x.detach() for x in X[block].unbind()] if block.shape[1] else [X] * len(block)
                labels = [y.detach() for y in Y[block].unbind()] if block.shape[1] else [Y] * len(block)
                for x, y, lr in zip(inputs, labels, some.tolist(), strict=True):
                    told.append(step(x, y, lr))
        losses = _numbers(told)
        self._wait()
        return losses

    def logits(self, X: torch.Tensor) -> Any:
        """What the trainee answers to inputs."""
        _seed(self._seed)
        with torch.no_grad(), self._there():
            answer = self._trainee["logits"](X.to(self._device))
        return mapped(answer, lambda t: t.detach().cpu())

    def snapshot(self) -> dict[str, torch.Tensor]:
        """Copies of all the tensors that the trainee had when it was new, as they are now.

        A tensor that has another shape now is none of the model, but what a layer keeps of its last call.
        """
        now = self._trainee["tensors"]()
        same = [name for name, shape in self._shapes.items() if name in now and now[name].shape == shape]
        return {name: now[name].detach().cpu().clone() for name in same}

    def restore(self, saved: dict[str, torch.Tensor]) -> None:
        """Put the numbers of a snapshot into a trainee that is new."""
        if "restore" in self._trainee:
            self._trainee["restore"](saved)
            return
        now = self._trainee["tensors"]()
        for name, tensor in saved.items():
            now[name].data.copy_(tensor)

    def hidden(self) -> torch.Tensor | None:
        """The share of units of the hidden layer with |h| > 0.97, for each unit (H,), where the recipe shows one."""
        if "hidden" not in self._trainee:
            return None
        with torch.no_grad(), self._there():
            h = self._trainee["hidden"](self._X[:1000])
        saturated: torch.Tensor = (h.abs() > 0.97).float().flatten(0, -2).mean(0).cpu()
        return saturated

    def examine(self, rows: torch.Tensor, lr: float) -> dict[str, Any]:
        """What the first steps do, on trainees that are thrown away: a warm-up, and a look at behaviour.

        Returns `losses` of repeated steps on one batch, and by tensor `update` (the standard deviation of the first
        step's change, 0 where there is none), `data` (that of the tensor), and `again`: how many times the first
        small step's change the second one's is, along it (1 for plain descent, 2 where gradients pile up).
        """
        X, Y = (self._X[rows], self._Y[rows]) if len(rows) else (self._X, self._Y)
        real = self._trainee
        with self._there():
            self._trainee = self._new()
            before = self.snapshot()
            told = [self._trainee["step"](X, Y, lr)]
            after = self.snapshot()
            told += [self._trainee["step"](X, Y, lr) for _ in range(REPEATS)]
            self._trainee = self._new()
            states = [self.snapshot()]
            for _ in range(2):
                self._trainee["step"](X, Y, SMALL * lr)
                states.append(self.snapshot())
            self._trainee = real
        stayed = [name for name in before if all(name in state for state in (after, *states))]
        floats = [name for name in stayed if before[name].is_floating_point() and before[name].numel()]
        return {
            "losses": _numbers(told),
            "update": {name: _spread(after[name] - before[name]) for name in floats},
            "data": {name: _spread(before[name]) for name in floats},
            "again": {name: _along(*(state[name].double() for state in states)) for name in floats},
        }

    def _new(self) -> dict[str, Callable[..., Any]]:
        _seed(self._seed)
        with self._there():
            given = members(mapped(self._given, torch.Tensor.clone)) | {"X": self._X, "Y": self._Y}
            trainee: dict[str, Callable[..., Any]] = self._recipe(self._module, Namespace(given))
        return trainee

    def _there(self) -> Any:
        """A student's torch.ones(T, T) lands on the device too."""
        return nullcontext() if self._device == "cpu" else torch.device(self._device)

    def _wait(self) -> None:
        """Until the device has done what it was told to do."""
        if self._device.startswith("cuda"):
            torch.cuda.synchronize()
        elif self._device == "mps":
            torch.mps.synchronize()


def _seed(seed: int) -> None:
    torch.manual_seed(seed)
    random.seed(seed)


def _numbers(told: list[Any]) -> torch.Tensor:
    """The losses as float64 (n,), brought over from the device all at once. Raises TypeError for what is no number."""
    if told and all(type(loss) is torch.Tensor and loss.numel() == 1 for loss in told):
        return torch.stack([loss.detach().reshape(()) for loss in told]).cpu().double()
    for loss in told:
        if not isinstance(loss, (Real, torch.Tensor)):
            raise TypeError(f"a step answers with its loss, a number; it was {type(loss).__name__}")
        if isinstance(loss, torch.Tensor) and loss.numel() != 1:
            raise TypeError(f"a step answers with its loss, a number; it was a tensor of shape {tuple(loss.shape)}")
    return torch.tensor([float(loss) for loss in told], dtype=torch.float64, device="cpu")


def _spread(tensor: torch.Tensor) -> float:
    """The root of the mean square: that of a single number is its size."""
    return tensor.double().square().mean().sqrt().item()


def _along(start: torch.Tensor, one: torch.Tensor, two: torch.Tensor) -> float:
    """How long the second change is, along the first and in its lengths."""
    first, second = one - start, two - one
    length = (first * first).sum().item()
    return (first * second).sum().item() / length if length else 0.0
