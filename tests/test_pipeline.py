"""One check is worked on while the one before is judged: no answer is taken for another's, whatever happens between."""

import math

import pytest
import students
from students import MINI

from grader import pipeline, verdict
from grader.attempt import Attempt
from grader.cells import parse
from grader.course import Course
from grader.report.model import NOT_WRITTEN
from grader.sandbox import Limits

RIGHT = "def double(x):\n    return 2 * x"


def grade(template, tmp_path, **answers):
    course = Course(MINI)
    part, specs = course.select(("part9",))
    text = students.solved(MINI, "part9_mini", **answers)
    submission = parse(text.encode(), tmp_path / "answer.py", part.name)
    attempt = Attempt.of(course, part, submission, template, Limits(seconds=2, total=30))
    return {one.id: one for one in pipeline.grade(course, part, specs, attempt, 0).results}


def statuses(results):
    return [one.status for one in results.values()]


@pytest.mark.parametrize(
    ("body", "first"),
    [
        ("import os; os._exit(0)", "crashed"),
        ("while True: pass", "timed_out"),
        ("raise ValueError", "crashed"),
        ("torch.Tensor.__add__ = lambda *_: 0; return 2 * x", "passed"),
        ("import reference.part9_mini; return 2 * x", "broken_rule"),
        ("return x", "failed"),
    ],
)
def test_what_happens_to_one_check_happens_to_no_other(template, tmp_path, body, first):
    results = grade(template, tmp_path, double=f"def double(x):\n    {body}")
    # row_sums waits for nobody, its second check does.
    assert statuses(results)[:2] == [first, "passed"]
    assert results["part9.shrink"].status in ("passed", "skipped")


def test_what_breaks_the_rules_in_the_middle_is_not_asked(template, tmp_path):
    results = grade(
        template, tmp_path, row_sums="def row_sums(x):\n    import reference\n    return x.sum(1, keepdim=True)"
    )
    assert results["part9.double"].status == "passed"
    assert results["part9.row_sums"].status == "broken_rule"
    assert results["part9.shrink"].status == "passed"


@pytest.mark.parametrize("failing", [0, 1, 2])
def test_a_fault_of_ours_while_another_check_is_on_its_way(template, tmp_path, monkeypatch, failing):
    judge, calls = verdict.judge, []

    def judged(*arguments):
        calls.append(arguments)
        if len(calls) == failing + 1:
            raise ZeroDivisionError("ours")
        return judge(*arguments)

    monkeypatch.setattr(verdict, "judge", judged)
    results = grade(template, tmp_path)
    assert statuses(results)[failing] == "grader_error"
    assert len(calls) == 4
    assert [one for i, one in enumerate(statuses(results)) if i != failing] == ["passed"] * 3


@pytest.mark.parametrize("clock", ["float('nan')", "float('inf')", "-1.0", "'no'", "True", "None", "1e300"])
def test_the_time_that_is_told_is_a_time_and_no_more_than_has_passed(template, tmp_path, clock):
    cell = f"import sys\nticks = iter([0.0, {clock}] * 99)\nsys.modules['grader.student.session'].monotonic = ticks.__next__"
    results = grade(template, tmp_path, double=f"{cell}\n{RIGHT}")
    for one in results.values():
        assert type(one.seconds) is float
        assert math.isfinite(one.seconds)
        assert 0 <= one.seconds < 30


def test_the_time_of_a_check_is_its_own(template, tmp_path, monkeypatch):
    """The next check waits until this one is judged; its time does not."""
    import time

    judge = verdict.judge

    def slowly(*arguments):
        time.sleep(1)
        return judge(*arguments)

    monkeypatch.setattr(verdict, "judge", slowly)
    results = grade(template, tmp_path)
    assert results["part9.row_sums"].seconds < 1


@pytest.mark.parametrize(
    ("met", "said"),
    [
        ("Linear", NOT_WRITTEN),
        ("Linear.__init__", NOT_WRITTEN),
        ("Linear.__call__", "Linear.__call__ is not written yet."),
        ("Tanh.__init__", "It calls Tanh, which is not written yet."),
        ("Linearly", "It calls Linearly, which is not written yet."),
    ],
)
def test_which_stub_was_met(met, said):
    assert verdict._unwritten("Linear", met) == said
