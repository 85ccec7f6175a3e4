"""What run_autograder calls on Gradescope: grade the submission that lies there, and write results.json.

`base` holds source/ (the bundle, unpacked), submission/ (what a student has handed in) and results/. Whatever this
prints is shown to instructors alone. Where it fails, it writes nothing: run_autograder then says so in its place.
"""

import os
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from grader import cells
from grader.classes import export, find
from grader.classes.files import below, listed
from grader.classes.graded import Graded
from grader.classes.layout import Entry, hidden
from grader.course import Course, Part
from grader.errors import UsageError
from grader.gradescope.another_user import another_user
from grader.gradescope.setting import FILE, Setting
from grader.isolation import bubblewrap
from grader.report.model import Report

if TYPE_CHECKING:
    from grader.template import Template

CLOSED = {"source": 0o700, "submission": 0o700, "results": 0o700, "submission_metadata.json": 0o600}
"""What is none of a student's code's business, where it runs as another user."""


def main(base: Path) -> None:
    """Grade what is in `base`/submission, and write `base`/results/results.json in one step."""
    close(base)
    form = export.gradescope(graded(base))
    unfinished = base / "results" / "unfinished.json"
    unfinished.write_bytes(msgspec.json.format(msgspec.json.encode(form), indent=2))
    unfinished.replace(base / "results" / "results.json")


def close(base: Path) -> None:
    """Close to other users what the submission must not see. Gradescope makes some of it anew for each submission."""
    for name, mode in CLOSED.items():
        if (base / name).exists():
            os.chmod(base / name, mode)


def graded(base: Path) -> Graded:
    """What comes of the submission. Raises whatever is the grader's own fault."""
    start = time.monotonic()
    setting = msgspec.json.decode((base / "source" / FILE).read_bytes(), type=Setting)
    course = Course(base / "source" / setting.course)
    part = course.part(setting.part)
    with tempfile.TemporaryDirectory(prefix="grader-submission-") as folder:
        found = submitted(base, part, Path(folder))
        content = found.content
    report = None
    if content is not None:
        report = grade(course, part, cells.parse(content, Path(found.file), part.name), setting.seed)
    seconds = round(time.monotonic() - start, 3)
    return Graded("", part.id, found.file, found.sha256, "", report, found.content_error, seconds=seconds)


def submitted(base: Path, part: Part, extracted: Path) -> find.Found:
    """The file that counts, chosen as of any student's in a class."""
    top = os.open(base, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        folder = next(item for item in listed(top, ()) if item.path == ("submission",))
        entry = Entry(folder.path, "submission", below(top, folder, lambda name: not hidden(name)), "submission")
        return find.choose(entry.student, [entry], part, extracted)
    finally:
        os.close(top)


def grade(course: Course, part: Part, submission: cells.Submission, seed: int) -> Report:
    """Grade it, in the best isolation that this container allows."""
    from grader import warm

    # Before the template does, which has a limited time for it: half a processor reads it from a cold disk here.
    warm.import_torch()

    import torch

    from grader import pipeline
    from grader.attempt import Attempt
    from grader.sandbox import Limits

    torch.set_num_threads(1)
    template = started()
    try:
        attempt = Attempt.of(course, part, submission, template, Limits())
        report = pipeline.grade(course, part, part.checks, attempt, seed)
    finally:
        template.close()
    failed = [result for result in report.results if result.status == "grader_error"]
    for result in failed:
        print(f"{result.id}: {result.message}")
    if len(failed) == len(report.results):
        raise RuntimeError("no check could be judged")
    return report


def started() -> "Template":
    """A warm template that has been seen to start a process. Raises UsageError where no isolation allows one."""
    from grader.sandbox import Ended, Limits
    from grader.start import start_template

    for level in (bubblewrap, another_user):
        try:
            template = start_template(fresh=True, isolation=level())
        except UsageError as error:
            print(f"{level.__name__}: {error}")
            continue
        try:
            template.start(Limits()).close()
        except Ended:
            print(f"{level.__name__}: it does not start here. It said: {template.said()}")
            template.close()
            continue
        print(f"isolation: {template.isolation.name}")
        return template
    raise UsageError("Nothing cuts a submission off here, so that it was not run. See above what each isolation said.")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
