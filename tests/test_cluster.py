"""On a dask cluster of separate processes: the same grades, and a worker that is killed costs nothing."""

import contextlib
import os
import shutil
import socket
import subprocess
import sys
import time

import psutil
import pytest
import trainees
from distributed import Client
from students import MINI, command
from test_batch import ANSWERS, batch, marks, write_class
from tools import need

pytestmark = pytest.mark.slow


@contextlib.contextmanager
def cluster(folder, workers=((MINI,), (MINI,))):
    """A scheduler and workers on this machine, each a process of its own: its address, and the workers' processes.

    workers: the course of each, and further arguments.
    """
    need("bwrap")
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    address = f"tcp://127.0.0.1:{port}"
    dask = [sys.executable, "-m"]
    quiet = {"cwd": folder, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    processes = [subprocess.Popen([*dask, "distributed.cli.dask_scheduler", "--port", str(port), "--host",
                                   "127.0.0.1", "--no-dashboard"], **quiet)]  # fmt: skip
    try:
        for course, *more in workers:
            words = ["distributed.cli.dask_worker", address, "--nworkers", "1", "--nthreads", "1", "--no-dashboard"]
            environment = os.environ | {"GRADER_COURSE": str(course)}
            processes.append(subprocess.Popen([*dask, *words, *more], env=environment, **quiet))
        with Client(address, timeout=60) as client:
            client.wait_for_workers(len(workers), timeout=60)
        yield address, processes[1:]
    finally:
        for process in reversed(processes):
            with contextlib.suppress(psutil.Error):
                below = psutil.Process(process.pid).children(recursive=True)
                process.terminate()
                psutil.wait_procs(below, timeout=5)
            process.kill()
            process.wait()


def test_the_same_grades_as_on_this_machine(tmp_path):
    write_class(tmp_path / "submissions")
    for place in ("here", "there"):
        (tmp_path / place).mkdir()
    assert batch(tmp_path / "submissions", tmp_path / "here").returncode == 0
    with cluster(tmp_path) as (address, _):
        done = batch(tmp_path / "submissions", tmp_path / "there", "--scheduler", address)
    assert done.returncode == 0, done.stderr
    assert marks(tmp_path / "here") == marks(tmp_path / "there")


def test_a_worker_that_is_killed_costs_nothing(tmp_path):
    answers = {f"student{i:02}": list(ANSWERS.values())[i % 4] for i in range(30)}
    write_class(tmp_path / "submissions", answers)
    (tmp_path / "here").mkdir()
    assert batch(tmp_path / "submissions", tmp_path / "here").returncode == 0
    with cluster(tmp_path) as (address, workers):
        process = subprocess.Popen(
            [sys.executable, "-m", "grader", "batch", "submissions", "--part", "part9", "--out", "class.sqlite",
             "--scheduler", address],
            cwd=tmp_path, env=os.environ | {"GRADER_COURSE": str(MINI)}, text=True,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        )  # fmt: skip
        while process.poll() is None and len(marks_so_far(tmp_path)) < 5:
            time.sleep(0.1)
        assert process.poll() is None, process.communicate()
        for below in psutil.Process(workers[0].pid).children(recursive=True):
            below.kill()
        workers[0].kill()
        out, err = process.communicate(timeout=120)
    assert process.returncode == 0, err
    assert "30 graded" in out
    assert marks(tmp_path) == marks(tmp_path / "here")


def marks_so_far(folder):
    """The marks that are there by now; none before there is a database."""
    try:
        return {student for student, *_ in marks(folder)}
    except Exception:
        return set()


def test_no_scheduler_is_said(tmp_path):
    write_class(tmp_path / "submissions", {"ada": {}})
    done = command(
        "batch", "submissions", "--part", "part9", "--out", "class.sqlite", "--scheduler", "tcp://127.0.0.1:9",
        cwd=tmp_path,
    )  # fmt: skip
    assert done.returncode == 2
    assert "There is no dask scheduler at tcp://127.0.0.1:9" in done.stderr


def test_training_asks_for_a_gpu(tmp_path):
    """The worker that announces one has none here: it trains on the CPU, as the only one."""
    course = trainees.course(tmp_path / "course")
    for student in ("ada", "bob"):
        (tmp_path / "submissions" / student).mkdir(parents=True)
        shutil.copy(course / "solutions" / "part9_train.py", tmp_path / "submissions" / student)
    asked = ("submissions", tmp_path, "--train", "quick", "--isolation", "process", "--scheduler")
    with cluster(tmp_path, [(course,)]) as (address, _):
        refused = batch(*asked, address, course=course)
    assert refused.returncode == 2
    assert "has a GPU to train on" in refused.stderr
    # A job that came to the other worker would find another course there, and end the batch.
    with cluster(tmp_path, [(MINI,), (course, "--resources", "GPU=1")]) as (address, _):
        done = batch(*asked, address, course=course)
    assert done.returncode == 0, done.stderr
    assert {(student, word) for student, check, word, _ in marks(tmp_path) if check.endswith("a_table")} == {
        ("ada", "passed"), ("bob", "passed"),
    }  # fmt: skip
