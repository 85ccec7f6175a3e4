"""What the training tests share: a tiny course that is trained, and answers of its students."""

import shutil
from pathlib import Path

import pytest
import students
import torch

COURSE = students.ROOT / "tests" / "traincourse"


def course(folder: Path) -> Path:
    """A copy of the course with the kit's names."""
    shutil.copytree(COURSE, folder)
    shutil.copytree(students.ROOT / "data", folder / "data")
    return folder


DEVICES = ["cpu", *([pytest.param("cuda", marks=pytest.mark.gpu)] if torch.cuda.is_available() else [])]
"""Where the tests train: `pytest -m gpu` runs them on a GPU, where there is one."""

DESCEND = """
def descend(W, X, Y, lr):
    probs = torch.softmax(W[X], 1)
    rows = torch.arange(len(X))
    loss = -probs[rows, Y].log().mean().item()
    probs[rows, Y] -= 1
    W.index_add_(0, X, probs, alpha=-lr / len(X))
    return loss
"""
