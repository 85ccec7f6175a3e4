"""A training session on one submission, as a report."""

import time
from collections.abc import Callable

from rich.console import Console

from grader import data as names_data
from grader import versions
from grader.cells import Submission
from grader.course import Course, Part
from grader.declared import declared
from grader.errors import UsageError
from grader.report import terminal
from grader.report.model import Report, Result
from grader.report.training import Watch
from grader.template import Template
from grader.training import device as devices
from grader.training.corpus import renumbered
from grader.training.grade import Listener, Plan, grade, seed_for
from grader.training.race import race
from grader.training.recipe import Speedrun, Training


def report(
    course: Course,
    part: Part,
    submission: Submission,
    template: Template,
    plan: Plan,
    wanted: str,
    speedrun: bool,
    console: Console,
) -> Report:
    """Run the training checks of a part (or the one that is `wanted`), or its speedrun, and show how it goes."""
    start = time.monotonic()
    watch = Watch(console)

    def shown(result: Result) -> None:
        watch.end()
        terminal.result(console, result)

    try:
        if speedrun:
            results = [_race(course, part, submission, template, plan, watch)]
            shown(results[0])
        else:
            only = _choice(course, part, wanted)
            listener = Listener(watch.say, watch.begin, watch.progress, shown)
            results = grade(course, part, submission, template, plan, listener, only)
    finally:
        watch.end()
    return Report(
        part=part.id,
        title=part.title,
        file=submission.path,
        points=sum(result.points for result in results),
        max_points=sum(result.max_points for result in results),
        seed=plan.seed,
        isolation=template.isolation.name,
        layers=list(template.isolation.layers),
        device=devices.described(plan.device),
        versions=versions.versions(),
        seconds=round(time.monotonic() - start, 3),
        results=results,
    )


def _race(course: Course, part: Part, submission: Submission, template: Template, plan: Plan, watch: Watch) -> Result:
    course.load(part)
    races = declared(course, part, "training", Speedrun)
    if not races:
        raise UsageError(f"{part.id} has no speedrun. Parts that have one say so in their text.")
    one = races[0]
    one.part = part.id
    words = names_data.current(course)
    watch.say("the reference's recipe, unless it is known, and then yours")
    corpus = renumbered(one.corpus(words.words), seed_for(plan.seed, one.id, "letters"))
    return race(course, part, submission, template, plan, one, words, corpus)


def _choice(course: Course, part: Part, wanted: str) -> Callable[[Training], bool]:
    course.load(part)
    names = [training.name for training in declared(course, part, "training", Training)]
    wanted = wanted.removeprefix("training.")
    if not names:
        raise UsageError(f"{part.id} has no training checks.")
    if wanted and wanted not in names:
        raise UsageError(f"{part.id} has no training check {wanted!r}. There are {', '.join(names)}.")
    return lambda training: not wanted or training.name == wanted
