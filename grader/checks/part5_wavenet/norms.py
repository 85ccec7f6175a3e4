"""What the checks of BatchNorm share: inputs, and a layer in plain formulas, in which one thing can be made wrong."""

import warnings

import torch

from grader.checks.draw import normal, uniform
from reference import part5_wavenet as reference


def parameters(rng, dim):
    """Gains away from one, biases and running means away from zero."""
    return {
        "gamma": uniform(rng, 0.4, 1.8, dim) * torch.where(torch.rand(dim, generator=rng) < 0.5, -1.0, 1.0),
        "beta": normal(rng, dim),
        "running_mean": 2 * normal(rng, dim) + 1,
        "running_var": uniform(rng, 0.3, 4.0, dim),
    }


def batch(rng, shape):
    """Numbers whose mean and spread differ from channel to channel, and (in 3-D) from position to position."""
    x = uniform(rng, 0.5, 2.0, shape[-1]) * normal(rng, *shape) + 2 * normal(rng, shape[-1])
    return {"x": x + normal(rng, *shape[1:]), "upstream": normal(rng, *shape)}


class PlainBatchNorm(reference.BatchNorm1d):
    """Mean, variance and running averages, each in a method of its own."""

    def __call__(self, x):
        if self.training:
            mean, var = self.statistics(x)
            with torch.no_grad():
                self.update(x, mean, var)
        else:
            mean, var = self.in_use(x)
        self.out = self.scaled((x - mean) / self.root(var))
        return self.out

    def over(self, x):
        """The dimensions that the statistics run over."""
        return tuple(range(x.ndim - 1))

    def statistics(self, x):
        """Mean and variance of a batch."""
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of a single number, which has no variance: the mistakes meet it
            return x.mean(self.over(x)), x.var(self.over(x))

    def in_use(self, x):
        """Mean and variance in evaluation mode."""
        return self.running_mean, self.running_var

    def root(self, var):
        """What the difference from the mean is divided by."""
        return torch.sqrt(var + self.eps)

    def scaled(self, normal):
        """The output from the normalised numbers."""
        return self.gamma * normal + self.beta

    def update(self, x, mean, var):
        """Move the running statistics towards those of the batch."""
        self.running_mean = self.moved(self.running_mean, mean)
        self.running_var = self.moved(self.running_var, var)

    def moved(self, running, batch):
        """One running value after a batch."""
        return (1 - self.momentum) * running + self.momentum * batch
