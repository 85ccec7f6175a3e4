"""Verdicts as HTML to stand in another page: a notebook's output, nbgrader's feedback.

Whatever comes from a student is escaped. There is no script, no link and no request, and the styles stand in the
elements, because the page around them has its own. A colour of text comes with one of its background or not at all,
so that it can be read in light and in dark.
"""

import base64
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape

from grader.comparison import Comparison
from grader.report import training
from grader.report.model import NOT_WRITTEN, Report, Result
from grader.report.terminal import HINTED, WORDS, folded, printable, printed

GREEN, RED, BROWN, GREY, PURPLE = "#1a7f37", "#b42318", "#8a5300", "#57606a", "#8250df"
"""White can be read on each of them."""
COLOURS = {
    "passed": GREEN, "failed": RED, "not_attempted": GREY, "broken_rule": RED, "crashed": RED, "timed_out": RED,
    "skipped": BROWN, "grader_error": PURPLE, "not_converged": BROWN, "not_run": BROWN,
}  # fmt: skip
NO_FORMULAS = "mathjax_ignore tex2jax_ignore"
"""Classes of what pages with formulas are to leave as it is: a dollar of a student's begins none."""
OUTPUT_LINES = 40
FEW = 3
"""Verdicts, of so many at most, that are shown unfolded where they have not passed."""
LABELS = 6
"""Wrong values that are shown of an answer that has many."""
FAINT = "opacity:.75"
MONOSPACE = "font-family:var(--jp-code-font-family,ui-monospace,Menlo,Consolas,monospace)"
CODE = f"background:none;color:inherit;padding:0;font-size:.93em;{MONOSPACE};white-space:normal"
BLOCK = "margin:.4em 0"
BADGE = "border-radius:3px;padding:.1em .5em;font-size:.9em;font-weight:600;white-space:nowrap"
PRE = (
    "background:rgba(127,127,127,.13);color:inherit;border:0;border-radius:3px;padding:.5em .7em;margin:.3em 0;"
    f"font-size:.9em;line-height:1.4;white-space:pre-wrap;{MONOSPACE}"
)
TABLE = "border-collapse:collapse;border:0;margin:.4em 0;font-size:1em;background:none;color:inherit;table-layout:auto"
RULED = "background:none;border-bottom:1px solid rgba(127,127,127,.35)"
CELL = (
    "text-align:left;vertical-align:top;border:0;max-width:none;font-weight:normal;padding:.25em .9em .25em 0;"
    "white-space:normal"
)
HEAD = f"{CELL};{FAINT};white-space:nowrap"


@dataclass(frozen=True)
class Image:
    """A picture that belongs to a verdict; `alt` is the picture in words."""

    png: bytes
    alt: str


def fragment(
    results: Sequence[Result],
    report: Report | None = None,
    images: Mapping[str, Image] | None = None,
    hint: str = "grader hint {}",
) -> str:
    """One verdict as a card; several as a table, in which what is to be said of each is folded.

    report: what they are part of: its notes and its sum are said as well. images: by the id of a check. hint: how
    one asks for a hint, with {} for the id.
    """
    bodies = [body(one, (images or {}).get(one.id), hint) for one in results]
    if len(results) == 1:
        shown = _card(results[0], bodies[0])
    else:
        shown = _table(results, bodies)
    return _whole(shown + (_summary(report) if report else ""))


def hint_fragment(id: str, number: int, of: int, text: str, again: str) -> str:
    """A step of the ladder of hints; again: how one asks for the next one, empty after the last."""
    said = [tag("p", tag("strong", escaped(id)), f", hint {number} of {of}", style=BLOCK)]
    said += [tag("p", escaped(text), style=BLOCK)]
    said += [tag("p", "For the next one: ", _code(again), style=f"{BLOCK};{FAINT}")] if again else []
    return _whole(_box(GREY, f"Hint on {id}", *said))


def _card(one: Result, body: list[str]) -> str:
    points = tag(
        "span", f"{one.points} of {one.max_points} points", style=f"white-space:nowrap;margin-left:.6em;{FAINT}"
    )
    head = tag("p", badge(one), " ", _named(one), " ", points, style="margin:0 0 .4em")
    unwritten = [tag("p", NOT_WRITTEN, style=BLOCK)] if _unwritten(one) else []
    return _box(COLOURS[one.status], f"Verdict on {one.id}", head, *unwritten, *body)


def _table(results: Sequence[Result], bodies: list[list[str]]) -> str:
    words = [tag("th", word, scope="col", style=HEAD) for word in ("Status", "Exercise", "Points")]
    rows = [tag("tr", *words, style=RULED)]
    for one, body in zip(results, bodies, strict=True):
        name = _named(one)
        if body:
            few = {"open": "open"} if len(results) <= FEW and one.status != "passed" else {}
            name = tag("details", tag("summary", name, style="cursor:pointer;display:list-item"), *body, **few)
        cells = [
            tag("td", badge(one), style=f"{CELL};white-space:nowrap"),
            tag("th", name, scope="row", style=f"{CELL};width:100%"),
            tag("td", f"{one.points} of {one.max_points}", style=f"{CELL};white-space:nowrap;padding-right:0"),
        ]
        rows.append(tag("tr", *cells, style=RULED))
    return tag("table", *rows, style=f"{TABLE};width:100%;max-width:60rem")


def body(one: Result, image: Image | None, hint: str) -> list[str]:
    """What is to be said of a verdict beside its status, block by block; hint: empty to leave that line out."""
    said: list[str] = []
    if _unwritten(one):
        return said
    if one.mistake:
        said.append(tag("p", tag("strong", escaped(f"It looks like this: {one.mistake}.")), style=BLOCK))
    if one.message:
        said.append(tag("p", _with_code(one.message), style=BLOCK))
    wrong = [c for c in one.details.comparisons if c.fault]
    if one.status == "failed" and wrong:
        said += _compared([c for c in wrong if c.case == wrong[0].case], one)
    if image:
        said.append(_figure(image))
    said += _trace(one)
    if one.curve:
        said.append(_pre("\n".join(training.lines(one.curve, one.status))))
    if one.details.output:
        lines = printed(one.details.output)
        more = [f"... and {len(lines) - OUTPUT_LINES} lines more"] if len(lines) > OUTPUT_LINES else []
        summary = tag("summary", "It printed, over all inputs", style="cursor:pointer;display:list-item")
        unfolded = {} if one.status == "passed" or len(lines) > 8 else {"open": "open"}
        said.append(tag("details", summary, _pre("\n".join([*lines[:OUTPUT_LINES], *more])), style=BLOCK, **unfolded))
    if hint and one.status in HINTED and not one.curve:
        said.append(tag("p", "For a hint: ", _code(hint.format(one.id)), style=f"{BLOCK};{FAINT}"))
    return said


def _unwritten(one: Result) -> bool:
    return one.status == "not_attempted" and one.message == NOT_WRITTEN


def _compared(wrong: list[Comparison], one: Result) -> list[str]:
    """The wrong values of one case, each with its worst entry, and Karpathy's columns."""
    values = wrong[0].expected is not None
    words = ("worst entry" if values else "", "expected" if values else "asked", "came")
    rows = [tag("tr", *(tag("th", word, scope="col", style=HEAD) for word in words), style=RULED)]
    for one_value in wrong[:LABELS]:
        label, asked, came = _entry(one_value)
        cells = [tag("td", _code(word), style=CELL) for word in (asked, came)]
        rows.append(tag("tr", tag("th", _code(label), scope="row", style=CELL), *cells, style=RULED))
    said = []
    if len(wrong) > LABELS:
        said.append(f"{len(wrong) - LABELS} values more are wrong.")
    first = wrong[0]
    if first.maxdiff is not None:
        said.append(f"{first.wrong} of {first.entries} entries of {first.label} {first.asked} are off.")
        said.append(f"exact: {first.exact} | approximate: {first.approximate} | maxdiff: {first.maxdiff:.3g}")
        said[-1] += f" (allowed {first.allowed:.2g})." if first.allowed is not None else "."
    if one.details.cases > 1:
        said.append(f"Wrong in {one.details.cases - one.details.cases_right} of {one.details.cases} inputs.")
    return [tag("table", *rows, style=TABLE), tag("p", escaped(" ".join(said)), style=BLOCK)]


def _entry(value: Comparison) -> tuple[str, str, str]:
    """Where a value is worst, what was expected there, and what came."""
    if value.expected is None or value.got is None or value.fault not in ("values", "finite"):
        return value.label, value.asked, value.came
    at = str(value.worst) if value.worst else ""
    return f"{value.label}{at}", f"{value.expected:.6g}", f"{value.got:.6g}"


def _trace(one: Result) -> list[str]:
    lines = []
    for part in folded(one.details.trace):
        if isinstance(part, str):
            lines.append(part)
            continue
        where = f" in {part.function}" if part.function else ""
        lines += [f"{part.file}, line {part.line}{where}", f"    {part.code}"]
    return [_pre("\n".join(lines))] if lines else []


def _figure(image: Image) -> str:
    source = f"data:image/png;base64,{base64.b64encode(image.png).decode()}"
    style = "width:42rem;max-width:100%;height:auto;background:#fff;border-radius:3px"
    picture = f'<img alt="{escaped(image.alt)}" src="{source}" style="{style}">'
    return tag("figure", picture, style="margin:.5em 0")


def _summary(report: Report) -> str:
    said = [tag("p", tag("strong", "Note: "), escaped(note), style=BLOCK) for note in report.notes]
    if len(report.results) > 1:
        counts = Counter(WORDS[one.status][0].lower() for one in report.results)
        words = ", ".join(f"{number} {word}" for word, number in counts.items())
        points = tag("strong", f"{report.points} of {report.max_points} points")
        said.append(tag("p", points, escaped(f": {words}. {report.seconds:.1f} s."), style=BLOCK))
    return "".join(said)


def _whole(content: str) -> str:
    style = "font-size:14px;line-height:1.5;text-align:left;overflow-wrap:anywhere"
    return tag("div", content, style=style, **{"class": NO_FORMULAS}) + "\n"


def _box(colour: str, name: str, *content: str) -> str:
    style = f"border-left:4px solid {colour};padding:.2em 0 .2em .8em;margin:.4em 0;max-width:60rem"
    return tag("section", *content, style=style, **{"aria-label": escaped(name)})


def badge(one: Result) -> str:
    """The status as a word on its colour."""
    word = WORDS[one.status][0].lower()
    return tag("span", word, style=f"background:{COLOURS[one.status]};color:#fff;{BADGE}")


def _named(one: Result) -> str:
    return f"{tag('strong', escaped(one.id))} {escaped(one.title)}"


def _pre(text: str) -> str:
    return tag("pre", escaped(text), style=PRE)


def _code(text: str) -> str:
    return tag("code", escaped(text), style=CODE)


def escaped(text: str) -> str:
    """Text as it is to be read: control characters shown, and nothing of it taken for HTML."""
    return escape(printable(text))


def _with_code(text: str) -> str:
    """Text in which what stands between backticks is code."""
    pieces = text.split("`")
    if len(pieces) % 2 == 0:
        return escaped(text)
    return "".join(_code(piece) if index % 2 else escaped(piece) for index, piece in enumerate(pieces))


def tag(name: str, *content: str, **attributes: str) -> str:
    """An element. Content and attributes are HTML already."""
    words = "".join(f' {key}="{value}"' for key, value in attributes.items())
    return f"<{name}{words}>{''.join(content)}</{name}>"
