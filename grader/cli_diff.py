"""The command that shows a difference. Thin, as all commands: it reads arguments, calls, prints."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from grader import state
from grader.commands import started
from grader.course import PUBLIC_SEED, default_course
from grader.errors import UsageError
from grader.output import check_writable, screen, write_whole
from grader.targets import SEED

if TYPE_CHECKING:
    from grader.differences import Difference

AROUND = 10
"""Lines of a terminal that are not for tables."""
DEFAULT = "-"
"""In the place of a file's name: the place where pictures are kept."""


@click.command()
@click.argument("exercise", required=False)
@click.option("--file", "file", type=click.Path(path_type=Path), help="Run this .py or .ipynb instead.")
@click.option("--seed", type=SEED, default=PUBLIC_SEED, help="Seed of the inputs [0].")
@click.option(
    "--plot",
    "png",
    is_flag=False,
    flag_value=DEFAULT,
    metavar="[FILE]",
    help="Draw it as heat maps too [pictures/EXERCISE.png].",
)
@click.option("--save", "tensors", metavar="FILE", help="Write the inputs and both values as safetensors.")
def diff(exercise: str | None, file: Path | None, seed: int, png: str | None, tensors: str | None) -> None:
    """Show what came of an exercise beside what was expected.

    The smallest of the inputs that it is wrong for is shown. The entry that is off most stands between > and <.
    """
    from grader import cells, warm

    if exercise is None:
        raise UsageError("Name an exercise, and name it first: `grader diff part4.dprobs --plot`.")
    course = default_course()
    part, specs = course.select((exercise,))
    if "." not in exercise:
        raise UsageError(f"Name an exercise, for example `grader diff {part.id}.{specs[0].exercise}`.")
    path = file or course.exercise_file(part)
    submission = cells.read(path, part.name)
    for target in (png if png != DEFAULT else None, tensors):
        check_writable(target)

    warm.import_torch(students=True)  # once, here: the student's process may be a fork that has it too

    from msgspec.structs import replace

    from grader import differences, pipeline, sandbox
    from grader.keeping import KeepingAttempt
    from grader.report import difference, terminal
    from grader.report.model import Details

    console = screen(quiet=False)
    with started() as template:
        attempt = KeepingAttempt.of(course, part, submission, template, sandbox.Limits())
        assert isinstance(attempt, KeepingAttempt)
        report = pipeline.grade(course, part, specs, attempt, seed)
    for line in terminal.header(f"{part.id}: {part.title}", str(path), seed, report.isolation):
        console.print(line)
    found = differences.of_report(specs, report, course.load(part), attempt.answers)
    shown = next((one for one in report.results if one.id in found), None)
    for one in report.results:
        terminal.result(console, replace(one, message="", details=Details()) if one is shown else one)
    if shown is None:
        if report.exit_code == 0:
            console.print("No difference: all is as expected.")
        if png or tensors:
            console.print("Nothing is written.")
        sys.exit(report.exit_code)
    wrong = differences.smallest(found[shown.id])
    of = shown.details.cases
    console.print(
        f"{shown.id}, input {wrong[0].case + 1} of {of}" + (": the smallest that is wrong." if of > 1 else ".")
    )
    for text in difference.lines(wrong, console.width, console.height - AROUND):
        console.print(text, markup=False, no_wrap=True, overflow="ignore", crop=False)
    if png or tensors:
        click.echo()
    if png:
        _draw(png, shown.id, wrong)
    if tensors:
        _save(tensors, wrong)
    sys.exit(report.exit_code)


def _draw(png: str, id: str, wrong: "list[Difference]") -> None:
    """Write the picture of the first value of which there is one."""
    from grader.report import difference

    drawable = next((one for one in wrong if one.drawable), None)
    image = difference.image(drawable) if drawable else None
    if image is None:
        click.echo("not drawn: no tensor of the asked form differs here in more than a few entries.")
        return
    path = Path(png)
    if png == DEFAULT:
        path = state.workspace() / "pictures" / f"{id}.png"
        try:
            path.parent.mkdir(exist_ok=True)
        except OSError as error:
            raise UsageError(f"{path.parent} can't be made: {error.strerror}. Name a file: --plot FILE.") from None
    write_whole(path, image.png)
    click.echo(f"written   {path}")


def _save(tensors: str, wrong: "list[Difference]") -> None:
    """Write the values as safetensors, and say how to read them."""
    from grader.report import saved
    from grader.report.terminal import printable

    content, names, plain = saved.saved(wrong)
    write_whole(Path(tensors), content)
    click.echo(f"written   {tensors}, {len(names)} tensors. In a notebook:")
    click.echo("    from safetensors.torch import load_file")
    click.echo(printable(f"    values = load_file({tensors!r})  # {', '.join([*names[:1], *names[-2:]])}"))
    if plain:
        click.echo(printable(f"As JSON in the file's metadata, since no tensors: {', '.join(plain)}"))
