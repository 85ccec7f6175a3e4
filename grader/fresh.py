"""The state in which a probe starts, on both sides."""

import random

import torch

SEED = 42
"""Not the run's seed, which must not reach the student's process."""


def fresh_state() -> None:
    """Start alike, whatever the code before has left behind: dtype, grad mode, global generators."""
    torch.set_default_dtype(torch.float32)
    torch.set_grad_enabled(True)
    torch.manual_seed(SEED)
    random.seed(SEED)
