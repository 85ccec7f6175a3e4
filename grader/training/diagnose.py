"""What a run shows: the first of these findings that holds is the verdict. Pure functions of plain records.

A loss is a weak witness. What it can't show is asked of the exercises' own checks (`wrong`), of the model's answers
(`Look`) and of its first steps (`Examination`).
"""

import math
from collections.abc import Iterator
from statistics import median
from typing import Any

from grader.reply import describe
from grader.report.model import Result, Status
from grader.training.finding import (
    ALONE,
    EVALUATING,
    FROZEN,
    FUTURE,
    IDLE,
    LEAK,
    NAN,
    NO_RATE,
    NOISY,
    NOT_FRESH,
    PILE,
    START,
    TOO_FAST,
    TRAINING,
    UPHILL,
    Evidence,
    Finding,
)
from grader.training.run import Examination
from grader.training.unlearned import ended_early, rate_advice, target_missed

FRESH = 0.35
"""No network that has not been trained comes so far below the loss of a guess."""
PILED_UP = 1.5
"""Where the second step is so many times the first, the first gradient is still in it."""
PEEKED = 0.06
"""By so much no model is better, by chance, on names that it was shown whole (standard error 0.013)."""


def finding(evidence: Evidence) -> Finding:
    """The verdict on a run."""
    wrong = (_fault, _refused, _leaks, _named, _modes, _first_steps, _physics)
    for rule in (*wrong, ended_early, _start, _wrong, target_missed, _bands):
        found: Finding | None = rule(evidence)
        if found:
            return found
    return Finding("passed", "")


def _fault(e: Evidence) -> Finding | None:
    return of_fault(e.run.fault, e.run.step) if e.run.stopped == "fault" and e.run.fault else None


def of_fault(fault: dict[str, Any], step: int) -> Finding:
    """The verdict where the student's process has failed, after so many steps."""
    if fault["kind"] == "cell":
        return Finding(fault["status"], fault["what"])
    text = describe(fault)
    if fault["kind"] == "not_attempted":
        return Finding("not_attempted", f"It calls {fault['what']}, which is not written yet.")
    if fault["kind"] == "missing":
        return Finding("failed", f"The file defines no {fault['what']}.")
    if fault["kind"] == "broken_rule":
        return Finding("broken_rule", text)
    if fault["kind"] == "timed_out":
        return Finding("timed_out", text)
    did = "ended the process" if fault["kind"] == "crashed" else "raised"
    return Finding("crashed", f"It {did}, after step {step:,}: {text}")


def _refused(e: Evidence) -> Finding | None:
    if e.run.stopped != "refused":
        return None
    if e.run.name == "NaN or infinity" and e.run.step:
        return Finding("not_converged", f"After step {e.run.step:,}: {e.run.why} {rate_advice(e)}", NAN)
    return Finding("failed", e.run.why, e.run.name)


def _leaks(e: Evidence) -> Finding | None:
    run, corpus = e.run, e.corpus
    lowest = min((point.held_out for point in run.points), default=math.inf)
    if run.look.blind is not None and run.last < min(run.look.blind - PEEKED, corpus.baseline):
        return Finding(
            "failed",
            f"On names that were asked for a character at a time the loss is {run.look.blind:.3f}, on those that were "
            f"shown whole {run.last:.3f}. The answers hang on what comes later, or on what was shown before.",
            FUTURE,
        )
    if run.look.future:
        return Finding(
            "failed",
            "Changing later characters changes the logits of earlier positions. A position that sees the character it "
            f"is asked for need not learn anything: the held-out loss is {run.last:.3f}. When a name is written, "
            "nothing comes after.",
            FUTURE,
        )
    if lowest < corpus.floor:
        return Finding(
            "failed",
            f"The held-out loss came to {lowest:.4f}. Below {corpus.floor:.2f} there is nothing to be learned from "
            "these inputs: the labels must have been visible in some way.",
            LEAK,
        )
    if run.first <= (e.target if corpus.squared_error else corpus.guess - FRESH):
        return Finding(
            "failed",
            f"Before its first step the loss is {run.first:.3f} already; who knows nothing has "
            f"{corpus.guess:.3f}. What is trained here has to start from random numbers.",
            NOT_FRESH,
        )
    return None


def _named(e: Evidence) -> Finding | None:
    """An exercise with a known mistake in it goes before what it does to the run."""
    return next((_does_not_pass(e, one) for one in e.wrong if one.mistake), None)


def _wrong(e: Evidence) -> Finding | None:
    return next((_does_not_pass(e, one) for one in e.wrong), None)


def _does_not_pass(e: Evidence, one: Result) -> Finding:
    reached = "The loss reaches its target all the same" if e.run.last <= e.target else "The loss is a late witness"
    return Finding(
        "failed",
        f"{one.id} does not pass: {(one.mistake or one.message).rstrip('.')}. {reached} ({e.run.last:.3f}, target "
        f"{e.target:.3f}): a loss can't be relied on to show this. `grader run {one.id}` says more.",
        one.mistake or f"{one.id} does not pass",
    )


def _modes(e: Evidence) -> Finding | None:
    look = e.run.look
    if look.noisy:
        return Finding(
            "failed", "The same inputs twice give different logits: dropout belongs to training alone.", NOISY
        )
    if look.batch:
        return Finding(
            "failed",
            "An example's logits change with the other examples in its batch. In evaluation BatchNorm is to use its "
            "running statistics: one name at a time must get the answer that a thousand at once get.",
            TRAINING,
        )
    if e.corpus.causal and not look.past and e.run.stopped is None:
        return Finding(
            "failed",
            "Changing the first character changes no later position's logits: what came before is not looked at, and "
            f"so the loss stays near the bigram's ({e.run.last:.3f}, and {e.corpus.baseline:.3f} for the bigram).",
            ALONE,
        )
    return None


def _first_steps(e: Evidence) -> Finding | None:
    mine, theirs = e.run.examination, e.yardstick.run.examination
    if mine is None or theirs is None:
        return None
    return next(_step_findings(e, mine, theirs), None)


def _step_findings(e: Evidence, mine: Examination, theirs: Examination) -> Iterator[Finding]:
    moving = [name for name in mine.update if mine.update[name] != 0]  # by NaN, too
    if mine.update and not moving:
        yield Finding("failed", "After a step every parameter is what it was before: the update is not applied.", IDLE)
    still = [name for name in mine.update if mine.update[name] == 0 and theirs.update.get(name, 0.0) > 1e-6]
    if any("running" in name for name in still):
        yield Finding("failed", "BatchNorm's running statistics do not move in a training step.", EVALUATING)
    if still:
        yield Finding("failed", f"A step leaves {' and '.join(still)} as it was: no gradient arrives there.", FROZEN)
    if len(mine.losses) > 1 and mine.losses[-1] > mine.losses[0] + 0.01 and theirs.losses[-1] < theirs.losses[0]:
        yield Finding(
            "failed",
            f"On one batch, over and over, the loss goes from {mine.losses[0]:.3f} to {mine.losses[-1]:.3f} in "
            f"{len(mine.losses) - 1} steps. A step goes against the gradient.",
            UPHILL,
        )
    if not e.training.own_steps or not moving:
        return
    if median(mine.again[name] for name in moving) > PILED_UP:
        yield Finding(
            "failed",
            "The second step on a batch is about twice the first, as if its gradient had been added to the one "
            "before. backward() adds to what stands in .grad.",
            PILE,
        )
    common = [name for name in moving if theirs.update.get(name, 0.0) > 1e-6]
    ratio = median(mine.update[name] / theirs.update[name] for name in common) if common else 1.0
    if abs(ratio * e.training.lr - 1) < 0.2 and abs(e.training.lr - 1) > 0.3:
        yield Finding(
            "failed",
            f"A step is {ratio:.3g} times as long as it should be, and the rate was {e.training.lr:g}: the gradient is "
            "taken off whole.",
            NO_RATE,
        )


def _physics(e: Evidence) -> Finding | None:
    least = e.yardstick.physics(e.run.step)
    if e.run.stopped is None and e.run.seconds < least:
        return Finding(
            "failed",
            f"{e.run.step:,} steps took {e.run.seconds:.3f} s by the grader's clock; on this machine they take "
            f"at least {least:.2f} s. They have not been made.",
            TOO_FAST,
        )
    return None


def _start(e: Evidence) -> Finding | None:
    band, first = e.training.first, e.run.first
    if band is None or band[0] <= first <= band[1]:
        return None
    status: Status = "not_converged" if e.run.last > e.target else "failed"
    dead = f" {100 * e.run.saturated:.0f} % of the hidden activations are saturated." if e.run.saturated else ""
    return Finding(
        status,
        f"Before the first step the loss is {first:.2f}; who gives every character the same chance has "
        f"{e.corpus.guess:.2f}, and {band[0]:g} to {band[1]:g} is asked here. A network that starts by being "
        f"confidently wrong spends its first steps on unlearning that.{dead}",
        START,
    )


def _bands(e: Evidence) -> Finding | None:
    for name, (value, low, high) in e.run.bands.items():
        if not low <= value <= high:
            return Finding(
                "failed",
                f"The target is reached, but {name} is {value:.4g}, and {low:.4g} to {high:.4g} is asked.",
                name,
            )
    return None
