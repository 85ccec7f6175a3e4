"""A student in JupyterLab and an instructor in formgrader, in a real Chromium. The screenshots are kept."""

import contextlib
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import pytest
from nbcourse import NbCourse, cell
from students import ROOT
from tools import need

if not os.environ.get("CI"):  # there, a lack is a failure
    pytest.importorskip("playwright")
    pytest.importorskip("jupyterlab")
from playwright.sync_api import TimeoutError as NotSeen

pytestmark = pytest.mark.slow
KEPT = Path(os.environ.get("SCREENSHOTS", ROOT / "build" / "screenshots"))
TOKEN = "student"
WAIT = 90_000
SETTINGS = {
    "@jupyterlab/apputils-extension/notification": {"fetchNews": "false", "checkForUpdates": False},
    "@jupyterlab/notebook-extension/tracker": {"windowingMode": "none"},
}
WRONG = """def dprobs(f, d):
    return 1 / f.probs"""
RIGHT = """def dprobs(f, d):
    return d.logprobs / f.probs"""


@pytest.fixture(scope="module")
def course(tmp_path_factory):
    """A course with part 4 released, and three notebooks handed in and autograded."""
    need("bwrap")
    nb = NbCourse(tmp_path_factory.mktemp("lab") / "course", ROOT)
    assert (done := nb.release("part4")).returncode == 0, done.stderr
    half = nb.solved("part4")
    for name in ("dprobs", "dbnvar", "dW1"):
        source = "".join(cell(half, f"part4-{name}")["source"])
        cell(half, f"part4-{name}")["source"] = source.replace("return ", "return 2 * ")
    for student, notebook in (("ada", nb.solved("part4")), ("bob", half), ("cy", nb.released("part4"))):
        nb.submit(student, "part4", notebook)
    assert (done := nb.nbgrader("autograde", "part4")).returncode == 0, done.stderr
    return nb


class Lab:
    """A JupyterLab in a folder, with a home of its own."""

    def __init__(self, folder, home):
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        for name, values in SETTINGS.items():
            path = home / "settings" / f"{name}.jupyterlab-settings"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(json.dumps(values))
        own = {
            "HOME": home, "JUPYTER_CONFIG_DIR": home / "config", "JUPYTER_DATA_DIR": home / "data",
            "JUPYTER_RUNTIME_DIR": home / "runtime", "IPYTHONDIR": home / "ipython",
            "JUPYTERLAB_SETTINGS_DIR": home / "settings", "GRADER_COURSE": ROOT,
            "PATH": os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]]),
        }  # fmt: skip
        words = ["--no-browser", "--allow-root", f"--port={port}", f"--IdentityProvider.token={TOKEN}"]
        self.log = (home / "log").open("w+")
        self.process = subprocess.Popen(
            [sys.executable, "-m", "jupyterlab", *words, "--ServerApp.port_retries=0"],
            cwd=folder,
            env=os.environ | {name: str(value) for name, value in own.items()},
            stdout=self.log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        self.url = f"http://127.0.0.1:{port}"
        self._wait()

    def _wait(self):
        for _ in range(600):
            try:
                urllib.request.urlopen(f"{self.url}/api?token={TOKEN}", timeout=5).close()
                return
            except OSError:
                assert self.process.poll() is None, self.said()
                time.sleep(0.1)
        raise AssertionError(self.said())

    def said(self):
        self.log.seek(0)
        return self.log.read()[-3000:]

    def close(self):
        os.killpg(self.process.pid, signal.SIGTERM)
        self.process.wait(20)
        self.log.close()


@pytest.fixture
def lab(tmp_path):
    started = []

    def start(folder):
        (tmp_path / f"home{len(started)}").mkdir()
        started.append(Lab(folder, tmp_path / f"home{len(started)}"))
        return started[-1]

    yield start
    for one in started:
        one.close()


def keep(tab, name):
    """Keep a picture of what is seen."""
    KEPT.mkdir(parents=True, exist_ok=True)
    tab.screenshot(path=KEPT / f"{name}.png")


class Notebook:
    """The notebook in a tab, as a student uses it."""

    def __init__(self, tab):
        self.tab = tab

    def open(self, url):
        """Open it, and wait for its kernel: a cell that is run before may bring up a dialog about the kernel."""
        with self.tab.expect_websocket(lambda socket: "/channels" in socket.url):
            self.tab.goto(url)
        self.tab.locator(".jp-Notebook-ExecutionIndicator[data-status=idle]").wait_for()

    def cell(self, text):
        return self.tab.locator(".jp-CodeCell", has=self.tab.locator(".jp-InputArea", has_text=text)).first

    def enter(self, text):
        """Go into the cell that holds a text."""
        try:
            self.cell(text).locator(".jp-InputArea-editor").click()
        except NotSeen as fault:
            fault.add_note(f"dialogs: {self.tab.locator('.jp-Dialog').all_inner_texts()}")
            raise

    def run(self, text):
        """Run the cell that holds a text."""
        self.enter(text)
        self.tab.keyboard.press("Shift+Enter")

    def write(self, text, new):
        """Replace what stands in a cell, and run it."""
        self.enter(text)
        self.tab.keyboard.press("Control+A")
        self.tab.keyboard.insert_text(new)
        self.tab.keyboard.press("Shift+Enter")

    def add(self, text, new):
        """A cell behind the one that holds a text; run it."""
        self.enter(text)
        self.tab.keyboard.press("Escape")
        self.tab.keyboard.press("b")
        self.tab.keyboard.press("Enter")
        self.tab.keyboard.insert_text(new)
        self.tab.keyboard.press("Shift+Enter")

    def output(self, text):
        return self.cell(text).locator(".jp-OutputArea-output")


def test_a_student_writes_asks_reads_and_validates(course, chromium, lab, tmp_path):
    shutil.copytree(course.root / "release" / "part4", tmp_path / "student")
    server = lab(tmp_path / "student")
    tab = chromium.new_page(viewport={"width": 1280, "height": 900})
    tab.set_default_timeout(WAIT)
    notebook = Notebook(tab)
    notebook.open(f"{server.url}/lab/tree/part4.ipynb?token={TOKEN}")
    for given in ("import torch", "def forward(", "%load_ext grader"):
        notebook.run(given)
    notebook.write("def dprobs(", WRONG)
    notebook.add('grade("part4.dprobs")', "%grade part4.dprobs")
    verdict = notebook.output("%grade part4.dprobs").filter(has_text="the incoming gradient is ignored")
    verdict.locator("img").wait_for()
    verdict.scroll_into_view_if_needed()
    keep(tab, "student-wrong")
    notebook.add("%grade part4.dprobs", "%hint part4.dprobs")
    notebook.output("%hint part4.dprobs").filter(has_text="hint 1 of 3").wait_for()
    keep(tab, "student-hint")

    notebook.write("def dprobs(", RIGHT)
    notebook.run('grade("part4.dprobs")')
    passed = notebook.output('grade("part4.dprobs")').filter(has_text="passed")
    passed.wait_for()
    passed.scroll_into_view_if_needed()
    keep(tab, "student-right")

    tab.keyboard.press("Control+S")
    tab.locator(".lm-TabBar-tab.jp-mod-dirty").wait_for(state="detached")
    dialog = tab.locator(".jp-Dialog").filter(has_text="part4.dlogprobs")
    for _ in range(4):  # while the notebook is still being saved, the button does nothing
        tab.get_by_text("Validate", exact=True).first.click()
        with contextlib.suppress(NotSeen):
            dialog.wait_for(timeout=WAIT / 2)  # it runs the whole notebook
            break
    keep(tab, "student-validate")
    assert "part4.dprobs" not in dialog.inner_text()  # it has passed
    assert "Not written yet" in dialog.inner_text()
    tab.close()


def test_an_instructor_sees_the_marks_in_formgrader(course, chromium, lab):
    course.submit("dee", "part4", course.solved("part4"))
    server = lab(course.root)
    tab = chromium.new_page(viewport={"width": 1280, "height": 900})
    tab.set_default_timeout(WAIT)
    tab.goto(f"{server.url}/lab?token={TOKEN}")
    tab.goto(f"{server.url}/formgrader/manage_submissions/part4", wait_until="domcontentloaded")
    row = tab.locator("tr", has_text="bob")
    row.wait_for()
    marks = course.marks("part4")["bob"]
    assert f"{sum(marks.values()):g} / 50" in " ".join(row.inner_text().split())
    keep(tab, "instructor-submissions")
    new = tab.locator("tr", has_text="dee")
    new.locator(".autograde a").click()  # autograde, in the server's own process
    tab.get_by_text("Successfully autograded").wait_for()
    keep(tab, "instructor-autograded")
    assert course.marks("part4")["dee"] == course.marks("part4")["ada"]
    tab.goto(f"{server.url}/formgrader/gradebook/part4/part4", wait_until="domcontentloaded")
    tab.locator("tr", has_text="Submission #1").wait_for()
    keep(tab, "instructor-gradebook")
    tab.locator("tr", has_text=f"{sum(marks.values()):g} / 50").get_by_role("link").first.click()
    failed = tab.locator("section", has_text="a factor is wrong").first
    failed.wait_for()
    failed.scroll_into_view_if_needed()
    keep(tab, "instructor-formgrade")
    tab.close()
