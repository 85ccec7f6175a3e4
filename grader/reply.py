"""What a student's process answers, read with suspicion: whatever is not of the agreed form is its fault."""

import hashlib
from dataclasses import dataclass
from typing import Annotated, Any, Literal

import msgspec

from grader import wire
from grader.cells import ALL_RUN
from grader.sandbox import Ended

# The student's process cuts its texts; whoever speaks in its place may not.
_Text = Annotated[str, msgspec.Meta(max_length=4_000)]
_Name = Annotated[str, msgspec.Meta(max_length=500)]


class _Frame(msgspec.Struct):
    file: _Text
    line: int
    function: _Name
    code: _Name


class Error(msgspec.Struct):
    """What went wrong in the student's process, as that process tells it."""

    kind: Literal["raised", "broken_rule", "missing", "not_attempted", "timed_out"]
    what: _Text
    trace: Annotated[list[_Frame], msgspec.Meta(max_length=10)]
    type: _Name = ""


class _Failure(Error, kw_only=True):
    cell: int


class _Reported(msgspec.Struct):
    size: int
    value: Any = None
    error: Error | None = None
    changed: Annotated[list[_Name], msgspec.Meta(max_length=1_000)] = []


@dataclass(frozen=True)
class Outcome:
    """What one case of a probe came to: a value, or a fault (`kind`, `what`, `trace`, ...)."""

    value: Any = None
    fault: dict[str, Any] | None = None
    changed: tuple[str, ...] = ()
    """Inputs that were changed in place."""
    content: bytes | None = None
    """A digest of the value as it came: what is alike in it, is alike. None: not known."""


def read_cell(reply: dict[str, Any], cells: int) -> int:
    """The index of the cell that is about to run. Raises Ended."""
    index = reply.get("cell")
    if type(index) is not int or not ALL_RUN <= index < cells:
        raise Ended("crashed", "the answer can't be read: it names no cell")
    return index


def describe(fault: dict[str, Any]) -> str:
    """A fault in one sentence, with the line it happened on."""
    last = fault["trace"][-1] if fault["trace"] else None
    where = f", in line {last['line']}: `{last['code']}`" if last else ""
    kind = fault.get("type", "")
    kind += ": " if kind and fault["what"] else ""  # BdbQuit and others say nothing
    rule = " is against the rules here" if fault["kind"] == "broken_rule" else ""
    text = f"{kind}{fault['what']}{rule}{where}"
    return text if text.endswith("?") else f"{text}."


def read_outcomes(reply: dict[str, Any], blob: bytes, cases: int) -> list[Outcome]:
    """Read a probe's reply with suspicion. Raises Ended where it is not of the agreed form."""
    try:
        items = msgspec.convert(reply.get("outcomes"), list[_Reported])
        if len(items) != cases:
            raise wire.WireError(f"{len(items)} outcomes for {cases} cases")
        outcomes, offset = [], 0
        for item in items:
            part, offset = blob[offset : offset + item.size], offset + item.size
            value = wire.decode(item.value, part) if item.error is None else None
            fault = msgspec.to_builtins(item.error) if item.error else None
            content = hashlib.sha256(msgspec.json.encode(item.value) + b"\0" + part).digest()
            outcomes.append(Outcome(value, fault, tuple(item.changed), content))
        return outcomes
    except (msgspec.ValidationError, wire.WireError) as error:
        raise Ended("crashed", f"the answer can't be read: {error}") from None


def read_failures(reply: dict[str, Any], cells: int) -> dict[int, dict[str, Any]]:
    """The cells that failed, as the student's process tells it. Raises Ended."""
    try:
        items = msgspec.convert(reply["failures"], list[_Failure])
    except msgspec.ValidationError as error:
        raise Ended("crashed", f"the answer can't be read: {error}") from None
    return {item.cell: msgspec.to_builtins(item) for item in items if 0 <= item.cell < cells}
