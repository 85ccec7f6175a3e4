"""Part 6, trusted: torch's fused attention, its layers in functional form, and autograd.

The modules have the parameter names that the exercises ask for, and none of their steps: the heads of a layer are
stacked and go through torch's attention together, embeddings are one-hot products, past averages are running sums.

Sources: A. Karpathy, "Let's build GPT: from scratch, in code, spelled out"; A. Vaswani et al., "Attention Is All You
Need" (2017); J. Ba, J. Kiros, G. Hinton, "Layer Normalization" (2016); N. Srivastava et al., "Dropout: A Simple Way to
Prevent Neural Networks from Overfitting" (2014).
"""

import torch
import torch.nn.functional as F
from torch import nn


class CharTokenizer:
    """Characters to numbers by their place in the sorted vocabulary of a text."""

    def __init__(self, text):
        self._characters = "".join(dict.fromkeys(sorted(text)))
        self.vocab_size = len(self._characters)
        self.stoi = {character: self._characters.index(character) for character in self._characters}
        self.itos = {number: character for character, number in self.stoi.items()}

    def encode(self, text):
        """The places of a text's characters."""
        return [self._characters.index(character) for character in text]

    def decode(self, numbers):
        """The characters at these places, as one text."""
        return "".join(map(self._characters.__getitem__, numbers))


def get_batch(data, block_size, batch_size, generator):
    """Random windows of the data (N,), and the same windows one step later: (batch_size, block_size) each."""
    windows = data.unfold(0, block_size + 1, 1)  # every window of the data, with its last target
    chosen = windows[torch.randint(len(windows), (batch_size,), generator=generator)]
    return chosen[:, :-1].contiguous(), chosen[:, 1:].contiguous()


def average_past_loop(x):
    """The mean of each position of x (B, T, C) and all before it, from running sums."""
    return x.cumsum(1) / torch.arange(1, x.shape[1] + 1).to(x).view(-1, 1)


def average_past_matmul(x):
    """The same (B, T, C): each weight 1 / (t + 1) is written down, and Einstein's sum multiplies."""
    place = torch.arange(x.shape[1])
    weights = (place[:, None] >= place) / (place[:, None] + 1).to(x)
    return torch.einsum("ts,bsc->btc", weights, x)


def average_past_softmax(x):
    """The same (B, T, C), as torch's attention between zeros: all that may be seen is equally interesting."""
    nothing = torch.zeros_like(x)
    return F.scaled_dot_product_attention(nothing, nothing, x, is_causal=True)


def attention(q, k, v, causal):
    """Scaled dot-product attention, as torch has it: q (B, T, D), k (B, S, D) and v (B, S, D) to (B, T, D)."""
    return F.scaled_dot_product_attention(q, k, v, is_causal=causal)


class Dropout(nn.Module):
    """Inverted dropout of a tensor (...), as torch has it."""

    def __init__(self, p):
        super().__init__()
        self.p = p

    def forward(self, x):
        """(...) to (...)."""
        return F.dropout(x, self.p, self.training)


class _Asking(nn.Module):
    """Key, query and value layers without bias."""

    def __init__(self, n_query, n_key, head_size):
        super().__init__()
        self.key = nn.Linear(n_key, head_size, bias=False)
        self.query = nn.Linear(n_query, head_size, bias=False)
        self.value = nn.Linear(n_key, head_size, bias=False)


class Head(_Asking):
    """A causal head, (B, T, n_embd) to (B, T, head_size): torch makes the mask and drops the weights."""

    def __init__(self, n_embd, head_size, block_size, dropout):
        super().__init__(n_embd, n_embd, head_size)
        self.p = dropout

    def forward(self, x):
        """(B, T, n_embd) to (B, T, head_size)."""
        return _heads([self], x, self.p if self.training else 0.0)[:, 0]


class CrossAttention(_Asking):
    """Queries from x (B, T, n_embd), keys and values from the context (B, S, n_context)."""

    def __init__(self, n_embd, n_context, head_size):
        super().__init__(n_embd, n_context, head_size)

    def forward(self, x, context):
        """(B, T, n_embd) and (B, S, n_context) to (B, T, head_size)."""
        return F.scaled_dot_product_attention(self.query(x), self.key(context), self.value(context))


def _heads(heads, x, dropout):
    """All heads at once: (B, heads, T, head_size)."""
    stacked = (torch.stack([getattr(head, name).weight for head in heads]) for name in ("query", "key", "value"))
    q, k, v = (torch.einsum("btc,hdc->bhtd", x, weight) for weight in stacked)
    return F.scaled_dot_product_attention(q, k, v, is_causal=True, dropout_p=dropout)


class MultiHeadAttention(nn.Module):
    """Stacked heads of (B, T, n_embd), then a projection of each head's own columns, summed."""

    def __init__(self, n_embd, num_heads, head_size, block_size, dropout):
        super().__init__()
        self.heads = nn.ModuleList(Head(n_embd, head_size, block_size, dropout) for _ in range(num_heads))
        self.proj = nn.Linear(num_heads * head_size, n_embd)
        self.p = dropout

    def forward(self, x):
        """(B, T, n_embd) to (B, T, n_embd)."""
        outputs = _heads(self.heads, x, self.p if self.training else 0.0)
        weight = self.proj.weight.view(-1, len(self.heads), outputs.shape[-1])
        mixed = torch.einsum("bhtd,chd->btc", outputs, weight) + self.proj.bias
        return F.dropout(mixed, self.p, self.training)


class FeedForward(nn.Module):
    """The two layers of (..., n_embd), in functional form."""

    def __init__(self, n_embd, dropout):
        super().__init__()
        self.net = nn.Sequential(nn.Linear(n_embd, 4 * n_embd), nn.Identity(), nn.Linear(4 * n_embd, n_embd))
        self.p = dropout

    def forward(self, x):
        """(..., n_embd) to (..., n_embd)."""
        first, _, second = self.net
        hidden = torch.clamp(F.linear(x, first.weight, first.bias), min=0)
        return F.dropout(F.linear(hidden, second.weight, second.bias), self.p, self.training)


class LayerNorm(nn.Module):
    """torch's layer norm of (..., dim) over the last dimension."""

    def __init__(self, dim, eps=1e-5):
        super().__init__()
        self.eps = eps
        self.weight = nn.Parameter(torch.ones(dim))
        self.bias = nn.Parameter(torch.zeros(dim))

    def forward(self, x):
        """(..., dim) to (..., dim)."""
        return F.layer_norm(x, self.weight.shape, self.weight, self.bias, self.eps)


class Block(nn.Module):
    """The pre-norm block of (B, T, n_embd); its test compares it with torch's own."""

    def __init__(self, n_embd, n_head, block_size, dropout):
        super().__init__()
        self.sa = MultiHeadAttention(n_embd, n_head, n_embd // n_head, block_size, dropout)
        self.ffwd = FeedForward(n_embd, dropout)
        self.ln1 = nn.LayerNorm(n_embd)
        self.ln2 = nn.LayerNorm(n_embd)

    def forward(self, x):
        """(B, T, n_embd) to (B, T, n_embd)."""
        middle = torch.add(self.sa(self.ln1(x)), x)
        return torch.add(self.ffwd(self.ln2(middle)), middle)


class GPT(nn.Module):
    """The decoder of idx (B, T), int64: embeddings by one-hot products, the loss from log_softmax."""

    def __init__(self, vocab_size, n_embd, n_head, n_layer, block_size, dropout):
        super().__init__()
        self.token_embedding_table = nn.Embedding(vocab_size, n_embd)
        self.position_embedding_table = nn.Embedding(block_size, n_embd)
        self.blocks = nn.ModuleList(Block(n_embd, n_head, block_size, dropout) for _ in range(n_layer))
        self.ln_f = nn.LayerNorm(n_embd)
        self.lm_head = nn.Linear(n_embd, vocab_size)

    def forward(self, idx, targets=None):
        """Logits (B, T, vocab_size) of idx (B, T), and the mean loss or None."""
        tokens, positions = self.token_embedding_table.weight, self.position_embedding_table.weight
        x = F.one_hot(idx, len(tokens)).to(tokens) @ tokens + positions[: idx.shape[1]]
        for block in self.blocks:
            x = block(x)
        logits = self.lm_head(self.ln_f(x))
        if targets is None:
            return logits, None
        return logits, -logits.log_softmax(-1).gather(-1, targets.unsqueeze(-1)).mean()


def generate(model, idx, max_new_tokens, block_size, generator):
    """idx (B, T) and max_new_tokens more: one multinomial draw a step from the softmax of the last logits.

    The draws are made in float32, because other precisions draw other numbers.
    """
    tokens = list(idx.unbind(1))
    while len(tokens) < idx.shape[1] + max_new_tokens:
        last = model(torch.stack(tokens[-block_size:], 1))[0].select(1, -1)
        probs = (last - last.logsumexp(-1, keepdim=True)).exp().float()
        tokens.append(torch.multinomial(probs, 1, generator=generator).squeeze(1))
    return torch.stack(tokens, 1)


def estimate_loss(model, splits, block_size, batch_size, eval_iters, generator):
    """A dict of floats: the mean loss of each split (N,) by name, over eval_iters batches, in evaluation mode."""
    with torch.no_grad():
        model.train(False)
        estimates = {
            name: torch.stack(
                [model(*get_batch(data, block_size, batch_size, generator))[1] for _ in range(eval_iters)]
            )
            for name, data in splits.items()
        }
        model.train(True)
    return {name: losses.mean().item() for name, losses in estimates.items()}


def attention_backward(dout, q, k, v, causal):
    """(dq, dk, dv), shaped as q, k and v, of torch's attention by autograd; dout is the incoming gradient (B, T, D)."""
    leaves = [x.detach().clone().requires_grad_() for x in (q, k, v)]
    with torch.enable_grad():
        return torch.autograd.grad((attention(*leaves, causal) * dout).sum(), leaves)
