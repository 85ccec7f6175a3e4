"""The commands for whole classes: `batch`, `export`, `report`. Thin, as those in cli.py."""

import sys
import tempfile
import time
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import click

from grader.commands import STOPPED
from grader.course import default_course
from grader.errors import UsageError
from grader.targets import BUDGET, DEVICE, SECONDS, SEED

if TYPE_CHECKING:
    from grader.classes.batch import Summary
    from grader.classes.gradebooks import Filled
    from grader.classes.graded import Graded
    from grader.classes.store import Store

LEVELS = click.Choice(["bubblewrap", "process", "launcher"])


@click.command()
@click.argument("submissions", type=click.Path(path_type=Path))
@click.option("--part", required=True, help="The part that was handed in (part4).")
@click.option("--out", required=True, metavar="FILE|URL", help="The class's database (class.sqlite).")
@click.option("--isolation", type=LEVELS, default="bubblewrap", help="How submissions are cut off [bubblewrap].")
@click.option("--launcher", metavar="COMMAND", help="For `launcher`: a command that ends in a Python elsewhere.")
@click.option("--jobs", type=click.IntRange(1, 1024), help="Processes on this machine [its cores].")
@click.option("--scheduler", metavar="tcp://...", help="Grade on a dask cluster instead.")
@click.option("--seed", type=SEED, help="Seed of the inputs [this class's secret one].")
@click.option("--timeout", type=SECONDS, default=10.0, help="Seconds for each check [10].")
@click.option("--train", type=BUDGET, help="Run the training checks too, with this budget.")
@click.option("--device", type=DEVICE, default="auto", help="Where to train.")
@click.option("--force", is_flag=True, help="Grade again what has been graded.")
@click.option("--regrade", is_flag=True, help="Grade again what another version of the course has graded.")
def batch(
    submissions: Path,
    part: str,
    out: str,
    isolation: str,
    launcher: str | None,
    jobs: int | None,
    scheduler: str | None,
    seed: int | None,
    timeout: float,
    train: str | None,
    device: str,
    force: bool,
    regrade: bool,
) -> None:
    """Grade a class: all SUBMISSIONS of a part.

    SUBMISSIONS: a folder, or a zip from Canvas or Moodle.

    Interrupt it, or let it die: the same command goes on.
    """
    if sys.platform != "linux":
        raise UsageError("grader batch needs Linux: what nobody vouches for is not cut off anywhere else.")
    _need_instructor()
    import shlex

    from grader import isolation as levels
    from grader.classes import batch as work
    from grader.classes import pool
    from grader.classes.find import find
    from grader.classes.store import open_store
    from grader.classes.version import course_version
    from grader.classes.work import Setting
    from grader.cores import cores
    from grader.declared import how_many

    course = default_course()
    one = course.part(part)
    if isolation == "bubblewrap" and device not in ("auto", "cpu"):
        raise UsageError(f"The sandbox shows no {device}: train on it with --isolation process or launcher.")
    if train and not how_many(course, one, "training", "training"):
        raise UsageError(f"{one.id} has no training checks. Leave --train out.")
    prefix = tuple(shlex.split(launcher or ""))
    if scheduler is None:
        levels.named(isolation, list(prefix))
    with open_store(out, create=True) as store, tempfile.TemporaryDirectory(prefix="grader-class-") as folder:
        found = find(submissions, one, Path(folder))
        secret = store.seed() if seed is None else seed
        version = course_version(course, one)
        place = "cpu" if isolation == "bubblewrap" else device
        setting = Setting(
            str(course.root.absolute()), version, one.id, secret, isolation, prefix, timeout, train or "", place
        )
        workers = partial(pool.cluster, address=scheduler) if scheduler else partial(pool.here, workers=jobs or cores())
        click.echo(f"{one.id}: {one.title} | {len(found)} students | isolation: {isolation} | into {_shown(out)}")
        try:
            summary = work.batch(found, setting, store, workers, force, regrade, _Progress())
        except KeyboardInterrupt:
            click.echo("\nInterrupted. What has been graded is kept: the same command goes on.", err=True)
            sys.exit(STOPPED)
    _tell(summary)


class _Progress:
    """Says how far it has come: each on a terminal, else now and then."""

    def __init__(self) -> None:
        self._start = self._said = time.monotonic()
        self._live = sys.stdout.isatty()

    def __call__(self, done: int, total: int, graded: "Graded") -> None:
        """Told after each submission."""
        now = time.monotonic()
        if done < total and now - self._said < (0.1 if self._live else 5.0):
            return
        self._said = now
        left = (now - self._start) / done * (total - done)
        line = (
            f"{done} of {total} graded, {left / 60:.0f} min left"
            if left > 90
            else f"{done} of {total} graded, {left:.0f} s left"
        )
        click.echo(f"\r{line:<50}" if self._live else line, nl=not self._live or done == total)


def _tell(summary: "Summary") -> None:
    bad = sorted(summary.ungradable)
    click.echo(f"{summary.graded} graded, {summary.kept} had been graded before, {len(bad)} not gradable.")
    if bad:
        click.echo(f"Not gradable, so 0 (`grader report` says why): {', '.join(map(repr, bad))}")
    if summary.older:
        click.echo(f"{summary.older} of these by another version of the course: --regrade grades them again.")
    for change in summary.changes:
        click.echo(f"  {change.student!r} {change.check}: {change.before} -> {change.after} points ({change.why})")


def _shown(place: str) -> str:
    return place.rpartition("@")[2] if "://" in place else place


@click.command()
@click.argument("database", metavar="FILE|URL")
@click.option("--part", help="Which part, where there are several.")
@click.option("--csv", "csv_file", type=click.Path(path_type=Path), help="Write a table, a row for each student.")
@click.option("--jsonl", "lines_file", type=click.Path(path_type=Path), help="Write all that is known, a line each.")
@click.option("--gradescope", type=click.Path(path_type=Path), help="Write results.json for each student below.")
@click.option("--roster", type=click.Path(path_type=Path), help="What Canvas or Moodle has exported, for --marks.")
@click.option("--marks", "marks_file", type=click.Path(path_type=Path), help="Write the roster with the marks in it.")
def export(
    database: str,
    part: str | None,
    csv_file: Path | None,
    lines_file: Path | None,
    gradescope: Path | None,
    roster: Path | None,
    marks_file: Path | None,
) -> None:
    """Export a class's marks, for other programs."""
    _need_instructor()
    from grader.classes import export as forms
    from grader.classes.store import open_store

    if (roster is None) != (marks_file is None) or (roster and roster == marks_file):
        raise UsageError("Marks for Canvas or Moodle need two files: --roster EXPORTED.csv --marks NEW.csv.")
    if not (csv_file or lines_file or gradescope or marks_file):
        raise UsageError("Say what to write: --csv FILE, --jsonl FILE, --gradescope FOLDER, or --roster with --marks.")
    with open_store(database) as store:
        graded = store.newest(_part(store, part))
    marks = _marks(graded, roster) if roster else None
    try:
        if csv_file:
            csv_file.write_text(forms.as_csv(graded), encoding="utf-8", errors="replace")
        if lines_file:
            lines_file.write_bytes(forms.as_json_lines(graded))
        if gradescope:
            forms.write_gradescope(graded, gradescope)
        if marks and marks_file:
            marks_file.write_text(marks.text, encoding="utf-8", newline="")
    except OSError as error:
        raise UsageError(f"The export could not be written: {error}.") from None
    click.echo(f"{len(graded)} students exported.")
    if marks:
        _tell_marks(graded, marks)


def _marks(graded: "list[Graded]", roster: Path) -> "Filled":
    """The roster with the class's marks. Raises UsageError."""
    from grader.classes import gradebooks

    try:
        text = roster.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError:
        raise UsageError(f"{roster} is not UTF-8. Take it as Canvas or Moodle has exported it.") from None
    except OSError as error:
        raise UsageError(f"{roster} can't be read: {error.strerror}. Name what Canvas or Moodle exported.") from None
    points, maximum = gradebooks.of_class(graded)
    title = next(one.report.title for one in graded if one.report)
    part = graded[0].part
    return gradebooks.filled(text, points, maximum, (part, title, f"{part} {title}"))


def _tell_marks(graded: "list[Graded]", marks: "Filled") -> None:
    """Where the marks went, and whoever may miss some."""
    from grader.classes.gradebooks import settled

    click.echo(f"{marks.marked} marks in the {'new ' if marks.new else ''}column {marks.column!r}.")
    lists = {
        "not in the roster": marks.unknown,
        "in the roster, and left without marks": marks.left,
        "the grader itself failed, no marks (grade them again with --force)": [
            one.student for one in graded if not settled(one)
        ],
        "not gradable, so 0": [one.student for one in graded if one.problem],
    }
    for words, names in lists.items():
        if names:
            click.echo(f"{len(names)} {words}: {', '.join(map(repr, names))}", err=True)


@click.command()
@click.argument("database", metavar="FILE|URL")
@click.option("--html", "folder", type=click.Path(path_type=Path), required=True, help="Write the pages there.")
@click.option("--part", help="Which part, where there are several.")
@click.option("--records", "books", type=click.Path(path_type=Path), multiple=True, help="Students' record books too.")
def report(database: str, folder: Path, part: str | None, books: tuple[Path, ...]) -> None:
    """Write pages that show a class.

    They show who is where, which check is hard, and which mistakes are made.
    """
    _need_instructor()
    from grader.classes.graded import Checked, Class
    from grader.classes.records import own
    from grader.classes.store import open_store
    from grader.report.pages import write
    from grader.training import records

    course = default_course()
    with open_store(database) as store:
        one = course.part(_part(store, part))
        graded = store.newest(one.id)
    checks = {spec.id: Checked(spec.id, spec.title, spec.points) for spec in one.checks}
    for result in (result for each in graded if each.report for result in each.report.results):
        checks.setdefault(result.id, Checked(result.id, result.title, result.max_points))  # training checks
    klass = Class(one.id, one.title, [*checks.values()], graded)
    claims, damaged = records.read(books)
    verified = own(klass)
    write(klass, folder, [*verified, *(claim for claim in claims if claim.id.startswith(f"{one.id}."))], verified)
    if damaged:
        click.echo(f"{damaged} lines of the record books could not be read and are left out.", err=True)
    click.echo(f"{len(graded)} students: {folder / 'index.html'}")


def _need_instructor() -> None:
    """Raise UsageError where what instructors need has not been installed."""
    import importlib.util

    if not all(map(importlib.util.find_spec, ("sqlalchemy", "jinja2"))):
        raise UsageError("This needs the extra `instructor`: pip install 'zero-to-hero-grader[instructor]'.")


def _part(store: "Store", wanted: str | None) -> str:
    """The part that was meant. Raises UsageError where that is not clear."""
    parts = store.parts()
    if wanted is None and len(parts) == 1:
        return parts[0]
    if wanted in parts:
        return str(wanted)
    there = ", ".join(parts) or "nothing yet"
    known = f"There is no {wanted} in the database. " if wanted else ""
    raise UsageError(f"{known}Name a part with --part. In the database there is: {there}.")
