"""The command `grader notebook`. Thin, as all commands: it reads arguments, calls, prints."""

import click

from grader.course import default_course
from grader.targets import PART


@click.command()
@click.argument("part", type=PART)
@click.option("--from", "source", type=click.Choice(["py", "notebook"]), help="Whose text counts where both changed.")
def notebook(part: str, source: str | None) -> None:
    """Pair a part (part4) with a notebook: edit either."""
    from grader.pairing.pair import pair

    course = default_course()
    for line in pair(course.exercise_file(course.part(part)), source):
        click.echo(line)
