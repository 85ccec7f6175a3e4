"""How nbgrader is set up for a course of ours: what its nbgrader_config.py calls."""

from pathlib import Path
from typing import Any

from nbgrader.converters.autograde import Autograde
from nbgrader.preprocessors import CheckCellMetadata, Execute, OverwriteCells, SaveAutoGrades

from grader.nbgrader.autograde import Grade, Save
from grader.nbgrader.restore import Restore

CONFIG = "nbgrader_config.py"
_CALL = "from grader.nbgrader.settings import configure  # `nbgrader autograde` grades without a kernel"


def configure(config: Any) -> None:
    """Let nbgrader's autograde ask the grader where it would have run a kernel. All else stays as it is."""
    stock = Autograde.class_traits()
    # What Restore has written needs neither to be put right nor to be checked: half of the time would be spent on it.
    cleaning = _without(stock["sanitize_preprocessors"].default(), OverwriteCells, CheckCellMetadata)
    grading = _without(stock["autograde_preprocessors"].default(), CheckCellMetadata)
    ours = {Execute: Grade, SaveAutoGrades: Save}
    config.Autograde.sanitize_preprocessors = [Restore, *cleaning]
    config.Autograde.autograde_preprocessors = [ours.get(one, one) for one in grading]


def _without(preprocessors: list[type], *left_out: type) -> list[type]:
    return [one for one in preprocessors if one not in left_out]


def needs(folder: Path) -> str | None:
    """The text of the configuration that a course needs, None where it has what it needs already.

    A new one names the course, without which nbgrader neither releases nor collects. One that is there keeps its name:
    the gradebook may know the course by it.
    """
    path = folder / CONFIG
    named = f"c = get_config()\nc.CourseDirectory.course_id = {folder.resolve().name!r}  # the exchange's name for it\n"
    text = path.read_text(encoding="utf-8") if path.exists() else named
    return None if _CALL in text else f"{text.rstrip()}\n\n{_CALL}\n\nconfigure(c)\n"
