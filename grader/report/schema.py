"""The report as JSON, and its JSON Schema."""

from pathlib import Path
from typing import Any

import msgspec

from grader.report.model import SCHEMA, Report

FILE = Path(__file__).with_name("report.schema.json")


def to_json(report: Report) -> bytes:
    """The report as indented JSON; NaN and infinity become null."""
    return msgspec.json.format(msgspec.json.encode(report), indent=2) + b"\n"


def json_schema() -> dict[str, Any]:
    """The JSON Schema of a report, made from the classes."""
    schema = msgspec.json.schema(Report)
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": SCHEMA, **schema}
