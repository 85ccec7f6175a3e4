"""Hostile submissions, one file each in tests/hostile: what each may cost is at its head, and no more is lost.

They run in bubblewrap and nowhere else. Each is graded alone, with an honest one right behind it, and again in a row
of a dozen between honest ones, on one template; all that is outside is compared before and after.
"""

import ctypes
import hashlib
import os
import secrets
import socket
import stat
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import hostile_cases
import msgspec
import psutil
import pytest
import students
from hostile_cases import FOLDER, Case, complaints
from tools import need

from grader import cells, pipeline
from grader.attempt import Attempt
from grader.course import Course
from grader.isolation import bubblewrap
from grader.report.model import Details, Report, Result
from grader.sandbox import Limits
from grader.start import start_template
from grader.template import PATIENCE, Template

CASES = {path.stem: hostile_cases.read(path) for path in sorted(FOLDER.glob("*.py"))}
LONG = ("endless_cells", "half_closed")
"""They use up all the time that they have: others do so in a part of it."""
PAIRS = [case for case in CASES.values() if case.after]
ROWS = 12
"""Of a class: each holds a twelfth of the hostile files between two honest ones."""
LIMITS = Limits(seconds=2, total=12, memory=512 << 20)
HURRIED = Limits(seconds=1, total=6, memory=512 << 20)
HONEST = Limits(seconds=10, total=120)
ENDING = 25
"""Seconds beyond the limit on the whole run: a template that does not answer is waited for, and another one started."""
MEMORY = 640 << 20
"""Bytes that the grader itself may take to read a reply of at most 64 MiB."""
SECRET = secrets.token_hex(12)
ADD_KEY, KEYCTL, JOIN_SESSION = 248, 250, 1


def test_there_are_enough_of_them_and_each_says_what_it_may_cost():
    assert len(CASES) >= 64
    assert len({case.purpose for case in CASES.values()}) == len(CASES)
    assert all(case.after in CASES for case in PAIRS)


# --- What is outside, and must stay as it is ---------------------------------------------------------


@dataclass(frozen=True)
class Outside:
    """The machine around the sandbox: a class's folder, sockets that listen, and secrets."""

    folder: Path
    tcp: socket.socket
    udp: socket.socket
    unix: socket.socket
    abstract: socket.socket
    places: dict[str, object]

    def state(self) -> dict[str, tuple[int, str]]:
        """Mode and content of all files of the class but the one that is being graded."""
        paths = [path for path in self.folder.rglob("*") if path.parent.name != "mallory"]
        return {str(path.relative_to(self.folder)): (path.lstat().st_mode, _content(path)) for path in paths}

    def heard(self) -> list[str]:
        """The sockets that something came to."""
        found = []
        for name in ("tcp", "unix", "abstract", "udp"):
            one = getattr(self, name)
            try:
                one.recv(1) if name == "udp" else one.accept()
                found.append(name)
            except BlockingIOError:
                pass
        return found


def _content(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest() if stat.S_ISREG(path.lstat().st_mode) else ""


def _listening(family: socket.AddressFamily, kind: socket.SocketKind, address) -> socket.socket:
    one = socket.socket(family, kind)
    one.bind(address)
    if kind == socket.SOCK_STREAM:
        one.listen()
    one.setblocking(False)
    return one


@pytest.fixture(scope="module")
def outside(tmp_path_factory) -> Iterator[Outside]:
    need("bwrap")
    folder = tmp_path_factory.mktemp("class")
    for student in ("bob", "mallory"):
        (folder / student).mkdir()
    (folder / "bob" / "part9_mini.py").write_text(f"# {SECRET}\n{students.solved(students.MINI, 'part9_mini')}")
    (folder / "gradebook.db").write_text(f"bob, 5 points, {SECRET}\n")
    tcp = _listening(socket.AF_INET, socket.SOCK_STREAM, ("", 0))
    port = tcp.getsockname()[1]
    addresses = [a.address for nic in psutil.net_if_addrs().values() for a in nic if a.family == socket.AF_INET]
    abstract = f"gradebook-{os.getpid()}"
    places = {
        "canary": folder,
        "root": students.ROOT,
        "port": port,
        "address": next((a for a in addresses if not a.startswith("127.")), "127.0.0.2"),
        "abstract": abstract,
        "host": socket.gethostname(),
    }
    with (
        tcp,
        _listening(socket.AF_INET, socket.SOCK_DGRAM, ("", port)) as udp,
        _listening(socket.AF_UNIX, socket.SOCK_STREAM, f"{os.path.relpath(folder)}/socket") as unix,
        _listening(socket.AF_UNIX, socket.SOCK_STREAM, f"\0{abstract}") as nameless,
    ):
        yield Outside(folder, tcp, udp, unix, nameless, places)


@pytest.fixture(scope="module")
def strays() -> Iterator[list[int]]:
    """Processes that the grader has sent a signal and that are not its own: it could hit anybody."""
    started: set[int] = set()
    found: list[int] = []
    spawn = os.posix_spawn

    def starting(*arguments, **keywords):
        started.add(pid := spawn(*arguments, **keywords))
        return pid

    def watched(send):
        def sending(pid, number):
            if number and pid not in started:
                found.append(pid)
            else:
                send(pid, number)

        return sending

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(os, "posix_spawn", starting)
        patch.setattr(os, "kill", watched(os.kill))
        patch.setattr(os, "killpg", watched(os.killpg))
        yield found


@pytest.fixture(scope="module")
def temporary(tmp_path_factory) -> Iterator[Path]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(tempfile, "tempdir", str(tmp_path_factory.mktemp("temporary")))
        yield Path(tempfile.tempdir)


@pytest.fixture(scope="module")
def template(outside, strays, temporary) -> Iterator[Template]:
    """A template in bubblewrap, started among secrets: in the environment, a keyring and a descriptor left open."""
    gradebook = os.open(outside.folder / "gradebook.db", os.O_RDONLY)
    os.set_inheritable(gradebook, True)
    libc = ctypes.CDLL(None)
    if libc.syscall(KEYCTL, JOIN_SESSION, None) > 0:
        libc.syscall(ADD_KEY, b"user", b"gradebook", SECRET.encode(), len(SECRET), -3)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("GRADER_SECRET_SEED", SECRET)
        one = start_template(isolation=bubblewrap())
        yield one
    os.close(gradebook)
    one.close()
    assert _processes() == []
    assert not list(temporary.iterdir())


@pytest.fixture(scope="module")
def alone(template, outside) -> Report:
    """An honest submission's report, before anything else has run."""
    report = grade(
        template, outside.folder / "mallory" / "honest.py", students.solved(students.MINI, "part9_mini"), HONEST
    )
    assert report.points == report.max_points == 5
    return report


# --- Running them ------------------------------------------------------------------------------------


def grade(template: Template, path: Path, text: str, limits: Limits) -> Report:
    """A report on a text, graded in this process as a batch would."""
    path.write_text(text)
    course = Course(students.MINI)
    part, specs = course.select(("part9",))
    attempt = Attempt.of(course, part, cells.read(path, part.name), template, limits)
    return pipeline.grade(course, part, specs, attempt, 20261126)


def attack(template: Template, outside: Outside, case: Case, limits: Limits = LIMITS) -> Report:
    path = outside.folder / "mallory" / f"{case.name}.py"
    return grade(template, path, hostile_cases.filled(case, **outside.places), limits)


def honest(template: Template, outside: Outside) -> Report:
    return grade(
        template, outside.folder / "mallory" / "honest.py", students.solved(students.MINI, "part9_mini"), HONEST
    )


def differences(report: Report, alone: Report) -> list[str]:
    """What two reports on the same answers do not have in common, but for the time that they took."""
    pairs = zip(report.results, alone.results, strict=True)
    changed = [r for r, other in pairs if _untimed(r) != _untimed(other)]
    wrong = [f"the honest one's {r.id} is {r.status}: {r.message[:300]}" for r in changed]
    if not wrong and (report.points, report.notes) != (alone.points, alone.notes):
        wrong = [f"the honest one has {report.points} points, and notes: {report.notes}"]
    return wrong


def _untimed(result: Result) -> Result:
    return msgspec.structs.replace(result, seconds=0.0)


def _processes() -> list[psutil.Process]:
    """All processes below this one that are not dead, but for those that were there before the first test."""
    below = psutil.Process().children(recursive=True)
    return [process for process in below if process.pid not in BEFORE and _lives(process)]


def _lives(process: psutil.Process) -> bool:
    try:
        return process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


BEFORE: set[int] = set()


@pytest.fixture(scope="module", autouse=True)
def before():
    """Other tests of this process keep a warm template of their own."""
    BEFORE.update(process.pid for process in psutil.Process().children(recursive=True))


def _strangers(template: Template) -> list[str]:
    """Processes that are no part of an idle template: waits a moment for those that are dying."""
    deadline = time.monotonic() + PATIENCE
    while True:
        found = [process for process in _processes() if process.pid != template.pid]
        idle = [process for process in found if process.ppid() == template.pid]
        idle += [process for process in found if process.ppid() in {one.pid for one in idle} and _is_warm(process)]
        strange = [str(process) for process in found if process not in idle[:2]]
        others = (process for process in psutil.process_iter() if process not in found)
        strange += [str(process) for process in others if _sandboxed(process) and _lives(process)]
        if not strange or time.monotonic() > deadline:
            return strange
        time.sleep(0.02)


def _is_warm(process: psutil.Process) -> bool:
    return process.cmdline()[:1] == [sys.executable]


def _sandboxed(process: psutil.Process) -> bool:
    """Whether a process belongs to the user that root's templates of this process become."""
    try:
        return os.getuid() == 0 and process.uids().real == 60_000 + os.getpid() % 4_000
    except psutil.NoSuchProcess:
        return False


def _warm(template: Template) -> dict[str, object]:
    """What the next student's process inherits from the template's."""
    for process in psutil.Process(template.pid).children(recursive=True):
        if _is_warm(process):
            read = {name: Path(f"/proc/{process.pid}/{name}").read_text() for name in ("limits", "oom_score_adj")}
            scheduling = os.sched_getscheduler(process.pid)
            return {"nice": process.nice(), "processors": process.cpu_affinity(), "policy": scheduling, **read}
    return {}


def _peak() -> int:
    """The most bytes that this process has held since `_forget_peak`."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM")) << 10


def _forget_peak() -> int:
    Path("/proc/self/clear_refs").write_text("5")
    return _peak()


def _changes(before: dict[str, object], after: dict[str, object]) -> dict[str, object]:
    return {name: (before.get(name), value) for name, value in after.items() if value != before.get(name)}


# --- What the tests below would say of one that is not contained -------------------------------------


SPOILT = {
    "row_sums earned 3 points": {},
    "double is lost": {"id": "part9.double", "status": "crashed", "points": 0},
    "the grader failed": {"id": "part9.row_sums", "status": "grader_error", "points": 0},
    "has 2 points and is failed": {"id": "part9.row_sums", "status": "failed"},
    "bytes": {"id": "part9.row_sums", "message": "x" * 2 * hostile_cases.REPORT_BYTES},
    "a secret": {"id": "part9.shrink", "message": f"It said {SECRET}."},
    "got out": {"id": "part9.shrink", "details": Details(output=f"{hostile_cases.BREACHED}: /etc/passwd")},
}


@pytest.mark.parametrize("words", SPOILT)
def test_what_is_not_contained_is_complained_of(alone, words):
    case = Case("tame", "Asks for nothing.", "answer", ("row_sums",), ("double", "shrink"), (), None)
    changes = SPOILT[words]
    results = [msgspec.structs.replace(r, **changes) if r.id == changes.get("id") else r for r in alone.results]
    found = complaints(case, msgspec.structs.replace(alone, results=results), [SECRET])
    assert any(words in complaint for complaint in found)
    honest_one = replace(case, right=("row_sums",))
    assert complaints(honest_one, alone, [SECRET]) == []


# --- Alone, and with an honest one behind it -----------------------------------------------------------


@pytest.mark.parametrize("name", [pytest.param(n, marks=pytest.mark.slow) if n in LONG else n for n in CASES])
def test_alone(template, outside, alone, strays, name):
    case = CASES[name]
    warm, state = _warm(template), outside.state()
    before, memory = time.monotonic(), _forget_peak()
    report = attack(template, outside, case)
    took, memory = time.monotonic() - before, _peak() - memory
    wrong = complaints(case, report, [SECRET])
    if took > LIMITS.total + ENDING:
        wrong.append(f"it took {took:.0f} seconds of {LIMITS.total}")
    if memory > MEMORY:
        wrong.append(f"the grader itself took {memory >> 20} MiB more")
    wrong += [f"it left {stranger}" for stranger in _strangers(template)]
    if outside.state() != state:
        wrong.append(f"outside has changed: {_changes(state, outside.state())}")
    wrong += [f"it reached {name}" for name in outside.heard()]
    next_one = honest(template, outside)
    wrong += differences(next_one, alone)
    if warm and _changes(warm, _warm(template)):
        wrong.append(f"the next student's process starts otherwise: {_changes(warm, _warm(template))}")
    wrong += [f"the grader has sent a signal to process {stray}, which is not its own" for stray in strays]
    strays.clear()
    if wrong:
        template.restart()  # so that the next file does not pay for this one
    assert not wrong


# --- What one leaves, the next one does not find -------------------------------------------------------


@pytest.mark.parametrize("case", PAIRS, ids=lambda case: case.name)
def test_what_one_leaves_the_next_does_not_find(template, outside, case):
    attack(template, outside, CASES[case.after])
    wrong = complaints(case, attack(template, outside, case), [SECRET])
    if wrong:
        template.restart()
    assert not wrong


# --- In the midst of a class ---------------------------------------------------------------------------


@pytest.mark.slow
@pytest.mark.parametrize("row", range(ROWS))
def test_in_the_midst_of_a_class(outside, alone, strays, row):
    one, state = start_template(isolation=bubblewrap()), outside.state()
    try:
        wrong = differences(honest(one, outside), alone)
        for case in [*CASES.values()][row::ROWS]:
            attack(one, outside, case, HURRIED)
        wrong += differences(honest(one, outside), alone)
    finally:
        one.close()
    if outside.state() != state:
        wrong.append(f"outside has changed: {_changes(state, outside.state())}")
    wrong += [f"something reached {name}" for name in outside.heard()]
    wrong += [f"the grader has sent a signal to process {stray}, which is not its own" for stray in strays]
    strays.clear()
    assert not wrong
