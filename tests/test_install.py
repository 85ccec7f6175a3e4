"""The README's set-up, command by command, in a clone of the kit with no environment yet."""

import os
import re
import subprocess

import pytest
from pages import ROOT, run_by
from places import PLACES

pytestmark = pytest.mark.slow
MAKE, PIP = run_by(__file__)
GRADED = "0 of 50 points"


@pytest.fixture(scope="module")
def clone(tmp_path_factory):
    return PLACES["kit"](tmp_path_factory.mktemp("clone"))


def shell(script, clone):
    around = {name: value for name, value in os.environ.items() if name not in ("GRADER_COURSE", "VENV", "VIRTUAL_ENV")}
    return subprocess.run(
        ["bash", "-c", script], cwd=clone, env=around, capture_output=True, text=True, timeout=1800, check=False
    )


def test_by_make(clone):
    run, test = MAKE.splitlines()
    done = shell(run, clone)
    assert done.returncode == 0, done.stdout + done.stderr
    assert GRADED in done.stdout
    # These tests are what the other command runs: here it is only asked what it would do.
    done = shell(test.replace("make", "make -n"), clone)
    assert re.search('pytest .* -m "not slow"', done.stdout), done.stdout + done.stderr
    assert f"\n{test.split('#')[0].strip()}\n" in (ROOT / ".ci" / "run").read_text()


def test_by_pip(clone):
    """Beside what make has installed, if it has: pip looks at each line all the same."""
    done = shell("set -e\n" + PIP.replace("grader run part4", "grader run part4 || [ $? = 1 ]"), clone)
    assert done.returncode == 0, done.stdout + done.stderr
    assert GRADED in done.stdout
    assert str(clone / ".venv") in shell(". .venv/bin/activate && command -v grader", clone).stdout
