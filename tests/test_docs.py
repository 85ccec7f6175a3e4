"""Every session shown in the docs is run, and must print what is shown; every quoted piece of code is there.

How a session is written down stands in tests/sessions.py.
"""

import re

import pytest
import sessions
from students import ROOT

DOCS = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
MESSAGES = ROOT / "docs" / "messages.md"
AUTHORS = ROOT / "docs" / "authors.md"
SAMPLE = ("part4.dbnmeani", "part4.dC", "part5.BatchNorm1d", "part6.Head")
"""Of the many sessions of messages.md, those that are run with the fast tests."""


def _slow(path, session):
    if path == AUTHORS:
        return True
    return path == MESSAGES and not any(f"answer {target} " in session.notes for target in SAMPLE)


SESSIONS = [
    pytest.param(session, id=f"{path.relative_to(ROOT)}-{i}", marks=[pytest.mark.slow] if _slow(path, session) else [])
    for path in DOCS
    for i, session in enumerate(sessions.sessions(path.read_text()))
]


@pytest.mark.parametrize("session", SESSIONS)
def test_a_session_in_the_docs(tmp_path, session):
    desk = sessions.desk(tmp_path)
    session.prepare(desk)
    assert session.commands
    for command, shown in session.commands:
        came = sessions.run(command, desk)
        assert sessions.shows(shown, came), came


def test_the_docs_show_sessions():
    assert len(SESSIONS) >= 3


def test_the_messages_are_of_twenty_wrong_answers():
    shown = sessions.sessions(MESSAGES.read_text())
    assert len(shown) == 20
    assert all(session.code and session.notes.startswith("<!-- answer ") for session in shown)
    assert {session.notes.split()[2].partition(".")[0] for session in shown} >= {f"part{n}" for n in (0, 3, 4, 5, 6)}


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
    session.prepare(sessions.desk(tmp_path))
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


@pytest.mark.parametrize("path", DOCS, ids=lambda path: str(path.relative_to(ROOT)))
def test_nothing_is_left_to_be_filled_in(path):
    text = path.read_text()
    assert "@@" not in text
    assert "TODO" not in text


def test_links_in_the_docs_lead_somewhere():
    for path in DOCS:
        for target in re.findall(r"\]\(([^)#]+)\)", path.read_text()):
            assert target.startswith("http") or (path.parent / target).exists(), (path, target)


QUOTES = [
    pytest.param(file, text, id=f"{path.relative_to(ROOT)}-{i}")
    for path in DOCS
    for i, (file, text) in enumerate(
        re.findall(r"<!-- from (\S+) -->\n```python\n(.*?)```", path.read_text(), re.DOTALL)
    )
]


@pytest.mark.parametrize(("file", "text"), QUOTES)
def test_code_quoted_in_the_docs_stands_in_its_file(file, text):
    assert text in (ROOT / file).read_text()
