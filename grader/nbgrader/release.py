"""Make or update an nbgrader course of a part: configuration, source notebook, release; and prove that nothing leaks.

Whatever nbgrader would refuse is said before anything is written. What is replaced is kept below backups/.
"""

import hashlib
import json
import logging
import os
import re
import shutil
import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import nbformat
from nbgrader.api import Gradebook, MissingEntry
from nbgrader.apps import NbGrader, NbGraderAPI

from grader.classes.store import open_store
from grader.course import Course, Part
from grader.errors import UsageError
from grader.nbgrader import leaks, settings
from grader.nbgrader.autograde import DATABASE
from grader.nbgrader.source import data, notebook

BACKUPS = "backups"
"""Below the course: what lies beside a source notebook would be handed out to students."""
SHOWN = 10


@dataclass(frozen=True)
class Released:
    """What has been done."""

    notebook: Path
    """What students get."""
    points: int
    kept: tuple[Path, ...]
    """Where that is kept which has been replaced."""
    changed: tuple[str, ...]
    """Graded cells whose points are others than before, where there are submissions."""


@dataclass(frozen=True)
class Assignment:
    """An assignment of an nbgrader course, in the folders that the course's configuration names."""

    api: NbGraderAPI
    name: str
    part: Part

    @property
    def root(self) -> Path:
        """The course's folder."""
        return Path(self.api.coursedir.root)

    @property
    def source(self) -> Path:
        """The folder of the source notebook; all that is in it is handed out."""
        return self._folder(self.api.coursedir.source_directory)

    @property
    def release(self) -> Path:
        """The folder that students get."""
        return self._folder(self.api.coursedir.release_directory)

    @property
    def file(self) -> str:
        """The name of the notebook, by which the part is known when it comes back."""
        return f"{self.part.id}.ipynb"

    def _folder(self, kind: str) -> Path:
        return Path(self.api.coursedir.format_path(kind, ".", self.name))


def release(course: Course, part: Part, root: Path, name: str, replace: bool = False) -> Released:
    """Write the source notebook of a part and have nbgrader make its release.

    replace: also a source notebook that has been edited by hand; it is kept in backups/.
    Raises UsageError where submissions would be broken, an edited source notebook be lost, nbgrader refuse, or
    anything secret be handed out.
    """
    root = root.absolute()
    made = _signed(notebook(course, part))
    _may_write(root)
    assignment = Assignment(_api(root), name, part)
    changed = tuple(_changed(assignment, made))
    path = assignment.source / assignment.file
    if not replace and path.exists() and not _untouched(path):
        raise UsageError(
            f"{path} has been edited since it was made. --replace makes it anew and keeps this one in {BACKUPS}/; "
            f"to release it as it is: nbgrader generate_assignment {name} --force"
        )
    kept = [*_configure(root), *_write(root, path, made)]
    for file in data(course, part):
        (assignment.source / "data").mkdir(exist_ok=True)
        shutil.copy(file, assignment.source / "data" / file.name)
    with open_store(str(root / DATABASE), create=True) as store:
        secrets = leaks.secrets(course, store.seed())
    _generate(assignment, secrets)
    points = sum(cell.metadata.nbgrader.get("points", 0) for cell in made.cells if "nbgrader" in cell.metadata)
    return Released(assignment.release / assignment.file, points, tuple(kept), changed)


def _may_write(root: Path) -> None:
    try:
        root.mkdir(parents=True, exist_ok=True)
        (root / "source").mkdir(exist_ok=True)
    except OSError as error:
        raise UsageError(f"{root} can't be a course: {error.strerror}. Name a folder that you may write to.") from None


def _changed(assignment: Assignment, made: Any) -> Iterator[str]:
    """Graded cells with other points than before. Raises UsageError where nbgrader would refuse the new notebook."""
    coursedir = assignment.api.coursedir
    if coursedir.db_url.startswith("sqlite:///") and not Path(coursedir.db_url.removeprefix("sqlite:///")).exists():
        return
    new = {
        cell.metadata.nbgrader.grade_id: cell.metadata.nbgrader for cell in made.cells if "nbgrader" in cell.metadata
    }
    with Gradebook(coursedir.db_url, coursedir.course_id) as gradebook:
        try:
            known = gradebook.find_notebook(assignment.part.id, assignment.name)
        except MissingEntry:
            return
        if not known.submissions:
            return
        old = {cell.name for cell in known.source_cells}
        for what, names in (("adds", new.keys() - old), ("lacks", old - new.keys())):
            if names:
                raise UsageError(
                    f"{assignment.name} has {len(known.submissions)} submissions, and the new notebook {what} "
                    f"{', '.join(sorted(names)[:SHOWN])}: nbgrader can't add or remove cells then. Go on with the "
                    f"version that was released, or release the new one beside it: --assignment {assignment.name}-2"
                )
        for cell in known.grade_cells:
            if cell.max_score != new[cell.name].get("points"):
                yield f"{cell.name}: {cell.max_score:g} -> {new[cell.name].points:g} points"


def _signed(made: Any) -> Any:
    """The notebook, with a digest of itself in it that tells whether it has been edited since."""
    made.metadata["grader"] = {"digest": _digest(made)}
    return made


def _digest(made: Any) -> str:
    cells = [[cell.cell_type, cell.source, cell.metadata] for cell in made.cells]
    return hashlib.sha256(json.dumps(cells, sort_keys=True).encode()).hexdigest()


def _untouched(path: Path) -> bool:
    """Whether a source notebook is one that we have made, as we have made it."""
    try:
        there = nbformat.read(path, as_version=4)
        return bool(there.metadata.get("grader", {}).get("digest") == _digest(there))
    except (ValueError, OSError, AttributeError):
        return False


def _configure(root: Path) -> Iterator[Path]:
    """Write what the course's configuration lacks; where the old one is kept."""
    text = settings.needs(root)
    if text is not None:
        yield from _keep(root, root / settings.CONFIG)
        (root / settings.CONFIG).write_text(text, encoding="utf-8")


def _write(root: Path, path: Path, made: Any) -> Iterator[Path]:
    """Write the source notebook; where one that was edited is kept."""
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.exists() and not _untouched(path):
        yield from _keep(root, path)
    nbformat.write(made, path)


def _keep(root: Path, path: Path) -> Iterator[Path]:
    """Copy a file to backups/ before it is replaced."""
    if path.exists():
        kept = root / BACKUPS / f"{datetime.now():%Y-%m-%dT%H-%M-%S-%f}" / path.relative_to(root)
        kept.parent.mkdir(parents=True)
        shutil.copy2(path, kept)
        yield kept


def _generate(assignment: Assignment, secrets: leaks.Secrets) -> None:
    """Have nbgrader make the release; an older one stays unless the new one is whole and holds nothing secret."""
    older = assignment.root / f".older-release-{assignment.name}"
    shutil.rmtree(older, ignore_errors=True)
    if assignment.release.exists():
        shutil.move(assignment.release, older)
    try:
        with _inside(assignment.root):
            done = assignment.api.generate_assignment(assignment.name, force=True, create=True)
        if not done["success"]:
            raise UsageError(f"nbgrader generate_assignment has failed: {_why(done)}")
        found = list(leaks.scan(assignment.release, secrets))
        if found:
            first = {leak.file: leak for leak in reversed(found)}  # one of each file
            listed = "".join(f"\n  {file}: {leak.what}" for file, leak in sorted(first.items()))
            raise UsageError(
                f"{assignment.name} is not released: students would get what they must not.{listed}\n"
                f"Take it out of {assignment.source}, or out of the part's text, and release again."
            )
    except BaseException:  # whatever has gone wrong: nothing that has not been looked through stays
        shutil.rmtree(assignment.release, ignore_errors=True)
        if older.exists():
            shutil.move(older, assignment.release)
        raise
    shutil.rmtree(older, ignore_errors=True)


def _why(done: dict[str, Any]) -> str:
    """What nbgrader has failed of: the last exception in its log, else its last error."""
    log = done.get("log") or ""
    raised = re.findall(r"^[ \t]+([\w.]+(?:Error|Exception|Entry): .*)", log, re.MULTILINE)
    said = raised or [line for line in log.splitlines() if "ERROR" in line] or done["error"].splitlines()
    return str(said[-1]).strip()


def _api(root: Path) -> NbGraderAPI:
    """nbgrader, with the configuration of the course in a folder. Raises UsageError where that can't be read."""
    app = NbGrader()
    app.raise_config_file_errors = True
    app.log_level = logging.CRITICAL
    with _inside(root):
        try:
            app.load_config_file()
        except Exception as error:  # whatever an instructor's own configuration raises
            raise UsageError(f"{root / settings.CONFIG} fails: {type(error).__name__}: {error}. Mend it.") from None
    app.config.CourseDirectory.root = str(root.absolute())
    return NbGraderAPI(config=app.config)


@contextmanager
def _inside(root: Path) -> Iterator[None]:
    """Work in the course's folder, as nbgrader's own command does, with what it calls on the path."""
    here, path = os.getcwd(), os.environ.get("PATH", os.defpath)
    os.chdir(root)
    # It calls alembic by name, which lies beside this Python and perhaps nowhere on the path.
    os.environ["PATH"] = os.pathsep.join([str(Path(sys.executable).parent), path])
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # nbgrader's use of its libraries is not the instructor's concern
            yield
    finally:
        os.environ["PATH"] = path
        os.chdir(here)
