"""What a part declares beside its checks: the objects that some files of its folder in grader/checks hold."""

import importlib
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

from grader.check_source import parse
from grader.course import Course, Part
from grader.travel import travelling

T = TypeVar("T")


def declared(course: Course, part: Part, stem: str, kind: type[T]) -> list[T]:
    """The objects of a type in the files called `stem*.py` of a part's folder, in the order of the source."""
    course.choose()
    found = []
    for file in sorted((course.root / "grader" / "checks" / part.name).glob(f"{stem}*.py")):
        module = importlib.import_module(f"grader.checks.{part.name}.{file.stem}")
        found += [value for value in vars(module).values() if isinstance(value, kind)]
    return list({id(one): one for one in found}.values())  # a loop may have left one under a second name


def how_many(course: Course, part: Part, stem: str, decorator: str) -> int:
    """How many such objects there are, read from the source: nothing is imported."""
    files = (course.root / "grader" / "checks" / part.name).glob(f"{stem}*.py")
    return sum(line.startswith(f"@{decorator}(") for file in files for line in file.read_text("utf-8").splitlines())


def source_of(function: Callable[..., Any]) -> str:
    """The source of a declared function, as it travels to the student's process. Raises UsageError."""
    return travelling(Path(function.__code__.co_filename), parse)(function.__name__)
