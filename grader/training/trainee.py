"""The two places where a trainee may be: in the student's process, or here, made of the reference's names."""

import time
from typing import Any, Protocol

import msgspec
import torch

from grader import wire
from grader.attempt import Attempt
from grader.fresh import fresh_state
from grader.reply import Error, describe
from grader.sandbox import Ended
from grader.student.trainer import Trainer
from grader.training.corpus import Corpus
from grader.training.recipe import Recipe

GRACE = 60.0
"""Seconds for what is not on the clock: to load the cells, to start, to save."""


class Stopped(Exception):
    """The student's code raised, broke a rule, ended its process or took too long: a fault as probes report it."""

    def __init__(self, fault: dict[str, Any]):
        super().__init__(fault["what"])
        self.fault = fault


class Trainee(Protocol):
    """A model that is being trained, and the seconds it has had by the grader's clock."""

    seconds: float

    def steps(self, rows: torch.Tensor, rates: torch.Tensor, seeds: list[int], patience: float) -> torch.Tensor:
        """See Trainer.steps; patience: how many seconds it may take."""

    def logits(self, X: torch.Tensor, patience: float) -> Any:
        """See Trainer.logits."""

    def snapshot(self) -> dict[str, torch.Tensor]:
        """See Trainer.snapshot."""

    def restore(self, saved: dict[str, torch.Tensor]) -> None:
        """See Trainer.restore."""

    def hidden(self) -> Any:
        """See Trainer.hidden."""

    def examine(self, rows: torch.Tensor, lr: float) -> Any:
        """See Trainer.examine."""


class Remote:
    """A trainee in the student's process. Its answers are plain values of any kind: who reads them checks them."""

    def __init__(
        self,
        attempt: Attempt,
        forbids: tuple[str, ...],
        source: tuple[str, str],
        given: Any,
        corpus: Corpus,
        device: str,
        seed: int,
        patience: float = GRACE,
    ):
        """source: the recipe's name and source; patience: how many seconds it may take. Raises Stopped."""
        self._attempt, self._forbids = attempt, list(forbids)
        self.seconds = 0.0
        function, text = source
        values = {"given": given, "X": corpus.X, "Y": corpus.Y, "device": device, "seed": seed}
        self._call("start", patience, values, {"id": "training", "function": function, "source": text})

    def steps(self, rows: torch.Tensor, rates: torch.Tensor, seeds: list[int], patience: float) -> torch.Tensor:
        """A loss (n,) for each row of rows (n, batch). On the clock. Raises Stopped."""
        losses = self._timed("steps", patience, {"rows": rows, "rates": rates, "seeds": seeds})
        if not isinstance(losses, torch.Tensor) or losses.shape != (len(rows),):
            raise Stopped(_unreadable("it does not hold a loss for each step"))
        return losses

    def logits(self, X: torch.Tensor, patience: float) -> Any:
        """On the clock as well: who works late, works in time that counts. Raises Stopped."""
        return self._timed("logits", patience, {"X": X})

    def snapshot(self) -> dict[str, torch.Tensor]:
        """The model's tensors by name. Off the clock. Raises Stopped."""
        saved = self._call("snapshot", GRACE, {})
        if not isinstance(saved, dict) or not all(isinstance(t, torch.Tensor) for t in saved.values()):
            raise Stopped(_unreadable("the model's tensors are none"))
        if len({id(tensor) for tensor in saved.values()}) < len(saved):
            raise Stopped(_unreadable("two of the model's tensors came as one"))
        return {str(name): tensor for name, tensor in saved.items()}

    def restore(self, saved: dict[str, torch.Tensor]) -> None:
        """Off the clock. Raises Stopped."""
        self._call("restore", GRACE, {"saved": saved})

    def hidden(self) -> Any:
        """Off the clock. Raises Stopped."""
        return self._call("hidden", GRACE, {})

    def examine(self, rows: torch.Tensor, lr: float) -> Any:
        """Off the clock: this warms up what warms up. Raises Stopped."""
        return self._call("examine", GRACE, {"rows": rows, "lr": lr})

    def _timed(self, call: str, patience: float, values: dict[str, Any]) -> Any:
        start = time.perf_counter()
        try:
            return self._call(call, patience, values)
        finally:
            self.seconds += time.perf_counter() - start

    def _call(self, call: str, patience: float, values: dict[str, Any], more: dict[str, Any] | None = None) -> Any:
        tree, blob = wire.encode(values)
        request = {"kind": "train", "call": call, "values": tree, "forbids": self._forbids, **(more or {})}
        try:
            reply, content = self._attempt.exchange(request, blob, max(patience, 0.1))
            if "error" in reply:
                raise Stopped(self._explained(msgspec.to_builtins(msgspec.convert(reply["error"], Error))))
            return wire.decode(reply.get("value"), content)
        except Ended as ended:
            raise Stopped({"kind": ended.status, "what": ended.reason, "trace": []}) from None
        except (msgspec.ValidationError, wire.WireError) as error:
            raise Stopped(_unreadable(str(error))) from None

    def _explained(self, fault: dict[str, Any]) -> dict[str, Any]:
        """A name that is missing because its cell failed is the cell's fault."""
        failed = self._attempt.failed_cell(fault["what"]) if fault["kind"] == "missing" else None
        if not failed:
            return fault
        cell, failure = failed
        why = f"{fault['what']} does not exist, because {cell.place} failed: {describe(failure)}"
        status = failure["kind"] if failure["kind"] in ("broken_rule", "timed_out") else "crashed"
        return {"kind": "cell", "status": status, "what": why, "trace": []}


class Local:
    """A trainee in this process: the reference's."""

    def __init__(self, recipe: Recipe, module: Any, given: Any, corpus: Corpus, device: str, seed: int):
        fresh_state()
        torch.set_num_threads(1)  # as in the student's process
        self.seconds = 0.0
        self._trainer = Trainer(recipe, module, given, corpus.X, corpus.Y, device, seed)

    def steps(self, rows: torch.Tensor, rates: torch.Tensor, seeds: list[int], patience: float) -> torch.Tensor:
        """On the clock; it takes the time it takes."""
        start = time.perf_counter()
        losses = self._trainer.steps(rows, rates, seeds)
        self.seconds += time.perf_counter() - start
        return losses

    def logits(self, X: torch.Tensor, patience: float) -> Any:
        """On the clock."""
        start = time.perf_counter()
        answer = self._trainer.logits(X)
        self.seconds += time.perf_counter() - start
        return answer

    def __getattr__(self, name: str) -> Any:
        return getattr(self._trainer, name)


def _unreadable(why: str) -> dict[str, Any]:
    return {"kind": "crashed", "what": f"the answer can't be read: {why}", "trace": []}
