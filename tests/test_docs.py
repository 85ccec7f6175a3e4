"""Every command and every output that the docs show is run, and every other block stands in a file.

Which kinds of blocks there are stands in tests/pages.py, how a session is written down in tests/sessions.py.
"""

import re
import subprocess
import sys

import nbformat
import pages
import pytest
import sessions
from nbclient import NotebookClient
from pages import PAGES, ROOT
from places import PLACES

from grader.course import Course

MESSAGES = ROOT / "docs" / "messages.md"
SAMPLE = ("part4.dbnmeani", "part4.dC", "part5.BatchNorm1d", "part6.Head")
"""Of the many sessions of messages.md, those that are run with the fast tests."""
BENCHMARKS = {
    "autograde": (["--submissions", "2"], "stock / ours: "),
    "batch": (["--submissions", "30", "--stock", "2"], "nbgrader / grader batch: "),
    "cold": (["--runs", "1"], "command .* without own"),
    "harness": (["--rounds", "1", "--seconds", "0.5"], "training .* share"),
    "training": (["--rounds", "1", "--steps", "20", "--quick"], "ratio"),
    "watch": (["--rounds", "1", "--reruns", "2"], "ms .* ratio"),
}
"""Each benchmark in a quick form, and what it prints then."""


def ids(path):
    return str(path.relative_to(ROOT))


def _slow(path, day):
    notes = {note for session in day for note in session.notes}
    return "slow" in notes or (path == MESSAGES and not notes & {f"answer {target}" for target in SAMPLE})


DAYS = [
    pytest.param(day, id=f"{ids(path)}-{i}", marks=[pytest.mark.slow] if _slow(path, day) else [])
    for path in PAGES
    for i, day in enumerate(sessions.days(path.read_text()))
]


@pytest.mark.parametrize("day", DAYS)
def test_a_session_in_the_docs(tmp_path, day):
    for command, shown, came in sessions.played(day, tmp_path):
        assert sessions.shows(shown, came), f"{command}\n{came}"


def test_the_messages_are_of_twenty_wrong_answers():
    shown = sessions.sessions(MESSAGES.read_text())
    assert len(shown) == 20
    assert all(session.code and session.notes[0].startswith("answer ") for session in shown)
    assert {session.notes[0].split()[1].partition(".")[0] for session in shown} >= {f"part{n}" for n in (0, 3, 4, 5, 6)}


# --- Each block is of a kind that is tested --------------------------------------------------------------


@pytest.mark.parametrize("path", PAGES, ids=ids)
def test_every_block_of_every_page_is_of_a_kind_that_is_tested(path):
    assert [f"line {block.start}: {block.text}" for block, kind in pages.kinds(path.read_text()) if kind is None] == []


@pytest.mark.parametrize(
    "page",
    [
        "```\n$ grader list\n```\n",
        "```bash\ngrader list\n```\n",
        "```sh\nmake test\n```\n",
        "```python\nprint(1)\n```\n",
        "```text\na picture\n```\n\n```text\npip install torch\n```\n",
        "```text\n$ anything at all\n```\n",
        "<!-- answer part4.dC -->\n```python\ndef dC(f, d): ...\n```\n\nAnd no session.\n",
        "<!-- from a.py -->\n\n```python\nprint(1)\n```\n",
        "Type\n\n    grader list\n\nand see.\n",
        "- a list\n\n    grader list\n",
        "- a list\n  ```console\n  $ grader list\n  ```\n",
        "~~~\ngrader list\n~~~\n",
    ],
)
def test_a_block_of_no_known_kind_is_found(page):
    assert None in [kind for _, kind in pages.kinds(page)]


def test_each_kind_is_known():
    page = PAGE + (
        "<!-- from a.py -->\n```python\nprint(1)\n```\n<!-- run by tests/test_a.py -->\n```sh\nmake\n```\n"
        "<!-- cell -->\n```python\n%grade a\n```\n```text\na --> b\n```\n"
    )
    assert [kind for _, kind in pages.kinds(page)] == ["answer", "session", "quote", "set-up", "cell", "picture"]


QUOTES = [
    pytest.param(block.note("from"), block.text, id=f"{ids(path)}-{block.start}")
    for path in PAGES
    for block in pages.blocks(path.read_text())
    if block.note("from")
]


@pytest.mark.parametrize(("file", "text"), QUOTES)
def test_code_quoted_in_the_docs_stands_in_its_file(file, text):
    assert text in (ROOT / file).read_text()


def test_who_is_said_to_run_a_block_takes_it_from_the_page():
    named = {block.note("run") for path in PAGES for block in pages.blocks(path.read_text())} - {None}
    assert named
    for name in named:
        assert "run_by(__file__)" in (ROOT / name.removeprefix("by ")).read_text(), name


CELLS = {path: [b.text for b, kind in pages.kinds(path.read_text()) if kind == "cell"] for path in PAGES}


@pytest.mark.slow
@pytest.mark.parametrize("path", [path for path in PAGES if CELLS[path]], ids=ids)
def test_the_cells_in_the_docs_run_in_a_notebook(tmp_path, path):
    folder = PLACES["student"](tmp_path)
    sources = [f"%run {ROOT / 'solutions' / 'part3_activations.py'}", *CELLS[path]]
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(source) for source in sources])
    NotebookClient(notebook, timeout=900, kernel_name="python3", resources={"metadata": {"path": folder}}).execute()
    assert all(cell.outputs for cell in notebook.cells[1:] if not cell.source.startswith("%load_ext"))


# --- Commands, files and links in running text ------------------------------------------------------------


@pytest.mark.parametrize("path", PAGES, ids=ids)
def test_commands_in_running_text_exist(path):
    named = [span for span in pages.spans(path.read_text()) if span.startswith("grader ")]
    found = {span: pages.fault(span, Course(ROOT)) for span in named}
    assert {span: fault for span, fault in found.items() if fault} == {}


@pytest.mark.parametrize(
    ("command", "word"),
    [
        ("grader grade part4", "no command"),
        ("grader data drop", "no command"),
        ("grader run part4 --htm", "--htm"),
        ("grader run part4.dprob", "dprob"),
        ("grader run part19", "part19"),
        ("grader plot part19", "part19"),
        ("grader doctor --isolation bublewrap", "bublewrap"),
        ("grader nbgrader release part4 --curse nets", "--curse"),
        ("grader init one two", "two"),
        ("grader run part4 --quiet && git push", None),
        ("grader run part4 --file F --seed SEED --isolation bubblewrap", None),
        ("grader doctor --isolation LEVEL", None),
        ("grader batch --seed", None),
        ("grader batch --sed", "--sed"),
        ("grader dev", None),
    ],
)
def test_a_command_that_does_not_exist_is_found(command, word):
    fault = pages.fault(command, Course(ROOT))
    assert fault is None if word is None else word in (fault or ""), fault


@pytest.mark.parametrize("path", PAGES, ids=ids)
def test_files_named_in_running_text_exist(path):
    named = [span for span in pages.spans(path.read_text()) if re.fullmatch(r"[\w./-]+", span)]
    there = [ROOT / span for span in named if span.startswith(pages.FOLDERS)]
    assert [str(file) for file in there if not (file.exists() or file.with_suffix("").is_dir())] == []


@pytest.mark.parametrize("path", PAGES, ids=ids)
def test_tests_that_are_named_exist(path):
    assert set(re.findall(r"`(test_\w+)`", path.read_text())) - pages.TESTS == set()


def test_links_in_the_docs_lead_somewhere():
    for path in PAGES:
        for target, anchor in re.findall(r"\]\(([^)#]*)#?([^)]*)\)", path.read_text()):
            if not target.startswith("http"):
                there = path.parent / target if target else path
                assert there.exists(), (path, target)
                assert not anchor or anchor in _anchors(there.read_text()), (path, target, anchor)


def _anchors(page):
    """What GitHub makes of headings."""
    headings = re.findall(r"(?m)^#+ (.*)$", page)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("path", PAGES, ids=ids)
def test_nothing_is_left_to_be_filled_in(path):
    text = path.read_text()
    assert "@@" not in text
    assert "TODO" not in text


# --- Benchmarks: that they can be run, as the docs say; not what they find --------------------------------


def _benchmarks():
    return [span.split() for path in PAGES for span in pages.spans(path.read_text()) if "benchmarks/" in span]


def test_every_benchmark_stands_in_the_docs_with_options_that_it_has():
    found = [words for words in _benchmarks() if words[0] == "python"]
    assert {words[1] for words in found} == {f"benchmarks/{name}.py" for name in BENCHMARKS}
    for words in found:
        text = (ROOT / words[1]).read_text()
        assert all(f'"{word}"' in text for word in words[2:] if word.startswith("--")), words


@pytest.mark.slow
@pytest.mark.parametrize("name", BENCHMARKS)
def test_a_benchmark_runs(name):
    options, shown = BENCHMARKS[name]
    done = subprocess.run(
        [sys.executable, ROOT / "benchmarks" / f"{name}.py", *options],
        cwd=ROOT, capture_output=True, text=True, timeout=900, check=False,
    )  # fmt: skip
    assert done.returncode in (0, 1), done.stderr  # 1: a ratio is off its target, which so short a run does not tell
    assert re.search(shown, done.stdout), done.stdout + done.stderr
    assert "Traceback" not in done.stderr, done.stderr


# --- The tests of the tests -------------------------------------------------------------------------------


PAGE = """
<!-- answer part3.Tanh -->
```python
class Tanh:
    ...
    def __call__(self, x):
        return x
```

```console
$ grader run part3.Tanh
...
0 of 1 points
```
"""


def test_an_answer_takes_the_place_of_its_cell(tmp_path):
    (session,) = sessions.sessions(PAGE)
    session.prepare(PLACES["student"](tmp_path))
    text = (tmp_path / "exercises" / "part3_activations.py").read_text()
    before, _, rest = text.partition("class Tanh:")
    cell = rest.partition("# %%")[0]
    assert "        return x\n" in cell
    assert "return []" in cell
    assert "NotImplementedError" not in cell
    assert (ROOT / "exercises" / "part3_activations.py").read_text().startswith(before)


@pytest.mark.parametrize(
    ("came", "right"),
    [("a\nb\n0 of 1 points\n", True), ("0 of 1 points\n", True), ("a\n", False), ("0 of 1 points\nb\n", False)],
)
def test_what_came_is_compared_with_what_is_shown(came, right):
    assert sessions.shows("...\n0 of 1 points\n", came) is right


TWO = """
<!-- place nothing -->
```console
$ mkdir a && cd a
$ echo one \\
  two
one two
```
<!-- then -->
```console
$ pwd | xargs basename
a
$ no-such-program
...
```
"""


def test_one_shell_runs_all_of_a_day(tmp_path):
    (day,) = sessions.days(TWO)
    (_, _, first), (_, shown, second), (_, _, third), (_, _, last) = sessions.played(day, tmp_path)
    assert (first, shown, second, third) == ("", "one two\n", "one two\n", "a\n")
    assert "not found" in last


def test_a_session_that_is_left_early_is_no_session(tmp_path):
    (day,) = sessions.days("<!-- place nothing -->\n```console\n$ exit\n$ echo two\ntwo\n```\n")
    with pytest.raises(AssertionError):
        sessions.played(day, tmp_path)


def test_a_page_is_written_afresh():
    old = TWO.replace("\na\n", "\nb\n").replace("\n...", "\nb").replace("$ no-such-program", "$ echo c")
    assert sessions.afresh(old) == TWO.replace("$ no-such-program\n...", "$ echo c\nc")
