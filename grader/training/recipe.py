"""How an author declares a training check: a recipe that travels like a probe, its data, budgets and targets.

    @training(points=2, corpus=windows(block_size=3), quick=Budget(5_000, 0.183), full=Budget(200_000, 0.30), lr=0.1)
    def reach_target(m, given):
        '''The network reaches the target on names it has not seen'''
        params = start(given)
        return {
            "step": lambda X, Y, lr: m.train_step(params, X, Y, lr),
            "logits": lambda X: m.mlp_forward(params, X),
            "tensors": lambda: dict(zip("C W1 b1 W2 b2".split(), params)),
        }

The recipe is run on the student's names in the student's process, and on the reference's here: that run is the
yardstick for time and loss.
"""

import textwrap
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import torch

from grader.training.corpus import Corpus

Recipe = Callable[[Any, Any], dict[str, Any]]
Logits = Callable[[torch.Tensor], torch.Tensor]
BATCH = 32


@dataclass(frozen=True)
class Budget:
    """How many steps, and how far below the corpus's baseline the held-out loss has to come in them."""

    steps: int
    margin: float


@dataclass(frozen=True)
class Bug:
    """A slip that the check must refuse and name: a cell that takes the place of what the solution defines."""

    what: str
    name: str
    """What the verdict has to call it."""
    cell: str
    by_loss: bool
    """Whether the loss alone shows it; else only behaviour does."""


@dataclass(eq=False)
class Training:
    """One training check as its author wrote it."""

    recipe: Recipe
    points: int
    corpus: Callable[[list[str]], Corpus]
    quick: Budget
    full: Budget
    lr: float
    batch: int | None = BATCH
    """Examples in a batch; None trains on all of them at each step."""
    drop: float = 0.7
    """After this share of the steps the rate is a tenth."""
    block: int = 100
    """Steps that share a draw of batches and a seed: a run can be resumed between two blocks."""
    rests_on: tuple[str, ...] = ()
    """Exercises whose own checks must pass: what a loss can't show."""
    first: tuple[float, float] | None = None
    """The band in which the loss before the first step has to be."""
    own_steps: bool = True
    """Whether the step is the student's, and not a part of the recipe."""
    part: str = ""
    name: str = ""
    make_inputs: Callable[[torch.Generator], dict[str, Any]] = field(default=lambda rng: {})
    trainer: Recipe | None = None
    measure: Callable[[Corpus, Logits], dict[str, Any]] | None = None
    others: dict[str, Recipe] = field(default_factory=dict)
    bugs: list[Bug] = field(default_factory=list)

    @property
    def id(self) -> str:
        """The check's id, such as part2.training.reach_target."""
        return f"{self.part}.training.{self.name}"

    @property
    def title(self) -> str:
        """The first line of the recipe's docstring."""
        return (self.recipe.__doc__ or self.name).strip().split("\n")[0]

    def budget(self, name: str) -> Budget:
        """The budget called `quick` or `full`."""
        return self.quick if name == "quick" else self.full

    def inputs(self, make: Any) -> Any:
        """Register the maker of the recipe's inputs: `make(rng)` returns a dict of values, such as parameters."""
        self.make_inputs = make
        return make

    def reference(self, recipe: Any) -> Any:
        """Register another recipe for the reference's own run: the same mathematics, faster. It stays here."""
        self.trainer = recipe
        return recipe

    def beside(self, name: str) -> Callable[[Any], Any]:
        """Register a recipe whose losses are shown beside the student's; it is run on the reference, here."""

        def register(recipe: Any) -> Any:
            self.others[name] = recipe
            return recipe

        return register

    def also(self, measure: Any) -> Any:
        """Register `measure(corpus, logits)`: a dict of `judge.Band` by name, all of which have to hold in the end."""
        self.measure = measure
        return measure

    def bug(self, what: str, name: str, cell: str, by_loss: bool = True) -> None:
        """Register a known slip for `grader dev calibrate`; see Bug."""
        self.bugs.append(Bug(what, name, textwrap.dedent(cell).strip("\n"), by_loss))


@dataclass(eq=False)
class Speedrun:
    """A race against the clock: the recipe calls a function of the student's, which trains as it likes."""

    recipe: Recipe
    corpus: Callable[[list[str]], Corpus]
    margin: float
    record: Callable[[torch.Tensor, torch.Tensor, int], Logits]
    """The reference's own, from X, Y and vocab_size."""
    part: str = ""

    @property
    def id(self) -> str:
        """The id in reports and in the record book."""
        return f"{self.part}.speedrun"

    @property
    def title(self) -> str:
        """The first line of the recipe's docstring."""
        return (self.recipe.__doc__ or "").strip().split("\n")[0]


def training(**declared: Any) -> Callable[[Recipe], Training]:
    """Make the decorated recipe a training check; `declared` are the fields of Training."""
    return lambda recipe: Training(recipe, name=recipe.__name__, **declared)


def speedrun(**declared: Any) -> Callable[[Any], Speedrun]:
    """Make the decorated recipe a speedrun; `declared` are the fields of Speedrun."""
    return lambda recipe: Speedrun(recipe, **declared)
