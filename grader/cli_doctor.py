"""The command `grader doctor`."""

import sys

import click

from grader.errors import UsageError


@click.command()
@click.option("--isolation", type=click.Choice(["process", "bubblewrap", "launcher"]), help="Only this level.")
@click.option("--launcher", metavar="COMMAND", help="For `launcher`: a command that ends in a Python elsewhere.")
def doctor(isolation: str | None, launcher: str | None) -> None:
    """Attack each level of isolation, and say what holds."""
    import shlex

    from grader import doctor as trials
    from grader.isolation import named
    from grader.sandbox import Ended

    broken = False
    for name in (isolation,) if isolation else ("process", "bubblewrap"):
        click.echo(f"isolation {name}")
        try:
            level = named(name, shlex.split(launcher or ""))
        except UsageError as error:
            if isolation:
                raise
            click.echo(f"  not there: {error}")
            continue
        try:
            for found in trials.examine(level):
                open_door = "  (the attack got through)" if found.through and found.word == "not claimed" else ""
                click.echo(f"  {found.word:<12} {found.layer:<12} {found.title}{open_door}")
                broken |= found.word == "BROKEN"
        except Ended as ended:
            raise UsageError(f"The sandbox does not start: {ended.reason}") from None
    sys.exit(1 if broken else 0)
