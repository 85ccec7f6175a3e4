"""Verdicts as HTML in somebody else's page: nothing of a student's is HTML there, and all can be read."""

import re
from html.parser import HTMLParser

import pytest
import torch
from classes import EXPECTED, report, result
from msgspec.structs import replace
from test_pages import HOSTILE

from grader.comparison import Comparison
from grader.pictures import difference
from grader.report import html
from grader.report.feedback import for_student
from grader.report.model import NOT_WRITTEN, Curve, Details, Frame, Result, Status
from grader.report.terminal import WORDS

STATUSES = list(Status.__args__)
TAGS = set("div section p strong span table tr th td details summary figure img pre code".split())
ATTRIBUTES = {"style", "class", "aria-label", "scope", "open", "alt", "src"}


class Read(HTMLParser):
    """A fragment as a browser takes it: its tags and attributes, its text, and whether each tag is closed."""

    def __init__(self, text):
        super().__init__()
        self.tags, self.attributes, self.text, self._open = set(), [], "", []
        self.feed(text)
        self.close()
        assert self._open == []

    def handle_starttag(self, tag, attrs):
        self.tags.add(tag)
        self.attributes += [(tag, *pair) for pair in attrs]
        self._open += [tag] if tag != "img" else []

    def handle_endtag(self, tag):
        assert self._open.pop() == tag

    def handle_data(self, data):
        self.text += data

    def handle_comment(self, data):
        raise AssertionError(f"a comment: {data}")

    handle_decl = unknown_decl = handle_pi = handle_comment


def everywhere(payload, status):
    """A result that holds a text wherever one can stand."""
    comparison = Comparison(payload, 0, "shape", payload, payload)
    details = Details(2, 1, [comparison], [Frame(payload, 3, payload, payload)], payload * 2)
    return Result(payload, payload, status, 0, 1, payload, payload, details)


# --- What must not pass -----------------------------------------------------------------------------


@pytest.mark.parametrize("payload", HOSTILE)
@pytest.mark.parametrize("count", [1, 2])
def test_no_text_is_html(payload, count):
    text = HOSTILE[payload]
    for status in STATUSES:
        results = [everywhere(text, status)] * count
        images = {text: html.Image(b"png", text)}
        whole = html.fragment(results, report(*results, notes=[text]), images, "%hint {}")
        read = Read(whole)
        assert read.tags <= TAGS
        assert {name for _, name, _ in read.attributes} <= ATTRIBUTES
        assert all(value.startswith("data:image/png;base64,") for _, name, value in read.attributes if name == "src")
        assert not any(
            re.search(r"url|expression|import|\\", value) for _, name, value in read.attributes if name == "style"
        )
        whole.encode()  # no half a character
        assert all(c.isprintable() or c in "\n\t" for c in whole)
    Read(html.hint_fragment(text, 1, 3, text, text))


@pytest.mark.parametrize("status", STATUSES)
def test_who_must_not_see_what_was_expected_does_not(status):
    seen = result("double", status, message=f"worst by {EXPECTED}", unseen="The values are not right.")
    assert f"{EXPECTED:.6g}" in html.fragment([seen]) or status != "failed"
    whole = html.fragment(for_student(report(seen)).results)
    assert f"{EXPECTED:.6g}" not in whole
    assert str(EXPECTED) not in whole


def test_dollars_begin_no_formula():
    whole = html.fragment([result("double", "failed", message="$x$")])
    assert re.match(r'<div [^>]*class="mathjax_ignore tex2jax_ignore"', whole)
    assert re.match(r'<div [^>]*class="mathjax_ignore tex2jax_ignore"', html.hint_fragment("x", 1, 3, "$x$", ""))


def test_white_can_be_read_on_the_colours():
    def light(colour):
        channels = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
        linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    for colour in html.COLOURS.values():
        assert 1.05 / (light(colour) + 0.05) > 4.5, colour


def test_a_colour_of_text_has_its_background():
    whole = html.fragment([everywhere("x", status) for status in STATUSES])
    for style in re.findall(r'style="([^"]*)"', whole):
        words = dict(pair.split(":", 1) for pair in style.split(";"))
        assert words.get("color", "inherit") == "inherit" or "background" in words
        assert words.get("background", "none") in ("none", "rgba(127,127,127,.13)", "#fff") or "color" in words


def test_what_needs_no_word_gets_none():
    assert "It printed" not in html.fragment([result("double")])
    assert "hint" not in html.fragment([result("double")])
    unwritten = Result(
        "part9.f", "A stub", "not_attempted", 0, 1, NOT_WRITTEN, details=Details(trace=[Frame("f", 1, "f", "raise")])
    )
    assert "raise" not in html.fragment([unwritten])
    assert NOT_WRITTEN in html.fragment([unwritten])
    assert "<details" not in html.fragment([unwritten, unwritten])
    assert "grader hint" not in html.fragment([result("f", "broken_rule", message="It is against the rules.")])
    assert "grader hint part9.f" in html.fragment([result("f", "timed_out", message="It was still running.")])


def test_frames_that_come_again_are_shown_once():
    lines = ["return double(x)"] * 6
    whole = html.fragment([result("double", "crashed", message="It raised RecursionError.", trace=lines)])
    assert whole.count("return double(x)") == 1
    assert "... the same 5 times more" in whole


# --- What is shown ------------------------------------------------------------------------------------


@pytest.mark.parametrize("status", STATUSES)
def test_the_status_is_a_word(status):
    one = result("double", status, message="why")
    for results in ([one], [one, one]):
        assert f">{WORDS[status][0].lower()}</span>" in html.fragment(results)


def test_one_is_a_section_with_all_there_is():
    one = result("double", "failed", "halved", "This is half.", output="hello\n" * 3, trace=["return x / 2"])
    whole = html.fragment([one], images={"part9.double": html.Image(b"png", "words")}, hint="%hint {}")
    read = Read(whole)
    assert ("section", "aria-label", "Verdict on part9.double") in read.attributes
    assert ("img", "alt", "words") in read.attributes
    assert ("img", "src", "data:image/png;base64,cG5n") in read.attributes
    for text in (
        "It looks like this: halved.", "This is half.", "0 of 2 points", "%hint part9.double", "part9.py, line 3 in f",
        "    return x / 2", "double[0, 1]", f"{EXPECTED:.6g}", "1 of 4 entries of double", "maxdiff: 4.2 (allowed 0.1)",
        "exact: False | approximate: False", "Wrong in 1 of 2 inputs.", "hello\nhello\nhello",
    ):  # fmt: skip
        assert text in read.text


def test_several_are_a_table_with_the_rest_folded():
    results = [result("double"), result("row_sums", "failed", message="why")]
    whole = html.fragment(results, report(*results, notes=["something"]))
    assert whole.count('<th scope="row"') >= 2
    assert "<section" not in whole
    assert re.search(r'<details open="open"><summary[^>]*><strong>part9.row_sums</strong>', whole)  # so few
    assert whole.count("<summary") == 1
    many = html.fragment([*results, *results])
    assert many.count("<details><summary") == 2
    text = Read(whole).text
    assert "Note: something" in text
    assert "2 of 4 points: 1 passed, 1 failed." in text


def test_none_at_all_is_no_fault():
    assert Read(html.fragment([])).tags <= TAGS


def test_values_are_counted_and_cut():
    wrong = [
        Comparison(f"g['{i}']", 0, "values", "float32 (2,)", "float32 (2,)", 2, 1, 1.0, 0.1, [0], 1.0, 2.0)
        for i in range(9)
    ]
    one = Result("part9.f", "f", "failed", 0, 1, "", details=Details(1, 0, [*wrong, replace(wrong[0], case=1)]))
    text = Read(html.fragment([one])).text
    assert text.count("g['") == html.LABELS + 1
    assert "3 values more are wrong." in text
    odd = replace(
        one,
        details=Details(
            1,
            0,
            [
                Comparison(
                    "f", 0, "finite", "float32 (2,)", "float32 (2,)", 2, 1, float("nan"), 0.1, [0], 1.0, float("nan")
                )
            ],
        ),
    )
    assert "nan" in Read(html.fragment([odd])).text
    plain = replace(one, details=Details(1, 0, [Comparison("f", 0, "values", "3", "4", 1, 1)]))
    assert re.search("asked.*came.*f.*3.*4", Read(html.fragment([plain])).text)
    long = result("f", "failed", output="line\n" * 100)
    assert Read(html.fragment([long])).text.count("line\n") == html.OUTPUT_LINES
    assert "... and 60 lines more" in html.fragment([long])
    assert "open=" not in html.fragment([long])


def test_training_is_told_in_figures():
    curve = Curve("quick", "cpu", 2.3, 2.4, "bigrams", 3.3, 1.0, 10.0, last=2.5)
    assert (
        "held-out loss 2.500, target 2.300"
        in Read(html.fragment([replace(result("t", "not_converged"), curve=curve)])).text
    )


def test_hints():
    text = Read(html.hint_fragment("part9.double", 1, 3, "Think.", "%hint part9.double")).text
    assert text == "part9.double, hint 1 of 3Think.For the next one: %hint part9.double\n"
    assert "For the next" not in html.hint_fragment("part9.double", 3, 3, "Think.", "")


WIDE = """Array.from(document.querySelectorAll("body *")).filter(
  one => one.getBoundingClientRect().right > document.documentElement.clientWidth + 1
).map(one => one.outerHTML.slice(0, 300))"""


@pytest.mark.parametrize("width", [390, 1200])
def test_nothing_sticks_out_in_a_browser(width, chromium, tmp_path):
    long = "longword" * 40
    one = result("double", "failed", long, long, output=long, trace=[long])
    image = html.Image(difference.draw("x", torch.zeros(3, 4), torch.ones(3, 4)), "a picture")
    whole = html.fragment([one], images={"part9.double": image}) + html.fragment([one, replace(one, id=long)])
    (tmp_path / "page.html").write_text(f"<!DOCTYPE html><meta charset=utf-8><body>{whole}</body>")
    with chromium.new_context(offline=True, viewport={"width": width, "height": 800}) as context:
        tab = context.new_page()
        complaints = []
        tab.on("console", lambda message: complaints.append(message.text))
        tab.goto((tmp_path / "page.html").as_uri())
        tab.evaluate("document.querySelectorAll('details').forEach(one => one.open = true)")
        assert tab.evaluate(WIDE) == []
        assert tab.locator("img").evaluate("one => one.naturalWidth") > 0
        assert complaints == []
