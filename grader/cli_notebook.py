"""The command `grader notebook`. Thin, as all commands: it reads arguments, calls, prints."""

import click

from grader.course import default_course
from grader.errors import UsageError


@click.command()
@click.argument("part")
@click.option("--from", "source", type=click.Choice(["py", "notebook"]), help="Whose text counts where both changed.")
def notebook(part: str, source: str | None) -> None:
    """Pair a part (part4) with a notebook: edit either."""
    from grader.pairing.pair import pair

    course = default_course()
    path = course.exercise_file(course.part(part))
    if path.is_absolute():  # the course's own, for want of a student's
        raise UsageError(
            f"There is no exercises/{path.name} here or in a folder above. Go to where your exercises are."
        )
    for line in pair(path, source):
        click.echo(line)
