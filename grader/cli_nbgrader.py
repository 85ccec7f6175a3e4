"""The commands for nbgrader courses. Thin, as those in cli.py."""

import shlex
from pathlib import Path

import click

from grader.course import authored_course
from grader.errors import UsageError


@click.group()
def nbgrader() -> None:
    """Release parts through nbgrader."""


@nbgrader.command()
@click.argument("parts", nargs=-1, required=True, metavar="PART...")
@click.option("--course", "root", type=click.Path(path_type=Path), required=True, help="The nbgrader course's folder.")
@click.option("--assignment", help="The assignment's name [the part's].")
@click.option(
    "--replace", is_flag=True, help="Replace a source notebook that was edited by hand; it is kept in backups/."
)
def release(parts: tuple[str, ...], root: Path, assignment: str | None, replace: bool) -> None:
    """Make or update an nbgrader course, with an assignment of each PART (part4)."""
    course = authored_course()
    chosen = [course.part(part) for part in parts]
    if assignment and len(chosen) > 1:
        raise UsageError("--assignment names one assignment: release the parts one by one.")
    try:
        from grader.nbgrader import release as releases
    except ModuleNotFoundError as error:
        raise UsageError(f"{error.name} is not installed: pip install 'zero-to-hero-grader[instructor]'.") from None
    for part in chosen:
        name = assignment or part.id
        done = releases.release(course, part, root, name, replace)
        for kept in done.kept:
            click.echo(f"{name}: what was replaced is kept: {kept}")
        click.echo(f"{name}: {len(part.exercises)} graded cells, {done.points:g} points: {done.notebook}")
        if done.changed:
            click.echo(f"{name}: other points than before: {'; '.join(done.changed)}.")
            click.echo(f"{name}: nbgrader autograde {name} --force marks again what was handed in.")
    names = [assignment] if assignment else [part.id for part in chosen]
    steps = " && ".join(f"nbgrader release_assignment {shlex.quote(name)}" for name in names)
    click.echo(f"Next, in {root}: {steps}; or hand out what is in release/.")
