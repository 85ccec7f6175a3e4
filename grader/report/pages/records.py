"""The leaderboard of the training checks."""

from collections.abc import Collection
from dataclasses import dataclass
from itertools import groupby

from grader.report.pages import text
from grader.training.records import Record, best


@dataclass(frozen=True)
class Place:
    """A line of a leaderboard."""

    rank: int
    file: str
    loss: str
    target: str
    seconds: str
    steps: str
    time: str
    verified: bool


@dataclass(frozen=True)
class Board:
    """The best of one training check with one budget on one device."""

    id: str
    budget: str
    device: str
    places: list[Place]


def view(records: Collection[Record], verified: Collection[Record]) -> list[Board]:
    """The leaderboards, in order of the checks' names. What a book says is anybody's claim, its words included."""
    confirmed = set(verified)
    found = []
    for (check, budget, device), group in groupby(best(records), key=lambda one: (one.id, one.budget, one.device)):
        places = [_place(rank, one, one in confirmed) for rank, one in enumerate(group, 1)]
        found.append(Board(text.line(check), text.line(budget), text.line(device), places))
    return found


def _place(rank: int, record: Record, verified: bool) -> Place:
    assert record.loss is not None  # as of all that are best
    return Place(
        rank=rank,
        file=text.line(record.file),
        loss=text.number(record.loss, 4),
        target=text.number(record.target, 4),
        seconds=text.number(record.seconds, 2),
        steps=f"{record.steps:,}" if record.steps else "-",
        time=text.moment(record.time),
        verified=verified,
    )
