"""Which notebooks of a course are ours; what is done with the others is nbgrader's own."""

from functools import cache
from typing import Any

from nbformat.notebooknode import NotebookNode
from nbgrader.preprocessors import NbGraderPreprocessor

from grader.course import Part, default_course

Converted = tuple[NotebookNode, dict[str, Any]]


def is_ours(resources: dict[str, Any]) -> bool:
    """Whether a notebook is one of our parts: a course may have other assignments too."""
    return any(part.id == resources["nbgrader"]["notebook"] for part in _parts())


@cache
def _parts() -> list[Part]:
    return default_course().parts()


def stock(ours: NbGraderPreprocessor, nb: Any, resources: dict[str, Any], *kinds: Any) -> Converted:
    """What nbgrader would do by itself."""
    for kind in kinds:
        nb, resources = kind(parent=ours.parent)(nb, resources)
    return nb, resources
