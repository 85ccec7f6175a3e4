"""Random inputs that many checks draw."""

import torch


def normal(rng, *shape):
    """Standard normal numbers, float32."""
    return torch.randn(shape, generator=rng)


def uniform(rng, low, high, *shape):
    """Numbers spread evenly between low and high, float32."""
    return low + (high - low) * torch.rand(shape, generator=rng)
