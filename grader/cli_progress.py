"""The commands around an exercise: `list` and `hint`. Thin, as those in cli.py."""

import click

from grader import hints, progress
from grader.course import Part, default_course
from grader.errors import UsageError


@click.command(name="list")
@click.argument("part", required=False)
def list_(part: str | None) -> None:
    """List the parts, or the exercises of one, with points.

    Beside each exercise stands how its last run went.
    """
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


@click.command()
@click.argument("exercise")
def hint(exercise: str) -> None:
    """Show a hint for an exercise; ask again for the next one."""
    part, specs = default_course().select((exercise,))
    if "." not in exercise:
        raise UsageError(f"Name an exercise, for example `grader hint {part.id}.{specs[0].exercise}`.")
    shown = hints.next_hint(part, specs[0])
    click.echo(f"{shown.name}, hint {shown.number} of {shown.of}: {shown.text}")
    if not shown.last:
        click.echo(f"(once more for the next: grader hint {shown.name})")
