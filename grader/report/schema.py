"""The report as JSON, and its JSON Schema."""

from pathlib import Path
from typing import Any

import msgspec

from grader.cells import whole
from grader.report.model import SCHEMA, Report

FILE = Path(__file__).with_name("report.schema.json")


def to_json(report: Report) -> bytes:
    """The report as indented JSON; NaN and infinity become null, half a character a question mark."""
    try:
        text = msgspec.json.encode(report)
    except UnicodeEncodeError:  # a file's name may hold one
        text = msgspec.json.encode(_whole(msgspec.to_builtins(report)))
    return msgspec.json.format(text, indent=2) + b"\n"


def _whole(value: Any) -> Any:
    if isinstance(value, str):
        return whole(value)
    if isinstance(value, dict):
        return {key: _whole(inner) for key, inner in value.items()}
    return [_whole(inner) for inner in value] if isinstance(value, list) else value


def json_schema() -> dict[str, Any]:
    """The JSON Schema of a report, made from the classes."""
    schema = msgspec.json.schema(Report)
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": SCHEMA, **schema}
