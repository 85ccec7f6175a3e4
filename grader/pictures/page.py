"""The pictures as HTML that holds everything itself: no script, no link, no request."""

import base64
from collections.abc import Sequence
from html import escape

from grader.pictures.render import Drawn, Result

_STYLE = (
    "body{font-family:system-ui,sans-serif;line-height:1.45;max-width:60rem;margin:2rem auto;padding:0 1rem}"
    "figure{margin:0 0 2.5rem}img{max-width:100%;height:auto;border:1px solid #ddd}"
)


def page(title: str, results: Sequence[Result]) -> str:
    """A whole page under a title."""
    return (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{escape(title)}</title>\n<style>{_STYLE}</style>\n</head>\n"
        f"<body>\n<h1>{escape(title)}</h1>\n{fragment(results)}</body>\n</html>\n"
    )


def fragment(results: Sequence[Result]) -> str:
    """The pictures one below the other, to stand in a page or a notebook; what was not drawn says why."""
    return "".join(_one(result) for result in results)


def _one(result: Result) -> str:
    if not isinstance(result, Drawn):
        return (
            f'<p class="not-drawn"><strong>{escape(result.title)}</strong> ({escape(result.name)}) '
            f"is not drawn: {escape(result.why)}</p>\n"
        )
    data = base64.b64encode(result.png).decode()
    below = " ".join(["", *result.remarks]) if result.remarks else ""
    return (
        f'<figure id="{escape(result.name)}">\n<img alt="{escape(result.alt)}" src="data:image/png;base64,{data}">\n'
        f"<figcaption><strong>{escape(result.title)}.</strong> {escape(result.caption + below)}</figcaption>\n"
        "</figure>\n"
    )
