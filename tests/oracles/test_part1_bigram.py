"""Part 1's trusted implementations against a second derivation, in float64 where there are fractions."""

import math

import pytest
import torch
from torch.testing import assert_close

from reference import part1_bigram as reference

WORDS = ["ab", "cabba", "dd", "ab", "bad"]
STOI = {".": 0, "a": 1, "b": 2, "c": 3, "d": 4, "e": 5}


def walked(words):
    """The bigrams by a walk over each word."""
    return [(STOI[a], STOI[b]) for word in words for a, b in zip("." + word, word + ".", strict=True)]


def test_the_vocabulary_is_sorted_and_goes_both_ways():
    stoi, itos = reference.build_vocab(["cab", "bx", "cab"])
    assert stoi == {".": 0, "a": 1, "b": 2, "c": 3, "x": 4}
    assert {stoi[character]: character for character in stoi} == itos
    assert all(type(key) is str and type(value) is int for key, value in stoi.items())


def test_pairs_and_counts_are_those_of_a_walk():
    xs, ys = reference.bigram_pairs(WORDS, STOI)
    assert list(zip(xs.tolist(), ys.tolist(), strict=True)) == walked(WORDS)
    counts = torch.zeros(6, 6, dtype=torch.int64)
    for i, j in walked(WORDS):
        counts[i, j] += 1
    assert torch.equal(reference.bigram_counts(WORDS, STOI), counts)


SHAPES = [(), (1,), (3,), (0,), (2, 3), (2, 1), (1, 3), (4, 2, 3), (4, 1, 1), (2, 0), (3, 1)]


@pytest.mark.parametrize("a", SHAPES)
@pytest.mark.parametrize("b", SHAPES)
def test_shapes_broadcast_as_tensors_do(a, b):
    try:
        right = tuple((torch.zeros(a) + torch.zeros(b)).shape)
    except RuntimeError:
        with pytest.raises(ValueError, match="shape"):
            reference.broadcast_shape(a, b)
    else:
        assert reference.broadcast_shape(a, b) == right


@pytest.mark.parametrize("smoothing", [0, 1, 0.25, 7])
def test_probabilities_are_a_division(smoothing):
    counts = torch.randint(1, 9, (5, 5), generator=torch.Generator().manual_seed(1))
    smoothed = counts.double() + smoothing
    assert_close(
        reference.bigram_probs(counts, smoothing).double(), smoothed / smoothed.sum(1).view(5, 1), rtol=1e-6, atol=0
    )


def test_names_are_drawn_as_often_as_the_table_says():
    probs = torch.tensor([[0.2, 0.5, 0.3], [0.6, 0.1, 0.3], [1.0, 0.0, 0.0]])
    names = reference.sample_names(probs, {0: ".", 1: "a", 2: "b"}, 4000, torch.Generator().manual_seed(3))
    for name, chance in {"": 0.2, "a": 0.3, "b": 0.3, "ab": 0.15, "aa": 0.03}.items():
        deviation = math.sqrt(chance * (1 - chance) / len(names))
        assert abs(names.count(name) / len(names) - chance) < 5 * deviation  # the seed is fixed
    assert not any("ba" in name or "bb" in name for name in names)


def test_the_likelihood_is_a_weighted_sum_over_the_table():
    probs = torch.softmax(torch.randn(6, 6, dtype=torch.float64, generator=torch.Generator().manual_seed(2)), 1)
    counts = reference.bigram_counts(WORDS, STOI)
    assert_close(reference.average_nll(probs, WORDS, STOI), (-counts * probs.log()).sum().item() / counts.sum().item())
    probs[STOI["b"], STOI["a"]] = 0
    assert reference.average_nll(probs, WORDS, STOI) == math.inf


def test_one_hot_is_a_comparison():
    xs = torch.tensor([3, 0, 3])
    assert torch.equal(reference.one_hot(xs, 5), (torch.arange(5) == xs.view(3, 1)).float())


@pytest.mark.parametrize("level", [0.0, 1e4, -1e4])
def test_softmax_is_a_shifted_exponential(level):
    logits = torch.randn(2, 3, 5, dtype=torch.float64, generator=torch.Generator().manual_seed(4)) + level
    counts = torch.exp(logits - logits.amax(-1, keepdim=True))
    assert_close(reference.softmax(logits), counts / counts.sum(-1, keepdim=True))


def network():
    """W, xs and ys, in float64."""
    rng = torch.Generator().manual_seed(5)
    W = torch.randn(6, 6, dtype=torch.float64, generator=rng, requires_grad=True)
    return W, torch.randint(6, (9,), generator=rng), torch.randint(6, (9,), generator=rng)


def test_the_loss_is_that_of_the_one_hot_product():
    W, xs, ys = network()
    probs = torch.softmax(torch.eye(6, dtype=torch.float64)[xs] @ W, 1)
    right = -probs[torch.arange(9), ys].log().mean() + 0.7 * (W**2).mean()
    assert_close(reference.neural_bigram_loss(W, xs, ys, 0.7), right)


def test_the_gradient_on_paper_is_autograds():
    W, xs, ys = network()
    (right,) = torch.autograd.grad(reference.neural_bigram_loss(W, xs, ys, 0.7), W)
    assert_close(reference.loss_gradient(W.detach(), xs, ys, 0.7), right)
    before = W.detach().clone()
    reference.gradient_step(W, xs, ys, 0.3, 0.7)
    assert_close(W.detach(), before - 0.3 * right)


def test_the_counts_are_where_the_gradient_is_zero():
    counts = torch.randint(1, 9, (4, 4), generator=torch.Generator().manual_seed(6))
    xs, ys = (index.repeat_interleave(counts.flatten()) for index in torch.ones(4, 4).nonzero().T)
    assert_close(reference.loss_gradient(counts.double().log(), xs, ys, 0.0), torch.zeros(4, 4, dtype=torch.float64))
