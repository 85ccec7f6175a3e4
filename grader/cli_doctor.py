"""The command `grader doctor`."""

import shutil
import sys
import textwrap

import click

from grader.course import default_course
from grader.errors import UsageError

INDENT = 19


@click.command()
@click.option("--isolation", type=click.Choice(["process", "bubblewrap", "launcher"]), help="Attack this level.")
@click.option("--launcher", metavar="COMMAND", help="For `launcher`: a command that ends in a Python elsewhere.")
def doctor(isolation: str | None, launcher: str | None) -> None:
    """Look at your set-up, or attack a level of isolation.

    What is not ok has its fix beneath it.
    """
    sys.exit(0 if (_attack(isolation, launcher) if isolation else _look()) else 1)


def _look() -> bool:
    """Whether nothing of the set-up is at fault."""
    from grader import setup

    width = shutil.get_terminal_size().columns
    words = []
    for item in setup.items(default_course()):
        for line in _lines(item.word, item.name, item.text, item.fix, width):
            click.echo(line)
        words.append(item.word)
    click.echo("To try the isolation (some seconds): grader doctor --isolation process")
    return "FAULT" not in words


def _lines(word: str, name: str, text: str, fix: str, width: int) -> list[str]:
    room = max(20, width - INDENT)
    # A path stays whole, to be copied.
    wrapper = textwrap.TextWrapper(room, break_long_words=False, break_on_hyphens=False)
    shown = [line for paragraph in (text, fix) for line in wrapper.wrap(paragraph)]
    return [f"{word:<6} {name:<11} {shown[0]}", *(" " * INDENT + line for line in shown[1:])]


def _attack(isolation: str, launcher: str | None) -> bool:
    """Attack each layer of a level, and say what holds: whether all does that it claims."""
    import shlex

    from grader import doctor as trials
    from grader.isolation import named
    from grader.sandbox import Ended

    level = named(isolation, shlex.split(launcher or ""))
    click.echo(f"isolation {isolation}")
    holds = True
    try:
        for found in trials.examine(level):
            open_door = "  (the attack got through)" if found.through and found.word == "not claimed" else ""
            click.echo(f"  {found.word:<12} {found.layer:<12} {found.title}{open_door}")
            holds &= found.word != "BROKEN"
    except Ended as ended:
        raise UsageError(f"The sandbox does not start: {ended.reason}") from None
    return holds
