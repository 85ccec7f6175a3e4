"""Part 2's second oracles, in float64: torch's layers and optimizer, formulas written out, and differences."""

import math

import pytest
import torch
from torch import nn

from reference import part2_mlp as reference

pytestmark = pytest.mark.usefixtures("float64")

SEEDS = range(3)


def network(seed, N=6, V=8, block=3, E=4, H=5):
    """Parameters and examples, in float64."""
    rng = torch.Generator().manual_seed(seed)
    shapes = (V, E), (block * E, H), (H,), (H, V), (V,)
    params = [torch.randn(shape, generator=rng) / 2 for shape in shapes]
    return params, torch.randint(V, (N, block), generator=rng), torch.randint(V, (N,), generator=rng)


def layers(params):
    """The same network of torch's layers."""
    C, W1, b1, W2, b2 = [p.clone() for p in params]
    model = nn.Sequential(nn.Embedding(*C.shape), nn.Flatten(), nn.Linear(*W1.shape), nn.Tanh(), nn.Linear(*W2.shape))
    weights = {"0.weight": C, "2.weight": W1.T, "2.bias": b1, "4.weight": W2.T, "4.bias": b2}
    model.load_state_dict(weights)
    return model


def written_out(logits, Y):
    """The mean cross-entropy as the formula says it, for small logits."""
    rows = logits.tolist()
    losses = [math.log(sum(map(math.exp, row))) - row[y] for row, y in zip(rows, Y.tolist(), strict=True)]
    return sum(losses) / len(losses)


def slope(function, x, step=1e-6):
    """The gradient of a function of one tensor by central differences."""
    gradient = torch.zeros_like(x)
    for i in range(x.numel()):
        up, down = x.clone(), x.clone()
        up.view(-1)[i] += step
        down.view(-1)[i] -= step
        gradient.view(-1)[i] = (function(up) - function(down)) / (2 * step)
    return gradient


def test_the_examples_are_those_of_a_walk_over_the_words():
    stoi = {character: i for i, character in enumerate(".zyxab")}
    words, examples = ["zax", "b", "yyabz"], []
    for word in words:
        seen = ".."
        for character in word + ".":
            examples.append(([stoi[c] for c in seen[-2:]], stoi[character]))
            seen += character
    X, Y = reference.build_dataset(words, stoi, 2)
    assert list(zip(X.tolist(), Y.tolist(), strict=True)) == examples


@pytest.mark.parametrize("count", [10, 15, 37, 208])
def test_a_split_is_the_shuffled_list_in_three_pieces(count):
    import random

    words = [f"w{i}" for i in range(count)]
    train, dev, test = reference.split_words(words, 5)
    random.seed(5)
    random.shuffle(words)
    assert train + dev + test == words
    assert (len(train), len(train + dev)) == (int(0.8 * count), int(0.9 * count))


@pytest.mark.parametrize("seed", SEEDS)
def test_lookup_product_and_layer_agree(seed):
    (C, *_), X, _ = network(seed)
    layer = nn.Embedding.from_pretrained(C)
    for embed in (reference.embed, reference.embed_one_hot):
        torch.testing.assert_close(embed(C, X), layer(X))
    rows = [torch.cat([C[i] for i in row]) for row in X]
    torch.testing.assert_close(reference.concat_embeddings(layer(X)), torch.stack(rows))


@pytest.mark.parametrize("seed", SEEDS)
def test_the_network_is_that_of_the_layers(seed):
    params, X, Y = network(seed)
    logits = reference.mlp_forward(params, X)
    torch.testing.assert_close(logits, layers(params)(X))
    loss = reference.cross_entropy(logits, Y).item()
    assert loss == pytest.approx(nn.CrossEntropyLoss()(logits, Y).item())
    assert loss == pytest.approx(written_out(logits, Y))
    assert loss == pytest.approx(reference.evaluate(params, X, Y))


@pytest.mark.parametrize("seed", SEEDS)
def test_the_gradient_of_the_loss_is_its_slope(seed):
    params, X, Y = network(seed)
    logits = reference.mlp_forward(params, X).requires_grad_()
    reference.cross_entropy(logits, Y).backward()
    expected = slope(lambda z: written_out(z, Y), logits.detach())
    torch.testing.assert_close(logits.grad, expected, atol=1e-8, rtol=1e-6)


@pytest.mark.parametrize("seed", SEEDS)
def test_a_step_goes_against_the_slope_of_the_loss(seed):
    params, X, Y = network(seed, N=3, V=5, block=2, E=2, H=3)
    moved = [p.clone() for p in params]
    assert reference.train_step(moved, X, Y, 0.3) == pytest.approx(reference.evaluate(params, X, Y))
    for i, (old, new) in enumerate(zip(params, moved, strict=True)):
        others = lambda p, i=i: reference.evaluate([*params[:i], p, *params[i + 1 :]], X, Y)  # noqa: E731
        torch.testing.assert_close(new, old - 0.3 * slope(others, old), atol=1e-8, rtol=1e-6)


def test_a_sweep_is_sgd_on_the_layers_with_another_rate_each_step():
    params, X, Y = network(7, N=30)
    model = layers(params)
    generator = torch.Generator().manual_seed(3)
    rates, losses = reference.find_lr(params, X, Y, -2.0, 0.0, 5, 4, generator)
    assert rates == pytest.approx([10 ** (-2 + i / 2) for i in range(5)])
    generator.manual_seed(3)
    for rate, loss in zip(rates, losses, strict=True):
        rows = torch.randint(0, 30, (4,), generator=generator)
        now = nn.CrossEntropyLoss()(model(X[rows]), Y[rows])
        assert loss == pytest.approx(now.item())
        model.zero_grad()
        now.backward()
        for p in model.parameters():
            p.data -= rate * p.grad
    torch.testing.assert_close(params[0], model[0].weight.data)
    torch.testing.assert_close(params[1], model[2].weight.data.T)


def test_a_batch_holds_rows_with_their_answers():
    X, Y = torch.arange(40).view(20, 2), torch.arange(20)
    Xb, Yb = reference.minibatch(X, Y, 50, torch.Generator().manual_seed(1))
    assert torch.equal(Xb[:, 0], 2 * Yb)
    assert set(Yb.tolist()) <= set(range(20))


def test_the_rate_drops_once():
    rates = [reference.lr_at(step, 20, 0.5) for step in range(20)]
    assert rates == pytest.approx([0.5] * 14 + [0.05] * 6)
