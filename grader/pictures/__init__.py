"""The pictures: computed in the student's process, drawn in the grader's. Only here is matplotlib imported."""

import os
from pathlib import Path

from grader import state


def _settle_cache() -> None:
    """Give matplotlib a place for its cache of fonts, where there is no home that it may write to."""
    home = Path(os.path.expanduser("~"))
    if "MPLCONFIGDIR" not in os.environ and not os.access(home, os.W_OK) and os.access(".", os.W_OK):
        os.environ["MPLCONFIGDIR"] = str(state.folder().absolute() / "matplotlib")


_settle_cache()
