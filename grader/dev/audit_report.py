"""An audit in words: lines for the terminal, and the table in docs/audit.md."""

import difflib
from collections.abc import Iterator
from datetime import date

from grader.dev.audit import Audit, Exercise, Tally, Trial

HEAD = f"{'exercise':<34} mutants  killed survive equival   named      own"


def lines(audit: Audit, chosen: list[Exercise], unnamed: bool = False) -> Iterator[str]:
    """The figures of each exercise, the survivors as diffs, the figures of each part, the faults."""
    yield HEAD
    for name, tally in audit.tallies.items():
        yield row(name, tally)
    for one in chosen:
        if unnamed:
            yield from (f"UNNAMED {one.id} {said(trial)}" for trial in audit.tallies[one.id].killed if not trial.known)
        for trial in audit.tallies[one.id].survivors:
            yield from survivor(one, trial)
    yield ""
    for part, tally in audit.parts().items():
        yield row(part, tally)
        yield from (f"  {line}" for line in notes(tally))
    for fault in audit.faults:
        yield f"FAULT {fault}"
    survivors = sum(len(tally.survivors) for tally in audit.tallies.values())
    run, total = ran(audit)
    yield (
        f"{run} of {total} mutants were run in {audit.seconds:.0f} s ({60 * run / max(audit.seconds, 1e-9):.0f} a "
        f"minute): {survivors} survivors, {len(audit.faults)} faults"
    )


def ran(audit: Audit) -> tuple[int, int]:
    """How many mutants were graded, of how many."""
    tallies = audit.tallies.values()
    return sum(len(tally.trials) for tally in tallies), sum(tally.total for tally in tallies)


def row(name: str, tally: Tally) -> str:
    """One line of figures."""
    figures = (len(tally.killed), len(tally.survivors), tally.equivalents)
    shown = " ".join(f"{figure:>7}" for figure in figures)
    mutants = tally.total if len(tally.trials) == tally.total else f"{len(tally.trials)}/{tally.total}"
    shares = f"{percent(tally.named, len(tally.killed)):>7} {percent(tally.own, len(tally.killed)):>8}"
    return f"{name:<34} {mutants:>7} {shown} {shares}"


def notes(tally: Tally) -> Iterator[str]:
    """What the named are a share of."""
    killed, crashed = len(tally.killed), tally.crashed
    answered = killed - crashed
    yield f"of {killed} killed, {tally.named} are named by a known mistake: {percent(tally.named, killed)}"
    yield f"of {answered} killed that gave an answer: {percent(tally.named, answered)}; {crashed} raised or never ended"
    share = f"{percent(tally.own, killed)} of the killed, {percent(tally.own, answered)} of those that answered"
    yield f"by a known mistake of the exercise itself, and not one that any exercise may have: {share}"


def said(trial: Trial) -> str:
    """A mutant that was refused, and what was said of it."""
    words = list(dict.fromkeys([*trial.names.values()] or trial.refused))
    return f"[{', '.join(words)}] {trial.mutant}"


def percent(some: int, all_: int) -> str:
    """A share, or a dash where there is nothing to share."""
    return f"{100 * some / all_:.0f} %" if all_ else "-"


def survivor(exercise: Exercise, trial: Trial) -> Iterator[str]:
    """A mutant that nobody refused, as a diff."""
    cell = exercise.submission.cells[exercise.cell]
    passed = ", ".join(name for name, status in trial.statuses.items() if status == "passed") or "no check"
    yield ""
    yield f"SURVIVOR {exercise.id} ({trial.mutant.operator}), passed by {passed}"
    changed = difflib.unified_diff(
        ["\n"] * cell.line + cell.source.splitlines(),
        ["\n"] * cell.line + trial.mutant.source.splitlines(),
        exercise.submission.path,
        trial.mutant.operator,
        lineterm="",
        n=1,
    )
    yield from changed


def markdown(audit: Audit, command: str, versions: dict[str, str]) -> str:
    """The table of docs/audit.md."""
    run, total = ran(audit)
    made = ", ".join(f"{name} {version}" for name, version in versions.items())
    text = [
        "# Audit",
        "",
        f"How good is the grader itself? `{command}` made {total} mutants of the solutions, each with one small",
        f"change, and ran every check of their exercise on {run} of them, on {date.today()} with {made}.",
        "What an audit is, and what the columns count, is in [authors.md](authors.md#6-the-audit).",
        "",
        *_table("part", audit.parts()),
    ]
    for part in audit.parts():
        chosen = {name.partition(".")[2]: t for name, t in audit.tallies.items() if name.startswith(f"{part}.")}
        text += ["", f"## {part}", "", *_table("exercise", chosen)]
    return "\n".join(text) + "\n"


def _table(first: str, tallies: dict[str, Tally]) -> Iterator[str]:
    yield f"| {first} | mutants | run | killed | crashed | survivors | equivalent | named | of answers | own |"
    yield f"|---|{'--:|' * 9}"
    for name, tally in tallies.items():
        killed = len(tally.killed)
        shares = [percent(tally.named, all_) for all_ in (killed, killed - tally.crashed)]
        shares += [percent(tally.own, killed)]
        counts = (tally.total, len(tally.trials), killed, tally.crashed, len(tally.survivors), tally.equivalents)
        yield f"| {name} | {' | '.join(map(str, [*counts, *shares]))} |"
