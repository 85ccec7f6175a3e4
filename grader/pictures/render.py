"""From a part's pictures and a student's file to PNGs; what can't be drawn says why."""

import warnings
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch

from grader import cells, wire
from grader.attempt import Attempt
from grader.course import Course, Part, Spec
from grader.declared import declared, source_of
from grader.errors import UsageError
from grader.expect import seed_of
from grader.picture import Picture
from grader.pictures import style
from grader.pictures.values import UnreadableError, Values
from grader.reply import describe
from grader.sandbox import Limits
from grader.template import Template
from grader.values import Namespace


@dataclass(frozen=True)
class Drawn:
    """A picture as it came out."""

    name: str
    title: str
    caption: str
    alt: str
    """The picture in words."""
    remarks: tuple[str, ...]
    """What had to be left out of it."""
    png: bytes = field(repr=False)


@dataclass(frozen=True)
class NotDrawn:
    """A picture that could not be made, and why."""

    name: str
    title: str
    why: str


Result = Drawn | NotDrawn


def find(course: Course, part: Part, names: tuple[str, ...] = ()) -> list[Picture]:
    """The pictures of a part, or those of the given names, in the order of the source.

    They are what files called `pictures*.py` in the part's folder of grader/checks declare. Raises UsageError.
    """
    found = declared(course, part, "pictures", Picture)
    known = [picture.name for picture in found]
    for name in names:
        if name not in known:
            there = f"There are {', '.join(known)}." if known else "The part has none."
            raise UsageError(f"{part.id} has no picture {name!r}. {there}")
    return [picture for picture in found if not names or picture.name in names]


def inputs(picture: Picture, part: Part, words: list[str], seed: int) -> Namespace:
    """A picture's inputs, for the names in use and a seed."""
    rng = torch.Generator().manual_seed(seed_of(seed, part.id))
    return Namespace(picture.make_inputs(rng, words))


def render(
    course: Course,
    part: Part,
    pictures: list[Picture],
    submission: cells.Submission,
    template: Template,
    words: list[str],
    seed: int,
    limits: Limits,
) -> Iterator[Result]:
    """Run each picture's probe on a student's file in the sandbox, and draw what comes back."""
    attempt = Attempt.of(course, part, submission, template, limits)
    try:
        for picture in pictures:
            given = inputs(picture, part, words, seed)
            attempt.post(_as_check(picture, part), source_of(picture.probe), [wire.packed(given)])
            outcome = attempt.collect(1).outcomes[0]
            if outcome.fault:
                yield NotDrawn(picture.name, picture.title, why(outcome.fault, picture.needs, attempt))
            else:
                yield draw(picture, outcome.value, given)
    finally:
        attempt.close()


def draw(picture: Picture, answer: Any, given: Namespace) -> Result:
    """Draw what a probe answered, whatever it is."""
    assert picture.make_figure is not None
    try:
        with style.applied(), warnings.catch_warnings():
            warnings.simplefilter("ignore")  # an axis of zeros or a mean of nothing: it is seen in the picture
            values = Values(answer)
            figure = picture.make_figure(values, given)
            style.head(figure, picture.title, picture.caption, values.remarks)
            alt = style.alternative(figure, picture.title)
            return Drawn(picture.name, picture.title, picture.caption, alt, tuple(values.remarks), style.png(figure))
    except UnreadableError as error:
        return NotDrawn(picture.name, picture.title, f"its values can't be drawn: {error}. {_made(picture.needs)}")
    except Exception as error:  # whatever fails on this side is ours, and is said as such
        why = f"the grader itself failed ({type(error).__name__}: {error}); this is our mistake, please report it."
        return NotDrawn(picture.name, picture.title, why)


def why(fault: dict[str, Any], needs: tuple[str, ...], attempt: Attempt | None = None) -> str:
    """What kept a probe from answering, in words for the student."""
    what = fault["what"]
    if fault["kind"] == "not_attempted":
        return f"it needs {what.split('.')[0]}, which is not written yet. {_made(needs)}"
    if fault["kind"] != "missing":
        return f"{describe(fault)} {_made(needs)}"
    failed = attempt.failed_cell(what) if attempt else None
    if failed:
        return f"it needs {what}, and {failed[0].place} failed: {describe(failed[1])}"
    return f"it needs {what}, which is not defined. {_made(needs)}"


def _made(needs: tuple[str, ...]) -> str:
    """What a picture is made with, as a sentence."""
    *most, last = needs
    return f"It is made with {', '.join(most)}{' and ' if most else ''}{last}."


def _as_check(picture: Picture, part: Part) -> Spec:
    """The picture as a check without points: that is how a probe is asked for."""
    return Spec(
        id=f"{part.id}.{picture.name}",
        part=part.id,
        exercise=picture.name,
        name=picture.name,
        title=picture.title,
        points=0,
        hints=(),
        after=None,
        updates=(),
        forbids=part.forbids,
        module=picture.probe.__module__,
        file=Path(picture.probe.__code__.co_filename),
    )
