"""A run as one page: nothing of a student's is HTML there, it asks for nothing, and a standard parser finds no fault."""

import re
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path

import html5lib
import pytest
import students
import torch
from classes import report, result
from msgspec.structs import replace
from test_pages import HOSTILE
from test_report_html import STATUSES, everywhere

from grader import output
from grader.course import Course
from grader.differences import Difference
from grader.errors import UsageError
from grader.pictures import difference as drawing
from grader.report import difference, html, page
from grader.report.model import NOT_WRITTEN, Curve
from grader.report.terminal import WORDS, printable

WHEN = datetime(2026, 11, 6, 9, 5, tzinfo=UTC)
LADDER = ("the idea", "the rule", "the line, in words")
ELEMENTS = set(
    "html head meta title link style body a header p h1 strong progress table thead tbody tr th td ul li span main "
    "section h2 article h3 code details summary figure img pre footer dl div dt dd time".split()
)
ATTRIBUTES = {"alt", "aria-label", "aria-labelledby", "charset", "class", "content", "datetime", "href", "http-equiv",
              "id", "lang", "max", "name", "open", "rel", "scope", "src", "style", "value"}  # fmt: skip
PHRASING = {"a", "strong", "span", "code", "time", "img", "progress"}
ONLY_PHRASING = {"p", "h1", "h2", "h3", "a", "strong", "span", "code", "pre", "summary", "dt", "time"}
PARENTS = {"li": {"ul"}, "tr": {"thead", "tbody", "table"}, "td": {"tr"}, "th": {"tr"}, "summary": {"details"},
           "dt": {"div"}, "dd": {"div"}, "thead": {"table"}, "tbody": {"table"}}  # fmt: skip


def made(*results, ladders=None, images=None, **more):
    return page.page(report(*results, **more), ladders or {}, images or {}, WHEN)


def parsed(text):
    """The tree of a page. Fails where a standard parser finds any fault, or where elements are nested as none may be."""
    tree = html5lib.HTMLParser(strict=True, namespaceHTMLElements=False).parse(text)
    for parent in tree.iter():
        for child in parent:
            if parent.tag in ONLY_PHRASING:
                assert child.tag in PHRASING, (parent.tag, child.tag)
            assert parent.tag in PARENTS.get(child.tag, {parent.tag}), (parent.tag, child.tag)
            assert not (parent.tag == "a" and child.tag == "a")
    ids = [one.get("id") for one in tree.iter() if one.get("id")]
    assert len(ids) == len(set(ids))
    for one in tree.iter():
        if (one.get("href") or "").startswith("#"):
            assert one.get("href")[1:] in ids
        if one.get("aria-labelledby"):
            assert one.get("aria-labelledby") in ids
    assert [one.tag for one in tree.iter("details") if one[0].tag != "summary"] == []
    return tree


def words(tree):
    return " ".join("".join(tree.find("body").itertext()).split())


# --- What must not pass -----------------------------------------------------------------------------


@pytest.mark.parametrize("name", HOSTILE)
def test_no_text_is_html(name):
    text = HOSTILE[name]
    results = [
        replace(everywhere(text, status), id=f"{text}{status}")
        for status in (STATUSES if len(text) < 1_000 else STATUSES[1:2])
    ]
    whole = made(
        *results,
        ladders={one.id: (text, text) for one in results},
        images={one.id: html.Image(b"png", text) for one in results},
        file=text,
        isolation=text,
        device=text,
        versions={text: text},
        notes=[text],
        title=text,
        part=text,
    )
    tree = parsed(whole)
    assert {one.tag for one in tree.iter()} <= ELEMENTS
    assert {name for one in tree.iter() for name in one.attrib} <= ATTRIBUTES
    assert {one.get("src").partition(",")[0] for one in tree.iter("img")} == {"data:image/png;base64"}
    assert {one.get("href")[:1] for one in tree.iter("a")} == {"#"}
    assert [dict(one.attrib) for one in tree.iter("link")] == [{"rel": "icon", "href": "data:,"}]
    assert len(list(tree.iter("style"))) == 1
    assert all(c.isprintable() or c in "\n\t" for c in whole)
    assert " ".join(printable(text).split()).replace("`", "") in words(tree).replace("`", "")
    whole.encode()


def test_nothing_is_fetched_or_run_even_if_escaping_failed():
    whole = made(result("double"))
    policy = re.search(r'http-equiv="Content-Security-Policy" content="([^"]*)"', whole)[1]
    assert policy.split("; ") == [
        "default-src 'none'", "style-src 'unsafe-inline'", "img-src data:", "base-uri 'none'", "form-action 'none'",
    ]  # fmt: skip
    assert whole.index("Content-Security-Policy") < whole.index("<title>") < whole.index("<style>")
    assert "url(" not in whole
    assert "@import" not in whole
    assert "<script" not in whole
    assert "//" not in whole


def test_one_training_check_is_one():
    assert "1 training check:" in words(parsed(made(result("double"), not_run=1)))


@pytest.mark.parametrize("status", STATUSES)
def test_the_last_hint_comes_after_a_try(status):
    tree = parsed(made(result("double", status), ladders={"part9.double": LADDER}))
    said, tried = words(tree), status not in ("not_attempted", "skipped", "not_run")
    assert (LADDER[0] in said) == (LADDER[1] in said) == (status != "passed")
    assert (LADDER[2] in said) == (tried and status != "passed")
    assert ("The last hint comes after a try." in said) == (not tried)
    assert not [one for one in tree.iter("details") if one.get("class") == "hint" and "open" in one.attrib]


def test_a_ladder_that_checks_share_is_there_once():
    results = [result("double", "not_attempted"), result("double.again", "failed"), result("other", "not_attempted")]
    ladders = dict.fromkeys(("part9.double", "part9.double.again"), LADDER) | {"part9.other": ("one",)}
    said = words(parsed(made(*results, ladders=ladders)))
    assert said.count(LADDER[0]) == 1
    assert said.count(LADDER[2]) == 1  # the exercise has been tried
    assert "Hint 1 of 1" in said


def test_a_picture_that_cannot_be_drawn_costs_itself(monkeypatch):
    def broken(*_):
        raise MemoryError

    one = Difference(result("double", "failed").details.comparisons[0], None, torch.zeros(4), torch.ones(4))
    assert difference.images({"part9.double": [[one]]}, 3)["part9.double"].png.startswith(b"\x89PNG")
    monkeypatch.setattr(drawing, "draw", broken)
    assert difference.images({"part9.double": [[one]]}, 3) == {}


def test_pictures_are_counted():
    one = Difference(result("double", "failed").details.comparisons[0], None, torch.zeros(4), torch.ones(4))
    few = Difference(one.comparison, None, torch.zeros(2), torch.ones(2))
    wrong = {"a": [[few]], "b": [[few, one]], "c": [[one]], "d": [[one]]}
    assert list(difference.images(wrong, 2)) == ["b", "c"]


def test_what_cannot_be_written_is_refused_first(workspace):
    for target, why in (("nowhere/r.html", "there is no folder"), ("exercises", "is a folder")):
        done = students.command("run", "part9", "--html", target, cwd=workspace)
        assert (done.returncode, done.stdout) == (2, "")
        assert why in done.stderr


def test_a_file_is_written_whole_or_not_at_all(tmp_path, monkeypatch):
    target = tmp_path / "r.html"
    target.write_text("before")
    with monkeypatch.context() as patched, pytest.raises(UsageError, match=r"r\.html can't be written"):
        patched.setattr(Path, "replace", lambda *_: (_ for _ in ()).throw(OSError(28, "No space left on device")))
        output.write_whole(target, b"after")
    assert [path.name for path in tmp_path.iterdir()] == ["r.html"]
    assert target.read_text() == "before"
    (tmp_path / "link.html").symlink_to(target)
    output.write_whole(tmp_path / "link.html", b"after")
    assert target.read_text() == "after"
    assert (tmp_path / "link.html").is_symlink()
    assert sorted(one.name for one in tmp_path.iterdir()) == ["link.html", "r.html"]
    output.write_whole(Path("/dev/null"), b"gone")


# --- What is shown ------------------------------------------------------------------------------------


def test_all_there_is_to_a_run():
    one = result("double", "failed", "halved", "This is half.", output="hello", trace=["return x / 2"])
    tree = parsed(
        made(
            one, result("row_sums"), result("shrink", "not_attempted", message=NOT_WRITTEN),
            images={"part9.double": html.Image(b"png", "a picture in words")}, notes=["cell 3 failed"], not_run=2,
        )
    )  # fmt: skip
    said = words(tree)
    for text in (
        "A tiny part", "2 of 6 points", "Note: cell 3 failed", "It looks like this: halved.", "This is half.", "double[0, 1]",
        "return x / 2", "hello", "part9.py", "6 November 2026, 09:05", "987654321987", "bubblewrap", "torch 2",
        "grader diff part9.double", "2 training checks",
    ):  # fmt: skip
        assert text in said, text
    assert [one.get("alt") for one in tree.iter("img")] == ["a picture in words"]
    assert "For a hint" not in said
    [bar] = tree.iter("progress")
    assert (bar.get("value"), bar.get("max"), bar.text) == ("2", "6", "2 of 6 points")
    assert tree.find("head/title").text == "part9: A tiny part, 2 of 6 points"
    assert tree.get("lang") == "en"


@pytest.mark.parametrize("status", STATUSES)
def test_a_status_is_a_word(status):
    tree = parsed(made(result("double", status)))
    assert [WORDS[status][0].lower() in "".join(one.itertext()) for one in tree.iter("h3")] == [True]
    assert WORDS[status][0].lower() in "".join(next(tree.iter("tbody")).itertext())


def test_headings_are_in_order_and_landmarks_are_there():
    tree = parsed(made(*(result(f"f{number}", status) for number, status in enumerate(STATUSES))))
    levels = [int(one.tag[1]) for one in tree.iter() if re.fullmatch("h[1-6]", str(one.tag))]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after - before <= 1 for before, after in pairwise(levels))
    assert [one.tag for one in tree.find("body")] == ["a", "header", "main", "footer"]
    assert {one.get("scope") for one in tree.iter("th")} <= {"row", "col"}


def test_training_is_told_in_figures():
    curve = Curve("quick", "cpu", 2.3, 2.4, "bigrams", 3.3, 1.0, 10.0, last=2.5)
    for status in ("passed", "not_converged"):
        assert "held-out loss 2.500, target 2.300" in words(parsed(made(replace(result("t", status), curve=curve))))


def test_no_points_at_all_are_no_fault():
    assert "0 of 0 points" in words(parsed(made()))


def test_the_command_writes_it(workspace):
    """From a file with a wrong answer, one that is right, and what is not begun."""
    file = workspace / "exercises" / "part9_mini.py"
    file.write_text(
        students.solved(students.MINI, "part9_mini", double="def double(x):\n    print('<b>')\n    return x / 2")
    )
    done = students.command("run", "part9", "--html", "r.html", cwd=workspace)
    assert done.returncode == 1, done.stderr
    whole = (workspace / "r.html").read_text()
    tree, said = parsed(whole), words(parsed(whole))
    assert "It looks like this: halved." in said
    assert "<b>" in said
    assert all(hint in said for hint in Course(students.MINI).part("part9").checks[0].hints)
    assert "which is not zero in 6 of 6 entries" in next(tree.iter("img")).get("alt")
    assert not list(workspace.glob(".r*"))
