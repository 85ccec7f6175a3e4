"""The commands about the list of names. Thin, as those in cli.py."""

from pathlib import Path

import click

from grader import data as names_data
from grader.course import default_course
from grader.errors import UsageError


@click.group()
def data() -> None:
    """Say, or change, which list of names is in use."""


@data.command()
def status() -> None:
    """Say which edition of the names is in use, and verify it."""
    names = names_data.current(default_course())
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
