"""Why a run has not come to its target: what its curve and its first steps show. Not converged is not wrong."""

from collections.abc import Callable

from grader.training.finding import CONSTANT, INTERRUPTED, NAN, OVERFITTED, PLATEAU, UNDERFITTED, Evidence, Finding
from grader.training.run import Run

OVERFIT = 0.15
"""Held-out loss above the loss on seen examples."""


def ended_early(e: Evidence) -> Finding | None:
    """A NaN, the end of the time, an interruption."""
    run = e.run
    if run.stopped == "nan":
        return Finding("not_converged", f"The loss of step {run.step:,} is NaN or infinite. {rate_advice(e)}", NAN)
    if run.stopped == "time":
        allowed = e.yardstick.allowed(run.asked)
        return Finding(
            "timed_out",
            f"Step {run.step:,} of {run.asked:,} after {run.seconds:.1f} s; {allowed:.1f} s were allowed, which is "
            f"many times what the reference takes on this machine. The loss so far: {run.last:.3f}, target "
            f"{e.target:.3f}. "
            "Is there a loop over examples or entries where one tensor operation would do?",
        )
    if run.stopped == "interrupted":
        loss = f", held-out loss {run.last:.3f}" if run.points else ""
        kept = "It had not come to a checkpoint yet, so the next run starts anew."
        if run.kept is not None:
            kept = (
                f"Nothing is lost up to step {run.kept:,}: go on with `grader train {e.training.part} --resume` and "
                "the options of this run."
            )
        return Finding("not_run", f"{INTERRUPTED} at step {run.step:,} of {run.asked:,}{loss}. {kept}")
    return None


def target_missed(e: Evidence) -> Finding | None:
    """A held-out loss above the target, with the first reason that fits."""
    if e.run.last <= e.target:
        return None
    by_how_much = f"The held-out loss is {e.run.last:.3f}, the target {e.target:.3f}."
    name, why = next(reason for reason in (rule(e.run) for rule in _REASONS) if reason)
    return Finding("not_converged", f"{by_how_much} {why} {_hangs(e)}".strip(), name)


def _constant(run: Run) -> tuple[str, str] | None:
    if run.look.constant:
        return CONSTANT, "Every input gets the same logits: nothing of the input reaches them."
    return None


def _overfitted(run: Run) -> tuple[str, str] | None:
    if run.seen is not None and run.last - run.seen > OVERFIT:
        return OVERFITTED, (
            f"On examples it was trained on it is {run.seen:.3f}: the network has learned them by heart. Fewer "
            "parameters, or more data, would help."
        )
    return None


def _plateau(run: Run) -> tuple[str, str] | None:
    held_out = [point.held_out for point in run.points]
    middle = len(held_out) // 2
    if len(held_out) > 4 and held_out[middle] - held_out[-1] < 0.02 * abs(held_out[0] - held_out[-1]):
        return PLATEAU, (
            f"It has hardly moved since step {run.points[middle].step:,}. A rate that is too large hovers, one that is "
            "too small crawls, and a part of the network that no gradient reaches stays where it is."
        )
    return None


def _underfitted(run: Run) -> tuple[str, str]:
    seen = f" ({run.seen:.3f} on seen examples)" if run.seen is not None else ""
    return UNDERFITTED, f"It was still falling{seen}: the network learns, and too slowly or with too little."


_REASONS: tuple[Callable[[Run], tuple[str, str] | None], ...] = (_constant, _overfitted, _plateau, _underfitted)


def rate_advice(e: Evidence) -> str:
    """What to look at after a NaN."""
    run = e.run
    start = f" The first loss was {run.first:.2f}." if run.points else ""
    return (
        f"The rate of {e.training.lr:g} is right for the reference, so look for what grows: an exp of large logits "
        f"without their maximum taken off, a log of 0, a division by 0, gradients that pile up.{start}"
    )


def _hangs(e: Evidence) -> str:
    """Which tensors' updates are far from the reference's, if any."""
    mine, theirs = e.run.examination, e.yardstick.run.examination
    if mine is None or theirs is None:
        return ""
    for name in mine.update:
        here, there = mine.update[name], theirs.update.get(name, 0.0)
        if there > 1e-6 and here > 0 and not 0.2 < here / there < 5:
            return f"A first step changes {name} {here / there:.2g} times as much as the reference's does."
    return ""
