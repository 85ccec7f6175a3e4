"""The commands around an exercise: `list`, `hint` and `solution`. Thin, as those in cli.py."""

import shutil
import sys
from typing import TYPE_CHECKING

import click

from grader import hints, progress, state
from grader.commands import started
from grader.course import PUBLIC_SEED, Part, Spec, default_course
from grader.errors import UsageError
from grader.output import screen
from grader.targets import PART, TARGET

if TYPE_CHECKING:
    from grader.report.model import Report


@click.command(name="list")
@click.argument("part", required=False, type=PART)
def list_(part: str | None) -> None:
    """List the parts, or the checks of one, with points.

    Beside each check stands how its last run went. The last line says what comes next.
    """
    from grader.report import overview

    course = default_course()
    seen = progress.read()
    if not seen and not state.in_workspace():
        click.echo(
            "grader: There are no exercises here or above, so nothing is known of your progress. Go to your workspace, "
            "or make one: `grader init DIR`.",
            err=True,
        )
    width = shutil.get_terminal_size().columns
    if part is None:
        parts = course.parts()
        for line in overview.parts(parts, seen, width):
            click.echo(line)
        click.echo(overview.following(parts, seen))
        return
    one = course.part(part)

    from rich.text import Text

    from grader.report.terminal import WORDS

    console = screen(quiet=False)
    click.echo(overview.cut(f"{one.id}: {one.title}", width))
    for line, style in overview.checks(one, seen, WORDS, width):
        text = Text(line)
        text.stylize(style, 0, overview.WORD)
        console.print(text, soft_wrap=True)
    click.echo(overview.total(one, seen, WORDS))
    click.echo(overview.following([one], seen))


@click.command()
@click.argument("exercise", type=TARGET)
def hint(exercise: str) -> None:
    """Show a hint for an exercise, and then the next.

    The last one comes after a try.
    """
    part, specs = _exercise("hint", exercise)
    shown = hints.next_hint(part, specs[0])
    says = f"{hints.HELD} grader run {part.id}.{specs[0].exercise}" if shown.held else shown.text
    click.echo(f"{shown.name}, hint {shown.number} of {shown.of}: {says}")
    if not shown.last:
        click.echo(f"(once more for the next: grader hint {shown.name})")
    if shown.unkept:
        click.echo(f"grader: that it was shown is not kept. {shown.unkept}", err=True)


@click.command()
@click.argument("exercise", type=TARGET)
def solution(exercise: str) -> None:
    """Show how the course writes what you have passed.

    Yours is run first.
    """
    from grader import solution as solutions

    part, specs = _exercise("solution", exercise)
    name = f"{part.id}.{specs[0].exercise}"
    whole = tuple(spec for spec in part.checks if spec.exercise == specs[0].exercise)
    path = solutions.file(default_course(), part)
    report = _judged(part, whole)
    remember(report)

    from grader.report.terminal import WORDS

    missed = next((result for result in report.results if result.status != "passed"), None)
    if missed:
        word = WORDS[missed.status][0]
        click.echo(f"{missed.id}: {word}. The course's own shows once yours has passed: grader run {name}")
        sys.exit(report.exit_code)
    _show_code(f"# {name}, as the course writes it\n{solutions.shown(path, part, specs[0].exercise)}")


def remember(report: "Report") -> None:
    """Keep the verdicts for `grader list`."""
    try:
        progress.remember({result.id: result.status for result in report.results})
    except UsageError as error:  # a folder that can't be written to costs the progress shown, not the verdict
        click.echo(f"grader: the progress is not kept. {error}", err=True)


def _exercise(command: str, named: str) -> tuple[Part, tuple[Spec, ...]]:
    part, specs = default_course().select((named,))
    if "." not in named:
        raise UsageError(f"Name an exercise, for example `grader {command} {part.id}.{specs[0].exercise}`.")
    return part, specs


def _judged(part: Part, specs: tuple[Spec, ...]) -> "Report":
    """The student's own exercise, run as `grader run` does, and nothing said."""
    from grader import cells, warm

    course = default_course()
    submission = cells.read(course.exercise_file(part), part.name)

    warm.import_torch(students=True)  # once, here: the student's process may be a fork that has it too

    from grader import pipeline, sandbox
    from grader.attempt import Attempt

    with started() as template:
        attempt = Attempt.of(course, part, submission, template, sandbox.Limits())
        return pipeline.grade(course, part, specs, attempt, PUBLIC_SEED)


def _show_code(code: str) -> None:
    """Python in colour on a terminal that has any, and as it is in a pipe."""
    console = screen(quiet=False)
    if not console.color_system:
        click.echo(code)
        return
    from rich.syntax import Syntax

    text = Syntax(code, "python", theme="ansi_dark", background_color="default").highlight(code)
    text.rstrip()
    console.print(text, soft_wrap=True)
