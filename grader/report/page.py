"""A report as one page that holds everything itself: it needs no network, no script, and nothing beside it.

What is said of a verdict is that of html.py; here is the page around it, and page.css is what it looks like.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from types import ModuleType

from grader import differences
from grader.attempt import Answer
from grader.check import Check
from grader.course import Spec
from grader.report import difference, html
from grader.report.html import Image, escaped, tag
from grader.report.model import Report, Result
from grader.report.terminal import WORDS, not_run

PICTURES = 8
"""Of more exercises none is drawn: each takes some 0.4 s and 10 kB."""
POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'"
"""What a browser may do for this page, should something that a student wrote be taken for more than text."""
UNTRIED = ("not_attempted", "skipped", "not_run")
ORDER = [*(status for status in WORDS if status != "passed"), "passed"]
"""In which the counts stand: what there is to do comes first."""


def of_run(
    report: Report,
    specs: Sequence[Spec],
    loaded: tuple[Mapping[str, Check], ModuleType],
    answers: Mapping[str, Answer],
) -> str:
    """The page of a run that has just ended, with pictures of its first differences."""
    wrong = differences.of_report(specs, report, loaded, answers)
    ladders = {spec.id: spec.hints for spec in specs}
    return page(report, ladders, difference.images(wrong, PICTURES), datetime.now().astimezone())


def page(report: Report, ladders: Mapping[str, Sequence[str]], images: Mapping[str, Image], when: datetime) -> str:
    """The whole page. ladders: the hints on each check, and images: pictures, both by its id; when: it was graded."""
    title = f"{report.part}: {report.title}"
    places = {one.id: f"v{number}" for number, one in enumerate(report.results)}
    style = Path(__file__).with_name("page.css").read_text(encoding="utf-8")
    head = [
        '<meta charset="utf-8">',
        f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">',
        '<meta name="viewport" content="width=device-width, initial-scale=1">',
        '<meta name="color-scheme" content="light dark">',
        tag("title", escaped(f"{title}, {_points(report)}").replace("\n", " ")),
        '<link rel="icon" href="data:,">',
        f"<style>\n{style}</style>",
    ]
    body = [
        tag("a", "Skip to the exercises", href="#exercises", **{"class": "skip"}),
        tag("header", *_header(report, places)),
        tag("main", *_main(report, places, ladders, images), id="exercises"),
        tag("footer", *_facts(report, when)),
    ]
    return (
        f'<!DOCTYPE html>\n<html lang="en">\n<head>\n{_lines(head)}\n</head>\n'
        f'<body class="{html.NO_FORMULAS}">\n{_lines(body)}\n</body>\n</html>\n'
    )


def _header(report: Report, places: Mapping[str, str]) -> list[str]:
    """Title, points, and which exercises have which status."""
    points = tag("strong", str(report.points))
    bar = tag("progress", escaped(_points(report)), **{"aria-label": "Points"}, **_values(report))
    rows = []
    for status in ORDER:
        of_it = [one for one in report.results if one.status == status]
        if of_it:
            links = [tag("li", tag("a", escaped(_short(one, report)), href=f"#{places[one.id]}")) for one in of_it]
            word = tag("th", html.badge(of_it[0]), f' <span class="count">{len(of_it)}</span>', scope="row")
            rows.append(tag("tr", word, tag("td", tag("ul", *links))))
    head = tag("thead", tag("tr", tag("th", "Status", scope="col"), tag("th", "Exercises", scope="col")))
    return [
        tag("p", escaped(report.part), **{"class": "part"}),
        tag("h1", escaped(report.title)),
        tag("p", points, f" of {report.max_points} points", **{"class": "score"}),
        bar,
        tag("table", head, tag("tbody", *rows), **{"class": "counts", "aria-label": "Exercises by status"}),
        *(tag("p", tag("strong", "Note: "), escaped(note), **{"class": "note"}) for note in report.notes),
    ]


def _values(report: Report) -> dict[str, str]:
    return {"value": str(report.points), "max": str(max(report.max_points, 1))}


def _main(
    report: Report, places: Mapping[str, str], ladders: Mapping[str, Sequence[str]], images: Mapping[str, Image]
) -> list[str]:
    """What to look at first, then what is to do, and last what has passed."""
    hints = _hints(report, ladders)
    groups: dict[str, list[Result]] = {"To look at": [], "To do": [], "Passed": []}
    for one in report.results:
        group = {"passed": "Passed", "not_attempted": "To do"}.get(one.status, "To look at")
        groups[group].append(one)
    found = []
    for name, results in groups.items():
        if not results:
            continue
        lead = []
        if failed := [one.id for one in results if one.status == "failed"]:
            command = tag("code", escaped(f"grader diff {failed[0]} --plot"))
            lead = [tag("p", "All numbers of one of them, and its picture: ", command, ".")]
        verdicts = [
            _verdict(one, places[one.id], html.body(one, images.get(one.id), ""), hints.get(one.id, ""))
            for one in results
        ]
        found.append(tag("section", tag("h2", name), *lead, *verdicts, **{"class": name.lower().replace(" ", "-")}))
    return found


def _verdict(one: Result, place: str, body: list[str], hints: str) -> str:
    points = tag("span", f"{one.points} of {one.max_points}", '<span class="unit"> points</span>', **{"class": "got"})
    name = tag("span", escaped(one.id), **{"class": "name"})
    head = tag("h3", html.badge(one), " ", name, " ", points, id=f"{place}-name")
    title = tag("p", escaped(one.title), **{"class": "title"})
    return tag("article", head, title, *body, hints, id=place, **{"aria-labelledby": f"{place}-name"})


def _hints(report: Report, ladders: Mapping[str, Sequence[str]]) -> dict[str, str]:
    """Folded hints on what has not passed, by id. Checks of an exercise that share a ladder have it once."""
    tried = {_exercise(one) for one in report.results if one.status not in UNTRIED}
    seen, found = set(), {}
    for one in report.results:
        ladder = tuple(ladders.get(one.id, ()))
        if one.status != "passed" and ladder and (_exercise(one), ladder) not in seen:
            seen.add((_exercise(one), ladder))
            found[one.id] = _ladder(ladder, held=len(ladder) > 1 and _exercise(one) not in tried)
    return found


def _ladder(hints: Sequence[str], held: bool) -> str:
    """Hints, each folded into the one before; held: the last one, which says nearly all, is not there yet."""
    inner = tag("p", "The last hint comes after a try.", **{"class": "held"}) if held else ""
    for number in range(len(hints) - held, 0, -1):
        summary = tag("summary", f"Hint {number} of {len(hints)}")
        inner = tag("details", summary, tag("p", escaped(hints[number - 1])), inner, **{"class": "hint"})
    return inner


def _facts(report: Report, when: datetime) -> list[str]:
    """What the report rests on."""
    moment = tag("time", f"{when:%d %B %Y, %H:%M}".lstrip("0"), datetime=when.isoformat(timespec="seconds"))
    facts = {
        "File": tag("code", escaped(report.file)),
        "Graded": f"{moment}, in {report.seconds:.1f} s",
        "Seed of the inputs": str(report.seed),
        "Isolation": escaped(report.isolation),
        "Device": escaped(report.device),
        "Versions": escaped(", ".join(f"{name} {version}" for name, version in report.versions.items())),
    }
    if report.not_run:
        facts["Not run"] = f"{not_run(report)}: " + tag("code", escaped(f"grader train {report.part}"))
    pairs = [tag("div", tag("dt", name), tag("dd", fact)) for name, fact in facts.items()]
    return [tag("h2", "This report"), tag("dl", *pairs)]


def _points(report: Report) -> str:
    return f"{report.points} of {report.max_points} points"


def _short(one: Result, report: Report) -> str:
    return one.id.removeprefix(f"{report.part}.")


def _exercise(one: Result) -> str:
    return one.id.split(".")[1] if "." in one.id else one.id


def _lines(pieces: Sequence[str]) -> str:
    return "\n".join(pieces)
