"""A run and what was found of it, as the result that every report is a function of."""

import math

import msgspec

from grader.report.model import Curve, Details, Frame, Result
from grader.training.finding import INTERRUPTED, Evidence, Finding
from grader.training.recipe import Training

OUTPUT_SHOWN = 2_000


def verdict(e: Evidence, found: Finding, budget: str, device: str, output: str, resumed: bool) -> Result:
    """The result of a training check that was run."""
    points = e.training.points if found.status == "passed" else 0
    fault = e.run.fault or {"trace": []}
    details = Details(trace=[msgspec.convert(frame, Frame) for frame in fault["trace"]], output=output[:OUTPUT_SHOWN])
    return Result(
        e.training.id,
        e.training.title,
        found.status,
        points,
        e.training.points,
        found.message,
        found.name,
        details,
        round(e.run.seconds, 4),
        _curve(e, budget, device, resumed) if e.run.points or e.run.stopped == "interrupted" else None,
    )


def interrupted(result: Result) -> bool:
    """Whether a person has put an end to the run, and not an exercise that it waits for."""
    return result.status == "not_run" and result.message.startswith(INTERRUPTED)


def not_begun(training: Training) -> Result:
    """The result of one that was interrupted before its own run."""
    message = f"{INTERRUPTED} before its first step."
    return Result(training.id, training.title, "not_run", 0, training.points, message)


def waiting(training: Training, unwritten: list[Result]) -> Result:
    """The result of one that was not run, because what it trains is not written yet."""
    names = " and ".join(dict.fromkeys(one.id.split(".")[1] for one in unwritten))
    return Result(
        training.id, training.title, "not_run", 0, training.points, f"Not run: it waits for {names}, not written yet."
    )


def _curve(e: Evidence, budget: str, device: str, resumed: bool) -> Curve:
    run, own = e.run, e.yardstick.run
    theirs = {point.step: point.held_out for point in own.points}
    examination = run.examination
    updates = {}
    if examination:
        updates = {
            name: math.log10(update) - math.log10(examination.data[name])
            for name, update in examination.update.items()
            if 0 < update < math.inf and 0 < examination.data[name] < math.inf
        }
    rate = math.log10(e.training.lr)
    return Curve(
        budget=budget,
        device=device,
        target=e.target,
        baseline=e.corpus.baseline,
        baseline_name=e.corpus.baseline_name,
        guess=e.corpus.guess,
        first=run.first if run.points else None,
        last=run.last if run.points else None,
        seen=run.seen,
        steps=run.step,
        asked=run.asked,
        seconds=run.seconds,
        allowed=e.yardstick.allowed(run.asked),
        steps_per_second=run.step / run.seconds if run.seconds else 0.0,
        reference_steps_per_second=e.yardstick.steps_per_second,
        reference_last=own.last if run.asked == own.asked else None,
        others={name: [other.first, other.last] for name, other in e.yardstick.others.items()},
        points=[[point.step, point.told, point.held_out, theirs.get(point.step)] for point in run.points],
        updates=updates,
        gradients={name: value - rate for name, value in updates.items()} if e.training.own_steps else {},
        saturated=run.saturated,
        resumed=resumed,
    )
