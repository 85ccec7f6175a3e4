"""The proof that a part holds: stubs earn nothing, solutions all, and each known mistake is named."""

import re
from collections.abc import Callable, Iterator
from functools import partial
from types import ModuleType

import torch

from grader import cells, expect, pipeline, verdict
from grader.alike import alike
from grader.attempt import Answer, Attempt
from grader.check import Check
from grader.course import Course, Part, Spec
from grader.dev import build, trial
from grader.reply import Outcome
from grader.report.model import Report
from grader.sandbox import Limits
from grader.start import start_template
from grader.template import Template
from grader.values import mapped

HINTS = 3
OWNERS = (torch, torch.Tensor, torch.nn, torch.nn.functional, torch.nn.utils, torch.nn.init, torch._C._nn)
SHORT = 12
"""A solution line shorter than this (`return x`) may well stand in the text too."""


def check(course: Course, part: Part, seeds: int, say: Callable[[str], None]) -> Iterator[str]:
    """Yield each fault of a part, in words; `say` hears of each step."""
    say(f"{part.id}: {len(part.exercises)} exercises, {len(part.checks)} checks, {part.points} points")
    yield from declared(part)
    yield from written(course, part)
    checks, trusted = trial.load(course, part)
    unfit = {spec.id: [*trial.faults(course, spec, checks[spec.id], trusted)] for spec in part.checks}
    for found in unfit.values():
        yield from found
    fit = tuple(spec for spec in part.checks if not unfit[spec.id])  # of the others no more can be said
    under = f"under {seeds} seed{'s' * (seeds != 1)}"
    template = start_template(fresh=True)
    try:
        yield from stubs_earn_nothing(course, part, fit, template)
        say(f"{part.id}: the solutions {under}")
        for seed in range(seeds):
            yield from solutions_pass(course, part, fit, template, seed)
    finally:
        template.close()
    mistakes = sum(len(checks[spec.id].mistakes) for spec in fit)
    say(f"{part.id}: {mistakes} known mistakes {under}")
    for spec in fit:
        for doubt in trial.doubts(spec, checks[spec.id], trusted):
            say(doubt)
        try:
            yield from mistakes_are_named(spec, checks[spec.id], trusted, seeds)
            yield from spoilt_answers_are_refused(spec, checks[spec.id], trusted)
        except Exception as error:  # an author's inputs, probe or reference may raise anything
            yield f"{spec.id}: its check raises {type(error).__name__}: {error}"


def declared(part: Part) -> Iterator[str]:
    """Every check has a title, points and three hints, and no id is used twice."""
    seen: set[str] = set()
    if part.title == part.name:
        yield f"{part.id}: grader/checks/{part.name} has no docstring, whose first line is the part's title"
    for spec in part.checks:
        if spec.id in seen:
            yield f"{spec.id}: the id is used twice"
        seen.add(spec.id)
        if not spec.title:
            yield f"{spec.id}: the probe has no docstring, which is the title"
        if spec.points < 1:
            yield f"{spec.id}: {spec.points} points"
        if len(spec.hints) != HINTS or not all(spec.hints):
            yield f"{spec.id}: {len(spec.hints)} hints instead of {HINTS}"
        if spec.after and spec.after not in part.exercises:
            yield f"{spec.id}: it waits for {spec.after}, which is no exercise of this part"
        for name in spec.forbids:
            known = any(f"_{name}_" in f"_{one}_" for owner in OWNERS for one in dir(owner))
            if name != "autograd" and not known:
                yield f"{spec.id}: it forbids {name}, which torch does not have"


def written(course: Course, part: Part) -> Iterator[str]:
    """The exercises are in step with the solutions, and hold none of their lines."""
    source = course.root / "solutions" / f"{part.name}.py"
    target = course.root / "exercises" / f"{part.name}.py"
    stub = build.stub(source)
    if not target.exists() or target.read_text(encoding="utf-8") != stub:
        yield f"{part.id}: {target} is not in step with {source}: run `grader dev build`"
    solved = cells.read(source, part.name).cells
    defined = {name for cell in solved for name in cell.names()}
    for name in part.exercises:
        if name not in defined:
            file = next(spec.file for spec in part.checks if spec.exercise == name)
            yield f"{part.id}: {source} defines no {name}, which is checked in {file}"
    home = course.root / "grader" / "checks" / part.name
    trained = " ".join(file.read_text(encoding="utf-8") for file in home.glob("training*.py"))  # a race is no check
    for cell in solved:
        asked = any(name in part.exercises or f"m.{name}(" in trained for name in cell.names())
        if "### BEGIN SOLUTION" in cell.source and not asked:
            named = " or ".join(cell.names()) or cell.place
            yield f"{part.id}: {source} has a solution in {named}, and there is no check of it"
    for number, line in enumerate(source.read_text(encoding="utf-8").splitlines(), 1):
        if line.endswith(("BEGIN SOLUTION", "END SOLUTION")) and not line.strip().startswith("### "):
            yield f"{part.id}: {source}:{number}: write the marker as `### {' '.join(line.split()[-2:])}`"
    shipped = {line.strip() for line in stub.splitlines()}
    for line in solution_lines(source.read_text(encoding="utf-8")):
        if line in shipped:
            yield f"{part.id}: a line of a solution stands in the exercise as shipped: {line}"


def solution_lines(text: str) -> Iterator[str]:
    """The lines inside solution regions that say something."""
    for region in re.findall(r"### BEGIN SOLUTION(.*?)### END SOLUTION", text, re.DOTALL):
        for line in map(str.strip, region.splitlines()):
            if len(line) >= SHORT and not line.startswith("#"):
                yield line


def stubs_earn_nothing(course: Course, part: Part, specs: tuple[Spec, ...], template: Template) -> Iterator[str]:
    """Every stub is not attempted, and worth nothing."""
    for result in _grade(course, part, specs, "exercises", template, 0).results:
        if result.status != "not_attempted" or result.points:
            yield f"{result.id}: the stub is {result.status} with {result.points} points: {result.message}"


def solutions_pass(course: Course, part: Part, specs: tuple[Spec, ...], template: Template, seed: int) -> Iterator[str]:
    """Every solution passes."""
    for result in _grade(course, part, specs, "solutions", template, seed).results:
        if result.status != "passed":
            yield f"{result.id}: the solution is {result.status} under seed {seed}: {result.message}"


def mistakes_are_named(spec: Spec, check: Check, trusted: ModuleType, seeds: int) -> Iterator[str]:
    """Every known mistake is refused, under its own name."""
    if not check.mistakes:
        yield f"{spec.id}: no known mistake"
    names = [mistake.name for mistake in check.mistakes]
    yield from (f"{spec.id}: two mistakes are called {n!r}" for n in set(names) if names.count(n) > 1)
    for seed in range(seeds):
        cases = expect.cases(check, spec, seed)
        expected = [expect.expected(check, trusted, case) for case in cases]
        imitations = expect.imitations(check, trusted, cases)
        for mistake in check.mistakes:
            answer = Answer(imitations(mistake), "", 0.0)
            result = verdict.judge(spec, check, cases, expected, answer, imitations)
            if result.status not in ("failed", "crashed"):
                yield f"{spec.id}: {mistake.name!r} is {result.status} under seed {seed}"
            elif result.mistake != mistake.name:
                yield f"{spec.id}: {mistake.name!r} is called {result.mistake!r} under seed {seed}"


SPOILT: dict[str, Callable[[torch.Tensor], torch.Tensor]] = {
    "all zeros": torch.zeros_like,
    "NaN or infinity": lambda tensor: torch.full(tensor.shape, torch.nan),
    "the sign is wrong": torch.neg,
    "a factor is wrong": lambda tensor: 1.5 * tensor,
    "the dtype is wrong": torch.Tensor.double,
    "right values, wrong shape": lambda tensor: tensor.unsqueeze(0),
}
"""Mistakes that any exercise may have, by the name they are told under: what comes out is spoilt at the end."""


def _spoilt(spoil: Callable[[torch.Tensor], torch.Tensor], tensor: torch.Tensor) -> torch.Tensor:
    return spoil(tensor) if tensor.is_floating_point() else tensor


def spoilt_answers_are_refused(spec: Spec, check: Check, trusted: ModuleType) -> Iterator[str]:
    """The reference's answer with its float32 tensors spoilt is refused, under some name."""
    cases = expect.cases(check, spec, 0)
    expected = [expect.expected(check, trusted, case) for case in cases]
    imitations = expect.imitations(check, trusted, cases)
    for name, spoil in SPOILT.items():
        if check.measure and spoil is torch.neg:
            continue  # a random number with its sign turned is another one
        values = [mapped(one.single, partial(_spoilt, spoil)) for one in expected]
        if all(alike(value, one.single) for value, one in zip(values, expected, strict=True)):
            continue  # it holds no such tensor
        result = verdict.judge(spec, check, cases, expected, Answer([Outcome(v) for v in values], "", 0.0), imitations)
        if result.status != "failed":
            yield f"{spec.id}: the right answer, spoilt ({name}), is {result.status}"
        elif result.mistake is None and check.measure is None:
            yield f"{spec.id}: the right answer, spoilt ({name}), is refused and not named"


def _grade(course: Course, part: Part, specs: tuple[Spec, ...], folder: str, template: Template, seed: int) -> Report:
    submission = cells.read(course.root / folder / f"{part.name}.py", part.name)
    attempt = Attempt.of(course, part, submission, template, Limits())
    return pipeline.grade(course, part, specs, attempt, seed)
