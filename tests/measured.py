"""Coverage of each process that the tests start, the student's among them.

    python tests/measured.py on FOLDER      from now on, each process of this environment writes what it ran into FOLDER
    python tests/measured.py off

A student's process sees nothing of the environment, so coverage starts by a line in site-packages and not by a variable;
and it is killed as soon as its last answer is there, so it writes before each answer.
"""

import os
import sys
import sysconfig
from pathlib import Path

import coverage

LINE = Path(sysconfig.get_path("purelib")) / "zz_measured.pth"
ROOT = Path(__file__).resolve().parent.parent


def start(folder: str) -> None:
    """Measure this process and those that are forked from it."""
    if coverage.Coverage.current():
        return  # .pth files are read twice in some environments
    os.environ["COVERAGE_PROCESS_START"] = str(ROOT / "pyproject.toml")
    os.environ["COVERAGE_FILE"] = str(Path(folder) / ".coverage")
    coverage.process_startup()
    del os.environ["COVERAGE_PROCESS_START"], os.environ["COVERAGE_FILE"]
    if hasattr(os, "register_at_fork"):
        os.register_at_fork(after_in_child=_write_before_answers)


def _write_before_answers() -> None:
    session = sys.modules.get("grader.student.session")
    if session is None or hasattr(session.Session, "measured"):
        return
    send = session.Session._send

    def save_and_send(self, *arguments):
        try:
            coverage.Coverage.current()._collector.flush_data()  # save() walks the whole kit each time
        except Exception:
            pass  # the student's process has closed what there is to close, or may write no more
        send(self, *arguments)

    session.Session._send = save_and_send
    session.Session.measured = True


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["on", folder]:
            Path(folder).mkdir(parents=True, exist_ok=True)
            Path(folder).chmod(0o777)  # some tests run as another user
            here = str(Path(__file__).parent)
            LINE.write_text(
                f"import sys; sys.path.append({here!r}); import measured; sys.path.remove({here!r}); measured.start({folder!r})\n"
            )
        case ["off"]:
            LINE.unlink(missing_ok=True)
        case _:
            sys.exit(__doc__)
