"""Programs and the like that a test needs. A user's machine may lack them; CI may not."""

import os
import shutil

import pytest


def need(program: str) -> str:
    """The path of a program, or of a file that the system has. Skips the test where there is none; fails it in CI."""
    path = program if program.startswith("/") and os.path.exists(program) else shutil.which(program)
    if path is None and os.environ.get("CI"):
        pytest.fail(f"{program} is not there, and in CI it must be")
    if path is None:
        pytest.skip(f"needs {program}")
    return path
