"""The record book: a line for every run, never changed afterwards."""

import hashlib
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from grader import state
from grader.cells import Submission
from grader.errors import UsageError
from grader.report.model import Result
from grader.report.terminal import printable
from grader.versions import grader_version


def own_book() -> Path:
    """Where a student's own records are kept."""
    return state.folder() / "records.jsonl"


class Record(msgspec.Struct, frozen=True):
    """One run as it ended."""

    time: str
    id: str
    status: str
    loss: float | None
    target: float
    seconds: float
    steps: int
    budget: str
    device: str
    seed: int
    file: str
    submission: str
    """A hash of the student's cells."""
    data: str
    grader: str


def fingerprint(submission: Submission) -> str:
    """A hash of a submission's code cells."""
    return hashlib.sha256(msgspec.json.encode([cell.source for cell in submission.cells])).hexdigest()[:16]


def of(result: Result, seed: int, submission: Submission, data: str) -> Record:
    """The record of a training check that was run."""
    curve = result.curve
    assert curve is not None
    return Record(
        time=datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        id=result.id,
        status=result.status,
        loss=curve.last,
        target=curve.target,
        seconds=round(curve.seconds, 4),
        steps=curve.steps,
        budget=curve.budget,
        device=curve.device,
        seed=seed,
        file=submission.path,
        submission=fingerprint(submission),
        data=data,
        grader=grader_version(),
    )


def append(records: Iterable[Record], book: Path) -> None:
    """Add lines to the book. Raises UsageError where that can't be done."""
    lines = b"".join(msgspec.json.encode(record) + b"\n" for record in records)
    try:
        book.parent.mkdir(parents=True, exist_ok=True)
        with book.open("ab") as file:
            file.write(lines)
    except OSError as error:
        raise UsageError(f"{book} can't be written: {error.strerror}. Name another one, or mend its folder.") from None


def read(books: Iterable[Path]) -> tuple[list[Record], int]:
    """All records of some books, and how many lines could not be read. Raises UsageError where a book can't be."""
    found, damaged = [], 0
    for book in books:
        try:
            lines = book.read_bytes().splitlines()
        except OSError as error:
            raise UsageError(f"{book} can't be read: {error.strerror}. Name a record book (.jsonl).") from None
        for line in lines:
            try:
                found.append(msgspec.json.decode(line, type=Record))
            except msgspec.DecodeError:
                damaged += 1
    return found, damaged


def best(records: Iterable[Record]) -> list[Record]:
    """Of what passed: by training and device the lowest loss, of a speedrun the least time; in order of the ids."""
    found: dict[tuple[str, str, str, str], Record] = {}
    for record in records:
        if record.status != "passed" or record.loss is None:
            continue
        key = (record.id, record.budget, record.device, record.file)
        if key not in found or _rank(record) < _rank(found[key]):
            found[key] = record
    return sorted(found.values(), key=lambda r: (r.id, r.budget, r.device, _rank(r)))


def _rank(record: Record) -> float:
    assert record.loss is not None
    return record.seconds if record.budget == "speedrun" else record.loss


def table(records: list[Record]) -> list[str]:
    """The records as lines, under a heading."""
    if not records:
        return ["Nothing has passed yet."]
    heading = f"{'check':<34} {'budget':<8} {'loss':>7} {'target':>7} {'steps':>8} {'seconds':>8}  device and file"
    return [heading, *map(_line, records)]


def _line(one: Record) -> str:
    figures = f"{one.loss:>7.4f} {one.target:>7.4f} {one.steps or '':>8} {one.seconds:>8.2f}"
    return printable(f"{one.id:<34} {one.budget:<8} {figures}  {one.device}, {one.file}")
