"""Part 5's second oracles, in float64: plain formulas, sums written out, and the tree called window by window."""

import itertools
import math

import pytest
import torch
from torch import nn

from reference import part5_wavenet as reference

pytestmark = pytest.mark.usefixtures("float64")

SEEDS = range(3)


def drawn(seed, *shapes):
    generator = torch.Generator().manual_seed(seed)
    return [torch.randn(shape, generator=generator) for shape in shapes]


def gradients(out, upstream, leaves):
    return torch.autograd.grad((out * upstream).sum(), leaves)


@pytest.mark.parametrize("seed", SEEDS)
def test_a_look_up_is_a_product_with_one_hot_rows(seed):
    layer = reference.Embedding(6, 4)
    tokens = torch.randint(6, (2, 5), generator=torch.Generator().manual_seed(seed))
    one_hot = torch.eye(6)[tokens]
    torch.testing.assert_close(layer(tokens), one_hot @ layer.weight)
    (upstream,) = drawn(seed, (2, 5, 4))
    leaf = layer.weight.requires_grad_()
    summed = torch.einsum("btv,btc->vc", one_hot, upstream)
    torch.testing.assert_close(gradients(layer(tokens), upstream, [leaf])[0], summed)


@pytest.mark.parametrize(("n", "T"), [(2, 6), (3, 6), (6, 6), (1, 3)])
def test_flattening_is_a_view_of_the_same_numbers(n, T):
    (x,) = drawn(n, (3, T, 4))
    out = reference.FlattenConsecutive(n)(x)
    assert out.shape == ((3, 4 * n) if n == T else (3, T // n, 4 * n))
    torch.testing.assert_close(out.reshape(-1), x.reshape(-1))


@pytest.mark.parametrize("shape", [(5, 3), (2, 4, 3), (2, 1, 4, 3)])
def test_linear_is_torchs_layer_and_a_sum_of_products(shape):
    layer, torchs = reference.Linear(3, 6), nn.Linear(3, 6)
    layer.bias = drawn(0, (6,))[0]
    torchs.load_state_dict({"weight": layer.weight.T, "bias": layer.bias})
    (x,) = drawn(1, shape)
    torch.testing.assert_close(layer(x), torchs(x))
    summed = sum(x[..., i, None] * layer.weight[i] for i in range(3)) + layer.bias
    torch.testing.assert_close(layer(x), summed)


@pytest.mark.parametrize("shape", [(7, 4), (3, 5, 4)])
def test_batch_norm_is_its_formula_with_its_gradients(shape):
    layer = reference.BatchNorm1d(4, eps=0.3, momentum=0.2)
    layer.gamma, layer.beta, x, upstream = drawn(2, (4,), (4,), shape, shape)
    leaves = [tensor.requires_grad_() for tensor in (x, layer.gamma, layer.beta)]
    flat = x.reshape(-1, 4)
    mean = flat.sum(0) / len(flat)
    var = ((flat - mean) ** 2).sum(0) / (len(flat) - 1)
    plain = layer.gamma * (x - mean) / (var + 0.3) ** 0.5 + layer.beta
    out = layer(x)
    torch.testing.assert_close(out, plain)
    for one, other in zip(gradients(out, upstream, leaves), gradients(plain, upstream, leaves), strict=True):
        torch.testing.assert_close(one, other)
    torch.testing.assert_close(layer.running_mean, 0.2 * mean)
    torch.testing.assert_close(layer.running_var, 0.8 + 0.2 * var)
    layer.training = False
    expected = layer.gamma * (x - layer.running_mean) / (layer.running_var + 0.3) ** 0.5 + layer.beta
    torch.testing.assert_close(layer(x), expected)
    torch.testing.assert_close(layer.running_mean, 0.2 * mean)


def test_batch_norm_agrees_with_finite_differences():
    layer = reference.BatchNorm1d(2, eps=0.1)
    (x,) = drawn(3, (4, 2))
    assert torch.autograd.gradcheck(layer.__call__, (x.requires_grad_(),))


def convolved(x, weight, bias, dilation):
    """The sum of the text, written out."""
    (B, C_in, T), (C_out, _, K) = x.shape, weight.shape
    out = torch.zeros(B, C_out, T)
    for b, o, t in itertools.product(range(B), range(C_out), range(T)):
        out[b, o, t] = bias[o]
        for c, k in itertools.product(range(C_in), range(K)):
            at = t - (K - 1 - k) * dilation
            if at >= 0:
                out[b, o, t] += weight[o, c, k] * x[b, c, at]
    return out


@pytest.mark.parametrize(("K", "dilation"), [(2, 1), (3, 2), (1, 3), (2, 7)])
def test_the_causal_convolution_is_the_sum_of_the_text(K, dilation):
    x, weight, bias = drawn(K + dilation, (2, 3, 6), (4, 3, K), (4,))
    torch.testing.assert_close(reference.causal_conv1d(x, weight, bias, dilation), convolved(x, weight, bias, dilation))


@pytest.mark.parametrize(("K", "dilations"), [(2, [1, 2, 4]), (3, [1, 5]), (4, [2]), (3, [])])
def test_the_receptive_field_is_where_a_gradient_arrives(K, dilations):
    field = 1 + (K - 1) * sum(dilations)
    assert reference.receptive_field(K, dilations) == field
    x = torch.ones(1, 1, field + 3, requires_grad=True)
    h = x
    for dilation in dilations:
        h = reference.causal_conv1d(h, torch.ones(1, 1, K), torch.zeros(1), dilation)
    (gradient,) = torch.autograd.grad(h[0, 0, -1], x)
    reached = gradient[0, 0].nonzero().flatten()
    assert reached[-1] - reached[0] + 1 == field


@pytest.mark.parametrize("dilation", [1, 3])
def test_the_block_is_its_formula(dilation):
    block = reference.GatedResidualBlock(3, 2, dilation)
    for name in ("filter", "gate", "residual", "skip"):
        (bias,) = drawn(len(name), (3,))
        setattr(block, f"{name}_bias", bias)
    (x,) = drawn(dilation, (2, 3, 7))
    z = convolved(x, block.filter_weight, block.filter_bias, dilation).tanh()
    z = z / (1 + (-convolved(x, block.gate_weight, block.gate_bias, dilation)).exp())
    residual, skip = block(x)
    torch.testing.assert_close(residual, x + convolved(z, block.residual_weight, block.residual_bias, 1))
    torch.testing.assert_close(skip, convolved(z, block.skip_weight, block.skip_bias, 1))


@pytest.mark.parametrize("block_size", [2, 4, 8])
def test_the_sweep_is_the_tree_window_by_window(block_size):
    model = reference.build_wavenet(7, block_size, 3, 5)
    generator = torch.Generator().manual_seed(block_size)
    X = torch.randint(7, (2, block_size + 9), generator=generator)
    for _ in range(3):
        model(torch.randint(7, (16, block_size), generator=generator))  # so that the running statistics move
    for layer in model.layers:
        layer.training = False
    slid = reference.tree_as_convolution(model)(X)
    windows = [model(X[:, i : i + block_size]) for i in range(10)]
    torch.testing.assert_close(slid, torch.stack(windows, 1))


def test_a_new_tree_is_about_as_surprised_as_it_should_be():
    torch.manual_seed(0)
    logits = reference.build_wavenet(27, 8, 10, 68)(torch.randint(27, (400, 8)))
    surprise = nn.functional.cross_entropy(logits, torch.randint(27, (400,))).item()
    assert surprise == pytest.approx(math.log(27), abs=0.05)


@pytest.mark.parametrize("block_size", [0, 1, 3, 6, 12])
def test_other_sizes_are_refused(block_size):
    with pytest.raises(ValueError, match="power of two"):
        reference.build_wavenet(5, block_size, 2, 3)


def test_shapes_through_leaves_the_model_alone():
    model = reference.build_wavenet(7, 4, 3, 5)
    shapes = reference.shapes_through(model, torch.zeros(2, 4, dtype=torch.long))
    assert [shape for _, shape in shapes[:4]] == [(2, 4, 3), (2, 2, 6), (2, 2, 5), (2, 2, 5)]
    assert shapes[-1] == ("Linear", (2, 7))
    assert not model.layers[3].running_mean.any()
    assert not any(hasattr(layer, "out") for layer in model.layers)


@pytest.mark.parametrize(("length", "window"), [(12, 3), (14, 4), (5, 1), (6, 6)])
def test_smoothing_is_the_mean_of_each_slice(length, window):
    losses = drawn(length, (length,))[0].tolist()
    means = [sum(losses[i : i + window]) / window for i in range(0, length - window + 1, window)]
    torch.testing.assert_close(reference.smooth_losses(losses, window), torch.tensor(means))
