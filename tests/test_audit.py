"""The audit shows what a grader misses: weak checks planted in a copy of the mini course let mutants live."""

import re
import shutil
import time
from types import SimpleNamespace

import pytest
from students import MINI, ROOT, command

from grader.course import Course
from grader.dev import audit, workers
from grader.errors import UsageError

pytestmark = pytest.mark.slow

CHECKS = "grader/checks/part9_mini.py"
SOLUTIONS = "solutions/part9_mini.py"
LIST = "grader/checks/part9_mini.equivalents.toml"
WEAK = '{"greatest": before, "x": given.x}', '{"given": before is not None, "x": given.x}'
LINES = 'before = "greatest = float(x.max())"\nafter = "greatest = float(x.min())"\n'
ENTRY = f'[[equivalent]]\nexercise = "shrink"\n{LINES}reason = "Nobody asks."\n'


@pytest.fixture
def course(tmp_path):
    shutil.copytree(MINI, tmp_path / "course")
    return tmp_path / "course"


def change(course, file, old, new):
    text = (course / file).read_text()
    assert old in text
    (course / file).write_text(text.replace(old, new))


def audited(course, *arguments, **environment):
    return command("dev", "audit", *arguments, cwd=course, course=course, **environment)


def test_what_an_audit_finds(course):
    change(course, CHECKS, *WEAK)
    change(course, SOLUTIONS, "x.sum(dim=1, keepdim=True)", "x.sum(dim=0, keepdim=True)")
    path = course / CHECKS
    path.write_text(path.read_text() + "\n\n@double.explain\ndef _(given, got, wrong):\n    raise KeyError('oops')\n")
    killed = ENTRY.replace(LINES, 'operator = "call dropped"\n')
    (course / LIST).write_text(ENTRY + ENTRY.replace("x.min()", "x.median()") + killed)
    done = audited(course)
    assert (done.returncode, done.stderr) == (1, "")
    faults = [line for line in done.stdout.splitlines() if line.startswith("FAULT ")]

    # A survivor is shown as a diff, with the checks that passed it.
    assert "SURVIVOR part9.shrink (zeros), passed by part9.shrink\n--- " in done.stdout
    diff = ["+++ zeros", "@@ -46,3 +46,3 @@", "     x.div_(n)", "-    return greatest", "+    return 0 * greatest"]
    assert "\n".join(diff) + "\n" in done.stdout
    assert "+    x.mul_(n)" not in done.stdout  # that mutant is refused, by the value of x

    # One that is declared to be equivalent is not; an entry that speaks of nothing, or of the killed, is a fault.
    assert "+    greatest = float(x.min())" not in done.stdout
    assert re.search(r"part9\.shrink +11 +\d +\d +1 ", done.stdout), done.stdout
    stale = "part9.shrink: a stale entry, no mutant is like this: shrink: greatest = float(x.max()) -> "
    assert [fault for fault in faults if stale in fault]
    assert [f for f in faults if "part9.shrink: declared to be equivalent, and killed: call dropped: greatest =" in f]

    # A solution that fails is a fault, and so is what the grader itself fails with, which kills nothing.
    assert [f for f in faults if "part9.row_sums: no mutant can be told from its solution: " in f]
    assert [f for f in faults if "part9.double: GRADER ERROR on a mutant (zeros: " in f and "KeyError" in f]
    assert "SURVIVOR part9.double (zeros)" in done.stdout


def test_where_all_are_killed_the_audit_is_content_and_writes_its_table(course):
    done = audited(course, "part9.row_sums", "--markdown", "audit.md")
    assert (done.returncode, done.stderr) == (0, "")
    assert re.search(r"part9\.row_sums +(\d+) +\1 +0 +0 ", done.stdout), done.stdout
    assert "0 survivors, 0 faults" in done.stdout
    text = (course / "audit.md").read_text()
    assert "`grader dev audit part9.row_sums --markdown audit.md`" in text
    assert re.search(r"on \d{4}-\d\d-\d\d with grader \S+, python 3\S+, torch \S+\.", text)
    assert re.search(r"\| row_sums \| (\d+) \| \1 \| \1 \| 0 \| 0 \| 0 \| \d+ % \|", text), text


@pytest.mark.parametrize("share", [0.4, 0.6])
def test_under_half_named_is_a_fault_of_a_whole_part(course, share):
    chosen = audit.exercises(Course(course), ("part9",))

    def run(order):
        for turn, (index, mutant) in enumerate(order):
            known = turn < share * len(order)
            one = chosen[index].mutants[mutant]
            yield index, audit.Trial(one, {"part9.double": "failed"}, {}, own=False, known=known)

    faults = audit.audit(chosen, run, sample=False).faults
    assert [fault for fault in faults if "killed mutants are named, which is under half" in fault] == faults
    assert bool(faults) == (share < audit.ENOUGH)


def test_what_has_no_name_is_listed(course):
    done = audited(course, "part9", "--unnamed")
    assert "UNNAMED part9.shrink [failed] another function: greatest = float(x.max())" in done.stdout


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (ENTRY.replace('"shrink"', '"grow"'), "has no exercise grow"),
        (ENTRY.replace("Nobody asks.", " "), "there is no reason"),
        (ENTRY.replace(LINES, ""), "name either an operator, or the lines"),
        (ENTRY + 'operator = "zeros"\n', "name either an operator, or the lines"),
        (ENTRY + 'because = "it is"\n', "because"),
        ("[[equivalent]", "part9_mini.equivalents.toml: "),
    ],
)
def test_a_list_that_cannot_be_read_is_a_usage_error(course, text, words):
    (course / LIST).write_text(text)
    with pytest.raises(UsageError, match=re.escape(words)):
        audit.exercises(Course(course), ("part9.shrink",))


@pytest.mark.parametrize(
    "arguments", [["part8"], ["part9.treble"], ["--budget", "0"], ["--markdown", "no/such/folder.md"]]
)
def test_usage_errors(course, arguments):
    assert audited(course, *arguments).returncode == 2


def test_a_loop_that_never_ends_costs_seconds(course):
    loop = "    i = 0\n    while i < 1:\n        i += 1\n"
    change(course, SOLUTIONS, "    greatest = float(x.max())\n", f"{loop}    greatest = float(x.max())\n")
    start = time.monotonic()
    done = audited(course, "part9.shrink")
    assert "0 survivors, 0 faults" in done.stdout, done.stdout
    assert time.monotonic() - start < 60


def test_the_budget_is_kept_and_the_sample_is_fair(course, tmp_path):
    change(course, SOLUTIONS, "import torch\n", "import time\n\nimport torch\n\ntime.sleep(0.4)\n")
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    start = time.monotonic()
    done = audited(course, "--budget", "10", "--jobs", "1", TMPDIR=str(scratch))
    assert time.monotonic() - start < 30
    run, total = map(int, re.search(r"(\d+) of (\d+) mutants were run", done.stdout).groups())
    assert 0 < run < total
    counts = [int(count) for count in re.findall(r"part9\.\w+ +(\d+)/\d+ ", done.stdout)]
    assert len(counts) == 3
    assert max(counts) - min(counts) <= 1
    assert not list(scratch.iterdir())


def test_every_beginning_of_a_sample_is_fair():
    chosen = audit.exercises(Course(MINI), ())
    order = list(audit.sampled(chosen))
    assert sorted(order) == [(e, m) for e, one in enumerate(chosen) for m in range(len(one.mutants))]
    assert order == list(audit.sampled(chosen))
    assert order != list(audit.sampled(chosen, seed=1))
    assert {e for e, _ in order[: len(chosen)]} == set(range(len(chosen)))
    for index, one in enumerate(chosen):
        operators = [one.mutants[m].operator for e, m in order if e == index]
        distinct = set(operators)
        assert set(operators[: len(distinct)]) == distinct


def test_what_an_exercise_does_not_reach_is_left_out():
    chosen = {one.name: one for one in audit.exercises(Course(MINI), ())}
    left = {name: [n for cell in one.submission.cells for n in cell.names()] for name, one in chosen.items()}
    assert left["shrink"] == ["torch", "shrink"]
    assert left["row_sums"] == ["torch", "double", "row_sums"]  # one of its probes calls double


def test_a_sample_of_the_whole_course_is_killed(tmp_path):
    done = command("dev", "audit", "--budget", "240", cwd=tmp_path, course=ROOT, timeout=400)
    assert done.returncode == 0, done.stdout
    assert " 0 survivors, 0 faults" in done.stdout


def test_a_mutant_that_is_late_has_one_longer_chance(monkeypatch):
    monkeypatch.setattr(workers, "start_template", lambda: None)
    bench = workers.Bench(Course(MINI), [])
    bench._paces = {0: 1.0}
    given = []

    def graded(index, mutant, seconds):
        given.append(seconds)
        return SimpleNamespace(refused=["timed_out"])

    monkeypatch.setattr(bench, "_graded", graded)
    bench.trial(0, 0)
    assert given == [workers.PATIENCE + 4, 2 * (workers.PATIENCE + 4)]
