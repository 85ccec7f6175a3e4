"""The state in which a probe starts, on both sides."""

import random

import torch

SEED = 42
"""Not the run's seed, which must not reach the student's process."""


def fresh_state() -> None:
    """Start alike, whatever the code before has left behind: dtype, grad mode, global generators."""
    torch.set_default_dtype(torch.float32)
    torch.set_grad_enabled(True)
    torch.default_generator.manual_seed(SEED)
    # Not torch.manual_seed: without a GPU it writes down the whole stack at each call, for later.
    if torch.cuda.is_initialized():  # type: ignore[no-untyped-call]
        torch.cuda.manual_seed_all(SEED)
    random.seed(SEED)
