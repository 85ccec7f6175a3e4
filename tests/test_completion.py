"""Shells complete commands, parts and exercises, without torch; what can't be read completes to nothing."""

import os
import shutil
import subprocess
import sys

import pytest
from students import MINI, ROOT
from tools import need

from grader.course import Course

PROGRAM = "from grader.cli import main; main(prog_name='grader')"


def completed(cwd, words, course=ROOT, **environment):
    """What bash would be told of the last of the words."""
    environment = {"_GRADER_COMPLETE": "bash_complete", "COMP_WORDS": words} | environment
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM],
        cwd=cwd,
        env=os.environ | {"GRADER_COURSE": str(course), "COMP_CWORD": str(words.count(" "))} | environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    return [line.partition(",")[2] for line in done.stdout.split()]


def test_what_cannot_be_read_completes_to_nothing(tmp_path):
    assert completed(tmp_path, "grader run p", course=tmp_path) == []
    shutil.copytree(MINI, tmp_path / "course")
    next((tmp_path / "course" / "grader" / "checks").glob("part9*")).write_text("def (")
    assert completed(tmp_path, "grader run part9.", course=tmp_path / "course") == []
    assert completed(tmp_path, "grader run part4.zzz") == []
    assert completed(tmp_path, "grader run nonsense.") == []


def test_exercises_are_not_asked_for_where_a_part_is(tmp_path):
    assert completed(tmp_path, "grader list part4.d") == []


def test_parts_exercises_and_checks(tmp_path):
    parts = [part.id for part in Course(ROOT).parts()]
    part = Course(ROOT).part("part4")
    exercises = [f"part4.{name}" for name in part.exercises]
    checks = [spec.id for spec in part.checks if spec.id.startswith("part4.train_step")]
    for command in ("run", "hint", "solution"):
        assert completed(tmp_path, f"grader {command} p") == parts
        assert completed(tmp_path, f"grader {command} part4.d") == [n for n in exercises if n.startswith("part4.d")]
    assert completed(tmp_path, "grader run part4") == ["part4", *exercises]
    assert completed(tmp_path, "grader run part3 part4.dpro") == ["part4.dprobs"]
    assert set(completed(tmp_path, "grader run part4.train_step.")) == {c for c in checks if c.count(".") == 2}
    assert completed(tmp_path, "grader list p") == parts
    assert "solution" in completed(tmp_path, "grader s")


def test_the_only_exercise_comes_with_its_checks(tmp_path):
    checks = [spec.id for spec in Course(ROOT).part("part0").checks if spec.exercise == "Value"]
    assert "part0.Value.reused" in checks
    for begun in ("part0.V", "part0.Value"):
        assert completed(tmp_path, f"grader run {begun}") == ["part0.Value", *(c for c in checks if c != "part0.Value")]
    several = completed(tmp_path, "grader run part6.")
    assert len(several) > 1
    assert max(name.count(".") for name in several) == 1


def test_torch_is_not_imported(tmp_path):
    (tmp_path / "torch.py").write_text("raise SystemExit('torch was imported')")
    assert completed(tmp_path, "grader run part4.dpro", PYTHONPATH=str(tmp_path)) == ["part4.dprobs"]


@pytest.fixture
def program(tmp_path):
    """A folder with the program `grader`, as an installed kit has it."""
    (tmp_path / "bin").mkdir()
    script = tmp_path / "bin" / "grader"
    script.write_text(f"#!{sys.executable}\n{PROGRAM}\n")
    script.chmod(0o755)
    return f"{tmp_path / 'bin'}:{os.environ['PATH']}"


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_the_script_is_for_that_shell(tmp_path, program, shell):
    done = subprocess.run(
        ["grader", "completion", shell], env=os.environ | {"PATH": program}, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert f"_GRADER_COMPLETE={shell}_complete" in done.stdout
    if shutil.which(shell):
        assert subprocess.run([shell, "-n"], input=done.stdout, text=True, check=False).returncode == 0


@pytest.mark.parametrize(
    ("typed", "offered"), [("run part4.dprob", ["part4.dprobs"]), ("run part9", []), ("sol", ["solution"])]
)
def test_bash_itself_completes(tmp_path, program, typed, offered):
    need("bash")
    words = ["grader", *typed.split()]
    asked = f"""
        source <(grader completion bash)
        complete -p grader >/dev/null || exit 9
        COMP_WORDS=({" ".join(words)}); COMP_CWORD={len(words) - 1}
        _grader_completion grader {words[-1]} {words[-2]}
        echo "${{COMPREPLY[@]}}"
    """
    done = subprocess.run(
        ["bash", "-c", asked], env=os.environ | {"PATH": program}, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.split() == offered
