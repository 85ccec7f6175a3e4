"""The pages of a class: nothing a student named or printed is obeyed, nothing secret is shown, nothing else is lost."""

import errno
import os
import re
from html.parser import HTMLParser
from pathlib import Path

import classes
import pytest
from classes import graded, klass, record, report, result

from grader.classes.graded import Graded
from grader.errors import UsageError
from grader.report import pages
from grader.report.pages import feedback, folder, text, trouble

HOSTILE = {
    "element": "<img src=x onerror='window.hacked=1'>",
    "script": "<script>window.hacked=1</script>",
    "closing title": "</title><script>window.hacked=1</script>",
    "closing pre": "</pre></details></article><script src='https://evil.test/x.js'></script>",
    "double quote": '" onmouseover="window.hacked=1" x="',
    "single quote": "' onfocus='window.hacked=1' autofocus x='",
    "no quote": " onclick=window.hacked=1 ",
    "link": "javascript:window.hacked=1",
    "data link": "data:text/html,<script>window.hacked=1</script>",
    "base": "<base href='https://evil.test/'>",
    "refresh": "<meta http-equiv=refresh content='0;url=https://evil.test/'>",
    "style": "<style>*{background:url(https://evil.test/)}</style>",
    "comment": "<!--",
    "CDATA": "]]><![CDATA[",
    "entity": "&lt;script&gt;&#x3C;",
    "template": "{{ 7 * 7 }} {% raw %} {# #}",
    "template of a message": "`{{ klass }}` `<b>` ``",
    "colours": "\x1b[31mred\x1b[0m\x1b]0;title\x07",
    "one-byte escape": "\x9b31m",
    "turned round": "\u202egnp.exe\u202c\u2066x\u2069\u200f",
    "invisible": "a\u200bb\u00adc\ufeffd\u2060e",
    "controls": "a\x00b\x08c\x0bd\x7fe\x85f",
    "lines": "one\ntwo\r\nthree\tfour",
    "separators": "a\u2028b\u2029c",
    "half a character": "\ud800x\udfff",
    "no character": "\ufffe\uffff",
    "combining": "e" + "\u0301" * 60,
    "path": "../../../etc/passwd",
    "other path": "C:\\con\\..\\nul.html",
    "spreadsheet": "=cmd|' /C calc'!A0",
    "long": "x" * 100_000,
    "long word of quotes": "\"'" * 5_000,
    "empty": "",
    "blank": "   ",
}
TAGS = """html head meta title link script body header nav main p h1 h2 a dl div dt dd form label input select option
fieldset legend span small output table thead tbody tr th td button section svg rect details summary b strong bdi code
pre article footer""".split()
URLS = ("href", "src", "action", "formaction", "srcset", "data", "poster", "background", "xlink:href")
POLICY = {
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "img-src 'self' data:",
    "base-uri 'none'",
    "form-action 'none'",
}


class Page(HTMLParser):
    """A page's elements with their attributes, and its text."""

    def __init__(self, path: Path):
        super().__init__()
        self.elements: list[tuple[str, dict]] = []
        self.words: list[str] = []
        self.odd: list[str] = []
        self.source = path.read_text(encoding="utf-8")
        self.feed(self.source)
        self.close()

    def handle_starttag(self, tag, attributes):
        assert len(dict(attributes)) == len(attributes), f"{tag} has an attribute twice"
        self.elements.append((tag, dict(attributes)))

    def handle_data(self, data):
        self.words.append(data)

    def handle_comment(self, data):
        self.odd.append(data)

    def unknown_decl(self, data):
        self.odd.append(data)

    def handle_pi(self, data):
        self.odd.append(data)

    @property
    def text(self):
        return "".join(self.words)

    def all(self, tag, **wanted):
        return [a for t, a in self.elements if t == tag and wanted.items() <= a.items()]


def written(folder: Path) -> dict[str, Page]:
    return {path.relative_to(folder).as_posix(): Page(path) for path in sorted(folder.rglob("*.html"))}


def hostile(payload: str):
    """A class into which one text has got wherever a student's text can."""
    everything = {"mistake": payload or None, "message": payload, "output": payload, "trace": [payload]}
    return klass(
        graded(payload, result("double", "failed", **everything), file=payload, notes=[payload]),
        graded(f"{payload}!", result("double", "crashed", **everything), result("shrink", "timed_out", **everything)),
        graded(f"{payload}?", result("row_sums", "grader_error", **everything, unseen=payload)),
        graded(f"not {payload}", problem=f"{payload}.", file=payload),
    )


def make(tmp_path, one, *more):
    pages.write(one, tmp_path / "out", *more)
    return written(tmp_path / "out")


# --- What must not be obeyed ------------------------------------------------------------------------


@pytest.mark.parametrize("name", HOSTILE)
def test_a_students_text_stays_text(tmp_path, name):
    payload = HOSTILE[name]
    book = [record(file=payload, device=payload, budget=payload, time=payload)]
    for path, page in make(tmp_path, hostile(payload), book, book).items():
        assert not page.odd, path
        assert {tag for tag, _ in page.elements} <= set(TAGS), path
        scripts = [a for tag, a in page.elements if tag in ("script", "base", "iframe", "object", "embed")]
        assert scripts == ([{"src": "static/pages.js", "defer": None}] if path == "index.html" else []), path
        assert len(page.all("meta")) == 3, path
        for tag, attributes in page.elements:
            assert not [a for a in attributes if a.startswith("on") or a in ("style", "srcdoc")], (path, tag)


@pytest.mark.parametrize("name", HOSTILE)
def test_a_students_text_is_shown_as_it_is(tmp_path, name):
    """Not dropped, not cut before its time: a hostile name is still a name."""
    payload = HOSTILE[name]
    found = make(tmp_path, hostile(payload))
    shown = text.line(payload)
    for path in ("index.html", "checks.html", "trouble.html", text.page_of(payload)):
        assert shown in found[path].text, path
    whole = found[text.page_of(payload)].text.replace("`", "")  # those of a message become elements
    assert text.shown(payload).replace("`", "") in whole


@pytest.mark.parametrize("name", HOSTILE)
def test_no_character_acts_on_its_own(tmp_path, name):
    book = [record(file=HOSTILE[name], device=HOSTILE[name])]
    for path, page in make(tmp_path, hostile(HOSTILE[name]), book).items():
        strange = {c for c in page.source if not c.isprintable() and c != "\n"}
        assert strange <= ({"\t"} if name == "lines" else set()), path
        for tag, attributes in page.elements:
            assert not [v for v in attributes.values() if v and re.search("[\n\t]", v)], (path, tag)
        assert max(map(len, re.findall('title="([^"]*)"', page.source)), default=0) < 3_000


@pytest.mark.parametrize("name", HOSTILE)
def test_links_lead_to_our_pages_alone(tmp_path, name):
    found = make(tmp_path, hostile(HOSTILE[name]), [record()])
    ids = {path: {a["id"] for _, a in page.elements if "id" in a} for path, page in found.items()}
    files = set(found) | {"static/pages.css", "static/pages.js"}
    for path, page in found.items():
        for tag, attributes in page.elements:
            for target in (attributes[name] for name in attributes if name in URLS):
                if (tag, target) == ("link", "data:,"):  # no icon
                    continue
                assert re.fullmatch(r"[A-Za-z0-9_./#-]+", target), (path, target)
                place, _, anchor = target.partition("#")
                place = os.path.normpath(os.path.join(os.path.dirname(path), place)) if place else path
                assert place in files, (path, target)
                assert not anchor or anchor in ids[place], (path, target)


def test_each_page_has_the_policy(tmp_path):
    for path, page in make(tmp_path, classes.small(), [record()]).items():
        (policy,) = page.all("meta", **{"http-equiv": "Content-Security-Policy"})
        assert {part.strip() for part in policy["content"].split(";")} == POLICY, path


def test_the_static_files_ask_for_nothing_and_write_no_html():
    for name in pages.STATIC:
        source = (pages.HERE / "static" / name).read_text()
        assert not re.search(r"https?:|//\w|url\(|@import|innerHTML|outerHTML|insertAdjacent|document\.write", source)
        assert not re.search(r"eval|Function\(|fetch|XMLHttp|WebSocket|localStorage|\.src\b|setTimeout", source)


def test_no_template_turns_the_escaping_off():
    for path in (pages.HERE / "templates").iterdir():
        assert not re.search(r"\bsafe\b|autoescape|Markup|\bstyle=|\son\w+=", path.read_text()), path.name


# --- What must not be shown -------------------------------------------------------------------------


def test_no_page_holds_the_seed(tmp_path):
    for path, page in make(tmp_path, classes.small(), [record()], [record()]).items():
        assert str(classes.SEED) not in page.source, path


def test_a_students_page_holds_nothing_that_was_expected(tmp_path):
    secret = f"It was {classes.EXPECTED} and not {classes.GOT}."
    one = graded(
        "ada",
        result("double", "failed", message=secret, unseen="It is off."),
        result("row_sums", "grader_error", message=f"RuntimeError: {secret}", output=secret, trace=[secret]),
        result("shrink", "passed"),
    )
    page = make(tmp_path, klass(one))[text.page_of("ada")]
    assert "It is off." in page.text
    for number in (classes.EXPECTED, classes.GOT):
        assert str(number) not in page.source
    assert "RuntimeError" not in page.source


def test_a_students_page_shows_what_a_student_may_see(tmp_path, monkeypatch):
    """Whatever the report's own function for students leaves out."""
    seen = report(result("double", "failed", message="for the student", output="seen"), notes=["a note"])
    monkeypatch.setattr(feedback, "for_student", lambda one: seen)
    one = graded("ada", result("double", "failed", "secret mistake", "secret", "secret", trace=["secret"]))
    page = make(tmp_path, klass(one))[text.page_of("ada")]
    assert "secret" not in page.source
    assert "for the student" in page.text


def test_a_students_page_leads_to_no_other(tmp_path):
    found = make(tmp_path, classes.small(), [record()])
    for path, page in found.items():
        if path.startswith("students/"):
            targets = [a["href"] for a in page.all("a")]
            assert all(target.startswith("#") for target in targets), path
            assert not [
                one for one in classes.small().graded if one.student in page.text and path != text.page_of(one.student)
            ]


def test_a_real_report_with_a_secret_seed_gives_nothing_away(tmp_path, mini):
    found = list(mini(double="def double(x):\n    return 2.5 * x").values())
    expected = [c.expected for one in found for c in one.details.comparisons if c.fault == "values"]
    assert expected
    page = make(tmp_path, klass(Graded("ada", "part9", "a.py", "", "c", report(*found))))[text.page_of("ada")]
    assert not [number for number in expected if f"{number:.4g}" in page.text]


# --- The names of the files -------------------------------------------------------------------------

ALIKE = [*HOSTILE.values(), "a b", "a-b", "A-B", "a_b", "con", "CON", "nul", "aux.html", ".", "..", "/", "a/b", "~"]
ALIKE += ["Zoë", "Zoe\u0308", "zoe", "\ud800", "\udfff", "?", "漢字", "字漢", "x" * 100_001, "x" * 60, "x" * 61]


def test_each_name_has_a_page_of_its_own_that_every_file_system_takes():
    names = list(dict.fromkeys(ALIKE))
    paths = [text.page_of(name) for name in names]
    assert len({path.lower() for path in paths}) == len(names)
    for path in paths:
        assert re.fullmatch(r"students/[a-z0-9]([a-z0-9-]*[a-z0-9])?-[0-9a-f]{16}\.html", path)
        assert len(path) < 80


def test_a_page_can_be_told_by_its_name():
    assert text.page_of("Zoë Müller").startswith("students/zoe-muller-")


def test_a_class_of_such_names_is_written_whole(tmp_path):
    names = list(dict.fromkeys(ALIKE))
    found = make(tmp_path, klass(*(graded(name, result("double")) for name in names)))
    assert len([path for path in found if path.startswith("students/")]) == len(names)


# --- The folder -------------------------------------------------------------------------------------


def contents(folder: Path) -> dict[str, bytes]:
    return {p.relative_to(folder).as_posix(): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


def names(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


@pytest.mark.parametrize("ours", [False, True])
@pytest.mark.parametrize("stray", ["notes.txt", "students/notes.txt", "deep/er/notes.txt", ".hidden"])
def test_a_folder_that_holds_something_else_is_left_alone(tmp_path, stray, ours):
    out = tmp_path / "out"
    if ours:
        pages.write(classes.small(), out)
    (out / stray).parent.mkdir(parents=True, exist_ok=True)
    (out / stray).write_text("dear to me")
    before = contents(out)
    with pytest.raises(UsageError, match=re.escape(stray)):
        pages.write(klass(), out)
    assert contents(out) == before
    assert names(tmp_path) == {"out"}


def test_a_link_among_the_pages_is_something_else(tmp_path):
    pages.write(classes.small(), tmp_path / "out")
    (tmp_path / "dear").mkdir()
    (tmp_path / "dear" / "notes.txt").write_text("dear to me")
    (tmp_path / "out" / "link").symlink_to(tmp_path / "dear")
    with pytest.raises(UsageError, match="'link'"):
        pages.write(klass(), tmp_path / "out")
    assert (tmp_path / "dear" / "notes.txt").exists()


def test_a_marker_of_somebody_elses_is_none(tmp_path):
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / folder.MARKER).write_bytes(b"\xff\xfe")
    (tmp_path / "out" / "index.html").write_text("dear to me")
    with pytest.raises(UsageError, match=r"index\.html"):
        pages.write(klass(), tmp_path / "out")


def test_a_file_is_no_folder(tmp_path):
    (tmp_path / "out").write_text("dear to me")
    with pytest.raises(UsageError, match="is a file"):
        pages.write(klass(), tmp_path / "out")
    assert (tmp_path / "out").read_text() == "dear to me"


def test_a_folder_nowhere_is_refused(tmp_path):
    with pytest.raises(UsageError, match="there is no folder"):
        pages.write(klass(), tmp_path / "no" / "out")


@pytest.mark.parametrize("fault", [KeyboardInterrupt(), OSError(errno.ENOSPC, "No space left on device")])
def test_a_failure_halfway_leaves_the_old_pages(tmp_path, monkeypatch, fault):
    out = tmp_path / "out"
    pages.write(classes.small(), out)
    before = contents(out)

    def fail(one):
        raise fault

    monkeypatch.setattr(trouble, "view", fail)
    with pytest.raises((KeyboardInterrupt, UsageError)) as raised:
        pages.write(klass(), out)
    assert raised.type is KeyboardInterrupt or "No space left" in str(raised.value)
    assert contents(out) == before
    assert names(tmp_path) == {"out"}


def test_a_swap_that_fails_is_undone(tmp_path, monkeypatch):
    out = tmp_path / "out"
    pages.write(classes.small(), out)
    before = contents(out)
    rename = Path.rename
    monkeypatch.setattr(Path, "rename", lambda self, to: no(self) if self.name == ".out.new" else rename(self, to))
    with pytest.raises(UsageError, match="no luck"):
        pages.write(klass(), out)
    assert contents(out) == before


def no(thing):
    raise OSError(errno.EIO, "no luck")


def test_after_a_kill_at_any_moment_the_next_run_mends_it(tmp_path):
    out, new, old = tmp_path / "out", tmp_path / ".out.new", tmp_path / ".out.old"
    pages.write(classes.small(), old)  # killed between the two renames
    pages.write(classes.small(), new)
    pages.write(klass(), out)
    assert names(tmp_path) == {"out"}
    pages.write(classes.small(), new)  # killed while it wrote
    (new / "checks.html").unlink()
    pages.write(klass(), out)
    assert names(tmp_path) == {"out"}


def test_pages_that_a_kill_left_aside_are_not_lost_to_a_failure(tmp_path, monkeypatch):
    pages.write(classes.small(), tmp_path / ".out.old")
    before = contents(tmp_path / ".out.old")
    monkeypatch.setattr(trouble, "view", no)
    with pytest.raises(UsageError, match="no luck"):
        pages.write(klass(), tmp_path / "out")
    assert contents(tmp_path / "out") == before


def test_what_merely_bears_our_temporary_name_is_left_alone(tmp_path):
    (tmp_path / ".out.old").mkdir()
    (tmp_path / ".out.old" / "notes.txt").write_text("dear to me")
    with pytest.raises(UsageError, match=r"notes\.txt"):
        pages.write(klass(), tmp_path / "out")
    assert (tmp_path / ".out.old" / "notes.txt").exists()


def test_earlier_pages_are_replaced_and_who_left_is_gone(tmp_path):
    pages.write(classes.small(), tmp_path / "out")
    (tmp_path / "out" / ".DS_Store").write_bytes(b"x")
    found = make(tmp_path, klass(graded("ada", result("double"))))
    assert [path for path in found if path.startswith("students/")] == [text.page_of("ada")]
    assert names(tmp_path) == {"out"}


def test_an_empty_folder_is_filled_and_can_be_read_by_others(tmp_path):
    (tmp_path / "out").mkdir()
    assert "index.html" in make(tmp_path, classes.small())
    (tmp_path / "beside").mkdir()
    assert (tmp_path / "out").stat().st_mode == (tmp_path / "beside").stat().st_mode


def test_twice_the_same_class_gives_the_same_bytes(tmp_path):
    pages.write(classes.small(), tmp_path / "one", [record()])
    pages.write(classes.small(), tmp_path / "two", [record()])
    assert contents(tmp_path / "one") == contents(tmp_path / "two")


# --- What the pages say -----------------------------------------------------------------------------


def rows(page):
    """The text of each table row, cell by cell."""
    found = re.findall(r"<tr.*?</tr>", page.source, re.DOTALL)
    cells = [re.findall(r"<t[hd].*?</t[hd]>", row, re.DOTALL) for row in found]
    return [[re.sub(r"<[^>]*>", "", cell).strip() for cell in row] for row in cells]


def test_the_class_in_figures(tmp_path):
    page = make(tmp_path, classes.small())["index.html"]
    figures = dict(re.findall(r"<dt>(.*?)</dt><dd>(.*?)</dd>", page.source))
    # 6, 0, 2 and 4 points; zoe's can't be graded, and counts in neither mean nor median.
    assert figures == {"students": "5", "mean": "3.0", "median": "3", "not gradable": "1", "crashed": "1"}
    assert "of 6 points, over 4 graded" in page.text


def test_a_grader_error_is_said_as_such(tmp_path):
    found = make(tmp_path, klass(graded("ada", result("double", "grader_error", message="boom"))))
    assert "<dt>grader errors</dt><dd>1</dd>" in found["index.html"].source
    assert "our fault" in found["trouble.html"].text


def test_the_heat_map(tmp_path):
    table = rows(make(tmp_path, classes.small())["index.html"])
    assert table[0] == ["Student", "Points", "double25", "row_sums75", "shrink50"]
    assert table[1:] == [
        ["ada", "6", "✓", "✓", "✓"],
        ["Bob", "4", "✗", "✓", "✓"],
        ["student9", "2", "✗", "✓", "T"],
        ["student10", "0", "✗", "C", "·"],
        ["zoe", "-", "not gradable: part9.py is not UTF-8. Save it as UTF-8 and hand it in again."],
    ]


def test_a_cell_says_what_it_is_and_leads_to_it(tmp_path):
    page = make(tmp_path, classes.small())["index.html"]
    assert page.all("a", title="double, failed: the sign is wrong", href=f"{text.page_of('Bob')}#part9.double")
    assert page.all("a", title="shrink, passed", href=f"{text.page_of('ada')}#part9.shrink")


def test_every_status_has_a_sign_a_letter_and_a_colour_of_its_own(tmp_path):
    from grader.report.pages.marks import MARKS, WORST_FIRST

    assert len({mark.sign for mark in WORST_FIRST}) == len({mark.letter for mark in WORST_FIRST}) == len(WORST_FIRST)
    style = (pages.HERE / "static" / "pages.css").read_text()
    assert all(f"\n.{mark.letter} {{" in style for mark in MARKS.values())
    found = make(tmp_path, klass(graded("ada", *(result(f"c{i}", status) for i, status in enumerate(MARKS)))))
    assert all(mark.word in found[text.page_of("ada")].text for mark in MARKS.values())


def test_a_report_of_other_checks_is_shown_as_far_as_it_goes(tmp_path):
    """As after a change of the course: one check is new, another is gone."""
    one = graded("ada", result("double"), result("gone", "failed", "an old mistake"))
    found = make(tmp_path, klass(one))
    assert rows(found["index.html"])[1] == ["ada", "2", "✓", "", ""]
    assert "an old mistake" not in found["index.html"].text
    assert "an old mistake" in found[text.page_of("ada")].text
    assert "0 of 0 passed (- %)" in found["checks.html"].text


def test_the_checks_with_their_mistakes(tmp_path):
    page = make(tmp_path, classes.small())["checks.html"]
    words = " ".join(page.text.split())
    assert "1 of 4 passed (25 %)" in words
    assert "2 of 4: a factor is wrong student9, student10" in words
    assert "1 of 4: the sign is wrong Bob" in words
    assert "1 of 4: crashed, and no known mistake fits student10" in words
    assert "1 of 4: timed out student9" in words
    assert page.all("a", href=f"{text.page_of('student9')}#part9.double")
    assert rows(page)[1] == ["double", "25 %", "", "2 \N{MULTIPLICATION SIGN} a factor is wrong"]


@pytest.mark.parametrize(
    ("passed", "graded", "said"),
    [(0, 0, "-"), (0, 9, "0"), (9, 9, "100"), (1, 999, "1"), (998, 999, "99"), (1, 3, "33")],
)
def test_only_all_are_a_hundred_per_cent(passed, graded, said):
    from grader.report.pages.students import share

    assert share(passed, graded) == said


def test_the_bars_are_full(tmp_path):
    page = make(tmp_path, classes.small())["checks.html"]
    for bar in re.findall(r"<svg.*?</svg>", page.source):
        assert sum(map(float, re.findall(r'(?<= )width="([\d.]+)"', bar))) == pytest.approx(100, abs=0.01)


def test_the_trouble(tmp_path):
    table = rows(make(tmp_path, classes.small())["trouble.html"])
    assert ["zoe", "part9.py", "part9.py is not UTF-8. Save it as UTF-8 and hand it in again."] in table
    assert ["student10", "row_sums", "It raised ValueError: no."] in table
    assert ["student9", "shrink", "It was still running."] in table
    slowest = [row for row in table if len(row) == 4][1:]
    assert slowest[:2] == [["student9", "9.00", "row_sums", "7.50"], ["ada", "3.00", "double", "0.50"]]
    assert len(slowest) == 4


def test_who_has_handed_in_no_file_has_no_file_in_the_pages(tmp_path):
    found = make(tmp_path, classes.klass(classes.graded("zoe", problem="no file for part9.", file="")))
    assert ["zoe", "", "no file for part9."] in rows(found["trouble.html"])
    assert "no file, graded" in found[text.page_of("zoe")].text


def test_a_students_page(tmp_path):
    found = make(tmp_path, classes.small())
    words = " ".join(found[text.page_of("student10")].text.split())
    assert "student10 0 of 6 points" in words
    assert "part9.double failed 0/2 Title of double It looks like this: a factor is wrong." in words
    assert "It is twice what it should be." in words
    assert "line 3 in f: raise ValueError('no')" in words
    assert "part9.py, graded 2026-11-26 05:00 UTC, isolation: bubblewrap" in words
    assert "What your code printed shapes (3, 4)" in " ".join(found[text.page_of("student9")].text.split())
    words = " ".join(found[text.page_of("zoe")].text.split())
    assert "Your submission could not be graded: part9.py is not UTF-8." in words


def test_code_in_a_message_is_code(tmp_path):
    one = graded("ada", result("double", "failed", message="Try `x[:, None]`, not `x`. A ` alone stays."))
    source = make(tmp_path, klass(one))[text.page_of("ada")].source
    assert "Try <code>x[:, None]</code>, not <code>x</code>. A ` alone stays." in source


@pytest.mark.parametrize("one", [klass(), klass(checks=()), klass(graded("ada"), checks=())])
def test_an_empty_class_has_pages(tmp_path, one):
    assert {"index.html", "checks.html", "trouble.html"} <= set(make(tmp_path, one))


def test_without_records_there_is_neither_page_nor_link(tmp_path):
    found = make(tmp_path, classes.small())
    assert "records.html" not in found
    assert not [path for path, page in found.items() if page.all("a", href="records.html")]


def test_the_records(tmp_path):
    good, better, best = (record(f"{name}/part9.py", loss) for name, loss in (("a", 2.2), ("b", 2.1), ("b", 2.05)))
    book = [good, better, best, record("c/part9.py", 2.5, "not_converged"), record("d/part9.py", 2.0, device="cuda")]
    found = make(tmp_path, classes.small(), book, [good])
    assert all(found[path].all("a", href="records.html") for path in ("index.html", "checks.html", "trouble.html"))
    table = [row for row in rows(found["records.html"]) if row[0] != "Place"]
    assert table == [
        ["1", "b/part9.py", "2.0500", "2.3000", "12.50", "4,000", "2026-11-26 04:10 UTC", "not verified"],
        ["2", "a/part9.py", "2.2000", "2.3000", "12.50", "4,000", "2026-11-26 04:10 UTC", "✓ verified"],
        ["1", "d/part9.py", "2.0000", "2.3000", "12.50", "4,000", "2026-11-26 04:10 UTC", "not verified"],
    ]


def test_records_of_which_none_has_passed_say_so(tmp_path):
    found = make(tmp_path, classes.small(), [record(status="failed")])
    assert "No run has reached its target yet." in found["records.html"].text


def test_figures_that_no_run_has_stay_short(tmp_path):
    page = make(tmp_path, classes.small(), [record(loss=1e300, seconds=-1e300, target=1e300)])["records.html"]
    assert rows(page)[1][2:5] == ["1e+300", "1e+300", "-1e+300"]
