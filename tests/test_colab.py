"""The cell that docs/notebooks.md gives for Google Colab, run in a kernel of an environment that has torch and not this kit."""

import os
import re
import subprocess
import sys
import sysconfig

import nbformat
import pytest
from nbclient import NotebookClient
from pages import run_by
from places import PLACES

pytestmark = pytest.mark.slow
(CELL,) = run_by(__file__)
WRONG = "def dprobs(f, d):\n    return 1 / f.probs"


@pytest.fixture
def kernel(tmp_path, monkeypatch):
    """A kernel as Colab's: torch and IPython are there, the kit is not; what pip installs goes to it alone."""
    subprocess.run([sys.executable, "-m", "venv", tmp_path / "venv"], check=True)
    inside = next((tmp_path / "venv" / "lib").glob("python*/site-packages"))
    # A folder that is named here is searched, but not for the names of editable installs in it, which this kit is.
    (inside / "there.pth").write_text(sysconfig.get_path("purelib") + "\n")
    python = tmp_path / "venv" / "bin" / "python"
    spec = tmp_path / "share" / "jupyter" / "kernels" / "colab"
    spec.mkdir(parents=True)
    (spec / "kernel.json").write_text(
        f'{{"argv": ["{python}", "-m", "ipykernel_launcher", "-f", "{{connection_file}}"], "display_name": "colab"}}'
    )
    monkeypatch.setenv("JUPYTER_PATH", str(tmp_path / "share" / "jupyter"))
    monkeypatch.setenv("IPYTHONDIR", str(tmp_path / "ipython"))
    monkeypatch.setenv("PATH", os.pathsep.join([str(python.parent), os.environ["PATH"]]))
    monkeypatch.delenv("GRADER_COURSE", raising=False)
    (tmp_path / "content").mkdir()
    return tmp_path / "content"


@pytest.fixture
def repository(tmp_path):
    """What there is to clone: the tree as it stands, whatever git says of it."""
    clone = PLACES["kit"](tmp_path)
    git = ["git", "-C", clone, "-c", "user.name=a", "-c", "user.email=a@b"]
    for words in (["init", "-q"], ["add", "-A"], ["commit", "-q", "-m", "kit"]):
        subprocess.run([*git, *words], check=True)
    return clone


def test_it_clones_installs_and_grades(kernel, repository):
    cell, count = re.subn(r'KIT = ".*?"', f'KIT = "{repository}"', CELL)
    assert count == 1
    sources = [cell, "import torch", WRONG, "print(grade('part4.dprobs'))", "import grader; print(grader.__file__)"]
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(source) for source in sources])
    NotebookClient(notebook, timeout=600, kernel_name="colab", resources={"metadata": {"path": kernel}}).execute()
    printed = ["".join(output.get("text", "") for output in one.outputs) for one in notebook.cells]
    assert "the incoming gradient is ignored" in printed[3]
    assert printed[4].strip() == str(kernel / "kit" / "grader" / "__init__.py")
