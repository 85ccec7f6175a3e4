"""What a sandbox shows and bounds; and that the doctor says so where a layer does not hold."""

import dataclasses
import shlex
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest
import torch
from students import MINI, ROOT, command, grade, printed, solved
from tools import need

from grader import doctor, isolation
from grader.errors import UsageError
from grader.isolation import PROCESS, STUDENT_SIDE, bubblewrap, launcher
from grader.sandbox import Limits
from grader.start import start_template
from grader.usage import usage

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def sandbox():
    """A warm template in bubblewrap."""
    need("bwrap")
    template = start_template(isolation=bubblewrap())
    yield template
    template.close()


def test_the_doctor_says_where_a_claimed_layer_does_not_hold():
    braggart = dataclasses.replace(PROCESS, layers=(*PROCESS.layers, *isolation.NAMESPACES, "userns", "calls"))
    words = {(f.layer, f.title): f.word for f in doctor.examine(braggart)}
    broken = {layer for (layer, _), word in words.items() if word == "BROKEN"}
    assert {"network", "filesystem", "pids", "tmp"} <= broken
    assert not broken & set(PROCESS.layers)


def test_what_bubblewrap_claims_holds_here():
    need("bwrap")
    done = command("doctor", "--isolation", "bubblewrap", cwd=ROOT)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "BROKEN" not in done.stdout
    held = {line.split()[1] for line in done.stdout.splitlines() if line.split()[0] == "holds"}
    assert held == set(bubblewrap().layers)


def test_the_doctor_removes_no_segment_where_it_has_made_none(monkeypatch):
    monkeypatch.setattr(doctor.sys, "platform", "darwin")
    monkeypatch.setattr(doctor.ctypes, "CDLL", lambda _: pytest.fail("a segment of somebody else's"))
    with doctor._bait("secret") as bait:
        assert bait.victim.poll() is None
    assert bait.victim.poll() is not None


def test_every_attack_of_the_doctor_names_a_layer_and_every_layer_is_attacked():
    layers = {*PROCESS.layers, *isolation.NAMESPACES, "userns", "calls"}
    assert {attack.layer for attack in doctor.ATTACKS} == layers


def test_nothing_of_the_course_can_be_seen(sandbox):
    code = """
import os
seen = []
for folder, folders, files in os.walk('/'):
    folders[:] = [f for f in folders if f not in ('proc', 'torch', 'numpy')]
    seen += [os.path.join(folder, f) for f in files]
names = ('part4_backprop', 'part9_mini', '/data/names.txt', 'grader/judge.py')
print([f for f in seen if any(n in f for n in names)])
print(len(seen) > 1000, os.listdir('/kit/grader'))
"""
    said, why = printed(sandbox, code, Limits(seconds=100, total=100))  # a cold disk takes its time
    assert why == ""
    first, second = said.splitlines()
    assert first == "[]"
    assert second.startswith("True")
    assert "checks" not in second


def test_an_installed_kit_is_covered(monkeypatch, tmp_path):
    need("bwrap")
    (tmp_path / "grader").mkdir()
    monkeypatch.setattr(isolation.sysconfig, "get_path", lambda name: str(tmp_path))
    words = " ".join(bubblewrap().command(tmp_path, tmp_path, 3))
    assert f"--tmpfs {tmp_path}/grader --remount-ro {tmp_path}/grader" in words


def test_the_student_side_imports_nothing_else_of_the_grader():
    code = "import sys, grader.student.template; print(*[m for m in sys.modules if m.startswith('grader')])"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    modules = {name.split(".")[1] for name in done.stdout.split() if "." in name}
    assert modules == {name.removesuffix(".py") for name in STUDENT_SIDE} - {"__init__"}


def test_a_fork_bomb_and_the_memory_of_many_are_bounded(sandbox):
    bomb = "import os, time\nfor _ in range(400): os.fork() or (time.sleep(5), os._exit(0))"
    _, why = printed(sandbox, bomb)
    assert "BlockingIOError" in why or "Resource temporarily unavailable" in why
    limits = Limits(seconds=10, total=30, memory=256 << 20)
    many = (
        "import os, time\nfor _ in range(8):\n    if os.fork() == 0:\n        x = bytearray(b'x') * (64 << 20)\n"
        "        time.sleep(8)\n        os._exit(0)\ntime.sleep(8)\nprint('TAKEN')"
    )
    said, why = printed(sandbox, many, limits)
    assert "TAKEN" not in said
    assert why == "its processes together used more than 256 MiB of memory"
    said, _ = printed(sandbox, "print('the next one is well')")
    assert "well" in said


def test_memory_that_is_shared_with_the_template_is_not_counted(sandbox):
    printed(sandbox, "pass")
    idle = usage(sandbox.pid)
    assert idle.processes == 1, "the template"
    assert idle.memory < 32 << 20


def test_a_child_leaves_neither_process_nor_file_nor_segment(sandbox):
    left = """
import ctypes, os, time
open('/tmp/for-you', 'w').write('the answer')
open('/dev/shm/for-you', 'w').write('the answer')
ctypes.CDLL(None).shmget(4711, 4096, 0o1666)
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0: time.sleep(60)
    os._exit(0)
"""
    look = """
import ctypes, glob, os
print(glob.glob('/tmp/for*'), os.listdir('/dev/shm'), ctypes.CDLL(None).shmget(4711, 4096, 0))
print(sum(p.isdigit() for p in os.listdir('/proc')))
"""
    assert printed(sandbox, left) == ("", "")
    said, why = printed(sandbox, look)
    assert (said.split("\n")[:2], why) == (["[] [] -1", "2"], "")


def test_the_same_verdicts_as_without_it(sandbox, tmp_path):
    file = tmp_path / "part9_mini.py"
    file.write_text(solved(MINI, "part9_mini", row_sums="def row_sums(x):\n    return x.sum(dim=1)"))
    template = start_template(fresh=True)
    try:
        plain = grade(template, file, MINI, "part9_mini")
    finally:
        template.close()
    inside = grade(sandbox, file, MINI, "part9_mini")
    assert {i: (r.status, r.message) for i, r in inside.items()} == {i: (r.status, r.message) for i, r in plain.items()}


def test_no_socket_is_given_a_larger_buffer(sandbox):
    """Where the system allows buffers of megabytes, a few of them would hold gigabytes that no process is seen to."""
    look = """
import socket
one, other = socket.socketpair()
before = one.getsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF)
for option in (socket.SO_SNDBUF, socket.SO_RCVBUF, 32, 33):
    try: one.setsockopt(socket.SOL_SOCKET, option, before // 2)
    except PermissionError: print('refused')
one.setsockopt(socket.SOL_SOCKET, socket.SO_PASSCRED, 1)
print(one.getsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF) == before)
"""
    assert printed(sandbox, look) == ("refused\n" * 4 + "True\n", "")


def test_a_launcher_is_any_command_that_ends_in_a_python(tmp_path):
    need("bwrap")
    words = bubblewrap().command(tmp_path / "none", tmp_path, 3)
    words = words[: words.index("--")]
    kit = words.index(str(tmp_path / "none"))
    del words[kit - 1 : kit + 2]
    if "--seccomp" in words:  # its file is no business of a launcher's
        del words[words.index("--seccomp") : words.index("--seccomp") + 2]
    words[-2:-2] = ["--bind", "{folder}", "{folder}", "--ro-bind", "{kit}", "{kit}"]
    template = start_template(isolation=launcher([*words, "--", sys.executable]))
    try:
        said, why = printed(template, "import os\nprint(os.listdir('/proc') and os.uname().nodename)")
    finally:
        template.close()
    assert (said, why) == ("student\n", "")


def test_a_launcher_without_process_numbers_of_its_own_is_refused():
    """It would kill all that its user runs, and empty /tmp. So this test is itself run where there is nothing to lose."""
    need("bwrap")
    script = f"""
import sys; sys.path.insert(0, {str(ROOT)!r})
from grader.isolation import launcher
from grader.start import start_template
start_template(isolation=launcher([sys.executable]))
"""
    shown = [word for place in (ROOT, sys.prefix) for word in ("--ro-bind", str(place), str(place))]
    safe = [
        "bwrap",
        "--unshare-pid",
        "--ro-bind",
        "/",
        "/",
        "--tmpfs",
        "/tmp",
        *shown,
        "--proc",
        "/proc",
        "--dev",
        "/dev",
    ]
    done = subprocess.run([*safe, sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert "UsageError" in done.stderr, done.stderr
    assert "no process numbers of their own" in done.stderr


def test_a_launcher_that_does_not_start_is_said():
    with pytest.raises(UsageError, match=r"has not connected.*no such thing"):
        start_template(isolation=launcher(shlex.split("sh -c 'echo no such thing; exit 3'")))


def test_a_kit_that_is_installed_below_tmp_is_there_and_nothing_is_written_beside_it(tmp_path):
    """The sandbox has a /tmp of its own, which hides the machine's."""
    need("bwrap")
    home = Path(tempfile.mkdtemp(dir="/tmp"))
    try:
        subprocess.run([sys.executable, "-m", "venv", "--without-pip", home / "a" / "venv"], check=True)
        (place,) = (home / "a" / "venv" / "lib").glob("python*/site-packages")
        (place / "kit.pth").write_text("\n".join(map(str, [ROOT, Path(torch.__file__).parent.parent])))
        script = f"""
import sys; sys.path.insert(0, {str(ROOT / "tests")!r})
from students import printed
from grader.isolation import bubblewrap
from grader.start import start_template
one = start_template(isolation=bubblewrap())
pids = set()
for _ in range(3):
    print(printed(one, '''
import os, sys
for place in (sys.prefix, {str(home)!r}, {str(home / "a")!r}):
    try: open(place + '/left', 'w'); print('written', place)
    except OSError: pass
try: os.rename({str(home)!r}, '/tmp/other'); print('moved')
except OSError: pass
open('/tmp/mine', 'x')
'''))
    pids.add(one.pid)
one.close()
print(len(pids))
"""
        done = subprocess.run(
            [home / "a" / "venv" / "bin" / "python", "-c", script], capture_output=True, text=True, check=False
        )
    finally:
        shutil.rmtree(home)
    assert done.stdout == "('', '')\n" * 3 + "1\n", done.stdout + done.stderr
