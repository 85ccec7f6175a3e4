"""What the course has changed since comes into a workspace, and answers stay.

For each file the text that it began with is kept in .grader/shipped. It becomes the new one only when the file has
been written; what was written last is known by its hash, so that a run that was killed is finished by the next.
"""

import hashlib
import os
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from grader import backups, state
from grader.course import Course, Part
from grader.errors import UsageError
from grader.workspaces import shipped, texts
from grader.workspaces.merge import merge


@dataclass(frozen=True)
class _Plan:
    """What is to be done about one file."""

    part: Part
    path: Path
    base: Path
    before: bytes | None
    after: bytes
    shipped: bytes
    word: str = ""
    conflicts: tuple[int, ...] = ()
    aside: Path | None = None
    """Where the course's text goes, where it can't be told what the student has changed."""


@dataclass(frozen=True)
class Outcome:
    """What was done, in lines, and whether something is left for the student to do."""

    lines: tuple[str, ...]
    left: bool


def update(course: Course) -> Outcome:
    """Bring the nearest workspace up to date.

    Raises UsageError in the kit's own folder, where there is no workspace, and where a file can't be read or written.
    Files are looked at first and written then: what is wrong with one is said before any is changed.
    """
    home = shipped.workspace()
    if shipped.own_checkout(course, home):
        raise UsageError("These are the kit's own exercises: `git pull` brings them up to date.")
    plans = [_plan(course, home, part) for part in course.parts()]
    lines = [line for plan in plans for line in _carry_out(plan)]
    lines += [f"put back  {path}" for path in _data(course, home)]
    left = any(plan.conflicts or plan.aside for plan in plans)
    return Outcome(tuple(lines) or ("Nothing to do: the exercises are up to date.",), left)


def _plan(course: Course, home: Path, part: Part) -> _Plan:
    path = Path(os.path.relpath(home / "exercises" / f"{part.name}.py"))
    kept, new = shipped.kept(home, part), shipped.of_course(course, part)
    before = backups.read(path)
    _finish(kept, before)
    base = shipped.read(kept)
    if before is None:
        return _Plan(part, path, kept, None, new.content, new.content, "new" if base is None else "put back")
    mine = texts.read(before, path)
    if base is None:
        aside = None if mine.bare == new.bare else home / state.NAME / "new" / path.name
        return _Plan(part, path, kept, before, before, new.content, aside=aside)
    merged = merge(texts.read(base, kept), mine, new)
    word = "updated" if merged.text.bare == new.bare else "merged"
    return _Plan(part, path, kept, before, merged.text.content, new.content, word, merged.conflicts)


def _finish(kept: Path, now: bytes | None) -> None:
    """Finish what a run that was killed had begun: the file was written if it is what was to be written."""
    try:
        for pending in kept.parent.glob(f"{kept.name}.*"):
            if now is not None and pending.suffix == f".{_digest(now)}":
                pending.replace(kept)
            else:
                pending.unlink()
    except OSError as error:
        raise UsageError(f"{kept.parent} can't be written to: {error.strerror}. Make it writable.") from None


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def _carry_out(plan: _Plan) -> Iterator[str]:
    with suppress(OSError):  # what is wrong is said on writing
        plan.base.parent.mkdir(parents=True, exist_ok=True)
        plan.path.parent.mkdir(exist_ok=True)
    if plan.aside:
        state.write(plan.aside, plan.shipped)
        yield f"unclear   {plan.path}: what it began with is not known any more, so it stays as it is."
        yield f"          The course's text is in {plan.aside}: take over what you want of it."
    if plan.after == plan.before:
        if shipped.read(plan.base) != plan.shipped:
            state.write(plan.base, plan.shipped)
        return
    pending = plan.base.with_name(f"{plan.base.name}.{_digest(plan.after)}")
    state.write(pending, plan.shipped)
    kept = backups.replace([(plan.path, plan.before, plan.after)])
    pending.replace(plan.base)
    yield f"{plan.word:<9} {plan.path}"
    for line in plan.conflicts:
        yield f"conflict  {plan.path}, line {line}: both you and the course have changed this. See the comment there."
    for copy in kept:
        yield f"kept      {copy}"
    if plan.path.with_suffix(".ipynb").exists():
        yield f"{plan.path.with_suffix('.ipynb')} is as it was: `grader notebook {plan.part.id}` carries this over."


def _data(course: Course, home: Path) -> Iterator[Path]:
    """Data that is missing is put back; what is there is the student's."""
    for name, content in shipped.data(course).items():
        path = home / "data" / name
        if not path.exists():
            state.write(path, content)
            yield path
