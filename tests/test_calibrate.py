"""Every training check of the course: solutions pass, every listed slip is refused under its name."""

import re

import pytest
import students
import trainees

from grader.dev import calibrate

PART = "part9_train"


@pytest.fixture(scope="module")
def course(tmp_path_factory):
    return trainees.course(tmp_path_factory.mktemp("training") / "course")


@pytest.mark.slow
def test_the_tiny_course_has_no_faults_and_its_tables_are_written(course, tmp_path):
    done = students.command(
        "dev", "calibrate", "--seeds", "3", "--slip-seeds", "1", "--markdown", "t.md", cwd=tmp_path, course=course
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "0 faults in 2 training checks and 1 slips" in done.stdout
    table = (tmp_path / "t.md").read_text()
    assert table.startswith(calibrate.FROM)
    assert "| part9.training.a_table | 400 |" in table
    assert "| part9.training.rests_on_both | uphill | failed | the step goes uphill |" in table


@pytest.mark.slow
def test_a_target_out_of_reach_and_a_slip_under_another_name_are_faults(course, tmp_path):
    file = course / "grader" / "checks" / PART / "training.py"
    text = file.read_text()
    try:
        file.write_text(text.replace("-0.2", "0.02", 1).replace('"the step goes uphill"', '"something else"'))
        done = students.command("dev", "calibrate", "--seeds", "10", "--slip-seeds", "1", cwd=tmp_path, course=course)
    finally:
        file.write_text(text)
    assert done.returncode == 1
    assert "part9.training.a_table: 10 of 10 seeds of the solution do not pass" in done.stdout
    assert re.search(r"would miss the target with probability (0\.\d+|1)", done.stdout)
    assert "it is called 'the step goes uphill', and should be 'something else'" in done.stdout


@pytest.mark.slow
def test_the_course_has_no_faults(tmp_path):
    done = students.command(
        "dev", "calibrate", "--seeds", "2", "--slip-seeds", "1", "--jobs", "2",
        cwd=tmp_path, course=students.ROOT, timeout=2400,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
