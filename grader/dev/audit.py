"""How good is the grader itself? Each mutant of each solution is graded, and each that passes is shown.

A mutant is killed if some check of its exercise refuses it, and named if a check does so under a known mistake: one
of its own, or one that is known of any exercise (diagnose.COMMON). What the figures mean is in audit_report.py; who
does the work is in workers.py.
"""

import ast
import random
import re
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import msgspec

from grader import cells
from grader.course import Course, Part, Spec
from grader.dev import equivalents
from grader.dev.equivalents import Equivalent
from grader.dev.mutants import Mutant, mutants
from grader.errors import UsageError

_WORD = re.compile(r"\w+")
ENOUGH = 0.5
"""The share of the killed mutants of a part that is to be named."""


@dataclass(frozen=True)
class Exercise:
    """One exercise with its checks and all mutants of its solution."""

    part: Part
    name: str
    specs: tuple[Spec, ...]
    submission: cells.Submission
    cell: int
    mutants: tuple[Mutant, ...]
    entries: tuple[Equivalent, ...]
    """What the author declares to be equivalent."""

    @property
    def id(self) -> str:
        """As in `part4.dh`."""
        return f"{self.part.id}.{self.name}"

    def answer(self, mutant: Mutant | None = None) -> cells.Submission:
        """The solution file, with the mutant in the place of the exercise's cell."""
        if mutant is None:
            return self.submission
        changed = list(self.submission.cells)
        changed[self.cell] = msgspec.structs.replace(changed[self.cell], source=mutant.source)
        return msgspec.structs.replace(self.submission, cells=tuple(changed))


@dataclass(frozen=True)
class Trial:
    """What became of one mutant."""

    mutant: Mutant
    statuses: dict[str, str]
    """The verdict of each check."""
    names: dict[str, str]
    """Under which mistake's name a check refused it, where there is one."""
    own: bool
    """Whether one of these is a known mistake of the check itself."""
    known: bool
    """Whether one of these is a known mistake, of the check itself or of any exercise."""
    errors: tuple[str, ...] = ()
    """What the grader itself failed with."""

    @property
    def refused(self) -> list[str]:
        """The verdicts that are against it. A grader error is against nobody."""
        return [status for status in self.statuses.values() if status not in ("passed", "grader_error")]

    @property
    def killed(self) -> bool:
        """Whether some check refused it."""
        return bool(self.refused)

    @property
    def crashed(self) -> bool:
        """Whether it was refused because it raised or never ended, and nothing more could be said."""
        return self.killed and not self.known and set(self.refused) <= {"crashed", "timed_out", "skipped"}


@dataclass
class Tally:
    """The trials of one exercise, or of many."""

    total: int = 0
    trials: list[Trial] = field(default_factory=list)
    listed: list[Mutant] = field(default_factory=list)
    """Mutants that the author declares to be equivalent."""

    @property
    def killed(self) -> list[Trial]:
        """The trials in which the mutant was refused."""
        return [trial for trial in self.trials if trial.killed]

    @property
    def survivors(self) -> list[Trial]:
        """The trials of mutants that passed every check and are not declared to be equivalent."""
        return [trial for trial in self.trials if not trial.killed and trial.mutant not in self.listed]

    @property
    def equivalents(self) -> int:
        """How many passed and are declared to be equivalent."""
        return len(self.trials) - len(self.killed) - len(self.survivors)

    @property
    def named(self) -> int:
        """How many were refused under the name of a known mistake."""
        return sum(trial.known for trial in self.killed)

    @property
    def own(self) -> int:
        """How many were refused under the name of a known mistake of the exercise itself."""
        return sum(trial.own for trial in self.killed)

    @property
    def crashed(self) -> int:
        """How many raised or never ended, and have no name."""
        return sum(trial.crashed for trial in self.killed)

    def __iadd__(self, other: "Tally") -> "Tally":
        self.total += other.total
        self.trials += other.trials
        self.listed += other.listed
        return self


@dataclass
class Audit:
    """All that was found, by exercise in the course's order."""

    tallies: dict[str, Tally]
    faults: list[str]
    seconds: float

    @property
    def clean(self) -> bool:
        """Whether nothing is at fault and nothing survived."""
        return not self.faults and not any(tally.survivors for tally in self.tallies.values())

    def parts(self) -> dict[str, Tally]:
        """The tallies added up by part."""
        added: dict[str, Tally] = {}
        for name, tally in self.tallies.items():
            part = added.setdefault(name.partition(".")[0], Tally())
            part += tally
        return added


def exercises(course: Course, targets: tuple[str, ...]) -> list[Exercise]:
    """The exercises that the targets name (all without any), with their mutants. Raises UsageError."""
    found: dict[str, Exercise] = {}
    for target in targets or [part.id for part in course.parts()]:
        part, specs = course.select((target,))
        submission = cells.read(course.root / "solutions" / f"{part.name}.py", part.name)
        probes = course.probe_sources(part)
        entries = equivalents.read(course, part)
        for name in dict.fromkeys(spec.exercise for spec in specs):
            if f"{part.id}.{name}" not in found:
                own = tuple(spec for spec in part.checks if spec.exercise == name)
                needed = within_reach(submission, [name, *(probes[spec.id] for spec in own)])
                listed = tuple(entry for entry in entries if entry.exercise == name)
                found[f"{part.id}.{name}"] = _exercise(part, name, own, needed, listed)
    return list(found.values())


def within_reach(submission: cells.Submission, texts: list[str]) -> cells.Submission:
    """The submission without the definitions that neither the texts nor anything kept has a word for.

    A part's exercises hardly use each other: what is left of a file loads, and is read for its rules, in
    a tenth of the time.
    """
    kept = {cell.index for cell in submission.cells if not _holds_only(cell, ast.FunctionDef, ast.ClassDef, ast.If)}
    never = {cell.index for cell in submission.cells if _holds_only(cell, ast.If) and "__main__" in cell.source}
    words = {word for text in texts for word in _WORD.findall(text)}
    while True:
        words |= {word for index in kept for word in _WORD.findall(submission.cells[index].source)}
        more = {cell.index for cell in submission.cells if not words.isdisjoint(cell.names())} - kept - never
        if not more:
            break
        kept |= more
    chosen = [cell for cell in submission.cells if cell.index in kept]
    numbered = tuple(msgspec.structs.replace(cell, index=index) for index, cell in enumerate(chosen))
    return msgspec.structs.replace(submission, cells=numbered)


def _holds_only(cell: cells.Cell, *kinds: type[ast.stmt]) -> bool:
    tree = cell.tree()
    return isinstance(tree, ast.Module) and all(isinstance(statement, kinds) for statement in tree.body)


def _exercise(
    part: Part, name: str, specs: tuple[Spec, ...], submission: cells.Submission, entries: tuple[Equivalent, ...]
) -> Exercise:
    cell = next((cell for cell in submission.cells if name in cell.names()), None)
    if cell is None:
        raise UsageError(f"{submission.path} defines no {name}.")
    if isinstance(cell.tree(), Exception):
        raise UsageError(f"{submission.path}: {cell.place} can't be parsed: {cell.tree()}.")
    return Exercise(part, name, specs, submission, cell.index, tuple(mutants(cell.source, specs[0].forbids)), entries)


def sampled(chosen: list[Exercise], seed: int = 0) -> Iterator[tuple[int, int]]:
    """All mutants as (exercise, mutant), in an order of which every beginning is a fair sample.

    In turn one of each exercise; of an exercise in turn one of each operator; both shuffled with the seed.
    """
    rng = random.Random(seed)
    queues = [list(_by_operator(one, rng)) for one in chosen]
    order = rng.sample(range(len(chosen)), len(chosen))
    for turn in range(max(map(len, queues), default=0)):
        yield from ((index, queues[index][turn]) for index in order if turn < len(queues[index]))


def _by_operator(exercise: Exercise, rng: random.Random) -> Iterator[int]:
    """The indices of an exercise's mutants, in turn one of each operator."""
    groups: dict[str, list[int]] = {}
    for index, mutant in enumerate(exercise.mutants):
        groups.setdefault(mutant.operator, []).append(index)
    queues = rng.sample(list(groups.values()), len(groups))
    for queue in queues:
        rng.shuffle(queue)
    for turn in range(max(map(len, queues), default=0)):
        yield from (queue[turn] for queue in queues if turn < len(queue))


Run = Callable[[list[tuple[int, int]]], Iterator[tuple[int, Trial | str]]]


def audit(chosen: list[Exercise], run: Run, sample: bool) -> Audit:
    """Have the mutants graded by `run` (the whole order, or as far as it gets), and add up what came."""
    start = time.monotonic()
    order = (
        list(sampled(chosen)) if sample else [(e, m) for e, one in enumerate(chosen) for m in range(len(one.mutants))]
    )
    tallies: dict[str, Tally] = {}
    faults: list[str] = []
    for one in chosen:
        declared = [m for m in one.mutants if any(entry.matches(one.name, m) for entry in one.entries)]
        tallies[one.id] = Tally(len(one.mutants), [], declared)
        faults += stale(one)
        if not one.mutants:
            faults.append(f"{one.id}: its solution gives no mutant")
    for index, trial in run(order):
        one = chosen[index]
        if isinstance(trial, str):
            if f"{one.id}: {trial}" not in faults:
                faults.append(f"{one.id}: {trial}")
            continue
        tallies[one.id].trials.append(trial)
        faults += [f"{one.id}: GRADER ERROR on a mutant ({trial.mutant}): {error}" for error in trial.errors]
        if trial.killed and trial.mutant in tallies[one.id].listed:
            faults.append(f"{one.id}: declared to be equivalent, and killed: {trial.mutant}")
    graded = {name for name, tally in tallies.items() if len(tally.trials) == tally.total}
    whole = {one.part.id for one in chosen if all(f"{one.part.id}.{name}" in graded for name in one.part.exercises)}
    found = Audit(tallies, faults, time.monotonic() - start)
    for part, tally in found.parts().items():
        if part in whole and tally.named < ENOUGH * len(tally.killed):
            faults.append(f"{part}: {tally.named} of {len(tally.killed)} killed mutants are named, which is under half")
    return found


def stale(exercise: Exercise) -> Iterator[str]:
    """The entries that speak of no mutant of the exercise."""
    for entry in exercise.entries:
        if not any(entry.matches(exercise.name, mutant) for mutant in exercise.mutants):
            yield f"{exercise.id}: a stale entry, no mutant is like this: {entry}"
