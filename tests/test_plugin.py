"""pytest on an exercise file: the same ids, statuses and messages as the command; inert elsewhere."""

import json
import os
import re
import subprocess
import sys

import pytest
import students
from students import MINI, command


def run_pytest(workspace, *arguments):
    return subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", *arguments],
        cwd=workspace,
        env=os.environ | {"GRADER_COURSE": str(MINI)},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def test_one_item_for_each_check_with_the_commands_verdicts(workspace):
    file = workspace / "exercises" / "part9_mini.py"
    text = students.solved(MINI, "part9_mini", double="def double(x):\n    return x / 2")
    file.write_text(text.replace("# %%\nimport torch", "# %%\nimport torch\nprint('imported by pytest?')"))
    done = run_pytest(workspace, "-v", "-rs", "exercises/part9_mini.py", "--junitxml", "junit.xml")
    results = json.loads(command("run", "part9", "--json", "-", cwd=workspace).stdout)["results"]
    words = {"passed": "PASSED", "failed": "FAILED", "skipped": "SKIPPED"}
    for result in results:
        assert f"exercises/part9_mini.py::{result['id']} {words[result['status']]}" in done.stdout
    assert results[0]["message"].split(".")[0] in done.stdout
    assert "grader hint part9.double" in done.stdout
    assert f'value="{results[0]["status"]}"' in (workspace / "junit.xml").read_text()
    assert "1 failed, 1 passed, 2 skipped" in done.stdout or "2 failed, 1 passed, 1 skipped" in done.stdout
    assert done.returncode == 1


@pytest.mark.slow  # which of its items are run is pytest's own business
def test_it_can_choose(workspace):
    done = run_pytest(workspace, "exercises/part9_mini.py", "-k", "row_sums", "-q")
    assert "2 failed, 2 deselected" in done.stdout


def test_a_file_that_cannot_be_read_is_one_message(workspace):
    (workspace / "exercises" / "part9_mini.py").write_bytes(b"\xff\xfe")
    done = run_pytest(workspace, "exercises/part9_mini.py")
    assert "not UTF-8" in done.stdout + done.stderr
    assert done.returncode != 0


def locations(workspace):
    """Where pytest says that each check is: its line, from 1."""
    (workspace / "conftest.py").write_text("""
def pytest_collection_finish(session):
    for item in session.items:
        print("AT", item.name, item.location[0], item.location[1])
""")
    done = run_pytest(workspace, "exercises/part9_mini.py", "--collect-only", "-q", "-s")
    found = re.findall(r"^AT (\S+) exercises/part9_mini.py (\S+)$", done.stdout, re.MULTILINE)
    return {name: None if line == "None" else int(line) + 1 for name, line in found}


def test_a_check_lies_where_its_exercise_is_defined(workspace):
    file = workspace / "exercises" / "part9_mini.py"

    def line_of(start):
        return [i for i, line in enumerate(file.read_text().split("\n"), 1) if line.startswith(start)]

    found = locations(workspace)
    assert len(found) == 4
    for name, line in found.items():
        assert [line] == line_of(f"def {name.split('.')[1]}("), name
    # Of two definitions the last counts, below its decorators; what does not parse has a line as well.
    text = file.read_text().replace("def shrink(x, n):", "def shrink(x, n):\n    return (")
    text = text.replace("# %%\ndef row_sums(x)", "def lost(): pass\n\n\n# %%\ndef row_sums(x)")
    file.write_text(text + "\n\n# %%\n@staticmethod\n@staticmethod\ndef double(x):\n    return x\n")
    found = locations(workspace)
    assert found["part9.double"] == line_of("def double(")[-1]
    assert found["part9.shrink"] == line_of("def shrink(")[0]
    file.write_text(text.replace("def double(", "def dubble("))
    assert locations(workspace)["part9.double"] is None
    file.write_bytes(b"\xff")
    assert {*locations(workspace).values()} == {None}


def test_inert_elsewhere(workspace):
    (workspace / "exercises" / "test_mine.py").write_text("def test_a(): pass")
    (workspace / "test_other.py").write_text("def test_b(): pass")
    (workspace / "part9_mini.py").write_text("def test_c(): pass")
    done = run_pytest(workspace, "-q")
    assert "2 passed" in done.stdout
    assert "part9." not in done.stdout
    assert "1 passed" in run_pytest(workspace, "-q", "part9_mini.py").stdout


def test_the_plugin_alone_imports_no_torch(workspace):
    (workspace / "test_other.py").write_text("import sys\ndef test_b(): assert 'torch' not in sys.modules")
    assert run_pytest(workspace, "-q", "test_other.py").returncode == 0
