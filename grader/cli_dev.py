"""The authors' commands: build, check, audit, calibrate. Thin, as those in cli.py."""

import sys
from pathlib import Path

import click

from grader.cores import cores
from grader.course import Part, authored_course
from grader.errors import UsageError
from grader.output import check_writable
from grader.targets import BUDGET, DEVICE


@click.group()
def dev() -> None:
    """For authors: build, check and audit the course."""


@dev.command()
def build() -> None:
    """Make exercises/ from solutions/, and the report's JSON Schema."""
    from grader.dev import build as building

    for path, changed in building.build(authored_course()):
        click.echo(f"{'written' if changed else 'unchanged'} {path}")


@dev.command()
@click.argument("part", required=False)
@click.option("--seeds", type=click.IntRange(1, 1000), default=20, help="How many seeds [20].")
def check(part: str | None, seeds: int) -> None:
    """Prove that stubs earn nothing, solutions everything, and every known mistake is named."""
    course = authored_course()
    from grader.dev import check as proof

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

    course = authored_course()
    deadline = time.monotonic() + budget if budget else None
    check_writable(str(table) if table else None)
    try:
        from grader.dev import audit as auditing
        from grader.dev import audit_report
    except ModuleNotFoundError as error:
        raise UsageError(f"An audit needs {error.name}: in the kit's folder, pip install -e '.[dev]'.") from None

    chosen = auditing.exercises(course, targets)

    warm.import_torch()  # once, here: the processes that grade are forks
    from grader.dev import workers

    click.echo(f"{sum(len(one.mutants) for one in chosen)} mutants of {len(chosen)} exercises")
    found = auditing.audit(
        chosen,
        lambda order: workers.work(course, chosen, order, jobs or cores(), deadline),
        sample=budget is not None,
    )
    for line in audit_report.lines(found, chosen, unnamed):
        click.echo(line)
    if table:
        command = shlex.join(["grader", "dev", "audit", *sys.argv[3:]])
        table.write_text(audit_report.markdown(found, command, versions.versions()), encoding="utf-8")
    sys.exit(0 if found.clean else 1)


@dev.command()
@click.argument("parts", nargs=-1, metavar="[PART]...")
@click.option("--seeds", type=click.IntRange(2, 1000), default=30, help="How many seeds of the solution [30].")
@click.option("--slip-seeds", type=click.IntRange(1, 100), default=3, help="How many seeds of each slip [3].")
@click.option("--budget", type=BUDGET, default="quick", help="As for grader train [quick].")
@click.option("--device", type=DEVICE, default="auto", help="Where to train.")
@click.option("--jobs", type=click.IntRange(1, 64), default=1, help="Processes that share the runs [1].")
@click.option("--markdown", "table", type=click.Path(path_type=Path), help="Write the tables into this file.")
def calibrate(
    parts: tuple[str, ...], seeds: int, slip_seeds: int, budget: str, device: str, jobs: int, table: Path | None
) -> None:
    """Put the training checks to the test: many seeds of the solutions, and every known slip."""
    import shlex

    from grader import warm

    course = authored_course()
    chosen = [course.part(name) for name in parts] if parts else course.parts()
    check_writable(str(table) if table else None)
    warm.import_torch()
    from grader.dev import calibrate as calibrating
    from grader.training import device as devices

    where = devices.chosen(device)
    by_seed, slips = calibrating.calibrate(course, chosen, (seeds, slip_seeds), budget, where, jobs, click.echo)
    faults = list(calibrating.faults(by_seed, slips, seeds))
    for fault in faults:
        click.echo(f"FAULT {fault}")
    text = calibrating.markdown(
        by_seed, slips, shlex.join(["grader", "dev", "calibrate", *sys.argv[3:]]), devices.described(where)
    )
    if table:
        calibrating.write(table, text)
    else:
        click.echo(text)
    click.echo(f"{len(faults)} faults in {len(by_seed)} training checks and {len(slips)} slips")
    sys.exit(1 if faults else 0)
