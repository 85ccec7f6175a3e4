"""Part 5, trusted: the layers and convolutions by torch's own kernels.

Linear, embedding, normalisation and convolution are torch's; flattening is an unfold, the tree slid along a
sequence is a stack of dilated convolutions, and the field of view is counted position by position.

Sources: A. Karpathy, "Building makemore Part 5: Building a WaveNet"; A. van den Oord et al., "WaveNet: A
Generative Model for Raw Audio" (2016).
"""

import copy
import functools
import itertools

import torch
import torch.nn.functional as F
from torch.nn import init


class Embedding:
    """Rows of a table (num_embeddings, embedding_dim) for tokens (...), int64: (..., embedding_dim)."""

    def __init__(self, num_embeddings, embedding_dim):
        self.weight = init.normal_(torch.empty(num_embeddings, embedding_dim))

    def __call__(self, tokens):
        self.out = F.embedding(tokens, self.weight)
        return self.out

    def parameters(self):
        """The table."""
        return [self.weight]


class FlattenConsecutive:
    """Each n neighbours of (B, T, C) side by side: (B, T // n, C * n), or (B, C * n) where T is n."""

    def __init__(self, n):
        self.n = n

    def __call__(self, x):
        windows = x.unfold(1, self.n, self.n).transpose(2, 3).flatten(2)
        self.out = windows[:, 0] if x.shape[1] == self.n else windows
        return self.out

    def parameters(self):
        """None."""
        return []


class Linear:
    """torch's linear layer with the weight as (fan_in, fan_out): (..., fan_in) to (..., fan_out)."""

    def __init__(self, fan_in, fan_out, bias=True):
        self.weight = init.normal_(torch.empty(fan_in, fan_out), std=fan_in**-0.5)
        self.bias = init.zeros_(torch.empty(fan_out)) if bias else None

    def __call__(self, x):
        self.out = F.linear(x, self.weight.T, self.bias)
        return self.out

    def parameters(self):
        """Weight and bias."""
        return [self.weight] if self.bias is None else [self.weight, self.bias]


class BatchNorm1d:
    """torch's batch norm of (..., dim) over all dimensions but the last, made to divide by n - 1 while training too.

    torch normalises by the biased variance v (n-1)/n. With eps (n-1)/n for eps, its output is too large by the
    square root of n/(n-1), which a smaller gain makes up for. Its running variance is the unbiased one already.
    """

    def __init__(self, dim, eps=1e-5, momentum=0.1):
        self.eps = eps
        self.momentum = momentum
        self.training = True
        self.gamma = init.ones_(torch.empty(dim))
        self.beta = init.zeros_(torch.empty(dim))
        self.running_mean = torch.zeros_like(self.beta)
        self.running_var = torch.ones_like(self.gamma)

    def __call__(self, x):
        flat = x.reshape(-1, x.shape[-1])
        bessel = (len(flat) - 1) / len(flat) if self.training else 1.0
        buffers = self.running_mean, self.running_var
        gain = self.gamma * bessel**0.5
        out = F.batch_norm(flat, *buffers, gain, self.beta, self.training, self.momentum, self.eps * bessel)
        self.out = out.reshape(x.shape)
        return self.out

    def parameters(self):
        """Gain and bias; the running statistics are none."""
        return [self.gamma, self.beta]


class Tanh:
    """tanh of each entry of a tensor (...)."""

    def __call__(self, x):
        self.out = F.tanh(x)
        return self.out

    def parameters(self):
        """None."""
        return []


class Sequential:
    """A list of layers, one after the other."""

    def __init__(self, layers):
        self.layers = layers

    def __call__(self, x):
        self.out = functools.reduce(lambda value, layer: layer(value), self.layers, x)
        return self.out

    def parameters(self):
        """Those of all layers, in order."""
        return list(itertools.chain.from_iterable(layer.parameters() for layer in self.layers))


def build_wavenet(vocab_size, block_size, n_embd, n_hidden):
    """The tree for block_size = 2**k, k at least 1: tokens (B, block_size) to logits (B, vocab_size).

    Raises ValueError for any other block_size.
    """
    if block_size < 2 or bin(block_size).count("1") != 1:
        raise ValueError(f"block_size is {block_size}: not a power of two from 2 on")
    layers = [Embedding(vocab_size, n_embd)]
    for level in range(block_size.bit_length() - 1):
        width = n_hidden if level else n_embd
        layers += [FlattenConsecutive(2), Linear(2 * width, n_hidden, bias=False), BatchNorm1d(n_hidden), Tanh()]
    last = Linear(n_hidden, vocab_size)
    last.weight.mul_(0.1)
    return Sequential([*layers, last])


def shapes_through(model, X):
    """A list: the class name and the output shape of each layer, from a copy of the model, which leaves no trace."""
    layers = copy.deepcopy(model.layers)
    for layer in layers:
        layer.training = False
    return [(layer.__class__.__name__, tuple((X := layer(X)).size())) for layer in layers]


def causal_conv1d(x, weight, bias, dilation):
    """torch's conv1d after padding with zeros on the left: (B, C_in, T) to (B, C_out, T)."""
    return F.conv1d(F.pad(x, ((weight.shape[2] - 1) * dilation, 0)), weight, bias, dilation=dilation)


def receptive_field(kernel_size, dilations):
    """How many positions back from the last one are reached, an int, counted one by one."""
    reached = {0}
    for dilation in dilations:
        reached = {position + tap * dilation for position in reached for tap in range(kernel_size)}
    return max(reached) + 1


class GatedResidualBlock:
    """A block of the WaveNet paper, on torch's convolutions: (B, C, T) to (residual output, skip output)."""

    def __init__(self, channels, kernel_size, dilation):
        self.dilation = dilation
        for name, taps in (("filter", kernel_size), ("gate", kernel_size), ("residual", 1), ("skip", 1)):
            weight = init.normal_(torch.empty(channels, channels, taps), std=(channels * taps) ** -0.5)
            setattr(self, f"{name}_weight", weight)
            setattr(self, f"{name}_bias", torch.zeros(channels))

    def __call__(self, x):
        both = torch.cat([self.filter_weight, self.gate_weight])
        gated = causal_conv1d(x, both, torch.cat([self.filter_bias, self.gate_bias]), self.dilation)
        filtered, gate = gated.chunk(2, 1)
        z = F.glu(torch.cat([filtered.tanh(), gate], 1), 1)
        residual = F.conv1d(z, self.residual_weight, self.residual_bias)
        return x + residual, F.conv1d(z, self.skip_weight, self.skip_bias)

    def parameters(self):
        """Weight and bias of filter, gate, residual and skip."""
        names = ("filter", "gate", "residual", "skip")
        return [getattr(self, f"{name}_{kind}") for name in names for kind in ("weight", "bias")]


def tree_as_convolution(model):
    """The tree as a stack of convolutions with kernel 2 and dilations 1, 2, 4, ...: a function of X (B, T)."""

    def slide(X):
        h, dilation, kernel = X, 1, 1
        for layer in model.layers:
            kind = type(layer).__name__
            if kind == "Embedding":
                h = F.embedding(h, layer.weight).transpose(1, 2)
            elif kind == "FlattenConsecutive":
                kernel = layer.n
            elif kind == "Linear":
                weight = layer.weight.unflatten(0, (kernel, -1)).permute(2, 1, 0)
                h = F.conv1d(h, weight, layer.bias, dilation=dilation)
                dilation, kernel = dilation * kernel, 1
            elif kind == "BatchNorm1d":
                buffers = layer.running_mean, layer.running_var
                h = F.batch_norm(h, *buffers, layer.gamma, layer.beta, False, 0.0, layer.eps)
            else:
                h = F.tanh(h)
        return h.transpose(1, 2).detach()

    return slide


def smooth_losses(losses, window):
    """Means (n // window,) of consecutive windows of a list of n floats, by average pooling; the rest is left out."""
    return F.avg_pool1d(torch.tensor(losses)[None], window)[0]
