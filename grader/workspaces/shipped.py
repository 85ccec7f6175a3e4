"""The text of an exercise file as it was shipped."""

import os
import re
from pathlib import Path

from grader import state
from grader.course import Course, Part
from grader.errors import UsageError
from grader.workspaces import texts
from grader.workspaces.texts import Text

_REGION = re.compile(r"^([ \t]*)### BEGIN SOLUTION\n.*?^[ \t]*### END SOLUTION\n", re.MULTILINE | re.DOTALL)
_STUB = r"\1# YOUR CODE HERE\n\1raise NotImplementedError()\n"


def kept(home: Path, part: Part) -> Path:
    """Where a workspace keeps the text that its exercise file began with, or was last brought up to."""
    return home / state.NAME / "shipped" / f"{part.name}.py"


def workspace() -> Path:
    """The student's workspace, here or above: by its exercises or, where all are lost, by what was shipped.

    Raises UsageError where there is none.
    """
    here = Path.cwd()
    signs = ("exercises/part*.py", f"{state.NAME}/shipped/part*.py")
    for folder in (here, *here.parents):
        if any(next(folder.glob(sign), None) for sign in signs):
            return Path(os.path.relpath(folder))
    raise UsageError(
        f"There are no exercises in {here} or above. Go to your workspace, or make one: `grader init DIR`."
    )


def own_checkout(course: Course, home: Path) -> bool:
    """Whether a workspace is the course's own folder."""
    ours = course.folder("exercises")
    return ours.is_dir() and (home / "exercises").is_dir() and os.path.samefile(ours, home / "exercises")


def of_workspace(course: Course, home: Path, part: Part) -> Text:
    """What was shipped to a workspace. Raises UsageError where that is not known."""
    content = read(kept(home, part))
    if content is not None:
        return texts.read(content, kept(home, part))
    if not own_checkout(course, home):
        return of_course(course, part)
    made = _cleared(course, part)
    if made is None:
        raise UsageError(
            f"{home / 'exercises'} is the kit's own, and without its solutions nothing tells what was shipped. "
            f"Take the file from your version control, or begin anew: `grader init DIR`."
        )
    return made


def of_course(course: Course, part: Part) -> Text:
    """What the course ships now: what its solutions make, since somebody may work in the kit's own exercises.

    Without solutions, the exercises as they are. Raises UsageError where they are missing, or can't be read.
    """
    path = course.folder("exercises") / f"{part.name}.py"
    content = read(path)
    if content is None:
        raise UsageError(f"The kit has no {path}. Install it once more.")
    found = _cleared(course, part) or texts.read(content, path)
    return texts.text("".join(line + "\n" for line in found.bare))


def read(path: Path) -> bytes | None:
    """A file of the kit's; None where there is none. Raises UsageError where it can't be read."""
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return None
    except OSError as error:
        raise UsageError(f"{path} can't be read: {error.strerror}. Make it readable.") from None


def _cleared(course: Course, part: Part) -> Text | None:
    """A part's solutions without what solves them, as `grader dev build` makes it; None where they are not there."""
    path = course.folder("solutions") / f"{part.name}.py"
    content = read(path)
    if content is None:
        return None
    whole = "".join(line + "\n" for line in texts.read(content, path).bare)
    cleared = _REGION.sub(_STUB, whole)
    if cleared.count("raise NotImplementedError()") < whole.count("### BEGIN SOLUTION"):
        raise UsageError(f"{path}: a line ### BEGIN SOLUTION has no ### END SOLUTION. Put it there.")
    return texts.text(cleared)


def data(course: Course) -> dict[str, bytes]:
    """The data files that a workspace has, by name: those that the course has."""
    found = {name: read(course.folder("data") / name) for name in ("names.txt", "README.md")}
    return {name: content.replace(b"\r\n", b"\n") for name, content in found.items() if content is not None}
