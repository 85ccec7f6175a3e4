"""The speedrun: whoever reaches the target in the least time, by any legal change to the recipe."""

import math
import time
from dataclasses import replace
from typing import Annotated, Any

import msgspec
import torch

from grader import data as names_data
from grader.attempt import Attempt
from grader.cells import Submission
from grader.course import Course, Part
from grader.declared import source_of
from grader.fresh import fresh_state
from grader.report.model import Curve, Details, Result
from grader.template import Template
from grader.training import device as devices
from grader.training import evaluate
from grader.training.corpus import Corpus
from grader.training.diagnose import of_fault
from grader.training.evaluate import Refused
from grader.training.finding import LEAK, TOO_FAST, Finding
from grader.training.grade import Plan, limits, seed_for
from grader.training.recipe import Speedrun
from grader.training.trainee import Remote, Stopped
from grader.training.yardstick import FASTEST, kept
from grader.values import Namespace

PATIENCE = 30
"""A run may take so many times as long as the record, and as many seconds more."""
WARM = """
import torch

def warm(m, given):
    weight = torch.ones(2, 2, requires_grad=True)
    optimiser = torch.optim.AdamW([weight])
    (weight @ weight).sum().backward()
    optimiser.step()
    return {"tensors": dict}
"""
"""A recipe that trains nothing: what is slow only once is over after it."""


class Mark(msgspec.Struct, frozen=True):
    """How the reference's recipe does on this machine."""

    seconds: Annotated[float, msgspec.Meta(gt=0, le=1e6)]
    loss: float


def race(
    course: Course,
    part: Part,
    submission: Submission,
    template: Template,
    plan: Plan,
    speedrun: Speedrun,
    words: names_data.Names,
    corpus: Corpus,
) -> Result:
    """The verdict on a student's speedrun: the time until its answer to the held-out inputs was in."""
    mark = kept(
        f"{speedrun.id}-{devices.fingerprint(plan.device)}-{words.sha256[:12]}",
        Mark,
        lambda: _mark(speedrun, corpus, plan),
    )
    allowed = PATIENCE * (mark.seconds + 1)
    attempt = Attempt.of(course, part, submission, template, limits(plan.device, allowed))
    seconds, loss, found = 0.0, math.nan, None
    try:
        # Before the clock starts: the cells, and torch's import of what it imports at an optimiser's first use.
        few = replace(corpus, X=corpus.X[:1], Y=corpus.Y[:1])
        Remote(attempt, part.forbids, ("warm", WARM), Namespace({}), few, plan.device, 0)
        source = speedrun.recipe.__name__, source_of(speedrun.recipe)
        given, seed = Namespace({"vocab_size": corpus.vocab_size}), seed_for(plan.seed, speedrun.id, "start")
        start = time.perf_counter()
        trainee = Remote(attempt, part.forbids, source, given, corpus, plan.device, seed, allowed)
        answer = trainee.logits(corpus.held_out, allowed)
        seconds = time.perf_counter() - start
        loss = evaluate.loss(corpus, corpus.held_out, corpus.labels, answer)
    except Stopped as stopped:
        found = of_fault(stopped.fault, 0)
    except Refused as refused:
        found = Finding("failed", str(refused), refused.name)
    finally:
        output = attempt.output()
        attempt.close()
    target = corpus.baseline - speedrun.margin
    found = found or _found(loss, target, seconds, mark, corpus)
    curve = Curve(
        budget="speedrun",
        device=devices.described(plan.device),
        target=target,
        baseline=corpus.baseline,
        baseline_name=corpus.baseline_name,
        guess=corpus.guess,
        last=None if math.isnan(loss) else loss,
        seconds=seconds,
        allowed=allowed,
        others={"the reference's recipe": [mark.seconds, mark.loss]},
    )
    return Result(
        speedrun.id, speedrun.title, found.status, 0, 0, found.message, found.name,
        Details(output=output[:2000]), round(seconds, 4), curve,
    )  # fmt: skip


def _found(loss: float, target: float, seconds: float, mark: Mark, corpus: Corpus) -> Finding:
    if loss < corpus.floor:
        return Finding("failed", f"A held-out loss of {loss:.4f} is none that the inputs allow.", LEAK)
    if seconds < mark.seconds / FASTEST:
        return Finding("failed", f"{seconds:.4f} s is less time than any training takes on this machine.", TOO_FAST)
    if loss > target:
        return Finding(
            "not_converged", f"In {seconds:.2f} s the held-out loss came to {loss:.4f}; {target:.4f} is the line."
        )
    return Finding("passed", "")


def _mark(speedrun: Speedrun, corpus: Corpus, plan: Plan) -> Mark:
    """Run the reference's recipe once, here."""
    fresh_state()
    torch.set_num_threads(1)
    X, Y, held_out = (tensor.to(plan.device) for tensor in (corpus.X, corpus.Y, corpus.held_out))
    start = time.perf_counter()
    answer: Any = speedrun.record(X, Y, corpus.vocab_size)(held_out).detach().cpu()
    seconds = time.perf_counter() - start
    return Mark(seconds, evaluate.loss(corpus, corpus.held_out, corpus.labels, answer))
