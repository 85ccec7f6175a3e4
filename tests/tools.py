"""Programs that a test needs. A user's machine may lack them; CI may not."""

import os
import shutil

import pytest


def need(program: str) -> str:
    """The program's path. Skips the test where it is not there; fails it in CI."""
    path = shutil.which(program)
    if path is None and os.environ.get("CI"):
        pytest.fail(f"{program} is not there, and in CI it must be")
    if path is None:
        pytest.skip(f"needs {program}")
    return path
