"""What students named and printed, made fit for a page: nothing hidden, nothing obeyed, nothing endless."""

import hashlib
import re
import unicodedata
from typing import Any

from markupsafe import Markup

from grader.report.terminal import printable

LONG = 120
"""Characters of a name that are shown."""
_CODE = re.compile(r"`([^`\n]+)`")


def line(text: str, most: int = LONG) -> str:
    """A text in one line: control characters, and those that turn the direction of writing, as their escapes.

    What is blank comes in quotes, so that there is something to see and to click.
    """
    if not text.strip():
        text = f"'{text}'"
    short = text if len(text) <= most else f"{text[: most - 1]}…"
    return printable(short).replace("\n", "\\n").replace("\t", "\\t")


def shown(value: Any) -> Any:
    """What every value goes through on its way into a page, lines and tabs kept."""
    if not isinstance(value, str) or isinstance(value, Markup) or value.isprintable():  # mostly it is
        return value
    return printable(value)


def pieces(text: str) -> list[tuple[bool, str]]:
    """A message cut at its backticks: whether a piece is code, and the piece."""
    return [(index % 2 == 1, piece) for index, piece in enumerate(_CODE.split(text)) if piece]


def moment(iso: str) -> str:
    """An ISO time in UTC, to the minute."""
    return line(f"{iso[:16].replace('T', ' ')} UTC") if iso else ""


def number(value: float, digits: int) -> str:
    """A number of so many decimals; one that no run can have comes short as well."""
    return f"{value:.{digits}f}" if abs(value) < 1e6 else f"{value:.3g}"


def page_of(student: str) -> str:
    """The path of a student's page: safe on every file system, and another one for every name."""
    plain = unicodedata.normalize("NFKD", student[:LONG]).encode("ascii", "ignore").decode()
    readable = re.sub("[^a-z0-9]+", "-", plain.lower()).strip("-")[:40].strip("-") or "student"
    return f"students/{readable}-{hashlib.sha256(student.encode('utf-8', 'surrogatepass')).hexdigest()[:16]}.html"


def alphabetic(student: str) -> tuple[list[tuple[int, str]], str]:
    """A key that puts names in the order people expect: case aside, and student9 before student10."""
    words = re.split("([0-9]+)", student.casefold())
    return [(int(word[:18]), "") if word.isdecimal() else (-1, word) for word in words], student
