"""The commands that train: `train` and `records`. Thin, as those in cli.py."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from grader import data as names_data
from grader.commands import STOPPED, started
from grader.course import PUBLIC_SEED, default_course
from grader.errors import UsageError
from grader.output import check_writable, screen, write
from grader.targets import BUDGET, DEVICE, PART, SEED

if TYPE_CHECKING:
    from grader.training.grade import Plan


@click.command()
@click.argument("target", metavar="PART|CHECK", type=PART)
@click.option("--file", "file", type=click.Path(path_type=Path), help="Train what this .py or .ipynb holds instead.")
@click.option("--device", type=DEVICE, default="auto", help="Where to train [auto: a GPU if there is one].")
@click.option("--budget", type=BUDGET, help="quick: some seconds; full: the lecture's steps [full with a GPU].")
@click.option("--resume", is_flag=True, help="Go on from where an interrupted run was.")
@click.option("--speedrun", is_flag=True, help="Race your function `speedrun` against the clock instead.")
@click.option("--seed", type=SEED, default=PUBLIC_SEED, help="Seed of the data's order [0].")
@click.option("--records", "book", type=click.Path(path_type=Path), help="Add to this record book instead.")
@click.option("--json", "json_file", metavar="FILE", help="Write the report as JSON; - for standard output.")
def train(
    target: str,
    file: Path | None,
    device: str,
    budget: str | None,
    resume: bool,
    speedrun: bool,
    seed: int,
    book: Path | None,
    json_file: str | None,
) -> None:
    """Train what you have written in a part (part5).

    The target is a loss on names that it has not seen.
    """
    from grader import cells, warm

    course = default_course()
    name, _, wanted = target.partition(".")
    part = course.part(name)
    submission = cells.read(file or course.exercise_file(part), part.name)
    for output in (json_file, str(book) if book else None):
        check_writable(output)

    warm.import_torch(students=True)  # once, here: the student's process may be a fork that has it too

    from grader.report import schema, terminal

    console = screen(quiet=json_file == "-")
    with started() as template:
        for line in terminal.header(f"{part.id}: {part.title}", submission.path, seed, template.isolation.name):
            console.print(line)
        report, plan = training(
            course, part, submission, template, console, device, budget, seed, resume, wanted, speedrun
        )
    from grader.training.verdict import interrupted

    terminal.summary(console, report)
    keep(report, plan, submission, book)
    if json_file:
        write(json_file, schema.to_json(report))
    sys.exit(STOPPED if any(map(interrupted, report.results)) else report.exit_code)


def training(
    course: Any,
    part: Any,
    submission: Any,
    template: Any,
    console: Any,
    device: str = "auto",
    budget: str | None = None,
    seed: int = PUBLIC_SEED,
    resume: bool = False,
    wanted: str = "",
    speedrun: bool = False,
) -> tuple[Any, "Plan"]:
    """Train, and show how it goes; the report, and the plan that was made of what was asked."""
    from grader.training import device as devices
    from grader.training import session
    from grader.training.grade import Plan

    chosen = devices.chosen(device)
    plan = Plan(budget or ("quick" if chosen == "cpu" else "full"), chosen, seed, resume)
    return session.report(course, part, submission, template, plan, wanted, speedrun, console), plan


def keep(report: Any, plan: "Plan", submission: Any, book: Path | None) -> None:
    """Add the runs of a report to the record book."""
    from grader.training import records

    data = names_data.current(default_course()).sha256[:16]
    runs = [one for one in report.results if one.curve and one.status != "not_run"]
    if not runs:
        return
    try:
        records.append((records.of(one, plan.seed, submission, data) for one in runs), book or records.own_book())
    except UsageError as error:
        if book:
            raise
        click.echo(f"grader: the record is not kept. {error}", err=True)


@click.command()
@click.argument("books", nargs=-1, type=click.Path(path_type=Path), metavar="[FILE]...")
def records(books: tuple[Path, ...]) -> None:
    """List the best loss and time of each training check.

    By device: yours, or those of a class's record books.
    """
    from grader.training import records as book

    if not books and not book.own_book().exists():
        click.echo("No records yet: `grader train part2` makes the first.")
        return
    found, damaged = book.read(books or (book.own_book(),))
    for line in book.table(book.best(found)):
        click.echo(line)
    if damaged:
        click.echo(f"{damaged} lines could not be read and are left out.", err=True)
    click.echo(f"{len(found)} runs. The books are written by whoever ran them: to verify one, train its file yourself.")
