"""The command that draws pictures. Thin, as all commands: it reads arguments, calls, prints."""

from pathlib import Path

import click

from grader import data as names_data
from grader import state
from grader.commands import started
from grader.course import PUBLIC_SEED, default_course
from grader.errors import UsageError
from grader.output import spare_answers
from grader.targets import PART, SEED


@click.command()
@click.argument("part", type=PART)
@click.argument("names", nargs=-1, metavar="[NAME]...")
@click.option("--out", type=click.Path(path_type=Path), help="Folder for the PNGs [the workspace's pictures].")
@click.option("--file", "file", type=click.Path(path_type=Path), help="Draw from this .py or .ipynb instead.")
@click.option("--seed", type=SEED, default=PUBLIC_SEED, help="Seed of the inputs [0].")
@click.option("--html", "html_file", type=click.Path(path_type=Path), help="Write a page with the pictures as well.")
def plot(
    part: str, names: tuple[str, ...], out: Path | None, file: Path | None, seed: int, html_file: Path | None
) -> None:
    """Draw the pictures of a part (part3).

    They are made from your own network. All of them, or those that are named.
    """
    from grader import cells, warm

    course = default_course()
    one = course.part(part)
    out = out or state.workspace() / "pictures"
    if out.exists() and not out.is_dir():
        raise UsageError(f"{out} is not a folder. Name another one with --out.")
    if html_file and html_file.is_dir():
        raise UsageError(f"{html_file} is a folder. Name a file with --html.")
    if html_file:
        spare_answers(html_file)
    submission = cells.read(file or course.exercise_file(one), one.name)

    warm.import_torch(students=True)  # once, here: the student's process may be a fork that has it too

    from grader import sandbox

    with started() as template:  # before the pictures are imported, as in pipeline.py
        from grader.pictures import page, render
        from grader.report.terminal import printable

        chosen = render.find(course, one, names)
        if not chosen:
            click.echo(f"{one.id} has no pictures.")
        words = names_data.current(course).words if chosen else []
        results = []
        for result in render.render(course, one, chosen, submission, template, words, seed, sandbox.Limits()):
            results.append(result)
            if isinstance(result, render.Drawn):
                path = out / f"{one.id}-{result.name}.png"
                _write(path, result.png)
                click.echo(" ".join([f"written   {path}", *result.remarks]))
            else:
                click.echo(printable(" ".join(f"not drawn {result.name}: {result.why}".split())))
    if html_file:
        _write(html_file, page.page(f"{one.id}: {one.title}", results).encode())
        click.echo(f"written   {html_file}")


def _write(path: Path, content: bytes) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    except OSError as error:
        raise UsageError(
            f"{path} can't be written: {error.strerror}. Name another place with --out or --html."
        ) from None
