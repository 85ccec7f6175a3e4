"""What a verdict on a training run rests on, and what it may be called."""

from dataclasses import dataclass

from grader.report.model import Result, Status
from grader.training.corpus import Corpus
from grader.training.recipe import Training
from grader.training.run import Run
from grader.training.yardstick import Yardstick

FROZEN = "a parameter is frozen"
IDLE = "no parameter moves"
UPHILL = "the steps go uphill"
PILE = "the gradients are not flushed"
NO_RATE = "the learning rate is not applied"
EVALUATING = "BatchNorm is in evaluation mode while it trains"
TRAINING = "BatchNorm is in training mode while it is evaluated"
NOISY = "dropout is on while the model is evaluated"
LEAK = "a leak: the answer is among the inputs"
FUTURE = "no causal mask: a position sees what it is to predict"
ALONE = "the positions do not see each other"
NOT_FRESH = "the network was not new"
TOO_FAST = "finished in no time"
NAN = "the loss is NaN"
START = "a bad start"
CONSTANT = "the same answer to every input"
PLATEAU = "a plateau"
OVERFITTED = "overfitting"
UNDERFITTED = "underfitting"
INTERRUPTED = "Interrupted"
"""How the message of a run begins that a person has put an end to."""


@dataclass(frozen=True)
class Finding:
    """A status with what to say."""

    status: Status
    message: str
    name: str | None = None


@dataclass(frozen=True)
class Evidence:
    """All that a verdict rests on."""

    training: Training
    corpus: Corpus
    run: Run
    yardstick: Yardstick
    target: float
    wrong: tuple[Result, ...]
    """Checks of the exercises that the training rests on that have not passed."""
