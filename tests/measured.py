"""Coverage of each process that the tests start, the student's among them.

    python tests/measured.py on FOLDER      from now on, each process of this environment writes what it ran into FOLDER
    python tests/measured.py off FOLDER     no longer; print what share of grader/ it was, and fail if that is too little

A student's process sees nothing of the environment, so coverage starts by a line in site-packages and not by a variable;
and it is killed as soon as its last answer is there, so it writes before each answer. In bubblewrap there is nowhere to
write to: what runs in its sandbox alone does not count.
"""

import atexit
import os
import shutil
import subprocess
import sys
import sysconfig
from contextlib import suppress
from pathlib import Path

LINE = Path(sysconfig.get_path("purelib")) / "zz_measured.pth"
ROOT = Path(__file__).resolve().parent.parent


def start(folder: str) -> None:
    """Measure this process and those that are forked from it."""
    try:
        import coverage
    except OSError:
        return  # in a folder that is gone: a test's
    if coverage.Coverage.current():
        return  # .pth files are read twice in some environments
    os.environ["COVERAGE_PROCESS_START"] = str(ROOT / "pyproject.toml")
    os.environ["COVERAGE_FILE"] = str(Path(folder) / ".coverage")
    measured = coverage.process_startup()
    del os.environ["COVERAGE_PROCESS_START"], os.environ["COVERAGE_FILE"]
    assert measured
    measured._auto_save = False  # as it would tell of a disk that a test has filled
    atexit.register(_write, measured)
    if hasattr(os, "register_at_fork"):
        os.register_at_fork(after_in_child=_write_before_answers)


def _write(measured) -> None:
    with suppress(Exception):
        measured.stop()
        measured.save()


def _write_before_answers() -> None:
    session = sys.modules.get("grader.student.session")
    if session is None or hasattr(session.Session, "measured"):
        return
    import coverage

    send = session.Session._send

    def save_and_send(self, *arguments):
        with suppress(Exception):  # the student's process has closed what there is to close, or may write no more
            coverage.Coverage.current()._collector.flush_data()  # save() walks the whole kit each time
        send(self, *arguments)

    session.Session._send = save_and_send
    session.Session.measured = True


def on(folder: Path) -> None:
    """Let each process measure itself."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    folder.chmod(0o777)  # some tests run as another user
    here = str(Path(__file__).resolve().parent)
    LINE.write_text(
        f"import sys; sys.path.append({here!r}); import measured; sys.path.remove({here!r}); "
        f"measured.start({str(folder.resolve())!r})\n"
    )


def off(folder: Path) -> int:
    """Say what has been run, from all processes' files; 0 if it is enough."""
    LINE.unlink(missing_ok=True)
    data = f"--data-file={folder / '.coverage'}"
    command = [sys.executable, "-m", "coverage"]
    # What a killed process left half written is told and left out; it is no reason to fail.
    subprocess.run([*command, "combine", "--quiet", data, str(folder)], cwd=ROOT, check=False)
    return subprocess.run([*command, "report", data], cwd=ROOT, check=False).returncode


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["on", folder]:
            on(Path(folder))
        case ["off", folder]:
            sys.exit(off(Path(folder)))
        case _:
            sys.exit(__doc__)
