"""exercises/ from solutions/: jupytext reads, nbgrader's ClearSolutions cuts, jupytext writes.

Both are imported here alone: each costs as much time as torch.
"""

import json
from collections.abc import Iterator
from pathlib import Path

from grader.course import Course
from grader.errors import UsageError
from grader.report import schema


def build(course: Course) -> Iterator[tuple[Path, bool]]:
    """Write every exercise file and the JSON Schema; yield each path and whether it changed."""
    for part in course.parts():
        source = course.root / "solutions" / f"{part.name}.py"
        yield _write(course.root / "exercises" / source.name, stub(source))
    if schema.FILE.is_relative_to(course.root):
        yield _write(schema.FILE, schema_text())


def schema_text() -> str:
    """The report's JSON Schema as it is published."""
    return json.dumps(schema.json_schema(), indent=2) + "\n"


def stub(source: Path) -> str:
    """The text of an exercise file: the solution file with its solution regions cleared.

    Raises UsageError where the file is missing or a region is not closed.
    """
    try:
        import jupytext
        from nbgrader.preprocessors import ClearSolutions
    except ImportError as error:
        raise UsageError(f"{error.name} is not installed: pip install 'zero-to-hero-grader[instructor]'.") from None
    try:
        notebook = jupytext.read(source)
    except FileNotFoundError:
        raise UsageError(f"There is no {source}: a part's solutions go there, with its text.") from None
    resources: dict[str, str] = {"language": "python"}
    try:
        # The cells carry no nbgrader metadata yet: `grader nbgrader release` adds it.
        cleared, _ = ClearSolutions(enforce_metadata=False).preprocess(notebook, resources)
    except RuntimeError as error:
        raise UsageError(f"{source}: {error}. Each BEGIN SOLUTION needs its END SOLUTION in the same cell.") from None
    return str(jupytext.writes(cleared, fmt="py:percent"))


def _write(path: Path, text: str) -> tuple[Path, bool]:
    changed = not path.exists() or path.read_text(encoding="utf-8") != text
    if changed:
        path.parent.mkdir(exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path, changed
