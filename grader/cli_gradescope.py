"""The command `grader gradescope`."""

import secrets
from pathlib import Path

import click

from grader.course import default_course
from grader.targets import SEED


@click.command()
@click.argument("part")
@click.option("--out", type=click.Path(path_type=Path), default="autograder.zip", help="The zip [autograder.zip].")
@click.option("--seed", type=SEED, help="Seed of the inputs [a secret one, drawn now].")
def gradescope(part: str, out: Path, seed: int | None) -> None:
    """Make an autograder of a part (part4) for Gradescope to run."""
    from grader.gradescope.bundle import bundle, save

    course = default_course()
    one = course.part(part)
    secret = secrets.randbelow(2**62) if seed is None else seed
    older = save(bundle(course, one, secret), out)
    click.echo(f"{out}: {one.id}: {one.title}. Upload it as the autograder of an assignment of {one.points} points.")
    click.echo(
        f"Its inputs come from the seed {secret}, which is in it: keep both from students. What a student was asked:"
    )
    click.echo(f"  grader run {one.id} --file FILE --seed {secret} --isolation bubblewrap")
    if older:
        click.echo(f"The older {out.name} is kept as {older}.")
