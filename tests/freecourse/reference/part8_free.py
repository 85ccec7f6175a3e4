"""The free part, trusted."""

import torch


def soft(x):
    """Softmax over the last dimension."""
    return torch.softmax(x, -1)


def slope(x):
    """The derivative of x**2."""
    return x + x


def descend(x):
    """The gradient of (x**2).sum()."""
    return x + x


def noise(size, spread):
    """Normal numbers (size,) with standard deviation spread."""
    return torch.randn(size, dtype=torch.float32) * spread


def wobbly(x, y):
    """The mean of x less that of y, where both are large and alike."""
    return x.mean() - y.mean()
