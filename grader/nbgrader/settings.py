"""How nbgrader is set up for a course of ours: what its nbgrader_config.py calls."""

from pathlib import Path
from typing import Any

from nbgrader.converters.autograde import Autograde
from nbgrader.preprocessors import Execute, SaveAutoGrades

from grader.nbgrader.autograde import AskForReview, Grade, Restore

CONFIG = "nbgrader_config.py"
DATABASE = "class.sqlite"
"""Beside the gradebook: the seed, and the whole report of each submission."""
_CALL = "from grader.nbgrader.settings import configure  # `nbgrader autograde` grades without a kernel"


def configure(config: Any) -> None:
    """Let nbgrader's autograde ask the grader where it would have run a kernel. All else stays as it is."""
    stock = Autograde.class_traits()
    cleaning = stock["sanitize_preprocessors"].default()
    grading = stock["autograde_preprocessors"].default()
    ours = {Execute: [Grade], SaveAutoGrades: [SaveAutoGrades, AskForReview]}
    config.Autograde.sanitize_preprocessors = [Restore, *cleaning]
    config.Autograde.autograde_preprocessors = [new for old in grading for new in ours.get(old, [old])]
    config.OverwriteCells.add_missing_cells = True


def needs(folder: Path) -> str | None:
    """The text of the configuration that a course needs, None where it has what it needs already."""
    path = folder / CONFIG
    text = path.read_text(encoding="utf-8") if path.exists() else "c = get_config()\n"
    return None if _CALL in text else f"{text.rstrip()}\n\n{_CALL}\n\nconfigure(c)\n"
