"""Grade a whole class: find the submissions, leave out what has been graded, hand out the rest, keep each verdict.

It may be killed at any moment: what has been kept is whole, and the same call goes on with the rest.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime

import msgspec

from grader.classes.find import Found
from grader.classes.graded import Graded
from grader.classes.pool import Workers
from grader.classes.store import Store
from grader.classes.work import Done, Job, Setting
from grader.report.model import Result


class Change(msgspec.Struct, frozen=True):
    """A check on which a student's marks are others than before, and why."""

    student: str
    check: str
    before: int
    after: int
    why: str


@dataclass
class Summary:
    """What a batch came to."""

    graded: int = 0
    kept: int = 0
    """Had been graded before."""
    older: int = 0
    """Of these, by another version of the course."""
    ungradable: list[str] = field(default_factory=list)
    """Who has handed in nothing that could be graded, now or before."""
    changes: list[Change] = field(default_factory=list)


def batch(
    found: list[Found],
    setting: Setting,
    store: Store,
    workers: Workers,
    force: bool = False,
    regrade: bool = False,
    listen: Callable[[int, int, Graded], None] = lambda done, total, graded: None,
) -> Summary:
    """Grade what is new. force: what has been graded too; regrade: what another version of the course has graded."""
    known, summary = store.known(setting.part), Summary()
    to_do = []
    for one in found:
        before = known.get(one.student)
        version, _, trained = before.course.partition("+") if before else ("", "", "")
        older = version != setting.version
        more = bool(setting.train and trained != setting.train and before and before.report)
        if before and _same(before, one) and not force and not more and not (older and regrade):
            summary.kept += 1
            summary.older += older
            if before.problem:
                summary.ungradable.append(one.student)
        else:
            to_do.append(one)
    for graded in _all(to_do, setting, workers):
        store.add(graded)
        summary.graded += 1
        if graded.problem:
            summary.ungradable.append(graded.student)
        if before := known.get(graded.student):
            summary.changes += changes(before, graded)
        listen(summary.graded, len(to_do), graded)
    return summary


def _same(before: Graded, one: Found) -> bool:
    return before.sha256 == one.sha256 and (bool(one.sha256) or before.problem == one.content_error)


def _all(to_do: list[Found], setting: Setting, workers: Workers) -> Iterator[Graded]:
    for one in to_do:
        if one.path is None:
            yield recorded(setting, one.student, one.file, "", Done(None, one.content_error))
    jobs = (Job(one.student, one.file, one.sha256, one.path.read_bytes()) for one in to_do if one.path)
    for job, done in workers(setting, jobs):
        yield recorded(setting, job.student, job.file, job.sha256, done)


def recorded(setting: Setting, student: str, file: str, sha256: str, done: Done) -> Graded:
    """What came of a submission now, as the store keeps it."""
    now, seconds = datetime.now(UTC).isoformat(timespec="seconds"), round(done.seconds, 3)
    return Graded(student, setting.part, file, sha256, setting.label, done.report, done.problem, now, seconds)


def changes(before: Graded, after: Graded) -> list[Change]:
    """The checks on which the marks differ. Why: the file is another one, or the course, or neither."""
    if before.sha256 != after.sha256:
        why = "another file"
    elif before.course != after.course:
        why = "the course has changed"
    else:
        why = "graded anew: the same file gave another verdict"
    old, new = _results(before), _results(after)
    found = []
    for check in dict.fromkeys([*old, *new]):
        was, now = old.get(check), new.get(check)
        points = (was.points if was else 0), (now.points if now else 0)
        if points[0] != points[1]:
            words = [r.status.replace("_", " ") if r else "not there" for r in (was, now)]
            said = f": {now.message}" if now and now.message else ""
            found.append(Change(after.student, check, *points, f"{why}; {words[0]} before, {words[1]} now{said}"))
    return found


def _results(graded: Graded) -> dict[str, Result]:
    return {result.id: result for result in graded.report.results} if graded.report else {}
