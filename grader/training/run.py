"""One training run: the order of the data, the clock, the evaluations. What came of it is a plain record.

The order is drawn in blocks, each from a seed of its own, so that a run that is resumed between two blocks goes on
just as it would have gone.
"""

import math
from collections.abc import Callable
from typing import Annotated, Any

import msgspec
import torch

from grader.training import evaluate
from grader.training.corpus import Corpus, prefixes
from grader.training.evaluate import Refused
from grader.training.recipe import Training
from grader.training.trainee import Stopped, Trainee

LOOKS = 10
"""How often the held-out loss is taken, beside the first time."""
MESSAGE = 1.0
"""Seconds of steps that are asked for in one message, about: a progress line, and what a kill can lose."""
SECONDS = 1e7
"""No run takes so long."""
ALONE = 50
"""How many held-out examples are also asked for by themselves."""


class Point(msgspec.Struct, frozen=True):
    """The run at one step: mean loss of the steps since the last point as they told it, held-out loss, seconds."""

    step: int
    told: float | None
    held_out: float
    seconds: float


class Look(msgspec.Struct, frozen=True):
    """What the trained model's answers hang on, beside what they should."""

    noisy: bool = False
    """The same inputs twice give different logits: dropout."""
    batch: bool = False
    """An example's logits depend on the others in the batch."""
    constant: bool = False
    """All inputs have the same logits."""
    future: bool = False
    """A later character changes an earlier position's logits."""
    past: bool = True
    """An earlier character changes a later position's logits."""
    blind: float | None = None
    """The loss on sequences that were never shown whole, as far from the baseline on them as it is shown here."""


class Examination(msgspec.Struct, frozen=True):
    """See Trainer.examine."""

    losses: Annotated[list[float], msgspec.Meta(min_length=1)]
    update: dict[str, float]
    data: dict[str, float]
    again: dict[str, float]


class Run(msgspec.Struct, frozen=True):
    """What came of a run. `stopped` says why it ended before its last step, if it did."""

    asked: int
    step: int
    points: list[Point]
    seconds: float
    seen: float | None = None
    """The loss on training examples at the end."""
    look: Look = Look()
    examination: Examination | None = None
    saturated: float | None = None
    """The share of saturated activations, before the first step."""
    stopped: str | None = None
    """`time`, `nan`, `refused`, `fault` or `interrupted`."""
    name: str = ""
    why: str = ""
    fault: dict[str, Any] | None = None
    bands: dict[str, tuple[float, float, float]] = {}
    """What was measured in the end: value, lowest, highest."""
    kept: int | None = None
    """The step of the checkpoint that an interruption has left."""

    @property
    def first(self) -> float:
        """The held-out loss before the first step."""
        return self.points[0].held_out if self.points else math.nan

    @property
    def last(self) -> float:
        """The held-out loss at the last look."""
        return self.points[-1].held_out if self.points else math.nan


def goes_on(so_far: Run, asked: int) -> bool:
    """Whether a run of so many steps could have come to this point: a checkpoint may have been edited."""
    seconds = 0.0 <= so_far.seconds < SECONDS
    steps = so_far.asked == asked and 0 <= so_far.step < asked and so_far.stopped is None
    return steps and seconds and bool(so_far.points) and 0 <= so_far.points[-1].step <= so_far.step


class Progress(msgspec.Struct, frozen=True):
    """What a person who waits wants to know."""

    step: int
    asked: int
    told: float
    held_out: float
    seconds: float

    @property
    def eta(self) -> float:
        """Seconds to go at this pace."""
        return self.seconds / max(self.step, 1) * (self.asked - self.step)


def order(
    training: Training, examples: int, first: int, steps: int, asked: int, seed: int
) -> tuple[Any, Any, list[int]]:
    """The rows, rates and seeds of `steps` steps from `first`, which begins a block.

    The rows hang on the run's seed; what the blocks are seeded with in the student's process does not.
    """
    blocks = list(range(first, first + steps, training.block))
    draws = []
    for block in blocks:
        rng = torch.Generator().manual_seed(seed + block)
        draws.append(torch.randint(0, examples, (training.block, training.batch or 0), generator=rng))
    rows = torch.cat(draws)[:steps]
    late = torch.arange(first, first + steps) >= round(training.drop * asked)
    rates = torch.full((steps,), training.lr, dtype=torch.float64)
    rates[late] = training.lr / 10
    return rows, rates, blocks


def begin(training: Training, corpus: Corpus, trainee: Trainee, seed: int) -> tuple[Examination | None, Any]:
    """Look at the first steps and at the new network, off the clock; a warm-up as well."""
    rows, _, _ = order(training, len(corpus.X), 0, 1, 1, seed)
    found = trainee.examine(rows[0], training.lr)
    try:
        examination = msgspec.convert({**found, "losses": found["losses"].tolist()}, Examination)
    except (msgspec.ValidationError, TypeError, AttributeError, KeyError):
        # It is only an aid to the diagnosis: a student's process may have made it unreadable.
        return None, trainee.hidden()
    same = examination.update.keys() == examination.data.keys() == examination.again.keys()
    return examination if same else None, trainee.hidden()


def run(
    training: Training,
    corpus: Corpus,
    trainee: Trainee,
    asked: int,
    seed: int,
    allowed: float,
    listen: Callable[[Progress], None] = lambda progress: None,
    keep: Callable[[Run, Trainee], None] = lambda so_far, trainee: None,
    before: Run | None = None,
) -> Run:
    """Train for `asked` steps within `allowed` seconds of the clock.

    keep: hears of the run so far between two messages, for a checkpoint. before: what to go on from; the trainee
    has been restored then.
    """
    so_far = before or Run(asked, 0, [], 0.0)
    trainee.seconds = so_far.seconds
    looks = sorted({round(asked * i / LOOKS / training.block) * training.block for i in range(1, LOOKS)} | {asked})
    told: list[float] = []
    blocks = 1
    try:
        if before is None:
            look = _loss(corpus, trainee, allowed)
            so_far = Run(asked, 0, [Point(0, None, look, 0.0)], 0.0)
            trainee.seconds = 0.0  # the first look warms up what warms up
        while so_far.step < asked:
            if trainee.seconds > allowed:  # a look has used it up
                return _ended(so_far, trainee, "time")
            step, due = so_far.step, next(look for look in looks if look > so_far.step)
            steps = min(blocks * training.block, due - step)
            start = trainee.seconds
            losses = trainee.steps(*order(training, len(corpus.X), step, steps, asked, seed), allowed - start + 1.0)
            told += losses.tolist()
            points = so_far.points
            bad = next((i for i, loss in enumerate(told[-steps:]) if not math.isfinite(loss)), None)
            if bad is not None:
                return _ended(so_far, trainee, "nan", step=step + bad)
            if trainee.seconds > allowed:
                return _ended(so_far, trainee, "time", step=step + steps)
            pace = (trainee.seconds - start) / steps
            blocks = max(1, int(MESSAGE / max(pace, 1e-9) / training.block))
            if step + steps == due:
                look = _loss(corpus, trainee, allowed)
                points = [*points, Point(due, sum(told) / len(told), look, trainee.seconds)]
            so_far = msgspec.structs.replace(so_far, step=step + steps, points=points, seconds=trainee.seconds)
            listen(Progress(step + steps, asked, sum(told) / len(told), points[-1].held_out, trainee.seconds))
            if so_far.step < asked:  # the last look is for whoever makes the last step
                keep(so_far, trainee)
            if step + steps == due:
                told = []
        if trainee.seconds > allowed:
            return _ended(so_far, trainee, "time", step=asked)
        X, Y = corpus.seen()
        seen = evaluate.loss(corpus, X, Y, trainee.logits(X, allowed))
        bands = training.measure(corpus, lambda X: trainee.logits(X, allowed)) if training.measure else {}
        return msgspec.structs.replace(
            so_far,
            seen=seen,
            look=_look(corpus, trainee, allowed, seed),
            bands={name: (band.value, band.low, band.high) for name, band in bands.items()},
        )
    except Refused as refused:
        return _ended(so_far, trainee, "refused", name=refused.name, why=str(refused))
    except Stopped as stopped:
        late = stopped.fault["kind"] == "timed_out"
        return _ended(so_far, trainee, "time" if late else "fault", fault=stopped.fault)


def _ended(so_far: Run, trainee: Trainee, reason: str, **fields: Any) -> Run:
    return msgspec.structs.replace(so_far, stopped=reason, seconds=trainee.seconds, **fields)


def _loss(corpus: Corpus, trainee: Trainee, allowed: float) -> float:
    answer = trainee.logits(corpus.held_out, max(1.0, allowed))
    return evaluate.loss(corpus, corpus.held_out, corpus.labels, answer)


def _look(corpus: Corpus, trainee: Trainee, allowed: float, seed: int) -> Look:
    """Ask for a few held-out examples in other company, and altered."""

    def ask(X: torch.Tensor) -> torch.Tensor:
        return evaluate.checked(corpus, X, trainee.logits(X, max(1.0, allowed)))

    def differ(one: torch.Tensor, other: torch.Tensor) -> bool:
        return (one - other).abs().max().item() > 1e-3 * max(1.0, one.abs().max().item())

    few = corpus.held_out[:ALONE]
    here, again, in_company = ask(few), ask(few), ask(corpus.held_out[: 4 * ALONE])[:ALONE]
    noisy = differ(here, again)
    constant = not differ(here, here[:1].expand_as(here))
    if not corpus.causal or noisy:
        return Look(noisy, not noisy and differ(here, in_company), constant)
    losses, counts = [], []
    for inputs, labels in prefixes(corpus, seed):
        losses.append(evaluate.loss(corpus, inputs, labels, trainee.logits(inputs, max(1.0, allowed))))
        counts.append(int((labels >= 0).sum()))
    unseen = sum(loss * count for loss, count in zip(losses, counts, strict=True)) / sum(counts)
    middle = few.shape[1] // 2
    late, early = few.clone(), few.clone()
    late[:, middle:] = (late[:, middle:] + 1) % corpus.vocab_size
    early[:, 0] = (early[:, 0] + 1) % corpus.vocab_size
    return Look(
        batch=differ(here, in_company),
        constant=constant,
        future=differ(here[:, :middle], ask(late)[:, :middle]),
        past=differ(here[:, 1:], ask(early)[:, 1:]),
        blind=unseen - corpus.withheld_baseline + corpus.baseline,
    )
