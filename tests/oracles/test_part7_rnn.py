"""Part 7's second oracles, in float64: autograd, torch's layers, its cross-entropy and its eigenvalues."""

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from reference import part7_rnn as reference

pytestmark = pytest.mark.usefixtures("float64")

SEEDS = range(3)


def drawn(seed, *shapes):
    generator = torch.Generator().manual_seed(seed)
    return [0.7 * torch.randn(shape, generator=generator) for shape in shapes]


def sequence(seed, T=5, B=3, I=4, H=6):  # noqa: E741
    return drawn(seed, (T, B, I), (B, H), (H, I), (H, H), (H,))


def test_drawn_numbers_are_double():
    assert sequence(0)[0].dtype == torch.float64


@pytest.mark.parametrize("seed", SEEDS)
def test_the_plain_cell_is_a_tanh_of_two_products(seed):
    x, h, W_ih, W_hh, b = sequence(seed)
    expected = torch.tanh(torch.einsum("bi,hi->bh", x[0], W_ih) + torch.einsum("bj,hj->bh", h, W_hh) + b)
    torch.testing.assert_close(reference.rnn_cell(x[0], h, W_ih, W_hh, b), expected)


@pytest.mark.parametrize("seed", SEEDS)
def test_a_sequence_is_a_loop_over_torchs_cell_and_equals_its_layer(seed):
    x, h0, W_ih, W_hh, b = sequence(seed)
    states, last = reference.rnn_forward(x, h0, W_ih, W_hh, b)
    layer, cell = nn.RNN(4, 6), nn.RNNCell(4, 6)
    for module, suffix in ((layer, "_l0"), (cell, "")):
        weights = {"weight_ih": W_ih, "weight_hh": W_hh, "bias_ih": 0.25 * b, "bias_hh": 0.75 * b}
        module.load_state_dict({name + suffix: value for name, value in weights.items()})
    h, looped = h0, []
    for x_t in x:
        h = cell(x_t, h)
        looped.append(h)
    output, hidden = layer(x, h0.unsqueeze(0))
    for answer, one, other in ((states, output, torch.stack(looped)), (last, hidden[0], h)):
        torch.testing.assert_close(answer, one)
        torch.testing.assert_close(answer, other)


@pytest.mark.parametrize("seed", SEEDS)
def test_backprop_through_time_is_what_autograd_gives(seed):
    leaves = [value.requires_grad_() for value in sequence(seed)]
    states, _ = reference.rnn_forward(*leaves)
    (dstates,) = drawn(seed + 100, states.shape)
    expected = torch.autograd.grad((states * dstates).sum(), leaves)
    x, h0, W_ih, W_hh, _ = (leaf.detach() for leaf in leaves)
    answer = reference.backprop_through_time(dstates, x, h0, states.detach(), W_ih, W_hh)
    for one, other in zip(answer, expected, strict=True):
        torch.testing.assert_close(one, other)


@pytest.mark.parametrize("seed", SEEDS)
def test_the_norms_through_time_are_those_of_autograds_gradients(seed):
    x, h, W_ih, W_hh, b = sequence(seed)
    states = []
    for x_t in x:
        h = reference.rnn_cell(x_t, h.requires_grad_(), W_ih, W_hh, b)
        states.append(h)
    (dlast,) = drawn(seed + 100, h.shape)
    gradients = torch.autograd.grad((h * dlast).sum(), states)
    expected = torch.stack([gradient.norm() for gradient in gradients])
    answer = reference.gradient_norms_through_time(dlast, torch.stack(states).detach(), W_hh)
    torch.testing.assert_close(answer, expected)


@pytest.mark.parametrize("chunk", [1, 2, 3, 5, 9])
def test_a_truncated_pass_is_a_loop_that_detaches(chunk):
    leaves = [value.requires_grad_() for value in sequence(chunk)]
    answer = reference.truncated_forward(*leaves, chunk)
    x, h, *weights = leaves
    states = []
    for t, x_t in enumerate(x):
        h = reference.rnn_cell(x_t, h.detach() if t and t % chunk == 0 else h, *weights)
        states.append(h)
    expected = torch.stack(states)
    (dstates,) = drawn(chunk + 100, expected.shape)
    torch.testing.assert_close(answer, expected)
    for one, other in zip(
        torch.autograd.grad((answer * dstates).sum(), leaves),
        torch.autograd.grad((expected * dstates).sum(), leaves),
        strict=True,
    ):
        torch.testing.assert_close(one, other)


def model(seed, V=5, E=3, H=4):
    return drawn(seed, (V, E), (H, E), (H, H), (H,), (V, H), (V,))


def test_a_batch_of_names_is_each_name_padded():
    X, Y = reference.name_batch(["ab", "c"], {".": 0, "a": 1, "b": 2, "c": 3})
    assert X.tolist() == [[0, 0], [1, 3], [2, 0]]
    assert Y.tolist() == [[1, 3], [2, 0], [0, -1]]


@pytest.mark.parametrize("seed", SEEDS)
def test_the_loss_is_torchs_cross_entropy_over_single_names(seed):
    params = model(seed)
    words = ["ab", "c", "dabb"]
    stoi = {c: i for i, c in enumerate(".abcd")}
    X, Y = reference.name_batch(words, stoi)
    total, count = 0.0, 0
    for word in words:
        x, y = reference.name_batch([word], stoi)
        logits = reference.rnn_logits(params, x)[:, 0]
        total, count = total + F.cross_entropy(logits, y[:, 0], reduction="sum"), count + len(y)
    torch.testing.assert_close(reference.rnn_loss(params, X, Y), total / count)
    flat = reference.rnn_logits(params, X).flatten(0, 1)
    torch.testing.assert_close(reference.rnn_loss(params, X, Y), F.cross_entropy(flat, Y.flatten(), ignore_index=-1))


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("max_norm", [0.1, 10.0])
def test_a_step_is_torchs_backward_clipping_and_sgd(seed, max_norm):
    params = [p.requires_grad_() for p in model(seed)]
    twins = [p.detach().clone().requires_grad_() for p in params]
    X, Y = reference.name_batch(["ab", "c"], {c: i for i, c in enumerate(".abcd")})
    loss = reference.rnn_loss(twins, X, Y)
    loss.backward()
    norm = reference.clip_gradients(twins, max_norm)
    squares = [p.grad.square().sum() for p in twins]
    assert torch.stack(squares).sum().sqrt().item() == pytest.approx(min(norm, max_norm), rel=1e-4)
    assert reference.train_step(params, X, Y, 0.5, max_norm) == pytest.approx(loss.item())
    for p, twin in zip(params, twins, strict=True):
        torch.testing.assert_close(p, twin - 0.5 * twin.grad, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("seed", range(8))
def test_gelfands_formula_gives_the_largest_eigenvalue(seed):
    (W,) = drawn(seed, (6, 6))
    scaled = reference.with_spectral_radius(W, 1.3)
    assert torch.linalg.eigvals(scaled).abs().max().item() == pytest.approx(1.3, rel=1e-5)
    torch.testing.assert_close(scaled / scaled[0, 0], W / W[0, 0])


@pytest.mark.parametrize("seed", SEEDS)
def test_the_gated_cell_is_torchs_and_its_formulas(seed):
    x, h, W_ih, W_hh, b_ih, b_hh = drawn(seed, (3, 4), (3, 5), (15, 4), (15, 5), (15,), (15,))
    cell = nn.GRUCell(4, 5)
    cell.load_state_dict({"weight_ih": W_ih, "weight_hh": W_hh, "bias_ih": b_ih, "bias_hh": b_hh})
    answer = reference.gru_cell(x, h, W_ih, W_hh, b_ih, b_hh)
    torch.testing.assert_close(answer, cell(x, h))
    rows = [slice(0, 5), slice(5, 10), slice(10, 15)]
    from_x, from_h = ([F.linear(v, W[r], b[r]) for r in rows] for v, W, b in ((x, W_ih, b_ih), (h, W_hh, b_hh)))
    r, z = (torch.sigmoid(from_x[k] + from_h[k]) for k in (0, 1))
    n = torch.tanh(from_x[2] + r * from_h[2])
    torch.testing.assert_close(answer, h + (1 - z) * (n - h))
