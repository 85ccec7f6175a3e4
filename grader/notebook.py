"""The pictures in a notebook, from the functions of the running kernel. No verdicts: nothing here is isolated."""

from dataclasses import dataclass
from types import CodeType
from typing import Any

from grader import data, wire
from grader.course import default_course
from grader.kernel.kept import state_kept
from grader.picture import Picture
from grader.pictures import page
from grader.pictures.render import NotDrawn, Result, draw, find, inputs, why
from grader.student.workspace import Module, describe
from grader.values import Namespace


@dataclass(frozen=True)
class Pictures:
    """What a notebook shows as pictures; `results` holds them one by one."""

    results: tuple[Result, ...]

    def _repr_html_(self) -> str:
        return page.fragment(self.results)


def plot(part: str, namespace: dict[str, Any], *names: str, seed: int = 0) -> Pictures:
    """The pictures of a part, or those of the given names, from what a namespace defines.

    In a notebook: `from grader.notebook import plot`, then `plot("part3", globals())`. Raises UsageError for a part
    or a picture that does not exist.
    """
    course = default_course()
    one = course.part(part)
    words = data.current(course).words
    chosen = find(course, one, names)
    return Pictures(tuple(_drawn(picture, namespace, inputs(picture, one, words, seed)) for picture in chosen))


def _drawn(picture: Picture, namespace: dict[str, Any], given: Namespace) -> Result:
    tree, blob = wire.encode(given)
    try:
        with state_kept():
            answer = picture.probe(Module(namespace), wire.decode(tree, blob))
    except Exception as error:
        fault = describe(error, _files(namespace))
        return NotDrawn(picture.name, picture.title, why(fault, picture.needs))
    return draw(picture, wire.decode(*wire.encode(answer)), given)  # as it would look after crossing


def _files(namespace: dict[str, Any]) -> set[str]:
    """Where the functions and methods of a namespace were written: for a notebook, its cells."""
    owners = [namespace, *(vars(value) for value in namespace.values() if isinstance(value, type))]
    codes = [getattr(value, "__code__", None) for owner in owners for value in list(owner.values())]
    return {code.co_filename for code in codes if isinstance(code, CodeType)}
