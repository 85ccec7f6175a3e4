"""The commands. Thin: they read arguments, call what does the work, print, and set the exit code.

Exit codes: 0 all passed, 1 something has not passed, 2 usage or set-up error, 3 grader error; commands.py has those of
whatever else may end a command.
"""

import sys
from pathlib import Path

import click

from grader.cli_classes import batch, export, report
from grader.cli_completion import completion
from grader.cli_data import data
from grader.cli_dev import dev
from grader.cli_diff import diff
from grader.cli_doctor import doctor
from grader.cli_gradescope import gradescope
from grader.cli_nbgrader import nbgrader
from grader.cli_notebook import notebook
from grader.cli_plot import plot
from grader.cli_progress import hint, list_, remember, solution
from grader.cli_training import keep, records, train, training
from grader.cli_watch import watch
from grader.cli_workspace import init, reset, update
from grader.commands import Commands, started
from grader.course import PUBLIC_SEED, default_course
from grader.output import check_writable, screen, write, write_whole
from grader.targets import SECONDS, SEED, TARGET
from grader.versions import grader_version

LEVELS = click.Choice(["process", "bubblewrap"])


def _say_version(ctx: click.Context, _: click.Parameter, asked: bool) -> None:
    if asked and not ctx.resilient_parsing:
        click.echo(grader_version())
        ctx.exit()


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.option(
    "--version", is_flag=True, expose_value=False, is_eager=True, callback=_say_version,
    help="Show the version and exit.",
)  # fmt: skip
def main() -> None:
    """Exercises for "Neural Networks: Zero to Hero", and their grader."""


@click.command()
@click.argument("targets", nargs=-1, required=True, metavar="PART|EXERCISE...", type=TARGET)
@click.option("--file", "file", type=click.Path(path_type=Path), help="Grade this .py or .ipynb instead.")
@click.option("--seed", type=SEED, default=PUBLIC_SEED, help="Seed of the inputs [0].")
@click.option("--isolation", type=LEVELS, default="process", help="How the file is cut off [process].")
@click.option("--timeout", type=SECONDS, default=10.0, help="Seconds for each check [10].")
@click.option("--json", "json_file", metavar="FILE", help="Write the report as JSON; - for standard output.")
@click.option("--junit", "junit_file", metavar="FILE", help="Write the report as JUnit XML.")
@click.option("--html", "html_file", metavar="FILE", help="Write the report as a page to read, print or hand in.")
@click.option("--quiet", "-q", is_flag=True, help="Print nothing: the exit code tells.")
@click.option("--train", "and_train", is_flag=True, help="Train what you have written too: see grader train.")
def run(
    targets: tuple[str, ...],
    file: Path | None,
    seed: int,
    isolation: str,
    timeout: float,
    json_file: str | None,
    junit_file: str | None,
    html_file: str | None,
    quiet: bool,
    and_train: bool,
) -> None:
    """Grade a part (part4), or exercises of it (part4.dprobs)."""
    from grader import cells, warm
    from grader import isolation as levels

    course = default_course()
    part, specs = course.select(targets)
    path = file or course.exercise_file(part)
    submission = cells.read(path, part.name)
    for target in (json_file, junit_file, html_file):
        check_writable(target)

    warm.import_torch(students=True)  # once, here: the student's process may be a fork that has it too

    from msgspec import structs

    from grader import pipeline, sandbox
    from grader.attempt import Attempt
    from grader.declared import how_many
    from grader.keeping import KeepingAttempt
    from grader.report import junit, model, schema, terminal
    from grader.workspaces.exercise import line_of

    console = screen(quiet=quiet or json_file == "-")
    with started(levels.named(isolation, [])) as template:
        header = terminal.header(f"{part.id}: {part.title}", str(path), seed, template.isolation.name)
        live = terminal.Live(console, header)
        attempt = (KeepingAttempt if html_file else Attempt).of(
            course, part, submission, template, sandbox.Limits(seconds=timeout, total=12 * timeout)
        )
        report = pipeline.grade(course, part, specs, attempt, seed, live)
        if and_train:
            live.release()
            trained, plan = training(course, part, submission, template, console, seed=seed)
            report = model.joined(report, trained)
        elif len(specs) == len(part.checks):
            report = structs.replace(report, not_run=how_many(course, part, "training", "training"))
    line = line_of(submission.cells, specs[0].exercise) if path.suffix == ".py" else None
    live.finish(report, 0 if line is None else line + 1, f" --file {file}" if file else "")
    if file is None:
        remember(report)
    if and_train:
        keep(trained, plan, submission, None)
    if json_file:
        write(json_file, schema.to_json(report))
    if junit_file:
        write(junit_file, junit.junit(report).encode())
    if html_file and isinstance(attempt, KeepingAttempt):
        from grader.report import page

        write_whole(Path(html_file), page.of_run(report, specs, course.load(part), attempt.answers).encode())
        console.print(f"Written: {html_file}", markup=False, soft_wrap=True)
    sys.exit(report.exit_code)


main.sections = {
    "Commands": (
        init, watch, run, list_, hint, solution, diff, reset, update, notebook, train, records, plot, data, doctor,
        completion,
    ),
    "For instructors and authors": (nbgrader, gradescope, batch, report, export, dev),
}  # fmt: skip
for commands in main.sections.values():
    for command in commands:
        main.add_command(command)

if __name__ == "__main__":
    main()
