"""What students must not get, looked for in every file that they would get.

Secret are the solution regions, the reference, the checks and the seed. A line of them that also stands in the text
that students are given is none. Lines are compared without blanks and comments.
"""

import ast
import html
import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from grader.course import Course

SHORT_SOLUTION, SHORT_CODE = 16, 24
"""Characters from which on a line of a solution, and one of the reference or a check, gives something away."""
_MARKS = ("BEGIN SOLUTION", "END SOLUTION", "BEGIN HIDDEN TESTS", "BEGIN MARK SCHEME")
_IMAGES = (b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", b"GIF87a", b"GIF89a")
_WORDS = re.compile(r"\W+|\b(?:return|pass|self|None|True|False)\b")


@dataclass(frozen=True)
class Leak:
    """Something secret in a file for students."""

    file: str
    what: str


@dataclass(frozen=True)
class Secrets:
    """What is looked for: lines, whole answers, and the seed."""

    lines: dict[str, str]
    """Where it is from, by the line."""
    answers: dict[str, str]
    seed: str


@cache
def secrets(course: Course, seed: int) -> Secrets:
    """All that a course keeps from its students."""
    regions: list[tuple[str, list[str]]] = []
    public: list[str] = []
    for file in sorted((course.root / "solutions").glob("*.py")):
        own, given = _parted(file.read_text(encoding="utf-8"))
        regions += [(f"solutions/{file.name}", lines) for lines in own]
        public += given
    shown, whole = {*map(bare, public)}, _joined(public)
    lines: dict[str, str] = {}
    for folder in ("grader/checks", "reference"):
        for file in sorted((course.root / folder).rglob("*.py")):
            name = str(file.relative_to(course.root))
            lines.update((line, name) for line in _code(file) if len(line) >= SHORT_CODE)
    answers = {}
    for name, region in regions:
        lines.update((line, name) for line in map(bare, region) if len(line) >= SHORT_SOLUTION)
        answer = _joined(region)
        if _telling(region) and answer not in whole:
            answers[answer] = name
    return Secrets({line: name for line, name in lines.items() if line not in shown}, answers, str(seed))


def scan(folder: Path, secrets: Secrets) -> Iterator[Leak]:
    """What of the secrets is in the files below a folder."""
    for file in sorted(folder.rglob("*")):
        if file.is_file():
            for what in dict.fromkeys(_found(file, secrets)):
                yield Leak(str(file.relative_to(folder)), what)


def _found(file: Path, secrets: Secrets) -> Iterator[str]:
    content = file.read_bytes()
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        if not content.startswith(_IMAGES):
            yield "it is neither text nor a picture, and can't be looked through"
        return
    texts = [text, html.unescape(re.sub("<[^>]*>", "", text))]
    try:
        texts += [text := "\n".join(_strings(json.loads(text)))]
        texts.append(html.unescape(re.sub("<[^>]*>", "", text)))
    except (ValueError, RecursionError):
        pass  # no JSON
    yield from _told(texts, secrets)
    if file.suffix != ".svg" and re.search(r"(?:[A-Za-z0-9+/]{60,}\s?){4,}|[A-Za-z0-9+/]{240,}", text):
        yield "a long text in base64, which can't be looked through"


def _told(texts: list[str], secrets: Secrets) -> Iterator[str]:
    """What of the secrets stands in a file, read in one way or another."""
    text = "\n".join(texts)
    yield from (f"the words {mark!r}" for mark in _MARKS if mark in text)
    if re.search(rf"(?<!\d){secrets.seed}(?!\d)", text.replace("_", "")):
        yield "the seed of the inputs"
    lines = text.splitlines()
    for line in lines:
        if name := secrets.lines.get(bare(line)):
            yield f"a line of {name}: {line.strip()[:100]}"
    whole = _joined(lines)
    yield from (f"an answer of {name}" for answer, name in secrets.answers.items() if answer in whole)


def bare(line: str) -> str:
    """The line without blanks and comment; a line that is all comment, without its mark."""
    line = line.strip()
    return "".join(re.sub(r"\s#.*", "", line.lstrip("# ")).split())


def _joined(lines: Iterable[str]) -> str:
    return "".join(map(bare, lines)).replace(";", "").replace(",)", ")")


def _telling(region: list[str]) -> bool:
    """Whether there is more in an answer than words that stand everywhere."""
    return len(_WORDS.sub("", "\n".join(region))) > 1


def _parted(text: str) -> tuple[list[list[str]], list[str]]:
    """The lines of each solution region, and those that students are given."""
    regions: list[list[str]] = []
    given: list[str] = []
    inside = False
    for line in text.splitlines():
        if "BEGIN SOLUTION" in line:
            inside = True
            regions.append([])
        elif "END SOLUTION" in line:
            inside = False
        elif inside:
            regions[-1].append(line)
        else:
            given.append(line.removeprefix("# ") if line.startswith("# ") else line)
            given.append(line)
    return regions, given


def _code(file: Path) -> Iterator[str]:
    """The lines of a file, without imports and docstrings: those stand in other places too."""
    text = file.read_text(encoding="utf-8")
    left_out: set[int] = set()
    for node in ast.walk(ast.parse(text)):
        text_alone = isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
        if isinstance(node, (ast.Import, ast.ImportFrom)) or (isinstance(node, ast.Expr) and text_alone):
            left_out.update(range(node.lineno, (node.end_lineno or node.lineno) + 1))
    for number, line in enumerate(text.splitlines(), 1):
        if number not in left_out:
            yield bare(line)


def _strings(value: Any) -> Iterator[str]:
    """All texts in a notebook's JSON; a list of them is one text, as notebooks keep it."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, list):
        if all(isinstance(item, str) for item in value):
            yield "".join(value)
        else:
            for item in value:
                yield from _strings(item)
    elif isinstance(value, dict):
        for key, item in value.items():
            yield key
            yield from _strings(item)
