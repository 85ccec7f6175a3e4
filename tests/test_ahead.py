"""What is graded ahead, beside nbgrader: nobody gets what was another's, nobody is lost with another."""

import sys

import msgspec
import pytest

from grader.classes.work import Done, Job, Setting
from grader.errors import UsageError
from grader.nbgrader import ahead as module
from grader.nbgrader.ahead import Ahead

WORKER = """
import os, sys, msgspec
from grader.classes.work import Done
from grader.nbgrader.worker import Answer, Request
for line in sys.stdin.buffer:
    job = msgspec.json.decode(line, type=Request).job
    if job.content == b"dies":
        os._exit(1)
    if job.content == b"sleeps":
        import time; time.sleep(60)
    answer = Answer(None, f"no {job.file}") if job.content == b"refused" else Answer(Done(None, job.file))
    sys.stdout.buffer.write(msgspec.json.encode(answer) + b"\\n")
    sys.stdout.flush()
"""
SETTING = Setting("", "", "part9", 0, "process", seconds=0.1)


def job(name, content=None):
    content = name.encode() if content is None else content
    return Job(name, f"{name}.ipynb", f"hash of {content!r}", content)


@pytest.fixture
def ahead(monkeypatch, tmp_path):
    """With a worker that does as it is told, in the place of the one that grades."""
    (tmp_path / "worker.py").write_text(WORKER)
    start = module.subprocess.Popen
    monkeypatch.setattr(
        module.subprocess, "Popen", lambda _, **how: start([sys.executable, tmp_path / "worker.py"], **how)
    )
    monkeypatch.setattr(module, "START", 2)
    one = Ahead()
    yield one
    one.close()


@pytest.mark.parametrize(("what", "times"), [("dies", "abc"), pytest.param("sleeps", "a", marks=pytest.mark.slow)])
def test_who_ends_or_holds_up_the_process_is_lost_alone(ahead, what, times):
    for name in times:
        assert ahead.grade(SETTING, job(name), job("bad", what.encode())).problem == f"{name}.ipynb"
        with pytest.raises(UsageError, match="has ended at this one, or took too long"):
            ahead.grade(SETTING, job("bad", what.encode()), job(f"{name}2"))
        assert ahead.grade(SETTING, job(f"{name}2"), None).problem == f"{name}2.ipynb"


def test_what_failed_for_another_is_asked_again(ahead):
    ahead.grade(SETTING, job("a"), job("first", b"refused"))
    with pytest.raises(UsageError, match=r"no second\.ipynb"):
        ahead.grade(SETTING, job("second", b"refused"), None)


def test_what_was_graded_ahead_is_not_graded_again(ahead):
    ahead.grade(SETTING, job("a"), job("ahead", b"same"))
    assert ahead.grade(SETTING, job("when it is there", b"same"), None) == Done(None, "ahead.ipynb")
    assert ahead.grade(SETTING, job("later", b"same"), None) == Done(None, "later.ipynb")


def test_another_one_than_was_thought_gets_its_own(ahead):
    ahead.grade(SETTING, job("a"), job("b"))
    assert ahead.grade(SETTING, job("c"), job("d")) == Done(None, "c.ipynb")


def test_a_job_crosses_as_it_is():
    assert msgspec.json.decode(msgspec.json.encode(job("x", b"\xff\x00")), type=Job) == job("x", b"\xff\x00")
