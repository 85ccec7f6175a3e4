"""The versions that a result depends on."""

import platform
from importlib.metadata import PackageNotFoundError, version

NAME = "zero-to-hero-grader"


def grader_version() -> str:
    """This package's version, `unknown` where it runs without having been installed."""
    try:
        return version(NAME)
    except PackageNotFoundError:
        return "unknown"


def versions() -> dict[str, str]:
    """Versions of the grader, Python and torch. Needs torch to have been imported."""
    import torch

    return {"grader": grader_version(), "python": platform.python_version(), "torch": str(torch.__version__)}
