"""What the training harness costs: steps per second of a solution inside it, against the same loop bare.

    python benchmarks/harness.py [--rounds 5] [--seconds 10]

Inside means the whole way: a process of its own, batches drawn by the grader and sent as messages, losses sent back,
checkpoints written, progress heard. The looks at the held-out loss are taken off, on both sides of the wire: they are
no steps. Bare is the same function called in a loop in this process, on the same batches, on one thread as well. The
two take turns, a message's worth of steps each.

Neighbours of a shared machine slow single seconds of either side by a third, so that walls can't be compared. Every
step takes its own time instead, and the ratio is put together of two: `step`, the fastest tenth of the bare steps
against that of the steps inside; and `share`, the part of the wall that the steps fill, inside against bare.
Exit code 1: a ratio is below 0.97.
"""

import argparse
import contextlib
import importlib.util
import os
import statistics
import sys
import tempfile
import time
from pathlib import Path
from unittest.mock import patch

import torch

from grader import cells, data, state, warm
from grader.attempt import Attempt
from grader.course import Course
from grader.declared import declared, source_of
from grader.sandbox import Limits
from grader.start import start_template
from grader.student.trainer import Trainer
from grader.training import evaluate
from grader.training.checkpoint import Keeper, Setting
from grader.training.recipe import Training
from grader.training.run import begin, order, run
from grader.training.trainee import Remote
from grader.values import Namespace

ROOT = Path(__file__).resolve().parent.parent
CHOSEN = (
    "part2.training.reach_target",
    "part4.training.by_hand",
    "part5.training.hierarchical",
    "part6.training.small_gpt",
)
LEAST = 0.97


def solution(part):
    """A part's solved names, imported as a module."""
    spec = importlib.util.spec_from_file_location(part.name, ROOT / "solutions" / f"{part.name}.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def inputs(training):
    """The recipe's inputs for a seed."""
    return Namespace(training.make_inputs(torch.Generator().manual_seed(1)))


STOPWATCH = """
def stopwatch(m, given):
    import time

    trainee = {recipe}(m, given)
    step = trainee["step"]

    def timed(X, Y, lr):
        start = time.perf_counter()
        step(X, Y, lr)
        return time.perf_counter() - start

    return {{**trainee, "step": timed}}
"""
"""What is added to a recipe: its steps answer with the seconds they took."""


class Timed:
    """One run in the harness that takes turns with a plain loop: the seconds of each step, and of all."""

    def __init__(self, training, part, corpus, remote, keeper, source):
        scope = {}
        exec(source, scope)
        self._plain = torch.inference_mode if "autograd" in training.forbids else contextlib.nullcontext
        with self._plain():
            trainer = Trainer(scope["stopwatch"], solution(part), inputs(training), corpus.X, corpus.Y, "cpu", 1)
        self._step, self._corpus = trainer._trainee["step"], corpus
        self._ask, self._keep = remote.steps, keeper
        remote.steps, remote.logits = self._steps, self._off(remote.logits)
        self._loss = self._off(evaluate.loss)
        self.bare, self.inside = [], []
        self.bare_wall = self.inside_wall = self._looking = 0.0

    def bare_loop(self, rows, rates):
        """A step on each row; how long each took."""
        X, Y = self._corpus.X, self._corpus.Y
        with self._plain():
            return [self._step(X[row], Y[row], lr) for row, lr in zip(rows, rates.tolist(), strict=True)]

    def run(self, training, corpus, remote, steps):
        """All of it."""
        with patch.object(evaluate, "loss", self._loss):
            start = time.perf_counter()
            done = run(training, corpus, remote, steps, 1, 600.0, lambda _: self._heard(), self._keep)
        assert done.step == steps, done
        self.inside_wall = self._end - start - self.bare_wall - self._looked

    def _heard(self):
        self._end = time.perf_counter()
        self._looked = self._looking

    def _steps(self, rows, rates, seeds, patience):
        answer = self._ask(rows, rates, seeds, patience)
        start = time.perf_counter()
        self.bare += self.bare_loop(rows, rates)
        self.bare_wall += time.perf_counter() - start
        self.inside += answer.tolist()
        return answer

    def _off(self, function):
        """The function, its time taken off."""

        def timed(*arguments):
            start = time.perf_counter()
            answer = function(*arguments)
            self._looking += time.perf_counter() - start
            return answer

        return timed


def timed(training, part, course, template, corpus, steps):
    """A Timed of so many steps."""
    submission = cells.read(ROOT / "solutions" / f"{part.name}.py", part.name)
    attempt = Attempt.of(course, part, submission, template, Limits(60, 600))
    try:
        source = source_of(training.recipe) + STOPWATCH.format(recipe=training.recipe.__name__)
        remote = Remote(attempt, part.forbids, ("stopwatch", source), inputs(training), corpus, "cpu", 1)
        begin(training, corpus, remote, 1)
        both = Timed(training, part, corpus, remote, Keeper(training.id, Setting("", "", "", 0, "cpu")), source)
        both.bare_loop(*order(training, len(corpus.X), 0, 20, steps, 1)[:2])  # warm, as the one inside is
        both.run(training, corpus, remote, steps)
        return both
    finally:
        attempt.close()


def fastest(seconds):
    """The tenth of the steps that no neighbour has slowed."""
    return statistics.quantiles(seconds, n=10)[0]


def main() -> int:
    """Print the table; 1 where a ratio is too small."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=10.0, help="about so long for each loop")
    options = parser.parse_args()
    warm.import_torch()
    torch.set_num_threads(1)
    course = Course(ROOT)
    words = data.current(Course(ROOT)).words
    template = start_template(fresh=True)
    missed = 0
    print(f"{'training':30} {'steps':>6} {'step':>6} {'share':>6} {'ratio':>6} {'target':>7}")
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        assert not state.folder().exists()
        try:
            for part in course.parts():
                course.load(part)
                for training in declared(course, part, "training", Training):
                    training.part, training.forbids = part.id, part.forbids
                    if training.id not in CHOSEN:
                        continue
                    corpus = training.corpus(words)
                    short = timed(training, part, course, template, corpus, 100)
                    steps = max(1, round(options.seconds / short.bare_wall)) * 100
                    rounds = [timed(training, part, course, template, corpus, steps) for _ in range(options.rounds)]
                    bare, inside = ([t for one in rounds for t in getattr(one, side)] for side in ("bare", "inside"))
                    step = fastest(bare) / fastest(inside)
                    walls = sum(one.bare_wall for one in rounds), sum(one.inside_wall for one in rounds)
                    share = sum(inside) / walls[1] / (sum(bare) / walls[0])
                    ratio = step * share
                    missed += ratio < LEAST
                    print(f"{training.id:30} {steps:6} {step:6.3f} {share:6.3f} {ratio:6.3f} {LEAST:>7}", flush=True)
        finally:
            template.close()
            os.chdir(ROOT)
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
