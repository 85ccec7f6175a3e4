"""Programs and the like that a test needs. A user's machine may lack them; CI may not."""

import os
import shutil
from typing import NoReturn

import pytest


def need(program: str) -> str:
    """The path of a program, or of a file that the system has. Skips the test where there is none; fails it in CI."""
    path = program if program.startswith("/") and os.path.exists(program) else shutil.which(program)
    if path is None:
        lack(program)
    return path


def lack(what: str) -> NoReturn:
    """Skip the test for lack of something; fail it in CI."""
    if os.environ.get("CI"):
        pytest.fail(f"{what} is not there, and in CI it must be")
    pytest.skip(f"needs {what}")
