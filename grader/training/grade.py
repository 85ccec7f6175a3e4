"""The whole way of a training check, from a submission to a verdict. See pipeline.py for that of an exercise."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import msgspec
import torch

from grader import data as names_data
from grader import expect, pipeline
from grader.attempt import Attempt
from grader.cells import Submission
from grader.course import PUBLIC_SEED, Course, Part
from grader.declared import declared, source_of
from grader.errors import UsageError
from grader.report.model import Result
from grader.sandbox import Limits
from grader.template import Template
from grader.training import device as devices
from grader.training import records
from grader.training.checkpoint import Keeper, Setting
from grader.training.corpus import Corpus, renumbered
from grader.training.diagnose import finding
from grader.training.finding import Evidence
from grader.training.recipe import Training
from grader.training.run import Progress, Run, begin, run
from grader.training.trainee import GRACE, Remote, Stopped
from grader.training.verdict import interrupted, not_begun, verdict, waiting
from grader.training.yardstick import measure
from grader.values import Namespace

UNLIMITED = 1 << 46
"""Bytes of address space on a GPU, whose driver reserves far more than it uses."""


@dataclass(frozen=True)
class Plan:
    """How to train: `budget` is quick or full, `device` one that is there."""

    budget: str
    device: str
    seed: int
    resume: bool = False
    keep: bool = True
    """Whether an interrupted run leaves a checkpoint to go on from."""


@dataclass(frozen=True)
class Listener:
    """Who hears how it goes."""

    say: Callable[[str], None] = lambda text: None
    begin: Callable[[Training], None] = lambda training: None
    progress: Callable[[Progress], None] = lambda progress: None
    result: Callable[[Result], None] = lambda result: None


def grade(
    course: Course,
    part: Part,
    submission: Submission,
    template: Template,
    plan: Plan,
    listener: Listener,
    only: Callable[[Training], bool] = lambda training: True,
) -> list[Result]:
    """Train what a submission has written, check by check. Raises UsageError where the set-up is at fault."""
    _, trusted = course.load(part)
    words = names_data.current(course)
    results = []
    for training in filter(only, declared(course, part, "training", Training)):
        training.part = part.id
        try:
            listener.begin(training)
            result = _train(course, part, submission, template, plan, listener, training, trusted, words)
        except KeyboardInterrupt:
            result = not_begun(training)
        results.append(result)
        listener.result(result)
        if interrupted(result):
            break
    return results


def _train(
    course: Course,
    part: Part,
    submission: Submission,
    template: Template,
    plan: Plan,
    listener: Listener,
    training: Training,
    trusted: Any,
    words: names_data.Names,
) -> Result:
    """The verdict on one training check."""
    listener.say("checking the exercises that it rests on")
    checked = _exercises(course, part, submission, template, plan.seed, training.rests_on)
    unwritten = [one for one in checked if one.status == "not_attempted"]
    if unwritten:
        return waiting(training, unwritten)
    as_written = training.corpus(words.words)
    # The reference's run is kept, and serves for all seeds.
    public = renumbered(as_written, seed_for(PUBLIC_SEED, training.id, "letters"))
    order = seed_for(PUBLIC_SEED, training.id, "order")
    yardstick = measure(
        training, trusted, lambda: _given(training, PUBLIC_SEED), public, plan.device, order, listener.say
    )
    corpus = renumbered(as_written, seed_for(plan.seed, training.id, "letters"))
    order = seed_for(plan.seed, training.id, "order")
    budget = training.budget(plan.budget)
    allowed = yardstick.allowed(budget.steps)
    setting = Setting(records.fingerprint(submission), words.sha256[:16], plan.budget, plan.seed, plan.device)
    keeper = Keeper(training.id, setting) if plan.keep else None
    before = keeper.read(budget.steps) if keeper and plan.resume else None
    if plan.resume and not before:
        listener.say("there is no interrupted run to go on from: this one starts anew")
    if keeper and not plan.resume and (aside := keeper.set_aside()):
        listener.say(f"an interrupted run was set aside as {aside}; --resume would have gone on from it")
    attempt = Attempt.of(course, part, submission, template, limits(plan.device, allowed))
    try:
        listener.say("the first steps, off the clock")
        start = seed_for(plan.seed, training.id, "start")
        source = training.recipe.__name__, source_of(training.recipe)
        make = partial(Remote, attempt, part.forbids, source, _given(training, plan.seed), corpus, plan.device, start)
        done = _run(training, make, corpus, budget.steps, order, allowed, listener, keeper, before)
    finally:
        output = attempt.output()
        attempt.close()
    wrong = tuple(one for one in checked if one.status != "passed")
    evidence = Evidence(training, corpus, done, yardstick, corpus.baseline - budget.margin, wrong)
    return verdict(evidence, finding(evidence), plan.budget, devices.described(plan.device), output, before is not None)


def _run(
    training: Training,
    make: Callable[[], Remote],
    corpus: Corpus,
    steps: int,
    order: int,
    allowed: float,
    listener: Listener,
    keeper: Keeper | None,
    before: tuple[Run, dict[str, torch.Tensor]] | None,
) -> Run:
    """What came of the run, however it ended; with a checkpoint now and then while it goes on."""
    so_far = before[0] if before else Run(steps, 0, [], 0.0)

    def keep(now: Run, trainee: Any) -> None:
        nonlocal so_far
        so_far = now
        try:
            if keeper:
                keeper(now, trainee)
        except UsageError as error:  # a full disk costs the checkpoint, not the run
            listener.say(f"no checkpoint: {error}")

    try:
        remote = make()
        examination, hidden = begin(training, corpus, remote, order)
        if before:
            remote.restore(before[1])
        done = run(training, corpus, remote, steps, order, allowed, listener.progress, keep, before and before[0])
        if keeper:
            keeper.done()
        return msgspec.structs.replace(done, examination=examination, **_saturation(hidden))
    except Stopped as stopped:
        return msgspec.structs.replace(so_far, stopped="fault", fault=stopped.fault)
    except KeyboardInterrupt:
        return msgspec.structs.replace(so_far, stopped="interrupted", kept=keeper and keeper.step)


def _exercises(
    course: Course, part: Part, submission: Submission, template: Template, seed: int, names: tuple[str, ...]
) -> list[Result]:
    """The verdicts on the exercises that a training rests on."""
    if not names:
        return []
    part, specs = course.select(tuple(f"{part.id}.{name}" for name in names))
    attempt = Attempt.of(course, part, submission, template, Limits())
    return pipeline.grade(course, part, specs, attempt, seed).results


def _given(training: Training, seed: int) -> Namespace:
    rng = torch.Generator().manual_seed(seed_for(seed, training.id, "inputs"))
    return Namespace(training.make_inputs(rng))


def seed_for(seed: int, training: str, purpose: str) -> int:
    """A seed for one purpose. Those that reach the student's process tell nothing of the others."""
    return expect.seed_of(seed, f"{training}:{purpose}") % (1 << 48)


def limits(device: str, allowed: float) -> Limits:
    """What the student's process may use; memory is not bounded on a GPU."""
    total = allowed + 10 * GRACE
    return Limits(GRACE, total) if device == "cpu" else Limits(GRACE, total, memory=UNLIMITED)


def _saturation(hidden: Any) -> dict[str, float]:
    """What a recipe's hidden layer shows; nothing where what came is no tensor of shares."""
    if not isinstance(hidden, torch.Tensor) or not hidden.is_floating_point() or not hidden.numel():
        return {}
    saturated = hidden.double().mean().item()
    return {"saturated": saturated} if math.isfinite(saturated) else {}
