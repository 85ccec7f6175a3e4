"""Are the targets right? Many seeds of the solution, and every known slip, through the real training checks.

The target is fixed in the recipe, as a margin below the corpus's baseline; here it is put to the test. The held-out
losses of n seeds are taken for a sample of a normal distribution with unknown mean and deviation, so the loss of one
more run lies above the target with the probability that Student's t distribution with n - 1 degrees of freedom gives
to (target - mean) / (sd * sqrt(1 + 1/n)). That has to be below one in a thousand.
"""

import contextlib
import math
import multiprocessing
import os
import shutil
import statistics
import tempfile
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from grader import cells, state
from grader import data as names_data
from grader.course import Course, Part
from grader.declared import declared
from grader.errors import UsageError
from grader.report.model import Curve, Result
from grader.start import start_template
from grader.template import Template
from grader.training import corpus
from grader.training.grade import Listener, Plan, grade
from grader.training.recipe import Bug, Training

RISK = 1e-3
"""How often a correct implementation may miss the target."""
ENOUGH = 10
"""Seeds; with fewer, the risk is not judged."""
FROM, TO = "<!-- calibration -->", "<!-- end of calibration -->"
"""Between these marks of a file the tables stand."""


@dataclass(frozen=True)
class Job:
    """One run: of the solution, or of the solution with a slip (by its place in the recipe's list)."""

    part: str
    training: str
    seed: int
    bug: int | None = None


@dataclass(frozen=True)
class Seeds:
    """What the seeds of the solution came to."""

    training: Training
    curves: list[Curve]
    passed: int

    @property
    def losses(self) -> list[float]:
        """The held-out loss of each seed; infinite where there was none."""
        return [math.inf if curve.last is None else curve.last for curve in self.curves]

    @property
    def deviations(self) -> float:
        """How many standard deviations the mean stays below the target."""
        spread = statistics.stdev(self.losses)
        room: float = self.curves[0].target - statistics.mean(self.losses)
        return room / spread if spread else math.inf

    @property
    def risk(self) -> float:
        """The probability that one more seed misses the target."""
        n = len(self.losses)
        return tail(self.deviations / math.sqrt(1 + 1 / n), n - 1)


@dataclass(frozen=True)
class Slip:
    """What the runs with one slip came to."""

    training: Training
    bug: Bug
    results: list[Result]

    @property
    def faults(self) -> Iterator[str]:
        """What is wrong with the verdicts, in words."""
        for result in self.results:
            where = f"{self.training.id}: {self.bug.what}"
            if result.status in ("passed", "grader_error", "not_run"):
                yield f"{where}: the verdict is {result.status}"
            elif result.mistake != self.bug.name:
                yield f"{where}: it is called {result.mistake!r}, and should be {self.bug.name!r}"
            elif self.bug.by_loss and not loss_shows(result):
                yield f"{where}: the loss alone does not show it"


def loss_shows(result: Result) -> bool:
    """Whether the held-out loss alone would have failed the run: above the target, not finite, or a leak."""
    curve = result.curve
    return not curve or curve.last is None or curve.last > curve.target or curve.last < curve.baseline - corpus.LEAK


def tail(t: float, degrees: int) -> float:
    """The probability that a variable of Student's t distribution exceeds t, by Simpson's rule on its density."""
    if not math.isfinite(t):
        return 0.0 if t > 0 else 1.0
    scale = math.exp(math.lgamma((degrees + 1) / 2) - math.lgamma(degrees / 2)) / math.sqrt(degrees * math.pi)
    steps, width = 2_000, abs(t) / 2_000
    density: list[float] = [scale * (1 + (i * width) ** 2 / degrees) ** (-(degrees + 1) / 2) for i in range(steps + 1)]
    half = width / 3 * (density[0] + 4 * sum(density[1:-1:2]) + 2 * sum(density[2:-1:2]) + density[-1])
    return max(0.0, 0.5 - half) if t > 0 else 0.5 + half


def calibrate(
    course: Course,
    parts: list[Part],
    counts: tuple[int, int],
    budget: str,
    device: str,
    jobs: int,
    say: Callable[[str], None],
) -> tuple[list[Seeds], list[Slip]]:
    """Run everything, in `jobs` processes; counts: seeds of the solution and of each slip; `say` hears of each run."""
    seeds, slip_seeds = counts
    found: list[Training] = []
    for part in parts:
        course.load(part)
        for training in declared(course, part, "training", Training):
            training.part = part.id
            found.append(training)
    plan = [Job(t.part, t.name, seed) for t in found for seed in range(seeds)]
    plan += [Job(t.part, t.name, seed, bug) for t in found for bug in range(len(t.bugs)) for seed in range(slip_seeds)]
    own = names_data.own().resolve() if names_data.own().exists() else None
    results: dict[Job, Result] = {}
    with ProcessPoolExecutor(jobs, multiprocessing.get_context("spawn"), _begin, (course, own, budget, device)) as pool:
        for job, result in zip(plan, pool.map(_work, plan), strict=True):
            results[job] = result
            loss = f"{result.curve.last:.4f}" if result.curve and result.curve.last is not None else "no loss"
            say(f"{result.id} seed {job.seed} {_what(found, job)}: {result.status}, {loss}, {result.mistake or ''}")
    by_seed, slips = [], []
    for t in found:
        own_runs = [results[Job(t.part, t.name, seed)] for seed in range(seeds)]
        curves = [run.curve for run in own_runs if run.curve]
        by_seed.append(Seeds(t, curves, sum(run.status == "passed" for run in own_runs)))
        for number, bug in enumerate(t.bugs):
            runs = [results[Job(t.part, t.name, seed, number)] for seed in range(slip_seeds)]
            slips.append(Slip(t, bug, runs))
    return by_seed, slips


def faults(by_seed: list[Seeds], slips: list[Slip], seeds: int) -> Iterator[str]:
    """What does not hold, in words."""
    for one in by_seed:
        if one.passed < seeds:
            yield f"{one.training.id}: {seeds - one.passed} of {seeds} seeds of the solution do not pass"
        if len(one.curves) >= ENOUGH and not one.risk < RISK:
            yield f"{one.training.id}: a right answer would miss the target with probability {one.risk:.2g}"
    for slip in slips:
        yield from slip.faults


def markdown(by_seed: list[Seeds], slips: list[Slip], command: str, device: str) -> str:
    """Both tables, for docs/training.md."""
    rows = [
        f"Made by `{command}` on {device}. Losses are held-out, in nats a character (part 0: squared error); "
        "mean and standard deviation over the seeds; headroom is the distance from the mean to the target.",
        "",
        "| check | steps | baseline | target | loss | worst | headroom in sd | risk | passed | seconds (median) |",
        "|---|---|---|---|---|---|---|---|---|---|",
    ]
    for one in by_seed:
        first, losses = one.curves[0], one.losses
        seconds = statistics.median(curve.seconds for curve in one.curves)
        rows.append(
            f"| {one.training.id} | {first.asked:,} | {first.baseline:.4f} | {first.target:.4f} | "
            f"{statistics.mean(losses):.4f} ± {statistics.stdev(losses):.4f} | {max(losses):.4f} | "
            f"{one.deviations:.1f} | {_risk(one.risk)} | {one.passed} of {len(losses)} | {seconds:.1f} |"
        )
    rows += ["", "| check | slip | verdict | named | loss | does the loss alone show it |", "|---|---|---|---|---|---|"]
    for slip in slips:
        losses = [r.curve.last for r in slip.results if r.curve and r.curve.last is not None]
        shown = f"{min(losses):.3f} to {max(losses):.3f}" if losses else "none"
        verdicts = " or ".join(sorted({r.status.replace("_", " ") for r in slip.results}))
        named = " or ".join(sorted({r.mistake or "-" for r in slip.results}))
        alone = sum(map(loss_shows, slip.results))
        word = "yes" if alone == len(slip.results) else "no" if not alone else f"in {alone} of {len(slip.results)}"
        rows.append(f"| {slip.training.id} | {slip.bug.what} | {verdicts} | {named} | {shown} | {word} |")
    return "\n".join(rows) + "\n"


def write(file: Path, tables: str) -> None:
    """Put the tables between their two marks in a file, or into a new one. Raises UsageError where it has none."""
    text = file.read_text(encoding="utf-8") if file.exists() else f"{FROM}\n{TO}\n"
    before, mark, rest = text.partition(FROM)
    _, end, after = rest.partition(TO)
    if not (mark and end):
        raise UsageError(f"{file} has no {FROM} and {TO} for the tables to stand between.")
    file.write_text(f"{before}{FROM}\n{tables}{TO}{after}", encoding="utf-8")


def _risk(risk: float) -> str:
    return "below 1e-9" if risk < 1e-9 else f"{risk:.0e}"


def _what(found: list[Training], job: Job) -> str:
    if job.bug is None:
        return "the solution"
    return next(t for t in found if (t.part, t.name) == (job.part, job.training)).bugs[job.bug].what


class _Worker:
    """What a process keeps from one run to the next. Its folder is its own, so that no two share a checkpoint."""

    course: Course
    template: Template
    plan: tuple[str, str]


def _begin(course: Course, own: Path | None, budget: str, device: str) -> None:
    folder = tempfile.mkdtemp(prefix="grader-calibrate-")
    os.chdir(folder)
    parent = multiprocessing.parent_process()
    assert parent is not None
    threading.Thread(target=_end_with, args=(parent,), daemon=True).start()
    if own:
        state.folder().mkdir()
        shutil.copy(own, names_data.own())
    _Worker.course, _Worker.plan = course, (budget, device)
    _Worker.template = start_template(fresh=True)
    multiprocessing.util.Finalize(None, _end, args=(folder,), exitpriority=10)


def _end_with(parent: Any) -> None:
    """Where the command is killed, its processes must not stay behind."""
    parent.join()
    os._exit(1)


def _end(folder: str) -> None:
    _Worker.template.close()
    with contextlib.suppress(OSError):
        shutil.rmtree(folder)


def _work(job: Job) -> Result:
    course = _Worker.course
    part = course.part(job.part)
    course.load(part)
    training = next(t for t in declared(course, part, "training", Training) if t.name == job.training)
    text = (course.root / "solutions" / f"{part.name}.py").read_text(encoding="utf-8")
    if job.bug is not None:
        text += f"\n\n# %%\n{training.bugs[job.bug].cell}\n"
    file = Path(f"{part.name}.py")
    file.write_text(text, encoding="utf-8")
    submission = cells.read(file, part.name)
    plan = Plan(*_Worker.plan, job.seed)
    (result,) = grade(course, part, submission, _Worker.template, plan, Listener(), lambda t: t.name == job.training)
    return result
