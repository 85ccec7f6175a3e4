"""What the training harness costs: steps per second of a solution inside it, against the same loop bare.

    python benchmarks/harness.py [--rounds 9] [--seconds 4]

Inside means the whole way: a process of its own, batches drawn by the grader and sent as messages, losses sent back,
checkpoints written, progress heard. The ten looks at the held-out loss are taken off: they are no steps. Bare is the
same function called in a loop in this process, on the same batches. Each round runs both, one after the other, on
one thread; a line's ratio is the median over the rounds. Exit code 1: a ratio is below 0.97.
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

import torch

from grader import cells, data, state, warm
from grader.attempt import Attempt
from grader.course import Course
from grader.declared import declared, source_of
from grader.sandbox import Limits
from grader.student.trainer import Trainer
from grader.template import start_template
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


def bare(training, module, corpus, steps):
    """Seconds of a plain loop: the recipe's own step, on the batches that the harness would draw."""
    mode = torch.inference_mode() if "autograd" in training.forbids else contextlib.nullcontext()
    with mode:
        trainer = Trainer(training.recipe, module, inputs(training), corpus.X, corpus.Y, "cpu", 1)
        step = trainer._trainee["step"]
        rows, rates, _ = order(training, len(corpus.X), 0, steps, steps, 1)
        X, Y = corpus.X, corpus.Y
        batches = list(zip(rows, rates.tolist(), strict=True))
        start = time.perf_counter()
        losses = [step(X[row], Y[row], lr) for row, lr in batches]
        taken = time.perf_counter() - start
    assert len(losses) == steps
    return taken


def inside(training, part, course, template, corpus, steps):
    """Seconds of the same steps in the harness."""
    submission = cells.read(ROOT / "solutions" / f"{part.name}.py", part.name)
    attempt = Attempt(template, submission, part.forbids, course.hidden_folders(), Limits(60, 600))
    try:
        source = training.recipe.__name__, source_of(training.recipe)
        remote = Remote(attempt, part.forbids, source, inputs(training), corpus, "cpu", 1)
        begin(training, corpus, remote, 1)
        keeper = Keeper(training.id, Setting("", "", "", 0, "cpu"))
        heard, looks, logits = [], [], remote.logits

        def look(X, patience):
            before = time.perf_counter()
            answer = logits(X, patience)
            looks.append((time.perf_counter(), time.perf_counter() - before))
            return answer

        remote.logits = look
        start = time.perf_counter()
        done = run(training, corpus, remote, steps, 1, 600.0, lambda _: heard.append(time.perf_counter()), keeper)
        assert done.step == steps, done
        return heard[-1] - start - sum(taken for at, taken in looks if at <= heard[-1])
    finally:
        attempt.close()


def main() -> int:
    """Print the table; 1 where a ratio is too small."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--seconds", type=float, default=4.0, help="about so long for each loop")
    options = parser.parse_args()
    warm.import_torch()
    torch.set_num_threads(1)
    course = Course(ROOT)
    words = data.current(ROOT).words
    template = start_template(fresh=True)
    missed = 0
    print(f"{'training':30} {'steps':>6} {'bare/s':>8} {'inside/s':>8} {'ratio':>6} {'target':>7}")
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        assert not state.FOLDER.exists()
        try:
            for part in course.parts():
                course.load(part)
                for training in declared(course, part, "training", Training):
                    training.part, training.forbids = part.id, part.forbids
                    if training.id not in CHOSEN:
                        continue
                    corpus = training.corpus(words)
                    module = solution(part)
                    pace = 100 / bare(training, module, corpus, 100)
                    steps = max(1, round(pace * options.seconds / 100)) * 100
                    rounds = [
                        (bare(training, module, corpus, steps), inside(training, part, course, template, corpus, steps))
                        for _ in range(options.rounds)
                    ]
                    plain, harness = (steps / statistics.median(one[i] for one in rounds) for i in (0, 1))
                    ratio = statistics.median(one[0] / one[1] for one in rounds)
                    missed += ratio < LEAST
                    print(f"{training.id:30} {steps:6} {plain:8.0f} {harness:8.0f} {ratio:6.3f} {LEAST:>7}", flush=True)
        finally:
            template.close()
            os.chdir(ROOT)
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
