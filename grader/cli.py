"""The commands. Thin: they read arguments, call what does the work, print, and set the exit code.

Exit codes: 0 all passed, 1 something has not passed, 2 usage or set-up error, 3 grader error.
"""

import io
import sys
from pathlib import Path
from typing import Any

import click

from grader import data as names_data
from grader import hints, progress
from grader.course import Part, default_course
from grader.errors import UsageError

PUBLIC_SEED = 0


class _Commands(click.Group):
    """A group whose UsageErrors are one line on stderr and exit code 2."""

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except UsageError as error:
            click.echo(f"grader: {error}", err=True)
            ctx.exit(2)


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="zero-to-hero-grader", message="%(version)s")
def main() -> None:
    """Exercises for "Neural Networks: Zero to Hero", and their grader."""
    for stream in (sys.stdout, sys.stderr):  # a student's output may hold what this terminal can't show
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


@main.command()
@click.argument("targets", nargs=-1, required=True, metavar="PART|EXERCISE...")
@click.option("--file", "file", type=click.Path(path_type=Path), help="Grade this .py or .ipynb instead.")
@click.option("--seed", type=click.IntRange(0, 2**62), default=PUBLIC_SEED, help="Seed of the inputs [0].")
@click.option("--timeout", type=click.FloatRange(0.1, 3600), default=10.0, help="Seconds for each check [10].")
@click.option("--json", "json_file", metavar="FILE", help="Write the report as JSON; - for standard output.")
@click.option("--junit", "junit_file", metavar="FILE", help="Write the report as JUnit XML.")
def run(
    targets: tuple[str, ...],
    file: Path | None,
    seed: int,
    timeout: float,
    json_file: str | None,
    junit_file: str | None,
) -> None:
    """Grade a part (part4) or some of its exercises (part4.dprobs part4.dC)."""
    from grader import cells, warm

    course = default_course()
    part, specs = course.select(targets)
    path = file or course.exercise_file(part)
    submission = cells.read(path, part.name)
    for target in (json_file, junit_file):
        _check_writable(target)

    warm.import_torch()  # once, here: the student's process is a fork that has it too

    from grader import pipeline, sandbox, template
    from grader.report import junit, schema, terminal

    console = _console(quiet=json_file == "-")
    warm_process = template.start_template()
    try:
        header = terminal.header(f"{part.id}: {part.title}", str(path), seed, sandbox.ISOLATION)
        live = terminal.Live(console, header)
        limits = sandbox.Limits(seconds=timeout, total=12 * timeout)
        report = pipeline.grade(course, part, specs, submission, warm_process, seed, limits, live)
    except sandbox.Ended as ended:
        click.echo(f"grader: the sandbox failed: {ended.reason}. Please report this.", err=True)
        sys.exit(3)
    finally:
        warm_process.close()
    live.finish(report, _line_of(submission, specs[0].exercise))
    if file is None:
        _remember(report)
    try:
        if json_file == "-":
            sys.stdout.buffer.write(schema.to_json(report))
        elif json_file:
            Path(json_file).write_bytes(schema.to_json(report))
        if junit_file:
            Path(junit_file).write_text(junit.junit(report), encoding="utf-8")
    except OSError as error:
        raise UsageError(f"The report could not be written: {error}.") from None
    sys.exit(report.exit_code)


@main.command(name="list")
@click.argument("part", required=False)
def list_(part: str | None) -> None:
    """List the parts, or the exercises of one part, with their points and how the last run of each went."""
    course = default_course()
    seen = progress.read()
    if part:
        one = course.part(part)
        click.echo(f"{one.id}: {one.title} ({_earned(one, seen)} of {one.points} points)")
        for spec in one.checks:
            word = seen.get(spec.id, "").replace("_", " ").replace("not attempted", "")
            click.echo(f"  {word:<12} {spec.points:>2}  {spec.id:<34} {spec.title}")
        return
    for each in course.parts():
        points = f"{_earned(each, seen):>3} of {each.points:>3} points"
        click.echo(f"{each.id:<6} {points}, {len(each.exercises):>2} exercises  {each.title}")


def _earned(part: Part, seen: dict[str, str]) -> int:
    return sum(spec.points for spec in part.checks if seen.get(spec.id) == "passed")


def _remember(report: Any) -> None:
    try:
        progress.remember({result.id: result.status for result in report.results})
    except UsageError as error:  # a folder that can't be written to costs the progress shown, not the verdict
        click.echo(f"grader: the progress is not kept. {error}", err=True)


@main.command()
@click.argument("exercise")
def hint(exercise: str) -> None:
    """Show a hint for an exercise; ask again for the next one."""
    part, specs = default_course().select((exercise,))
    if "." not in exercise:
        raise UsageError(f"Name an exercise, for example `grader hint {part.id}.{specs[0].exercise}`.")
    ladder = specs[0].hints
    # A check without hints of its own shares those of its exercise, and how many of them have been seen.
    name = next(spec.id for spec in part.checks if (spec.exercise, spec.hints) == (specs[0].exercise, ladder))
    step = hints.next_step(name, len(ladder))
    click.echo(f"{name}, hint {step + 1} of {len(ladder)}: {ladder[step]}")
    if step + 1 < len(ladder):
        click.echo(f"(once more for the next: grader hint {name})")


@main.group(cls=_Commands)
def data() -> None:
    """Which list of names is in use."""


@data.command()
def status() -> None:
    """Say which edition of the names is in use, and verify it."""
    names = names_data.current(default_course().root)
    click.echo(f"{names.path}: {names.edition}")
    click.echo(f"sha256 {names.sha256}")
    click.echo("verified" if names.sha256 in names_data.EDITIONS else "readable; no known hash to compare with")


@data.command()
@click.argument("file", type=click.Path(path_type=Path), required=False)
@click.option("--shipped", is_flag=True, help="Go back to the list that comes with the kit.")
def use(file: Path | None, shipped: bool) -> None:
    """Use FILE, a list of names of your own, from now on."""
    if (file is None) == (not shipped):
        raise UsageError("Name one list, or --shipped: `grader data use FILE`.")
    if shipped:
        names_data.use_shipped()
        click.echo("The list that comes with the kit is in use again.")
        return
    assert file is not None
    names = names_data.use(file)
    click.echo(f"In use: a copy of {file}: {names.edition}.")


@main.group(cls=_Commands)
def dev() -> None:
    """For authors: build the exercises, check the course, audit the grader."""


@dev.command()
def build() -> None:
    """Make exercises/ from solutions/, and the report's JSON Schema."""
    from grader.dev import build as building

    for path, changed in building.build(default_course()):
        click.echo(f"{'written' if changed else 'unchanged'} {path}")


@dev.command()
@click.argument("part", required=False)
@click.option("--seeds", type=click.IntRange(1, 1000), default=20, help="How many seeds [20].")
def check(part: str | None, seeds: int) -> None:
    """Prove that stubs earn nothing, solutions everything, and every known mistake is named."""
    from grader.dev import check as proof

    course = default_course()
    parts: list[Part] = [course.part(part)] if part else course.parts()
    faults = [fault for each in parts for fault in proof.check(course, each, seeds, click.echo)]
    for fault in faults:
        click.echo(f"FAULT {fault}")
    click.echo(f"{len(faults)} faults in {len(parts)} parts")
    sys.exit(1 if faults else 0)


@dev.command()
@click.argument("targets", nargs=-1, metavar="[PART|EXERCISE]...")
@click.option("--budget", type=click.FloatRange(min=1), help="Stop after so many seconds; the sample is fair.")
@click.option("--jobs", type=click.IntRange(1, 64), help="Processes that share the work [one a core].")
@click.option("--unnamed", is_flag=True, help="List what was refused and not named by a known mistake.")
@click.option("--markdown", "table", type=click.Path(path_type=Path), help="Write the table to this file.")
def audit(targets: tuple[str, ...], budget: float | None, jobs: int | None, unnamed: bool, table: Path | None) -> None:
    """Change the solutions in small ways, and show each change that no check refuses."""
    import shlex
    import time

    from grader import versions, warm

    deadline = time.monotonic() + budget if budget else None
    _check_writable(str(table) if table else None)
    try:
        from grader.dev import audit as auditing
        from grader.dev import audit_report
    except ModuleNotFoundError as error:
        raise UsageError(f"An audit needs {error.name}: install the kit with its dev extra.") from None

    course = default_course()
    chosen = auditing.exercises(course, targets)

    warm.import_torch()  # once, here: the processes that grade are forks
    from grader.dev import workers

    click.echo(f"{sum(len(one.mutants) for one in chosen)} mutants of {len(chosen)} exercises")
    found = auditing.audit(
        chosen,
        lambda order: workers.work(course, chosen, order, jobs or workers.jobs(), deadline),
        sample=budget is not None,
    )
    for line in audit_report.lines(found, chosen, unnamed):
        click.echo(line)
    if table:
        command = shlex.join(["grader", "dev", "audit", *sys.argv[3:]])
        table.write_text(audit_report.markdown(found, command, versions.versions()), encoding="utf-8")
    sys.exit(0 if found.clean else 1)


def _console(quiet: bool) -> Any:
    from rich.console import Console

    return Console(stderr=quiet, quiet=quiet, highlight=False)


def _check_writable(target: str | None) -> None:
    """Refuse an output that can't be written before the work is done, not after."""
    if target in (None, "-"):
        return
    folder = Path(target).resolve().parent
    if not folder.is_dir():
        raise UsageError(f"{target} can't be written: there is no folder {folder}.")
    if Path(target).is_dir():
        raise UsageError(f"{target} is a folder; name a file to write to.")


def _line_of(submission: Any, exercise: str) -> int:
    """The line of the file on which an exercise begins; 0 in a notebook."""
    for cell in submission.cells:
        for offset, line in enumerate(cell.source.splitlines()):
            if line.startswith((f"def {exercise}(", f"class {exercise}")):
                return int(cell.line) + offset + 1
    return 0


if __name__ == "__main__":
    main()
