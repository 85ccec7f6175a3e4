"""Part 6's second oracles, in float64: sums written out, torch's transformer layers, and finite differences."""

import math

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from reference import part6_gpt as reference

pytestmark = pytest.mark.usefixtures("float64")

SEEDS = range(3)
B, T, C, HEADS, SIZE, BLOCK = 2, 4, 6, 3, 2, 5


def drawn(seed, *shapes):
    generator = torch.Generator().manual_seed(seed)
    return [torch.randn(shape, generator=generator) for shape in shapes]


def random_weights(layer, seed=0):
    """The layer with random numbers in all of its parameters, biases and gains included."""
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for parameter in layer.parameters():
            parameter.copy_(0.7 * torch.randn(parameter.shape, generator=generator) + 0.1)
    return layer


def summed(q, k, v, causal):
    """Attention of 2-D q, k and v, number by number."""
    rows = []
    for t, query in enumerate(q.tolist()):
        keys = k.tolist()[: t + 1 if causal else None]
        powers = [math.exp(sum(a * b for a, b in zip(query, key, strict=True)) / len(query) ** 0.5) for key in keys]
        rows.append(sum(power / sum(powers) * value for power, value in zip(powers, v, strict=False)))
    return torch.stack(rows)


def test_drawn_numbers_are_double():
    assert drawn(0, (2, 3))[0].dtype == torch.float64


def test_a_tokenizer_numbers_the_sorted_characters_and_brings_a_text_back():
    tokenizer = reference.CharTokenizer("hello\nWörld")
    assert [tokenizer.itos[i] for i in range(tokenizer.vocab_size)] == sorted(set("hello\nWörld"))
    assert tokenizer.decode(tokenizer.encode("World")[:1]) == "W"
    assert tokenizer.decode(tokenizer.encode("drew\n".replace("ew", "öl"))) == "dröl\n"


@pytest.mark.parametrize("seed", SEEDS)
def test_a_batch_is_two_slices_of_the_data(seed):
    data = torch.arange(20) ** 2
    x, y = reference.get_batch(data, 4, 50, torch.Generator().manual_seed(seed))
    starts = torch.randint(16, (50,), generator=torch.Generator().manual_seed(seed)).tolist()
    assert x.tolist() == [data[i : i + 4].tolist() for i in starts]
    assert y.tolist() == [data[i + 1 : i + 5].tolist() for i in starts]


@pytest.mark.parametrize("average", [reference.average_past_loop, reference.average_past_softmax])
def test_averages_of_the_past_are_means_of_slices(average):
    (x,) = drawn(1, (B, T, C))
    for t in range(T):
        torch.testing.assert_close(average(x)[:, t], x[:, : t + 1].mean(1))


@pytest.mark.parametrize("causal", [True, False])
@pytest.mark.parametrize("seed", SEEDS)
def test_attention_is_a_weighted_sum(seed, causal):
    q, k, v = drawn(seed, (T, SIZE), *[(T if causal else 7, SIZE)] * 2)
    torch.testing.assert_close(reference.attention(q, k, v, causal), summed(q, k, v, causal))


def test_a_head_is_causal_attention_of_three_linear_layers():
    head = random_weights(reference.Head(C, SIZE, BLOCK, 0.0))
    (x,) = drawn(2, (B, T, C))
    rows = [summed(x_ @ head.query.weight.T, x_ @ head.key.weight.T, x_ @ head.value.weight.T, True) for x_ in x]
    torch.testing.assert_close(head(x), torch.stack(rows))


def test_cross_attention_asks_the_context():
    layer = random_weights(reference.CrossAttention(C, 5, SIZE))
    x, context = drawn(3, (B, T, C), (B, 7, 5))
    rows = [
        summed(x_ @ layer.query.weight.T, c @ layer.key.weight.T, c @ layer.value.weight.T, False)
        for x_, c in zip(x, context, strict=True)
    ]
    torch.testing.assert_close(layer(x, context), torch.stack(rows))


def test_several_heads_are_torchs_multi_head_attention():
    layer = random_weights(reference.MultiHeadAttention(C, HEADS, SIZE, BLOCK, 0.0))
    theirs = torchs_heads(nn.MultiheadAttention(C, HEADS, batch_first=True), layer)
    (x,) = drawn(4, (B, T, C))
    future = torch.ones(T, T, dtype=torch.bool).triu(1)
    torch.testing.assert_close(layer(x), theirs(x, x, x, attn_mask=future, need_weights=False)[0])


def torchs_heads(theirs, ours):
    """torch's layer with the weights of our heads."""
    names = ("query", "key", "value")
    stacked = torch.cat([torch.cat([getattr(head, name).weight for head in ours.heads]) for name in names])
    with torch.no_grad():
        theirs.in_proj_weight.copy_(stacked)
        theirs.in_proj_bias.zero_()
    theirs.out_proj.load_state_dict(ours.proj.state_dict())
    return theirs


def torchs_block(ours):
    """torch's pre-norm encoder layer with the weights of our block."""
    theirs = nn.TransformerEncoderLayer(C, HEADS, 4 * C, 0.0, F.relu, batch_first=True, norm_first=True)
    torchs_heads(theirs.self_attn, ours.sa)
    pairs = (
        (theirs.linear1, ours.ffwd.net[0]),
        (theirs.linear2, ours.ffwd.net[2]),
        (theirs.norm1, ours.ln1),
        (theirs.norm2, ours.ln2),
    )
    for one, other in pairs:
        one.load_state_dict(other.state_dict())
    return theirs


@pytest.mark.parametrize("seed", SEEDS)
def test_a_block_is_torchs_encoder_layer_with_a_mask(seed):
    block = random_weights(reference.Block(C, HEADS, BLOCK, 0.0), seed)
    (x,) = drawn(seed, (B, T, C))
    future = torch.ones(T, T, dtype=torch.bool).triu(1)
    torch.testing.assert_close(block(x), torchs_block(block)(x, src_mask=future))


def test_a_feed_forward_network_is_two_layers_and_a_relu():
    layer = random_weights(reference.FeedForward(C, 0.0))
    (x,) = drawn(5, (B, T, C))
    expected = layer.net[2](torch.relu(layer.net[0](x)))
    assert layer.net[0].out_features == 4 * C
    torch.testing.assert_close(layer(x), expected)


def test_layer_norm_is_its_formula():
    layer = random_weights(reference.LayerNorm(C, 0.1))
    (x,) = drawn(6, (B, T, C))
    for row, out in zip(x.flatten(0, 1), layer(x).flatten(0, 1), strict=True):
        mean = sum(row) / C
        variance = sum((number - mean) ** 2 for number in row) / C
        torch.testing.assert_close(out, layer.weight * (row - mean) / (variance + 0.1).sqrt() + layer.bias)


def test_dropout_drops_and_rescales_in_training_alone():
    layer, x = reference.Dropout(0.25), torch.ones(40_000)
    values, counts = layer(x).unique(return_counts=True)
    torch.testing.assert_close(values, torch.tensor([0.0, 4 / 3]))
    assert abs(counts[0].item() / len(x) - 0.25) < 6 * (0.25 * 0.75 / len(x)) ** 0.5
    assert layer.eval()(x).equal(x)


@pytest.mark.parametrize("seed", SEEDS)
def test_a_gpt_is_two_embeddings_a_torch_encoder_and_a_linear_layer(seed):
    gpt = random_weights(reference.GPT(9, C, HEADS, 2, BLOCK, 0.0), seed)
    generator = torch.Generator().manual_seed(seed)
    idx, targets = (torch.randint(9, (B, T), generator=generator) for _ in range(2))
    x = gpt.token_embedding_table(idx) + gpt.position_embedding_table(torch.arange(T))
    future = torch.ones(T, T, dtype=torch.bool).triu(1)
    for block in gpt.blocks:
        x = torchs_block(block)(x, src_mask=future)
    expected = gpt.lm_head(gpt.ln_f(x))
    logits, loss = gpt(idx, targets)
    torch.testing.assert_close(logits, expected)
    torch.testing.assert_close(loss, F.cross_entropy(expected.transpose(1, 2), targets))
    assert gpt(idx)[1] is None


def test_tokens_are_drawn_by_a_race_of_exponentials():
    gpt = random_weights(reference.GPT(9, C, HEADS, 1, BLOCK, 0.0))
    start = torch.tensor([[3], [8]])
    written = reference.generate(gpt, start, 9, BLOCK, torch.Generator().manual_seed(5))
    generator, idx = torch.Generator().manual_seed(5), start
    for _ in range(9):
        probs = gpt(idx[:, -BLOCK:])[0][:, -1].softmax(-1).float()
        waits = torch.empty_like(probs).exponential_(1, generator=generator)
        idx = torch.cat([idx, (probs / waits).argmax(-1, keepdim=True)], 1)
    assert written.tolist() == idx.tolist()


def test_an_estimate_is_the_mean_of_losses_without_dropout():
    gpt = random_weights(reference.GPT(9, C, HEADS, 1, BLOCK, 0.5))
    splits = {name: torch.randint(9, (n,)) for name, n in (("train", 30), ("dev", 12))}
    estimates = reference.estimate_loss(gpt, splits, 4, 3, 6, torch.Generator().manual_seed(2))
    assert gpt.training
    gpt.eval()
    generator = torch.Generator().manual_seed(2)
    for name, data in splits.items():
        losses = [gpt(*reference.get_batch(data, 4, 3, generator))[1].item() for _ in range(6)]
        assert estimates[name] == pytest.approx(sum(losses) / 6)


@pytest.mark.parametrize("causal", [True, False])
@pytest.mark.parametrize("seed", SEEDS)
def test_the_gradients_of_attention_are_finite_differences(seed, causal):
    q, k, v, dout = drawn(seed, (T, SIZE), *[(T if causal else 3, SIZE)] * 2, (T, SIZE))
    inputs, step = [q, k, v], 1e-5
    for place, gradient in enumerate(reference.attention_backward(dout, q, k, v, causal)):
        for index in range(gradient.numel()):
            ends = []
            for sign in (1, -1):
                moved = [x.clone() for x in inputs]
                moved[place].view(-1)[index] += sign * step
                ends.append((summed(*moved, causal) * dout).sum().item())
            assert gradient.view(-1)[index].item() == pytest.approx((ends[0] - ends[1]) / (2 * step), abs=1e-8)
