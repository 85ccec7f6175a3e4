"""A class as static pages: they work from a folder, without a network, and trust nothing that a student wrote.

A module here makes of a class what one page shows, its template makes HTML of that, `folder.py` puts all into place.
"""

from collections.abc import Collection, Iterator
from functools import cache
from pathlib import Path
from typing import Any

import jinja2

from grader.classes.graded import Class
from grader.report.pages import checks, feedback, folder, overview, text, trouble
from grader.report.pages import records as leaderboard
from grader.training.records import Record

HERE = Path(__file__).parent
STATIC = ("pages.css", "pages.js")


def write(klass: Class, out: Path, records: Collection[Record] = (), verified: Collection[Record] = ()) -> None:
    """Write the pages of a class into a folder, in the place of earlier ones.

    records: for the leaderboard; `verified` are those of them whose figures came again in a run of the instructor's
    own. Raises UsageError where the folder holds anything else than our pages, or can't be written.
    """
    folder.replace(out, _pages(klass, records, verified))


def _pages(klass: Class, records: Collection[Record], verified: Collection[Record]) -> Iterator[tuple[str, str]]:
    """The path of each file, and its text."""
    for name in STATIC:
        yield f"static/{name}", (HERE / "static" / name).read_text(encoding="utf-8")
    menu = {"index.html": "Class", "checks.html": "Checks", "trouble.html": "Trouble"}
    if records:
        menu["records.html"] = "Records"
        yield "records.html", _page("records.html", klass, menu, leaderboard.view(records, verified))
    yield "index.html", _page("index.html", klass, menu, overview.view(klass))
    yield "checks.html", _page("checks.html", klass, menu, checks.view(klass))
    yield "trouble.html", _page("trouble.html", klass, menu, trouble.view(klass))
    for one in klass.graded:
        yield text.page_of(one.student), _page("student.html", klass, {}, feedback.view(one))


def _page(name: str, klass: Class, menu: dict[str, str], view: Any) -> str:
    return _environment().get_template(name).render(klass=klass, menu=menu, here=name, view=view)


@cache
def _environment() -> jinja2.Environment:
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(HERE / "templates"),
        autoescape=True,
        finalize=text.shown,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["pieces"] = text.pieces
    return environment
