"""The reference's own run on the same machine: the unit of time, and the losses that are shown beside a student's.

It is made just before the student's and kept in the student's folder under a fingerprint of the machine, the
recipe and the data.
"""

import hashlib
import inspect
from collections.abc import Callable
from typing import Annotated, Any, TypeVar

import msgspec

from grader import state
from grader.training import device as devices
from grader.training.corpus import Corpus
from grader.training.recipe import Recipe, Training
from grader.training.run import Run, begin, run
from grader.training.trainee import Local

T = TypeVar("T")

MULTIPLE = 12
"""How many times the reference's time a student's run may take."""
FLOOR_SECONDS = 2.0
"""Beside it: on a fast device the reference takes next to no time."""
FASTEST = 20
"""A run in less than this fraction of the reference's time has not made the steps."""


class Yardstick(msgspec.Struct, frozen=True):
    """A run of the reference's: how long a step and a look took, and its losses by step."""

    run: Run
    steps_per_second: Annotated[float, msgspec.Meta(ge=1e-3, le=1e9)]
    others: dict[str, Run] = {}

    def allowed(self, steps: int) -> float:
        """The seconds that a student's run of so many steps may take."""
        return MULTIPLE * steps / self.steps_per_second + FLOOR_SECONDS

    def physics(self, steps: int) -> float:
        """The seconds that a run of so many steps takes at least."""
        return steps / self.steps_per_second / FASTEST


def measure(
    training: Training,
    trusted: Any,
    given: Callable[[], Any],
    corpus: Corpus,
    device: str,
    seed: int,
    say: Callable[[str], None] = lambda text: None,
) -> Yardstick:
    """The yardstick for a training on this machine: kept from last time, or measured now."""

    def timed() -> Yardstick:
        say(f"timing the reference on {device}")
        examination, _ = begin(training, corpus, local(training.recipe), seed)
        own = msgspec.structs.replace(made(training.trainer or training.recipe), examination=examination)
        others = {name: made(recipe) for name, recipe in training.others.items()}
        return Yardstick(own, training.quick.steps / own.seconds, others)

    def local(recipe: Recipe) -> Local:
        return Local(recipe, trusted, given(), corpus, device, seed)

    def made(recipe: Recipe) -> Run:
        return run(training, corpus, local(recipe), training.quick.steps, seed, float("inf"))

    return kept(f"{training.id}-{_key(training, corpus, device, seed)}", Yardstick, timed)


def kept(name: str, kind: type[T], make: Callable[[], T]) -> T:
    """What was measured last time under this name, or what `make` measures now."""
    path = state.folder() / "yardsticks" / f"{name}.json"
    try:
        return msgspec.json.decode(path.read_bytes(), type=kind)
    except (OSError, msgspec.DecodeError, RecursionError):
        pass  # none, or a damaged or an edited one: it is measured again
    found = make()
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(msgspec.json.encode(found))
    except OSError:
        pass  # it is measured again next time
    return found


def _key(training: Training, corpus: Corpus, device: str, seed: int) -> str:
    recipes = [training.recipe, training.trainer, *training.others.values()]
    sources = [inspect.getsource(recipe) for recipe in recipes if recipe]
    facts = [*sources, str(training.quick), str(training.batch), str(training.lr), str(corpus.baseline), str(seed)]
    digest = hashlib.sha256("\n".join(facts).encode()).hexdigest()[:12]
    return f"{devices.fingerprint(device)}-{digest}"
