"""Part 3's trusted implementations against a second derivation, in float64."""

import math

import pytest
import torch
from torch import nn
from torch.testing import assert_close

from reference import part3_activations as reference

pytestmark = pytest.mark.usefixtures("float64")


def numerical(function, tensor, step=1e-5):
    """The gradient of a scalar function of a tensor, by central differences."""
    gradient = torch.zeros_like(tensor)
    for i in range(tensor.numel()):
        nudge = torch.zeros_like(tensor)
        nudge.view(-1)[i] = step
        gradient.view(-1)[i] = (function(tensor + nudge) - function(tensor - nudge)) / (2 * step)
    return gradient


def explicit(x, gain, bias, eps):
    return gain * (x - x.mean(0)) / torch.sqrt(x.var(0, correction=1) + eps) + bias


@pytest.mark.parametrize("vocab_size", [2, 27, 1234])
def test_ignorance_costs_the_log_of_the_vocabulary(vocab_size):
    assert reference.expected_initial_loss(vocab_size) == pytest.approx(-math.log(1 / vocab_size), rel=1e-12)


def test_the_gains_are_those_of_the_text_and_that_of_relu_keeps_the_mean_square():
    gains = {name: reference.gain(name) for name in ("linear", "sigmoid", "tanh", "relu")}
    assert gains == {"linear": 1.0, "sigmoid": 1.0, "tanh": 5 / 3, "relu": math.sqrt(2)}
    z = torch.linspace(-8, 8, 100_001)
    density = torch.exp(-z * z / 2) / math.sqrt(2 * math.pi)
    kept = (z.relu() ** 2 * density).sum() * (z[1] - z[0])
    assert gains["relu"] ** 2 * kept.item() == pytest.approx(1, rel=1e-6)


@pytest.mark.parametrize("nonlinearity", ["linear", "tanh", "relu"])
def test_kaiming_is_normal_numbers_times_gain_over_root(nonlinearity):
    torch.set_default_dtype(torch.float32)
    weight = reference.kaiming_normal(40, 300, nonlinearity, torch.Generator().manual_seed(2))
    std = {"linear": 1, "tanh": 5 / 3, "relu": 2**0.5}[nonlinearity] / 40**0.5
    assert weight.shape == (40, 300)
    assert weight.std().item() == pytest.approx(std, rel=5.5 / 24_000**0.5)


def test_the_first_loss_of_the_network_is_that_of_ignorance():
    parameters = reference.init_mlp(27, 3, 10, 200, torch.Generator().manual_seed(3))
    X, Y = torch.randint(27, (500, 3)), torch.randint(27, (500,))
    C, W1, b1, W2, b2 = (p.detach() for p in parameters)
    probs = torch.softmax(torch.tanh(C[X].view(500, 30) @ W1 + b1) @ W2 + b2, 1)
    loss = -probs[range(500), Y].log().mean().item()
    assert reference.mlp_loss(parameters, X, Y) == pytest.approx(loss, rel=1e-9)
    assert loss == pytest.approx(math.log(27), abs=0.05)


def test_saturation_and_death_by_loops():
    h = torch.tanh(3 * torch.randn(5, 8))
    h[:, 0] = torch.tensor([0.995, -0.999, 0.995, 1, -1])
    columns = [[abs(v) > 0.99 for v in column] for column in h.T.tolist()]
    assert reference.saturation(h) == pytest.approx(sum(map(sum, columns)) / 40)
    assert reference.dead_neurons(h).tolist() == [all(column) for column in columns]
    assert reference.dead_neurons(h)[0]


@pytest.mark.parametrize("n", [2, 5, 32])
def test_batchnorm_is_the_formula_and_its_gradients_are_slopes(n):
    x, upstream = 2 * torch.randn(n, 3) + 1, torch.randn(n, 3)
    gain, bias = torch.rand(1, 3) + 0.5, torch.randn(1, 3)
    assert_close(reference.batchnorm(x, gain, bias, 0.3), explicit(x, gain, bias, 0.3))
    leaves = [t.clone().requires_grad_() for t in (x, gain, bias)]
    (reference.batchnorm(*leaves, 0.3) * upstream).sum().backward()
    for i, leaf in enumerate(leaves):

        def loss(t, i=i):
            changed = [x, gain, bias]
            changed[i] = t
            return (explicit(*changed, 0.3) * upstream).sum()

        assert_close(leaf.grad, numerical(loss, leaf.detach()), rtol=1e-6, atol=1e-8)


def test_batchnorm1d_is_the_formula_in_training_and_torchs_own_layer_otherwise():
    ours, theirs = reference.BatchNorm1d(4, eps=0.2, momentum=0.3), nn.BatchNorm1d(4, eps=0.2, momentum=0.3)
    ours.gamma, ours.beta = torch.rand(4) + 0.5, torch.randn(4)
    with torch.no_grad():
        theirs.weight.copy_(ours.gamma)
        theirs.bias.copy_(ours.beta)
    for _ in range(3):
        x = 3 * torch.randn(6, 4) + 1
        assert_close(ours(x), explicit(x, ours.gamma, ours.beta, 0.2))
        theirs(x)
        # Its running variance is the unbiased one as well; what it normalises with is not.
        assert_close((ours.running_mean, ours.running_var), (theirs.running_mean, theirs.running_var))
    ours.training = False
    assert_close(ours(x[:1]), theirs.eval()(x[:1]).detach())


def test_calibration_and_running_average():
    params = [torch.randn(7, 2, requires_grad=True), torch.randn(6, 5, requires_grad=True)]
    X = torch.randint(7, (50, 3))
    hpreact = torch.cat([params[0][X[:, i]] for i in range(3)], 1) @ params[1]
    mean, std = reference.calibrate(X, params)
    assert_close(mean, hpreact.detach().sum(0, keepdim=True) / 50)
    assert_close(std, ((hpreact - mean) ** 2).sum(0, keepdim=True).detach().div(49).sqrt())
    assert not mean.requires_grad and not std.requires_grad
    assert_close(reference.update_running(mean, std, 0.2), 0.8 * mean + 0.2 * std)


def test_layers_are_torchs():
    linear = reference.Linear(3, 5)
    theirs = nn.Linear(3, 5)
    with torch.no_grad():
        theirs.weight.copy_(linear.weight.T)
        theirs.bias.copy_(linear.bias)
    x = 2 * torch.randn(6, 3)
    model = reference.Sequential([linear, reference.Tanh()])
    assert_close(model(x), nn.Sequential(theirs, nn.Tanh())(x).detach())
    assert [id(p) for p in model.parameters()] == [id(linear.weight), id(linear.bias)]


def test_a_bias_before_batchnorm_is_useless_and_the_others_are_slopes():
    x, W, b, upstream = torch.randn(6, 3), torch.randn(3, 4), torch.randn(4), torch.randn(6, 4)
    gain, bias = torch.rand(1, 4) + 0.5, torch.randn(1, 4)
    plain, normalised, own = reference.useless_bias(x, W, b, gain, bias, upstream)

    def normal(b, bias):
        return (upstream * torch.tanh(explicit(x @ W + b, gain, bias, 1e-5))).sum()

    assert_close(plain, numerical(lambda t: (upstream * torch.tanh(x @ W + t)).sum(), b), rtol=1e-6, atol=1e-8)
    assert_close(normalised, numerical(lambda t: normal(t, bias), b), rtol=0, atol=1e-8)
    assert_close(own, numerical(lambda t: normal(b, t), bias), rtol=1e-6, atol=1e-8)
    assert normalised.abs().max() < 1e-12


def test_the_instruments_are_torchs_reductions():
    layers = [reference.Tanh(), reference.Linear(4, 3), reference.Tanh()]
    for layer in layers:
        layer.out = torch.tanh(2 * torch.randn(6, 4)).requires_grad_()
        layer.out.grad = torch.randn(6, 4)
    outs = [layers[0].out.detach(), layers[2].out.detach()]
    stats = [(t.mean().item(), t.std().item(), (t.abs() > 0.97).double().mean().item()) for t in outs]
    assert_close(reference.activation_stats(layers), stats)
    grads = [layers[0].out.grad, layers[2].out.grad]
    assert_close(reference.gradient_stats(layers), [(g.mean().item(), g.std().item()) for g in grads])
    parameters = [torch.randn(3, 4), torch.randn(4), torch.randn(4, 2)]
    for p in parameters:
        p.grad = torch.randn(p.shape)
    ratios = [(p.grad.std() / p.std()).item() for p in parameters]
    assert_close(reference.grad_data_ratio(parameters), [ratios[0], ratios[2]])
    assert_close(reference.update_data_ratio(parameters, 0.2), [math.log10(0.2 * r) for r in ratios])


@pytest.mark.parametrize(("in_channels", "channels", "stride"), [(8, 2, 1), (5, 2, 1), (8, 2, 2), (3, 1, 3)])
def test_the_bottleneck_is_torchs_convolutions(in_channels, channels, stride):
    block = reference.Bottleneck(in_channels, channels, stride)
    conv1, conv2, conv3 = block.conv1, nn.Conv2d(channels, channels, 3, stride, 1, bias=False), block.conv3
    conv2.weight = block.conv2.weight
    residual = nn.Sequential(conv1, block.bn1, nn.ReLU(), conv2, block.bn2, nn.ReLU(), conv3, block.bn3)
    shortcut = nn.Identity()
    if block.downsample is not None:
        projection = nn.Conv2d(in_channels, 4 * channels, 1, stride, bias=False)
        projection.weight = block.downsample[0].weight
        shortcut = nn.Sequential(projection, block.downsample[1])
    assert (block.downsample is None) == ((in_channels, stride) == (8, 1))
    x = torch.randn(3, in_channels, 6, 7)
    results = []
    for forward in (block, lambda x: torch.relu(residual(x) + shortcut(x))):
        leaf = x.clone().requires_grad_()
        out = forward(leaf)
        block.zero_grad()
        (out * torch.arange(out.numel()).view(out.shape).cos()).sum().backward()
        results.append([out.detach(), leaf.grad, *(p.grad.clone() for p in block.parameters())])
    assert_close(results[0], results[1])
