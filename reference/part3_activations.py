"""Part 3, trusted: PyTorch's own initialisers, its batch norm made unbiased, reductions by other means.

Source: A. Karpathy, "Building makemore Part 3: Activations & Gradients, BatchNorm".
"""

from functools import reduce
from itertools import chain

import torch
import torch.nn.functional as F
from torch import nn


def expected_initial_loss(vocab_size):
    """Cross-entropy of equal logits over vocab_size characters, a float."""
    return F.cross_entropy(torch.zeros(1, vocab_size, dtype=torch.float64), torch.tensor([0])).item()


def gain(nonlinearity):
    """The gain of "linear", "sigmoid", "tanh" or "relu", a float."""
    return float(nn.init.calculate_gain(nonlinearity))


def kaiming_normal(fan_in, fan_out, nonlinearity, generator):
    """Weights (fan_in, fan_out), normal with standard deviation gain / sqrt(fan_in)."""
    transposed = torch.empty(fan_out, fan_in)
    return nn.init.kaiming_normal_(transposed, nonlinearity=nonlinearity, generator=generator).T.contiguous()


def init_mlp(vocab_size, block_size, n_embd, n_hidden, generator):
    """[C, W1, b1, W2, b2], leaves that require a gradient: a small W2, zero biases.

    C (V, E), W1 (block_size * E, H), b1 (H,), W2 (H, V), b2 (V,), where V, E and H are vocab_size, n_embd and n_hidden.
    """
    parameters = [
        nn.init.normal_(torch.empty(vocab_size, n_embd), generator=generator),
        kaiming_normal(block_size * n_embd, n_hidden, "tanh", generator),
        torch.zeros(n_hidden),
        nn.init.normal_(torch.empty(n_hidden, vocab_size), std=0.01, generator=generator),
        torch.zeros(vocab_size),
    ]
    return [p.requires_grad_() for p in parameters]


def mlp_loss(parameters, X, Y):
    """The cross-entropy of the tanh MLP with [C, W1, b1, W2, b2] on X (n, block) and Y (n,), a float."""
    C, W1, b1, W2, b2 = parameters
    h = torch.tanh(F.linear(F.embedding(X, C).flatten(1), W1.T, b1))
    return F.cross_entropy(F.linear(h, W2.T, b2), Y).item()


def saturation(h, threshold=0.99):
    """Share of the entries of h (n, H) outside of [-threshold, threshold], a float."""
    return ((h > threshold).sum() + (h < -threshold).sum()).item() / h.numel()


def dead_neurons(h, threshold=0.99):
    """Bool (H,): whether the smallest |h| of each column of h (n, H) is above the threshold."""
    return h.abs().amin(0) > threshold


def batchnorm(x, bngain, bnbias, eps):
    """x (n, H) normalised over the batch with the unbiased variance; bngain, bnbias (1, H)."""
    return bngain * normalised(x, eps) + bnbias


def normalised(x, eps, running_mean=None, running_var=None, momentum=0.0):
    """x (n, H) by torch's batch norm, which divides by the root of the biased variance, made unbiased.

    (n - 1) / n of variance and eps comes out of the root as a factor. The running statistics, if any, are
    updated in place, as torch does, with the unbiased variance.
    """
    shrunk = (len(x) - 1) / len(x)
    biased = F.batch_norm(x, running_mean, running_var, None, None, True, momentum, eps * shrunk)
    return biased * shrunk**0.5


def calibrate(X, params):
    """Mean and unbiased standard deviation of C[X] @ W1 over the examples, both (1, H), without a graph."""
    with torch.no_grad():
        C, W1 = params[0], params[1]
        std, mean = torch.std_mean(F.linear(F.embedding(X, C).flatten(1), W1.T), 0, keepdim=True)
    return mean, std


def update_running(running, batch_value, momentum):
    """The way from running to batch_value, both (1, H), by the share momentum; without a graph."""
    return torch.lerp(running.detach(), batch_value.detach(), momentum)


class Linear:
    """x @ weight + bias by F.linear; weight (fan_in, fan_out), bias (fan_out,) or None."""

    def __init__(self, fan_in, fan_out, bias=True):
        self.weight = nn.init.normal_(torch.empty(fan_in, fan_out), std=fan_in**-0.5)
        self.bias = torch.zeros(fan_out) if bias else None

    def __call__(self, x):
        self.out = F.linear(x, self.weight.T, self.bias)
        return self.out

    def parameters(self):
        """Weight and bias."""
        return [p for p in (self.weight, self.bias) if p is not None]


class BatchNorm1d:
    """Batch norm of (n, dim), unbiased in both modes, by torch's batch norm."""

    def __init__(self, dim, eps=1e-5, momentum=0.1):
        self.eps, self.momentum, self.training = eps, momentum, True
        self.gamma, self.beta = torch.ones(dim), torch.zeros(dim)
        self.running_mean, self.running_var = torch.zeros(dim), torch.ones(dim)

    def __call__(self, x):
        if self.training:
            xhat = normalised(x, self.eps, self.running_mean, self.running_var, self.momentum)
        else:
            xhat = F.batch_norm(x, self.running_mean, self.running_var, eps=self.eps)
        self.out = self.gamma * xhat + self.beta
        return self.out

    def parameters(self):
        """Gain and bias; the running statistics are none."""
        return [self.gamma, self.beta]


class Tanh:
    """(e^2x - 1) / (e^2x + 1), which is tanh x, for each entry of a tensor (...)."""

    def __call__(self, x):
        e = torch.expm1(2 * x)
        self.out = e / (e + 2)
        return self.out

    def parameters(self):
        """None."""
        return []


class Sequential:
    """A list of layers, one after the other."""

    def __init__(self, layers):
        self.layers = layers

    def __call__(self, x):
        self.out = reduce(lambda value, layer: layer(value), self.layers, x)
        return self.out

    def parameters(self):
        """Those of all layers, in order."""
        return list(chain.from_iterable(layer.parameters() for layer in self.layers))


def useless_bias(x, W, b, bngain, bnbias, upstream):
    """The gradients of b (H,) from upstream * tanh(x @ W + b), without and with batch norm, and of bnbias (1, H)."""
    b, bnbias = (tensor.detach().clone().requires_grad_() for tensor in (b, bnbias))
    linear = F.linear(x, W.T, b)
    plain = (upstream * linear.tanh()).sum()
    normal = (upstream * batchnorm(linear, bngain, bnbias, 1e-5).tanh()).sum()
    (without,) = torch.autograd.grad(plain, [b], retain_graph=True)
    return without, *torch.autograd.grad(normal, [b, bnbias])


def activation_stats(layers):
    """(mean, std, share beyond 0.97) of .out of each layer whose class is called Tanh, floats."""
    outs = [layer.out.detach().flatten() for layer in layers if type(layer).__name__ == "Tanh"]
    return [(*_mean_std(out), saturation(out, 0.97)) for out in outs]


def gradient_stats(layers):
    """A pair of floats, mean and std of .out.grad, for each layer whose class is called Tanh."""
    return [_mean_std(layer.out.grad) for layer in layers if type(layer).__name__ == "Tanh"]


def grad_data_ratio(parameters):
    """A float for each matrix: std of its gradient over std of its data."""
    return [_mean_std(p.grad)[1] / _mean_std(p)[1] for p in parameters if len(p.shape) == 2]


def update_data_ratio(parameters, lr):
    """A float for each parameter: log10 of the std of lr * gradient over that of the data."""
    logs = [torch.tensor([lr * _mean_std(p.grad)[1], _mean_std(p)[1]]).double().log10() for p in parameters]
    return [(update - data).item() for update, data in logs]


def _mean_std(tensor):
    """Mean and unbiased standard deviation from sums, floats."""
    mean = tensor.detach().sum() / tensor.numel()
    squares = (tensor.detach() - mean).square().sum()
    return mean.item(), (squares / (tensor.numel() - 1)).sqrt().item()


class Bottleneck(nn.Module):
    """ResNet-50's block: its layers only hold the weights, the convolutions are sums of products.

    Source: K. He, X. Zhang, S. Ren, J. Sun, "Deep Residual Learning for Image Recognition" (2015).
    """

    def __init__(self, in_channels, channels, stride=1):
        super().__init__()
        self.stride = stride
        self.conv1, self.bn1 = _convolution_and_norm(in_channels, channels, 1)
        self.conv2, self.bn2 = _convolution_and_norm(channels, channels, 3)
        self.conv3, self.bn3 = _convolution_and_norm(channels, 4 * channels, 1)
        self.downsample = None
        if (stride, in_channels) != (1, 4 * channels):
            self.downsample = nn.Sequential(*_convolution_and_norm(in_channels, 4 * channels, 1))

    def forward(self, x):
        """(n, in_channels, H, W) to (n, 4 * channels, H / stride, W / stride): three convolutions, and the shortcut."""
        first = _norm(_convolve(x, self.conv1.weight, 1), self.bn1)
        second = _norm(_convolve(first.clamp(min=0), self.conv2.weight, self.stride), self.bn2)
        third = _norm(_convolve(second.clamp(min=0), self.conv3.weight, 1), self.bn3)
        if self.downsample is not None:
            convolution, norm = self.downsample
            x = _norm(_convolve(x, convolution.weight, self.stride), norm)
        self.before_relu = (first, second, third + x)
        return (third + x).clamp(min=0)


def _convolution_and_norm(fan_in, fan_out, size):
    return nn.Conv2d(fan_in, fan_out, size, bias=False), nn.BatchNorm2d(fan_out)


def _convolve(x, weight, stride):
    """A convolution of odd size with zeros around, as a sum of matrix products, one for each of its places."""
    height, width = x.shape[2:]
    size = weight.shape[-1]
    padded = F.pad(x, [size // 2] * 4)
    return sum(
        torch.einsum("nihw,oi->nohw", padded[:, :, i : i + height : stride, j : j + width : stride], weight[:, :, i, j])
        for i in range(size)
        for j in range(size)
    )


def _norm(x, norm):
    """torch's batch norm in training: the biased variance, for each channel."""
    mean = x.mean((0, 2, 3), keepdim=True)
    variance = (x - mean).square().mean((0, 2, 3), keepdim=True)
    xhat = (x - mean) * (variance + norm.eps).rsqrt()
    return xhat * norm.weight[:, None, None] + norm.bias[:, None, None]
