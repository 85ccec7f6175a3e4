"""The commands of a workspace: `grader init`, `grader update`, `grader reset`. Thin: they read arguments and print."""

import sys
from pathlib import Path

import click

from grader.course import default_course
from grader.targets import TARGET


@click.command()
@click.argument("folder", metavar="DIR", type=click.Path(path_type=Path))
def init(folder: Path) -> None:
    """Make a workspace of your own in DIR.

    It holds the exercises, the data, and what VS Code and git need to know.
    """
    from grader.workspaces.begin import begin

    for line in begin(default_course(), folder):
        click.echo(line)


@click.command()
def update() -> None:
    """Bring your workspace's exercises up to date.

    Your answers stay. Exits with 1 where something is left for you to decide.
    """
    from grader.workspaces import update as updating

    outcome = updating.update(default_course())
    for line in outcome.lines:
        click.echo(line)
    sys.exit(int(outcome.left))


@click.command()
@click.argument("targets", nargs=-1, required=True, metavar="PART|EXERCISE...", type=TARGET)
@click.option("--undo", is_flag=True, help="Put back what the newest backup has instead.")
def reset(targets: tuple[str, ...], undo: bool) -> None:
    """Set an exercise or a part back to its stub.

    What you wrote is kept in a backup.
    """
    from grader.workspaces import reset as resetting

    for line in (resetting.undo if undo else resetting.reset)(default_course(), targets):
        click.echo(line)
