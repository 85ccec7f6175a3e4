import os
import shutil

import pytest
import students
from tools import need

from grader.start import start_template


@pytest.fixture
def workspace(tmp_path):
    """A student's folder with the mini course's exercises as shipped."""
    shutil.copytree(students.MINI / "exercises", tmp_path / "exercises")
    return tmp_path


@pytest.fixture(scope="session")
def template():
    """A warm template, started on its own as an instructor's would be."""
    one = start_template(fresh=True)
    yield one
    one.close()


@pytest.fixture(scope="module")
def one_thread():
    """As in a student's process: such small networks are quicker so."""
    import torch

    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


@pytest.fixture(scope="module")
def chromium():
    """A browser."""
    if not os.environ.get("CI"):  # there, a lack is a failure
        pytest.importorskip("playwright")
    from playwright.sync_api import sync_playwright

    program = need("chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=["--no-sandbox", "--disable-gpu"])
        yield browser
        browser.close()


@pytest.fixture
def mini(template, tmp_path):
    """Grade the mini course's solutions with some answers replaced (or a whole text)."""

    def run(text=None, suffix=".py", targets=(), limits=None, **answers):
        path = tmp_path / f"answer{suffix}"
        path.write_text(students.solved(students.MINI, "part9_mini", **answers) if text is None else text)
        return students.grade(template, path, students.MINI, "part9_mini", targets, limits=limits)

    return run


@pytest.fixture
def part4(template, tmp_path):
    """Grade part 4's solutions with some answers replaced (or a whole text)."""

    def run(text=None, suffix=".py", targets=(), limits=None, seed=0, **answers):
        path = tmp_path / f"answer{suffix}"
        path.write_text(students.solved(students.ROOT, "part4_backprop", **answers) if text is None else text)
        targets = targets or tuple(f"part4.{name}" for name in answers)
        return students.grade(template, path, students.ROOT, "part4_backprop", targets, seed, limits)

    return run
