"""The pages of a class in a real Chromium, from files and without a network."""

import classes
import pytest
from classes import graded, klass, record, result
from test_pages import HOSTILE, hostile

from grader.report import pages
from grader.report.pages import text

pytestmark = pytest.mark.slow


class Visit:
    """A tab that is offline, and all that it complained of or asked for."""

    def __init__(self, browser, folder, **settings):
        self.folder = folder
        self.complaints: list[str] = []
        self.asked: list[str] = []
        self.dialogs: list[str] = []
        self.context = browser.new_context(offline=True, **settings)
        self.context.set_default_timeout(10_000)
        self.tab = self.context.new_page()
        self.tab.on("console", lambda message: self.complaints.append(message.text))
        self.tab.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.tab.on("requestfailed", self._failed)
        self.tab.on("request", lambda request: self.asked.append(request.url))
        self.tab.on("dialog", self._dialog)

    def _failed(self, request):
        if request.failure != "net::ERR_ABORTED":  # as one is where a test goes on before all has come
            self.complaints.append(f"{request.url}: {request.failure}")

    def _dialog(self, dialog):
        self.dialogs.append(dialog.message)
        dialog.dismiss()

    def go(self, page):
        self.tab.goto((self.folder / page.partition("#")[0]).as_uri() + "".join(page.partition("#")[1:]))

    def students(self):
        """The names in the rows that are not filtered out, from above; a browser may not draw all of them."""
        return self.tab.locator("table.heat tbody tr:not([hidden]) th").all_text_contents()


@pytest.fixture
def visit(chromium, tmp_path):
    """Write the pages of a class and open one; whatever it complains of in the end is a failure."""
    visits = []

    def open_(one, page="index.html", book=(), **settings):
        pages.write(one, tmp_path / "out", book)
        made = Visit(chromium, tmp_path / "out", **settings)
        visits.append(made)
        made.go(page)
        return made

    yield open_
    for made in visits:
        made.context.close()
        assert made.complaints == []
        assert made.dialogs == []
        assert [url for url in made.asked if not url.startswith(("file://", "data:,"))] == []


# --- What must not run ------------------------------------------------------------------------------


def test_hostile_submissions_run_nothing(visit):
    one = klass(*(student for payload in HOSTILE.values() for student in hostile(payload).graded))
    book = [record(file=payload, device=payload) for payload in HOSTILE.values()]
    made = visit(one, book=book)
    own = ["index.html", "checks.html", "trouble.html", "records.html"]
    # Every third student: of each payload one or two.
    for page in [*own, *(text.page_of(student.student) for student in one.graded[::3])]:
        made.go(page)
        assert made.tab.evaluate("window.hacked") is None, page
        assert made.tab.evaluate(FOREIGN) == int(page == "index.html"), page
    made.go("index.html")
    for cell in made.tab.locator("tbody a").all()[:60]:
        cell.hover()
    made.tab.locator("tbody th a").first.click()
    made.tab.wait_for_url("**/students/*.html")
    assert made.tab.evaluate("window.hacked") is None


FOREIGN = """document.querySelectorAll(
  "script, iframe, object, embed, base, img, form[action], [style], [onerror], [onclick], [onmouseover], [onfocus]"
).length"""
"""How many elements a page holds that none of ours is, but for the one script."""


def test_a_page_whose_escaping_failed_would_still_run_nothing(visit, tmp_path):
    """The policy alone: what is written here into a page, and is no text, is refused."""
    made = visit(classes.small())
    path = tmp_path / "out" / "index.html"
    payloads = HOSTILE["script"] + HOSTILE["element"] + "<script src='data:text/javascript,window.hacked=1'></script>"
    path.write_text(path.read_text().replace("</main>", f"{payloads}</main>"))
    made.go("index.html")
    made.tab.wait_for_load_state()
    assert made.tab.evaluate("window.hacked") is None
    assert len(made.complaints) >= 3
    made.complaints.clear()


# --- What must work ---------------------------------------------------------------------------------


def test_each_page_loads(visit):
    made = visit(classes.small(), book=[record()])
    for words, heading in (("Checks", "The checks"), ("Trouble", "Trouble"), ("Records", "Training records")):
        made.tab.get_by_role("navigation").get_by_role("link", name=words).click()
        assert made.tab.get_by_role("heading", level=1).inner_text() == heading
    made.tab.get_by_role("link", name="Class").click()
    assert made.students() == ["ada", "Bob", "student9", "student10", "zoe"]


def test_it_sorts(visit):
    made = visit(classes.small())
    head = made.tab.locator("thead")
    head.get_by_role("button", name="Points").click()
    assert made.students() == ["ada", "Bob", "student9", "student10", "zoe"]
    assert head.locator("[aria-sort]").all_inner_texts() == ["Points"]
    head.get_by_role("button", name="Points").click()
    assert made.students() == ["student10", "student9", "Bob", "ada", "zoe"]
    head.get_by_role("button", name="Student").click()
    head.get_by_role("button", name="Student").click()
    assert made.students() == ["zoe", "student10", "student9", "Bob", "ada"]
    head.get_by_role("button", name="shrink").click()  # timed out, to do, passed
    assert made.students() == ["student9", "student10", "ada", "Bob", "zoe"]
    head.get_by_role("button", name="shrink").click()
    assert made.students() == ["ada", "Bob", "student10", "student9", "zoe"]
    made.tab.get_by_label("Sort by").select_option("row_sums")
    assert made.students()[-2:] == ["student10", "zoe"]  # still reversed
    made.tab.get_by_label("reversed").uncheck()
    assert made.students()[0] == "student10"


def test_it_filters(visit):
    made = visit(classes.small())
    shown = made.tab.locator("output")
    made.tab.get_by_label("Student", exact=True).fill("TUDENT")
    assert made.students() == ["student9", "student10"]
    assert shown.inner_text() == "2 of 5 students"
    made.tab.get_by_label("timed out").check()
    assert made.students() == ["student9"]
    made.tab.get_by_label("Student", exact=True).fill("")
    made.tab.get_by_label("not gradable").check()
    assert made.students() == ["zoe"]
    made.tab.get_by_label("any", exact=True).check()
    made.tab.get_by_label("Mistake").select_option(label="2 \N{MULTIPLICATION SIGN} a factor is wrong")
    assert made.students() == ["student9", "student10"]
    assert made.tab.locator("td.picked").count() == 2
    made.tab.get_by_label("Student", exact=True).fill("nobody")
    assert made.students() == []
    made.tab.get_by_label("Student", exact=True).press("Enter")  # sends nothing anywhere
    assert made.tab.url.endswith("index.html")


def test_a_filter_and_an_order_are_kept_on_the_way_back(visit):
    made = visit(classes.small())
    made.tab.get_by_label("failed").check()
    made.tab.locator("thead").get_by_role("button", name="Points").click()
    made.tab.locator("thead").get_by_role("button", name="Points").click()
    before = made.students()
    assert before == ["student10", "student9", "Bob"]
    made.tab.get_by_role("link", name="Bob").click()
    made.tab.go_back()
    assert made.students() == before


def test_links_lead_to_the_student_and_the_check(visit):
    made = visit(classes.small())
    made.tab.locator("a[title='double, failed: the sign is wrong']").click()
    assert made.tab.get_by_role("heading", level=1).inner_text() == "Bob"
    target = made.tab.locator("article:target")
    assert "part9.double" in target.inner_text()
    assert "the sign is wrong" in target.inner_text()


def test_the_mistakes_of_a_check_lead_to_who_made_them(visit):
    made = visit(classes.small())
    made.tab.locator("thead").get_by_role("link", name="25").click()
    section = made.tab.locator("section:target")
    assert section.get_by_role("heading").inner_text() == "double"
    section.get_by_text("2 of 4: a factor is wrong").click()
    section.get_by_role("link", name="student10").click()
    assert made.tab.get_by_role("heading", level=1).inner_text() == "student10"


def test_without_a_script_the_table_is_there(visit):
    made = visit(classes.small(), java_script_enabled=False)
    assert made.tab.locator("tbody tr").count() == 5
    assert not made.tab.locator("form").is_visible()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_words_stand_out_from_their_ground(visit, scheme):
    """Each status in the map, by the contrast that WCAG 2 asks for."""
    from grader.report.pages.marks import MARKS

    checks = [f"c{place}" for place in range(len(MARKS))]
    all_of_them = [result(name, status) for name, status in zip(checks, MARKS, strict=True)]
    made = visit(klass(graded("ada", *all_of_them), graded("zoe", problem="no"), checks=checks), color_scheme=scheme)
    found = made.tab.evaluate(CONTRAST)
    assert len(found) == len(MARKS) + 1 + len(("ada", "zoe"))
    assert min(found.values()) >= 4.5, found


CONTRAST = """() => {
  const light = (colour) => {
    const [r, g, b] = colour.match(/[0-9.]+/g).slice(0, 3)
      .map((v) => v / 255).map((v) => (v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b + 0.05;
  };
  const cells = document.querySelectorAll("tbody td:not(.points), tbody th");
  return Object.fromEntries([...cells].map((cell) => {
    const [one, two] = [getComputedStyle(cell.querySelector("a")).color, getComputedStyle(cell).backgroundColor];
    const [low, high] = [light(one), light(two)].sort((a, b) => a - b);
    return [cell.innerText.trim() || cell.className, high / low];
  }));
}"""


@pytest.mark.parametrize("page", ["index.html", "checks.html", "trouble.html", "records.html", "student"])
def test_a_narrow_window_scrolls_down_only(visit, page):
    long = "one_very_long_name_" * 12
    one = klass(
        graded(long, result("double", "failed", long, long, long * 9, trace=[long]), file=long, notes=[long]),
        graded("zoe", problem=long),
        *classes.small().graded[:3],
    )
    page = text.page_of(long) if page == "student" else page
    made = visit(one, page, [record(file=long, device=long)], viewport={"width": 400, "height": 800})
    assert made.tab.evaluate("document.documentElement.scrollWidth") <= 400


def test_the_heads_stay_in_sight(visit):
    one = klass(
        *(graded(f"s{i}", *(result(f"c{k}") for k in range(60))) for i in range(60)),
        checks=[f"c{k}" for k in range(60)],
    )
    made = visit(one, viewport={"width": 600, "height": 500})
    made.tab.locator("div.map").evaluate("(map) => map.scrollTo(900, 900)")
    made.tab.locator("div.map").scroll_into_view_if_needed()
    frame = made.tab.locator("div.map").bounding_box()
    name = made.tab.locator("tbody th").nth(45).bounding_box()
    head = made.tab.locator("thead th.check").nth(45).bounding_box()
    assert name["x"] == pytest.approx(frame["x"], abs=2)
    assert head["y"] == pytest.approx(frame["y"], abs=2)


def test_a_large_class_sorts_and_filters(visit):
    """800 students and 50 checks: 40,000 cells."""
    statuses = ("passed", "passed", "passed", "failed", "crashed", "not_attempted", "timed_out")
    checks = [f"c{k}" for k in range(50)]
    one = klass(
        *(
            graded(f"s{i}", *(result(c, statuses[(i * 7 + k * k) % 7]) for k, c in enumerate(checks)))
            for i in range(800)
        ),
        checks=checks,
    )
    made = visit(one)
    made.tab.locator("thead").get_by_role("button", name="Points").click()
    points = [int(p) for p in made.tab.locator("tbody td.points").all_text_contents()]
    assert points == sorted(points, reverse=True)
    assert len(points) == 800
    made.tab.get_by_label("Student", exact=True).fill("s79")
    assert made.tab.locator("output").inner_text() == "11 of 800 students"
