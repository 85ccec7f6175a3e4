"""The layers in plain torch, in pieces: what mistakes replace one piece of."""

import torch
from torch import nn


class Linear:
    """x @ weight + bias."""

    def __init__(self, fan_in, fan_out, bias=True):
        self.weight = torch.randn(fan_in, fan_out) / fan_in**0.5
        self.bias = torch.zeros(fan_out) if bias else None

    def __call__(self, x):
        self.out = self.compute(x)
        return self.out

    def compute(self, x):
        """The forward pass."""
        return x @ self.weight if self.bias is None else x @ self.weight + self.bias

    def parameters(self):
        """Weight and bias."""
        return [p for p in (self.weight, self.bias) if p is not None]


class BatchNorm1d:
    """BatchNorm1d as the lecture builds it."""

    def __init__(self, dim, eps=1e-5, momentum=0.1):
        self.eps, self.momentum, self.training = eps, momentum, True
        self.gamma, self.beta = torch.ones(dim), torch.zeros(dim)
        self.running_mean, self.running_var = torch.zeros(dim), torch.ones(dim)

    def __call__(self, x):
        if self.training:
            mean, variance = self.batch(x)
            self.update(mean, variance)
        else:
            mean, variance = self.running_mean, self.running_var
        self.out = self.affine(self.normal(x, mean, variance))
        return self.out

    def batch(self, x):
        """Mean and variance of the batch."""
        mean = x.mean(0)
        return mean, ((x - mean) ** 2).sum(0) / (len(x) - 1)  # NaN for one example, and no warning

    def normal(self, x, mean, variance):
        """The normalised values."""
        return (x - mean) / torch.sqrt(variance + self.eps)

    def affine(self, xhat):
        """Gain and bias."""
        return self.gamma * xhat + self.beta

    def update(self, mean, variance):
        """The running statistics after a batch."""
        self.running_mean = self.follow(self.running_mean, mean.detach())
        self.running_var = self.follow(self.running_var, variance.detach())

    def follow(self, running, value):
        """A running value moved towards that of the batch."""
        return (1 - self.momentum) * running + self.momentum * value

    def parameters(self):
        """Gain and bias."""
        return [self.gamma, self.beta]


class Bottleneck(nn.Module):
    """ResNet-50's block of torch's layers, with everything that could be made otherwise as an option.

    `biased`, `turned` and `strided` name the convolutions that have a bias, their channels the wrong way round, the
    stride; with `bare` the projection has no BatchNorm, with `only_norm` no convolution.
    """

    def __init__(
        self,
        in_channels,
        channels,
        stride=1,
        expansion=4,
        padding=1,
        biased=(),
        turned=(),
        strided=("conv2", "downsample"),
        bare=False,
        only_norm=False,
    ):
        super().__init__()

        def convolution(name, fan_in, fan_out, size=1, padding=0):
            ends = (fan_out, fan_in) if name in turned else (fan_in, fan_out)
            return nn.Conv2d(*ends, size, stride if name in strided else 1, padding, bias=name in biased)

        out_channels = expansion * channels
        self.conv1 = convolution("conv1", in_channels, channels)
        self.bn1 = nn.BatchNorm2d(channels)
        self.conv2 = convolution("conv2", channels, channels, 3, padding)
        self.bn2 = nn.BatchNorm2d(channels)
        self.conv3 = convolution("conv3", channels, out_channels)
        self.bn3 = nn.BatchNorm2d(out_channels)
        self.downsample = None
        if self.needs(in_channels, out_channels, stride):
            projection = [convolution("downsample", in_channels, out_channels), nn.BatchNorm2d(out_channels)]
            self.downsample = nn.Sequential(*projection[int(only_norm) : 1 if bare else 2])

    def needs(self, in_channels, out_channels, stride):
        """Whether the shortcut is a projection."""
        return stride != 1 or in_channels != out_channels

    def forward(self, x):
        """The block."""
        return self.add(self.residual(x), self.shortcut(x))

    def residual(self, x):
        """The three convolutions."""
        out = self.bn1(self.conv1(x)).relu()
        out = self.bn2(self.conv2(out)).relu()
        return self.bn3(self.conv3(out))

    def shortcut(self, x):
        """The other way."""
        return x if self.downsample is None else self.downsample(x)

    def add(self, out, shortcut):
        """Where the two ways meet."""
        return (out + shortcut).relu()


EPS = (
    (
        "eps is outside of the root",
        "eps is added to the standard deviation. It belongs to the variance, before the root is taken.",
        lambda self, x, mean, variance: (x - mean) / (variance.sqrt() + self.eps),
    ),
    (
        "eps is hard-coded",
        "The answer uses 1e-5 whatever eps the layer was made with.",
        lambda self, x, mean, variance: (x - mean) / torch.sqrt(variance + 1e-5),
    ),
    (
        "eps is subtracted",
        "eps is taken away from the variance. It is to be added.",
        lambda self, x, mean, variance: (x - mean) / torch.sqrt(variance - self.eps),
    ),
    (
        "eps is added to the fraction",
        "eps is added to the result of the division: a division binds tighter than a sum. It belongs under the root.",
        lambda self, x, mean, variance: (x - mean) / variance.sqrt() + self.eps,
    ),
)
"""What goes wrong with eps, in training and in evaluation alike: the name, the advice, the normalisation."""
