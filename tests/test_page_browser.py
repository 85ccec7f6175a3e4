"""A run's page in a real Chromium: offline, on a phone and a desk, in light and dark, by keyboard, and on paper."""

import re
from datetime import UTC, datetime
from functools import cache

import pytest
import torch
from classes import report, result
from msgspec.structs import replace
from test_pages import HOSTILE
from test_pages_browser import FOREIGN, Visit
from test_report_html import STATUSES, WIDE, everywhere

from grader.pictures import difference
from grader.report import html, page
from grader.report.model import NOT_WRITTEN

pytestmark = pytest.mark.slow

LONG = "a_very_long_word_" * 20
LADDER = ("the idea", "the rule", "the line, in words")


@cache
def picture():
    drawn = difference.draw("x", torch.zeros(30, 40), torch.ones(30, 40))
    return html.Image(drawn, "a picture in words")


def whole(results, **more):
    ladders = {one.id: LADDER for one in results}
    images = {one.id: picture() for one in results if one.status == "failed"}
    return page.page(report(*results, **more), ladders, images, datetime(2026, 11, 6, tzinfo=UTC))


def every_status(text="why"):
    """A result of each status, with all that can be said of one; some more of those that come in numbers."""
    made = [
        replace(
            result(f"f{number}", status, text, text, output="hello\n" * 12, trace=["return x / 2"] * 2),
            title=f"Title of {text}",
        )
        for number, status in enumerate(STATUSES)
    ]
    return [
        *made,
        *(result(f"again{number}", "failed", "halved", "This is half.") for number in range(3)),
        *(result(f"todo{number}", "not_attempted", message=NOT_WRITTEN) for number in range(9)),
    ]


@pytest.fixture
def visit(chromium, tmp_path):
    """Open a page; whatever it asks for or complains of is a failure in the end."""
    visits = []

    def open_(text, **settings):
        (tmp_path / "r.html").write_text(text)
        made = Visit(chromium, tmp_path, **settings)
        visits.append(made)
        made.go("r.html")
        return made

    yield open_
    for made in visits:
        assert [url for url in made.asked if not url.startswith(("file://", "data:"))] == []
        assert len([url for url in made.asked if url.startswith("file://")]) == 1
        assert made.complaints == []
        assert made.dialogs == []
        made.context.close()


# --- What must not happen ---------------------------------------------------------------------------


def test_hostile_text_runs_nothing(visit):
    results = [
        replace(everywhere(text, status), id=f"{text}{number}")
        for number, text in enumerate(HOSTILE.values())
        for status in ("failed", "crashed")[number % 2 :][:1]
    ]
    made = visit(whole(results, file=HOSTILE["script"], notes=list(HOSTILE.values())))
    made.tab.evaluate("document.querySelectorAll('details').forEach(one => one.open = true)")
    assert made.tab.evaluate("window.hacked") is None
    ours = "document.querySelectorAll('figure > img').length + document.querySelectorAll('[style]').length"
    assert made.tab.evaluate(FOREIGN.replace("img, ", "").replace("[style], ", "")) == 0
    assert made.tab.evaluate(ours) > 0
    assert made.tab.evaluate("document.querySelectorAll('img:not(figure > img)').length") == 0


def test_without_escaping_the_policy_would_still_hold(visit):
    """The policy alone: what is written here into a page, and is no text, is refused."""
    attack = HOSTILE["script"] + HOSTILE["element"] + "<img src='https://evil.test/x.png'>"
    made = visit(whole([result("double")]).replace("</main>", f"{attack}</main>"))
    made.tab.wait_for_load_state()
    assert made.tab.evaluate("window.hacked") is None
    assert len(made.complaints) >= 2
    made.complaints.clear()
    made.asked[:] = [url for url in made.asked if "evil.test" not in url and not url.endswith("/x")]


@pytest.mark.parametrize(("scheme", "width"), [("light", 1280), ("dark", 390)])
def test_axe_finds_no_fault(visit, scheme, width):
    """Of what axe can see: names, roles, contrast, headings, landmarks, and sizes."""
    from axe_playwright_python.sync_playwright import Axe

    made = visit(whole(every_status(), notes=["a note"]), color_scheme=scheme, viewport={"width": width, "height": 800},
                 bypass_csp=True)  # fmt: skip
    made.tab.evaluate("document.querySelectorAll('details').forEach(one => one.open = true)")
    found = Axe().run(made.tab)
    assert [(one["id"], one["impact"], one["nodes"][0]["html"][:200]) for one in found.response["violations"]] == []


@pytest.mark.parametrize("width", [320, 390, 1280])
def test_nothing_sticks_out(visit, width):
    results = [replace(one, id=f"part9.{LONG}{number}") for number, one in enumerate(every_status(LONG))]
    made = visit(whole(results, file=LONG, isolation=LONG, notes=[LONG]), viewport={"width": width, "height": 800})
    made.tab.evaluate("document.querySelectorAll('details').forEach(one => one.open = true)")
    assert made.tab.evaluate(WIDE) == []
    assert made.tab.evaluate("document.documentElement.scrollWidth") <= width


# --- What must work ---------------------------------------------------------------------------------


def test_by_keyboard_each_fold_opens(visit):
    results = [result("double", "failed", output="hello"), result("other", "not_attempted", message=NOT_WRITTEN)]
    made = visit(whole(results))
    made.tab.keyboard.press("Tab")
    assert made.tab.evaluate("document.activeElement.innerText") == "Skip to the exercises"
    assert made.tab.evaluate("document.activeElement.getBoundingClientRect().left") >= 0
    opened = []
    while made.tab.keyboard.press("Tab") or made.tab.evaluate("document.activeElement.className") != "skip":
        if made.tab.evaluate("document.activeElement.tagName") == "SUMMARY":
            if not made.tab.evaluate("document.activeElement.parentElement.open"):
                made.tab.keyboard.press("Enter")
            opened.append(made.tab.evaluate("document.activeElement.innerText"))
            assert made.tab.evaluate("document.activeElement.parentElement.open")
            assert made.tab.evaluate("getComputedStyle(document.activeElement).outlineStyle") != "none"
    assert opened == ["It printed, over all inputs", *(f"Hint {n} of 3" for n in (1, 2, 3, 1, 2))]
    assert made.tab.evaluate("document.querySelectorAll('details:not([open])').length") == 0


def test_links_lead_to_the_exercises(visit):
    made = visit(whole(every_status()))
    made.tab.get_by_role("link", name="todo3").click()
    assert "part9.todo3" in made.tab.locator("article:target").inner_text()
    for role, count in (("banner", 1), ("main", 1), ("contentinfo", 1)):
        assert made.tab.get_by_role(role).count() == count
    assert made.tab.get_by_role("progressbar", name="Points").count() == 1
    assert made.tab.get_by_role("article", name=re.compile("part9.todo3")).count() == 1


def test_without_styles_nothing_is_lost(visit):
    text = whole(every_status())
    styled, plain = visit(text), visit(re.sub(r'(?s)<style>.*?</style>| style="[^"]*"', "", text))
    texts = []
    for made in (styled, plain):
        made.tab.evaluate("document.querySelectorAll('details').forEach(one => one.open = true)")
        texts.append(made.tab.locator("body").inner_text().split())
    assert texts[0] == texts[1]


def test_it_prints(visit):
    """On A4, from a dark screen: dark on white, hints only where they are open, what was printed in any case."""
    made = visit(whole(every_status()), color_scheme="dark")
    made.tab.evaluate("document.querySelectorAll('details').forEach(one => one.open = false)")
    made.tab.emulate_media(media="print")
    assert made.tab.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    assert not made.tab.locator(".hint").first.is_visible()
    assert made.tab.locator("details:not(.hint) pre").first.evaluate("one => one.checkVisibility()")
    pdf = made.tab.pdf(format="A4", prefer_css_page_size=True)
    assert set(re.findall(rb"/MediaBox \[0 0 (\d+)[.\d]* (\d+)", pdf)) == {(b"594", b"841")}
    assert 2 <= len(re.findall(rb"/Type /Page\b", pdf)) <= 12
    assert made.tab.evaluate("getComputedStyle(document.querySelector('figure')).breakInside") == "avoid"
