"""Each report is a function of the same verdicts, and stays whole whatever a student's code wrote into them."""

import io
import json
import math
import xml.etree.ElementTree as ET
from typing import get_args

import jsonschema
import msgspec
import pytest
import torch
from rich.cells import cell_len
from rich.console import Console

from grader import judge
from grader.report import junit, model, schema, terminal
from grader.report.model import Details, Frame, Report, Result

STATUSES = get_args(model.Status)
HOSTILE = {
    "markup": "[bold]no[/bold] [link=http://x]y[/link]",
    "open markup": "[bold",
    "closing markup": "[/] [/bold] [/nothing]",
    "escaped markup": "\\[bold] \\",
    "emoji": ":smile: :warning:",
    "colour": "\x1b[31mred\x1b[0m",
    "screen": "\x1b[2J\x1b[H\x1bc",
    "title": "\x1b]0;owned\x07",
    "link": "\x1b]8;;http://x\x1b\\y\x1b]8;;\x1b\\",
    "one-byte escape": "\x9b31m",
    "controls": "a\x00b\x07c\x08d\x0be\x0cf\x7f\x85",
    "carriage return": "FAILED\rpassed",
    "lines": "one\ntwo\r\nthree",
    "XML": "<b>&amp;]]>\"'</b><!-- --><?x?>",
    "no XML": "\ufffe\uffff\x01\x1f",
    "half a character": "\ud800 \udcff",
    "right to left": "\u202etxet\u202c",
    "wide": "漢字😀é",
    "combining": "e" + "\u0301" * 50,
    "separators": "a\u2028b\u2029c\x1cd\x1ee",
    "long": "x" * 5000,
    "empty": "",
}


def verdict(status="failed", text="It is wrong.", **more):
    points = status == "passed"
    trace = [Frame("exercises/part9.py", 7, "double", text)]
    details = more.pop("details", Details(2, 1, comparisons(), trace, text))
    return Result(f"part9.{status}", "A title", status, int(points), 1, text, "a mistake", details, 0.25, **more)


WANT, GOT = torch.tensor([[1.0, 2.0]]), torch.tensor([[1.0, 2.5]])


def comparisons(want=WANT, got=GOT):
    double = want.double() if isinstance(want, torch.Tensor) else want
    return list(judge.compare("double", 0, want, double, got))


def report(*results, **more):
    results = results or tuple(verdict(status) for status in STATUSES)
    fields = {
        "part": "part9",
        "title": "A tiny part",
        "file": "exercises/part9.py",
        "points": sum(one.points for one in results),
        "max_points": len(results),
        "seed": 2**62,
        "isolation": "process",
        "device": "cpu",
        "versions": {"torch": "2"},
        "seconds": 1.5,
        "results": list(results),
    }
    return Report(**fields | more)


def hostile(text):
    return report(verdict("failed", text), verdict("crashed", text), file=text, title=text, notes=[text])


def shown(one, width=80, line=3):
    console = Console(file=io.StringIO(), width=width, color_system=None, highlight=False)
    live = terminal.Live(console, terminal.header(one.title, one.file, one.seed, one.isolation))
    for result in one.results:
        live(result)
    live.finish(one, line)
    return console.file.getvalue()


def loaded(one):
    return msgspec.json.decode(schema.to_json(one), type=Report)


# --- JSON -------------------------------------------------------------------------------------------

SCHEMAS = {"published": json.loads(schema.FILE.read_text()), "made": json.loads(json.dumps(schema.json_schema()))}


def valid(text):
    """Whether a report's JSON is JSON, and what the published schema says."""
    value = json.loads(text, parse_constant=lambda name: pytest.fail(f"{name} is no JSON"))
    return jsonschema.Draft202012Validator(SCHEMAS["published"]).is_valid(value)


@pytest.mark.parametrize("which", SCHEMAS)
def test_the_schema_is_one(which):
    jsonschema.Draft202012Validator.check_schema(SCHEMAS[which])


def test_the_published_schema_is_in_step():
    assert SCHEMAS["published"] == SCHEMAS["made"]


SPOILT = {
    "another status": lambda r: r["results"][0].update(status="perfect"),
    "no status": lambda r: r["results"][0].pop("status"),
    "status null": lambda r: r["results"][0].update(status=None),
    "points as text": lambda r: r["results"][0].update(points="1"),
    "half a point": lambda r: r.update(points=0.5),
    "no points": lambda r: r.pop("points"),
    "no results": lambda r: r.pop("results"),
    "results null": lambda r: r.update(results=None),
    "another schema": lambda r: r.update(schema="grader-report-2"),
    "no seed": lambda r: r.pop("seed"),
    "an index of text": lambda r: r["results"][0]["details"]["comparisons"][0].update(worst=["0"]),
    "no fault": lambda r: r["results"][0]["details"]["comparisons"][0].pop("fault"),
    "a frame without line": lambda r: r["results"][0]["details"]["trace"][0].pop("line"),
}


@pytest.mark.parametrize("what", SPOILT)
def test_what_is_no_report_does_not_validate(what):
    spoilt = json.loads(schema.to_json(report()))
    assert valid(json.dumps(spoilt))
    SPOILT[what](spoilt)
    assert not valid(json.dumps(spoilt))


@pytest.mark.parametrize("what", sorted(HOSTILE.keys() - {"half a character"}))
def test_json_keeps_every_text_and_validates(what):
    one = hostile(HOSTILE[what])
    assert valid(schema.to_json(one))
    assert loaded(one) == one


def test_half_a_character_does_not_cost_the_report():
    # A file's name may hold one: Linux allows any bytes.
    assert valid(schema.to_json(hostile(HOSTILE["half a character"])))


@pytest.mark.parametrize("status", STATUSES)
def test_json_of_each_status_comes_back_as_it_was(status):
    one = report(verdict(status))
    assert valid(schema.to_json(one))
    assert loaded(one) == one


STRANGE = {
    "NaN": (torch.ones(2), torch.tensor([1.0, math.nan])),
    "infinite": (torch.ones(2), torch.tensor([1.0, math.inf])),
    "infinite as asked": (torch.tensor([math.inf, 1.0]), torch.tensor([math.inf, 2.0])),
    "all NaN": (torch.ones(2), torch.full((2,), math.nan)),
    "huge": (torch.ones(2), torch.full((2,), 3e38)),
    "0-d": (torch.tensor(1.0), torch.tensor(2.0)),
    "int": (torch.tensor([1]), torch.tensor([2**62])),
    "bool": (torch.tensor([True]), torch.tensor([False])),
    "float": (1.0, math.inf),
    "float NaN": (1.0, math.nan),
    "text": ("a", "[bold]\x1b[31m"),
    "None": (torch.ones(2), None),
    "shape": (torch.ones(2), torch.ones(2, 1)),
    "missing": ({"a": 1.0, "b": torch.ones(2)}, {}),
}


@pytest.mark.parametrize("what", STRANGE)
def test_any_comparison_can_be_sent_and_shown_on_both_sides(what):
    one = report(verdict(details=Details(1, 0, comparisons(*STRANGE[what]))))
    assert valid(schema.to_json(one))
    for side in (one, loaded(one)):  # the pytest plugin shows what it read from JSON
        output = shown(side)
        assert "FAILED" in output
        assert "\x1b" not in output
        junit.junit(side)


@pytest.mark.parametrize(
    ("statuses", "code"),
    [
        ((), 1),
        (("passed",), 0),
        (("passed", "passed"), 0),
        *((("passed", status), 1) for status in STATUSES if status not in ("passed", "grader_error")),
        (("passed", "grader_error"), 3),
        (("failed", "grader_error", "crashed"), 3),
    ],
)
def test_the_exit_code(statuses, code):
    assert report(results=[verdict(status) for status in statuses]).exit_code == code


# --- JUnit ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("what", HOSTILE)
def test_junit_parses_whatever_is_in_it(what):
    text = junit.junit(hostile(HOSTILE[what]))
    suite = ET.fromstring(text.encode("utf-8"))
    failed, crashed = suite
    assert [case.get("name") for case in suite] == ["part9.failed", "part9.crashed"]
    assert [child.tag for child in failed] == ["failure"] + ["system-out"] * bool(HOSTILE[what])
    assert [child.tag for child in crashed] == ["error"] + ["system-out"] * bool(HOSTILE[what])


@pytest.mark.parametrize("what", ["markup", "XML", "wide", "emoji", "right to left"])
def test_junit_keeps_what_xml_can_hold(what):
    failure, output = ET.fromstring(junit.junit(report(verdict(text=HOSTILE[what]))))[0]
    assert output.text == HOSTILE[what]
    assert failure.get("message") == f"a mistake: {HOSTILE[what]}"
    assert failure.text == f"exercises/part9.py:7: {HOSTILE[what]}"


TAGS = {"passed": None, "skipped": "skipped", "not_run": "skipped"}
TAGS |= dict.fromkeys(("failed", "not_attempted", "broken_rule", "not_converged"), "failure")


def test_junit_counts_what_it_tells():
    suite = ET.fromstring(junit.junit(report()))
    tags = {case.get("name").removeprefix("part9."): [c.tag for c in case if c.tag != "system-out"] for case in suite}
    assert tags == {status: [tag] if (tag := TAGS.get(status, "error")) else [] for status in STATUSES}
    counts = [suite.get(name) for name in ("tests", "failures", "errors", "skipped")]
    assert counts == [str(number) for number in (10, 4, 3, 2)]
    assert suite.get("name") == suite[0].get("classname") == "part9"
    assert (suite.get("time"), suite[0].get("time")) == ("1.5", "0.25")
    assert suite[0].find("failure") is suite[0].find("error") is None  # passed


def test_junit_says_its_status_and_encoding():
    text = junit.junit(report(verdict("timed_out")))
    assert text.startswith("<?xml version='1.0' encoding='utf-8'?>")
    assert ET.fromstring(text.encode())[0].find("error").get("type") == "timed_out"


# --- Terminal ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("width", [40, 80])
@pytest.mark.parametrize("what", HOSTILE)
def test_a_terminal_gets_no_controls_and_no_line_too_wide(what, width):
    output = shown(hostile(HOSTILE[what]), width)
    controls = [c for c in output if (ord(c) < 32 and c != "\n") or 127 <= ord(c) < 160]
    assert controls == []
    assert what == "wide" or max(cell_len(line) for line in output.split("\n")) <= width
    assert output.encode()  # half a character would end the command


@pytest.mark.parametrize("width", [40, 80])
@pytest.mark.parametrize("what", ["markup", "open markup", "closing markup", "escaped markup", "emoji", "XML", "wide"])
def test_a_terminal_shows_texts_as_they_are(what, width):
    text = HOSTILE[what]
    one = hostile(text)
    squeezed = "".join(shown(one, width).split())
    wanted = "".join(text.split())
    # title, file, note; message, frame and output of two verdicts
    assert squeezed.count(wanted) >= 9


@pytest.mark.parametrize("width", [40, 80])
@pytest.mark.parametrize("status", STATUSES)
def test_a_terminal_says_the_status_in_words(status, width):
    output = shown(report(verdict("passed"), verdict(status)), width)
    line = next(line for line in output.splitlines() if f"part9.{status}" in line)
    assert line.startswith(terminal.WORDS[status][0])
    assert ("It is wrong." in output) == (status != "passed")
    assert f"{1 + (status == 'passed')} of 2 points" in output
    assert ("All passed." in output) == (status == "passed")
    assert (f"Next: part9.{status}" in output) == (status not in ("passed", "grader_error"))
    assert (f"Forahint:graderhintpart9.{status}" in "".join(output.split())) == (
        status in ("failed", "crashed", "timed_out")
    )


def test_the_line_of_a_verdict_has_its_points():
    assert all("0/1" in shown(report(verdict()), width) for width in (20, 40, 80))


def test_the_worst_entry_is_shown():
    output = shown(report(verdict()), 80)
    assert "double float32 (1, 2): 1 of 2 entries are off" in output
    assert "worst double[0, 1]: expected 2, came 2.5" in output
    assert "exact False | approximate False | maxdiff 0.5" in output
    assert "exercises/part9.py:7 in double: It is wrong." in output


def test_what_was_printed_is_cut():
    details = Details(1, 0, [], [], "\n".join(f"line {i} {'x' * 500}" for i in range(30)))
    output = shown(report(verdict(details=details)), 80)
    assert "line 7" in output
    assert "line 8" not in output
    assert "and 22 lines more" in output
    assert "x" * 200 not in output.replace("\n", "").replace(" ", "").replace("line0", "")


def trace(*functions):
    return [Frame("mine.py", len(name), name, f"return {name}(x)") for name in functions]


@pytest.mark.parametrize(
    ("functions", "lines"),
    [
        (["a"], ["a"]),
        (["a"] * 2, ["a", "... the same once more"]),
        (["a"] * 6, ["a", "... the same 5 times more"]),
        (["f", "a", "a", "a", "bb"], ["f", "a", "... the same 2 times more", "bb"]),
        (["a", "bb"] * 3, ["a", "bb", "... the same 2 times more"]),
        (["bb", "a", "bb", "a", "bb"], ["bb", "a", "... the same once more", "bb"]),
        (["a", "bb", "ccc"] * 2, ["a", "bb", "ccc", "... the same once more"]),
        (["a", "bb", "ccc", "a"], ["a", "bb", "ccc", "a"]),
    ],
)
def test_frames_that_come_again_are_shown_once(functions, lines):
    output = shown(report(verdict("crashed", details=Details(1, 0, [], trace(*functions)))), 80)
    wanted = [f"      {n}" if n.startswith(".") else f"    mine.py:{len(n)} in {n}: return {n}(x)" for n in lines]
    begin = next(i for i, line in enumerate(output.splitlines()) if "mine.py:" in line)
    assert output.splitlines()[begin:][: len(wanted) + 1] == [*wanted, "    For a hint: grader hint part9.crashed"]


def test_an_exceptions_long_text_is_cut_and_what_we_say_of_it_is_not():
    text = f"It raised ValueError: {'word ' * 400}. Is counts meant?"
    output = " ".join(shown(report(verdict("crashed", text, details=Details())), 80).split())
    assert output.count("word ") < 130
    assert "It raised ValueError: word word" in output
    assert f"[... {len(text) - 600} characters are cut ...]" in output
    assert "word . Is counts meant?" in output
    assert "are cut" not in shown(report(verdict("failed", text, details=Details())), 80)  # of an author
    assert "are cut" not in shown(report(verdict("crashed", "x" * 600, details=Details())), 80)
    assert text in schema.to_json(report(verdict("crashed", text))).decode()


def test_a_debuggers_lines_name_no_folder_that_is_gone():
    output = "> /tmp/grader-1 a/tmp2/m.py(2)double()->None\n(Pdb)\nsee > /tmp/mine.py(3)"
    lines = [line.strip() for line in shown(report(verdict(details=Details(output=output))), 80).splitlines()]
    assert "> m.py(2)double()->None" in lines
    assert "see > /tmp/mine.py(3)" in lines


@pytest.mark.parametrize(("number", "words"), [(1, "1 training check"), (2, "2 training checks")])
def test_training_checks_that_nobody_asked_for(number, words):
    assert f"Not run: {words} (grader train part9 trains what you have written)." in shown(report(not_run=number))


def test_nobody_sees_what_a_passed_check_printed():
    assert "it printed" not in shown(report(verdict("passed", "hello")), 80)


def test_a_beginner_is_told_where_to_begin():
    todo = verdict("not_attempted", model.NOT_WRITTEN, details=Details())
    output = " ".join(shown(report(todo, todo, file="a [bold].py"), 80, line=26).split())
    assert output.startswith("Nothing is written yet")
    assert (
        "Open a [bold].py, line 26, and write not_attempted; save; then run grader run part9.not_attempted." in output
    )
    assert "Nothing is written" not in shown(report(todo, verdict()), 80)
    assert "line 0" not in shown(report(todo), 80, line=0)


@pytest.mark.parametrize("width", range(40, 110, 5))
def test_the_command_to_begin_with_is_never_broken(width):
    todo = verdict("not_attempted", model.NOT_WRITTEN)
    lines = shown(report(todo), width, line=26).partition("\n\n")[0].splitlines()
    assert any("grader run part9.not_attempted." in line for line in lines)
    assert [line for line in lines if line.endswith(" ") or len(line) > width] == []


def test_notes_are_shown():
    output = shown(report(notes=["the cell at line 3 failed: [bold]"]), 80)
    assert "Note: the cell at line 3 failed: [bold]\n" in output
