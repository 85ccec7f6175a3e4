# Other right answers to part 6: each cell stands in the place of the solution's. Run by tests/test_forms.py.

# %% CharTokenizer: with loops and a list for itos
class CharTokenizer:
    def __init__(self, text):
        chars = list(set(text))
        chars.sort()
        self.vocab_size = len(chars)
        self.stoi, self.itos = {}, []
        for i, ch in enumerate(chars):
            self.stoi[ch] = i
            self.itos.append(ch)

    def encode(self, text):
        out = []
        for c in text:
            out.append(self.stoi[c])
        return out

    def decode(self, numbers):
        text = ""
        for n in numbers:
            text += self.itos[n]
        return text

# %% CharTokenizer: with lambdas kept in the object, as in the lecture
class CharTokenizer:
    def __init__(self, text):
        chars = sorted(list(set(text)))
        self.vocab_size = len(chars)
        self.stoi = {ch: i for i, ch in enumerate(chars)}
        self.itos = {i: ch for i, ch in enumerate(chars)}
        self.encode = lambda s: [self.stoi[c] for c in s]
        self.decode = lambda l: "".join([self.itos[i] for i in l])

# %% get_batch: two stacks, as in the lecture
def get_batch(data, block_size, batch_size, generator):
    ix = torch.randint(len(data) - block_size, (batch_size,), generator=generator)
    x = torch.stack([data[i : i + block_size] for i in ix])
    y = torch.stack([data[i + 1 : i + block_size + 1] for i in ix])
    return x, y

# %% get_batch: indices by broadcasting
def get_batch(data, block_size, batch_size, generator):
    starts = torch.randint(0, data.shape[0] - block_size, size=(batch_size,), generator=generator)
    places = starts.view(-1, 1) + torch.arange(block_size)
    return data[places], data[places + 1]

# %% get_batch: windows
def get_batch(data, block_size, batch_size, generator):
    windows = data.unfold(0, block_size + 1, 1)
    chosen = windows[torch.randint(0, len(windows), (batch_size,), generator=generator)]
    return chosen[:, :block_size].clone(), chosen[:, 1:].clone()

# %% average_past_loop: two loops, as in the lecture
def average_past_loop(x):
    B, T, C = x.shape
    xbow = torch.zeros((B, T, C))
    for b in range(B):
        for t in range(T):
            xprev = x[b, : t + 1]
            xbow[b, t] = torch.mean(xprev, 0)
    return xbow

# %% average_past_loop: a running sum
def average_past_loop(x):
    total, rows = 0, []
    for t in range(x.shape[1]):
        total = total + x[:, t]
        rows.append(total / (t + 1))
    return torch.stack(rows, dim=1)

# %% average_past_loop: a running mean
def average_past_loop(x):
    means = [x[:, 0]]
    for t in range(1, x.size(1)):
        means.append(means[-1] + (x[:, t] - means[-1]) / (t + 1))
    return torch.cat([mean.unsqueeze(1) for mean in means], dim=1)

# %% average_past_matmul: as in the lecture
def average_past_matmul(x):
    B, T, C = x.shape
    wei = torch.tril(torch.ones(T, T))
    wei = wei / wei.sum(1, keepdim=True)
    return wei @ x

# %% average_past_matmul: with einsum, weights by hand
def average_past_matmul(x):
    T = x.size(1)
    wei = torch.zeros(T, T)
    for t in range(T):
        wei[t, : t + 1] = 1 / (t + 1)
    return torch.einsum("ts,bsc->btc", wei, x)

# %% average_past_matmul: in place, bmm
def average_past_matmul(x):
    a = torch.ones(x.shape[1], x.shape[1], dtype=x.dtype).tril_()
    a /= a.sum(axis=-1, keepdims=True)
    return torch.bmm(a.expand(x.shape[0], -1, -1), x)

# %% average_past_matmul: the product written out
def average_past_matmul(x):
    T = x.shape[1]
    weights = torch.ones(T, T).tril() / torch.arange(1, T + 1).view(T, 1)
    return (weights.view(T, T, 1) * x.unsqueeze(1)).sum(2)

# %% average_past_softmax: as in the lecture
def average_past_softmax(x):
    T = x.shape[1]
    tril = torch.tril(torch.ones(T, T))
    wei = torch.zeros((T, T))
    wei = wei.masked_fill(tril == 0, float("-inf"))
    wei = F.softmax(wei, dim=-1)
    return wei @ x

# %% average_past_softmax: adding a triangle of minus infinity
def average_past_softmax(x):
    T = x.shape[1]
    scores = torch.full((T, T), -torch.inf).triu(diagonal=1)
    return scores.softmax(1) @ x

# %% average_past_softmax: a large negative number
def average_past_softmax(x):
    T = x.size(-2)
    scores = torch.where(torch.ones(T, T).tril().bool(), 0.0, -1e9)
    e = torch.exp(scores)
    return torch.matmul(e / e.sum(dim=1, keepdim=True), x)

# %% attention: as in the lecture
def attention(q, k, v, causal):
    T, hs = q.shape[-2:]
    wei = q @ k.transpose(-2, -1) * hs**-0.5
    if causal:
        tril = torch.tril(torch.ones(T, T))
        wei = wei.masked_fill(tril[:T, :T] == 0, float("-inf"))
    wei = F.softmax(wei, dim=-1)
    return wei @ v

# %% attention: with einsum and a softmax by hand
def attention(q, k, v, causal):
    scores = torch.einsum("...td,...sd->...ts", q, k) / q.size(-1) ** 0.5
    if causal:
        T, S = scores.shape[-2:]
        later = torch.arange(S)[None, :] > torch.arange(T)[:, None]
        scores = torch.where(later, torch.tensor(-1e30), scores)
    e = torch.exp(scores - scores.max(dim=-1, keepdim=True).values)
    return torch.einsum("...ts,...sd->...td", e / e.sum(-1, keepdim=True), v)

# %% attention: the queries are scaled, the mask is added
def attention(q, k, v, causal):
    scores = torch.matmul(q / math.sqrt(q.shape[-1]), k.mT)
    if causal:
        scores = scores + torch.full(scores.shape[-2:], float("-inf")).triu(1)
    return torch.matmul(scores.softmax(dim=-1), v)

# %% attention: row by row
def attention(q, k, v, causal):
    rows = []
    for t in range(q.shape[-2]):
        keys, values = (k[..., : t + 1, :], v[..., : t + 1, :]) if causal else (k, v)
        scores = (keys * q[..., t : t + 1, :]).sum(-1) / q.shape[-1] ** 0.5
        weights = torch.softmax(scores, -1).unsqueeze(-1)
        rows.append((weights * values).sum(-2))
    return torch.stack(rows, -2)

# %% Dropout: with bernoulli
class Dropout(nn.Module):
    def __init__(self, p):
        super().__init__()
        self.keep = 1 - p

    def forward(self, x):
        if self.training:
            return x * torch.bernoulli(torch.full_like(x, self.keep)) / self.keep
        return x

# %% Dropout: with where
class Dropout(nn.Module):
    def __init__(self, p=0.5):
        super().__init__()
        self.p = p

    def forward(self, x):
        if not self.training or self.p == 0:
            return x
        mask = torch.rand_like(x) < self.p
        return torch.where(mask, torch.zeros_like(x), x * (1.0 / (1.0 - self.p)))

# %% Dropout: masked_fill, with numpy's random numbers
class Dropout(nn.Module):
    def __init__(self, p):
        super().__init__()
        import numpy as np
        self.p, self.rng = p, np.random.default_rng()

    def forward(self, x):
        if self.training:
            mask = torch.from_numpy(self.rng.random(x.shape) < self.p)
            x = x.masked_fill(mask, 0) / (1 - self.p)
        return x

# %% Head: torch's own attention, with a dimension for the one head
class Head(nn.Module):
    def __init__(self, n_embd, head_size, block_size, dropout):
        super().__init__()
        self.key = nn.Linear(n_embd, head_size, bias=False)
        self.query = nn.Linear(n_embd, head_size, bias=False)
        self.value = nn.Linear(n_embd, head_size, bias=False)
        self.dropout = dropout

    def forward(self, x):
        q, k, v = (layer(x).unsqueeze(1) for layer in (self.query, self.key, self.value))
        p = self.dropout if self.training else 0.0
        return F.scaled_dot_product_attention(q, k, v, is_causal=True, dropout_p=p).squeeze(1)


# %% Head: as in the lecture
class Head(nn.Module):
    def __init__(self, n_embd, head_size, block_size, dropout):
        super().__init__()
        self.key = nn.Linear(n_embd, head_size, bias=False)
        self.query = nn.Linear(n_embd, head_size, bias=False)
        self.value = nn.Linear(n_embd, head_size, bias=False)
        self.register_buffer("tril", torch.tril(torch.ones(block_size, block_size)))
        self.dropout = nn.Dropout(dropout)

    def forward(self, x):
        B, T, C = x.shape
        k = self.key(x)
        q = self.query(x)
        wei = q @ k.transpose(-2, -1) * k.shape[-1] ** -0.5
        wei = wei.masked_fill(self.tril[:T, :T] == 0, float("-inf"))
        wei = F.softmax(wei, dim=-1)
        wei = self.dropout(wei)
        v = self.value(x)
        out = wei @ v
        return out

# %% Head: the mask made on the fly, dropout as a function
class Head(nn.Module):
    def __init__(self, n_embd, head_size, block_size, dropout):
        super().__init__()
        self.query = nn.Linear(n_embd, head_size, bias=False)
        self.key = nn.Linear(n_embd, head_size, bias=False)
        self.value = nn.Linear(n_embd, head_size, bias=False)
        self.scale, self.p = head_size**-0.5, dropout

    def forward(self, x):
        T = x.size(1)
        scores = torch.bmm(self.query(x), self.key(x).transpose(1, 2)) * self.scale
        later = torch.ones(T, T, dtype=torch.bool, device=x.device).triu(1)
        weights = scores.masked_fill(later, -1e9).softmax(-1)
        return torch.bmm(F.dropout(weights, self.p, self.training), self.value(x))

# %% Head: another mask, not kept in the state
class Head(nn.Module):
    def __init__(self, n_embd, head_size, block_size, dropout):
        nn.Module.__init__(self)
        for name in ("key", "query", "value"):
            setattr(self, name, nn.Linear(n_embd, head_size, bias=False))
        mask = torch.full((block_size, block_size), float("-inf")).triu(1)
        self.register_buffer("mask", mask, persistent=False)
        self.drop = Dropout(dropout)

    def forward(self, x):
        T = x.shape[-2]
        q, k, v = (layer(x) for layer in (self.query, self.key, self.value))
        att = torch.einsum("btd,bsd->bts", q, k) / math.sqrt(k.size(-1)) + self.mask[:T, :T]
        return torch.einsum("bts,bsd->btd", self.drop(att.softmax(dim=2)), v)

# %% CrossAttention: written out
class CrossAttention(nn.Module):
    def __init__(self, n_embd, n_context, head_size):
        super().__init__()
        self.key = nn.Linear(n_context, head_size, bias=False)
        self.query = nn.Linear(n_embd, head_size, bias=False)
        self.value = nn.Linear(n_context, head_size, bias=False)

    def forward(self, x, context):
        q, k = self.query(x), self.key(context)
        wei = q @ k.transpose(-2, -1) * k.shape[-1] ** -0.5
        wei = F.softmax(wei, dim=-1)
        return wei @ self.value(context)

# %% CrossAttention: with torch's attention
class CrossAttention(nn.Module):
    def __init__(self, n_embd, n_context, head_size):
        super().__init__()
        self.query = nn.Linear(n_embd, head_size, False)
        self.key = nn.Linear(n_context, head_size, False)
        self.value = nn.Linear(n_context, head_size, False)

    def forward(self, x, context):
        q, k, v = self.query(x), self.key(context), self.value(context)
        return F.scaled_dot_product_attention(q, k, v)

# %% MultiHeadAttention: all heads in one call of torch's own attention
class MultiHeadAttention(nn.Module):
    def __init__(self, n_embd, num_heads, head_size, block_size, dropout):
        super().__init__()
        self.heads = nn.ModuleList(Head(n_embd, head_size, block_size, dropout) for _ in range(num_heads))
        self.proj = nn.Linear(num_heads * head_size, n_embd)
        self.drop = nn.Dropout(dropout)
        self.p = dropout

    def forward(self, x):
        q, k, v = (torch.stack([getattr(h, n)(x) for h in self.heads], 1) for n in ("query", "key", "value"))
        out = F.scaled_dot_product_attention(q, k, v, is_causal=True, dropout_p=self.p if self.training else 0.0)
        return self.drop(self.proj(out.transpose(1, 2).flatten(2)))


# %% MultiHeadAttention: as in the lecture
class MultiHeadAttention(nn.Module):
    def __init__(self, n_embd, num_heads, head_size, block_size, dropout):
        super().__init__()
        self.heads = nn.ModuleList(
            [Head(n_embd, head_size, block_size, dropout) for _ in range(num_heads)]
        )
        self.proj = nn.Linear(head_size * num_heads, n_embd)
        self.dropout = nn.Dropout(dropout)

    def forward(self, x):
        out = torch.cat([h(x) for h in self.heads], dim=-1)
        out = self.dropout(self.proj(out))
        return out

# %% MultiHeadAttention: the projection first, head by head
class MultiHeadAttention(nn.Module):
    def __init__(self, n_embd, num_heads, head_size, block_size, dropout):
        super().__init__()
        self.proj = nn.Linear(num_heads * head_size, n_embd)
        self.heads = nn.ModuleList()
        for _ in range(num_heads):
            self.heads.append(Head(n_embd, head_size, block_size, dropout))
        self.drop = Dropout(dropout)

    def forward(self, x):
        parts = self.proj.weight.chunk(len(self.heads), dim=1)
        out = self.proj.bias
        for head, part in zip(self.heads, parts):
            out = out + head(x) @ part.T
        return self.drop(out)

# %% MultiHeadAttention: stacked and flattened
class MultiHeadAttention(nn.Module):
    def __init__(self, n_embd, num_heads, head_size, block_size, dropout):
        super().__init__()
        self.heads = nn.ModuleList(Head(n_embd, head_size, block_size, dropout) for _ in range(num_heads))
        self.proj = nn.Sequential(nn.Linear(num_heads * head_size, n_embd), nn.Dropout(dropout))

    def forward(self, x):
        B, T, _ = x.shape
        return self.proj(torch.stack([h(x) for h in self.heads], dim=2).view(B, T, -1))

# %% FeedForward: as in the lecture
class FeedForward(nn.Module):
    def __init__(self, n_embd, dropout):
        super().__init__()
        self.net = nn.Sequential(
            nn.Linear(n_embd, 4 * n_embd),
            nn.ReLU(),
            nn.Linear(4 * n_embd, n_embd),
            nn.Dropout(dropout),
        )

    def forward(self, x):
        return self.net(x)

# %% FeedForward: layer by layer
class FeedForward(nn.Module):
    def __init__(self, n_embd, dropout):
        super().__init__()
        self.fc1, self.fc2 = nn.Linear(n_embd, n_embd * 4), nn.Linear(n_embd * 4, n_embd)
        self.dropout = Dropout(dropout)

    def forward(self, x):
        return self.dropout(self.fc2(F.relu(self.fc1(x))))

# %% LayerNorm: after the lecture, with gamma and beta
class LayerNorm(nn.Module):
    def __init__(self, dim, eps=1e-5):
        super().__init__()
        self.eps = eps
        self.gamma = nn.Parameter(torch.ones(dim))
        self.beta = nn.Parameter(torch.zeros(dim))

    def forward(self, x):
        xmean = x.mean(-1, keepdim=True)
        xvar = x.var(-1, keepdim=True, unbiased=False)
        xhat = (x - xmean) / torch.sqrt(xvar + self.eps)
        return self.gamma * xhat + self.beta

# %% LayerNorm: var_mean and rsqrt
class LayerNorm(nn.Module):
    def __init__(self, dim, eps=0.00001):
        super().__init__()
        self.weight = nn.Parameter(torch.ones(dim))
        self.bias = nn.Parameter(torch.zeros(dim))
        self.eps = eps

    def forward(self, x):
        var, mean = torch.var_mean(x, dim=-1, correction=0, keepdim=True)
        return torch.addcmul(self.bias, self.weight, (x - mean) * torch.rsqrt(var + self.eps))

# %% LayerNorm: sums, and a power
class LayerNorm(nn.Module):
    def __init__(self, dim, eps=1e-5):
        super().__init__()
        self.dim, self.eps = dim, eps
        self.bias = nn.Parameter(torch.zeros(dim))
        self.weight = nn.Parameter(torch.ones(dim))

    def forward(self, x):
        x = x - x.sum(-1, True) / self.dim
        return x * ((x * x).sum(-1, True) / self.dim + self.eps) ** -0.5 * self.weight + self.bias

# %% Block: as in the lecture, with torch's layer norm
class Block(nn.Module):
    def __init__(self, n_embd, n_head, block_size, dropout):
        super().__init__()
        head_size = n_embd // n_head
        self.sa = MultiHeadAttention(n_embd, n_head, head_size, block_size, dropout)
        self.ffwd = FeedForward(n_embd, dropout)
        self.ln1 = nn.LayerNorm(n_embd)
        self.ln2 = nn.LayerNorm(n_embd)

    def forward(self, x):
        x = x + self.sa(self.ln1(x))
        x = x + self.ffwd(self.ln2(x))
        return x

# %% Block: other order, other names for the steps
class Block(nn.Module):
    def __init__(self, n_embd, n_head, block_size, dropout):
        super().__init__()
        self.ln1, self.ln2 = LayerNorm(n_embd), LayerNorm(n_embd)
        self.sa = MultiHeadAttention(n_embd, n_head, int(n_embd / n_head), block_size, dropout)
        self.ffwd = FeedForward(n_embd, dropout)

    def forward(self, x):
        for norm, layer in ((self.ln1, self.sa), (self.ln2, self.ffwd)):
            x = layer(norm(x)) + x
        return x

# %% GPT: as in the lecture
class GPT(nn.Module):
    def __init__(self, vocab_size, n_embd, n_head, n_layer, block_size, dropout):
        super().__init__()
        self.token_embedding_table = nn.Embedding(vocab_size, n_embd)
        self.position_embedding_table = nn.Embedding(block_size, n_embd)
        self.blocks = nn.Sequential(*[Block(n_embd, n_head, block_size, dropout) for _ in range(n_layer)])
        self.ln_f = nn.LayerNorm(n_embd)
        self.lm_head = nn.Linear(n_embd, vocab_size)
        self.apply(self._init_weights)

    def _init_weights(self, module):
        if isinstance(module, nn.Linear):
            torch.nn.init.normal_(module.weight, mean=0.0, std=0.02)
            if module.bias is not None:
                torch.nn.init.zeros_(module.bias)
        elif isinstance(module, nn.Embedding):
            torch.nn.init.normal_(module.weight, mean=0.0, std=0.02)

    def forward(self, idx, targets=None):
        B, T = idx.shape
        tok_emb = self.token_embedding_table(idx)
        pos_emb = self.position_embedding_table(torch.arange(T))
        x = tok_emb + pos_emb
        x = self.blocks(x)
        x = self.ln_f(x)
        logits = self.lm_head(x)
        if targets is None:
            loss = None
        else:
            B, T, C = logits.shape
            logits = logits.view(B * T, C)
            targets = targets.view(B * T)
            loss = F.cross_entropy(logits, targets)
        return logits, loss

# %% GPT: a ModuleList, the loss with the classes transposed, positions from the table's rows
class GPT(nn.Module):
    def __init__(self, vocab_size, n_embd, n_head, n_layer, block_size, dropout=0.1):
        super().__init__()
        self.block_size = block_size
        self.lm_head = nn.Linear(n_embd, vocab_size)
        self.ln_f = LayerNorm(n_embd)
        self.blocks = nn.ModuleList(Block(n_embd, n_head, block_size, dropout) for _ in range(n_layer))
        self.token_embedding_table = nn.Embedding(vocab_size, n_embd)
        self.position_embedding_table = nn.Embedding(block_size, n_embd)

    def forward(self, idx, targets=None):
        assert idx.shape[1] <= self.block_size
        x = self.token_embedding_table.weight[idx] + self.position_embedding_table.weight[: idx.shape[1]]
        for block in self.blocks:
            x = block(x)
        logits = self.lm_head(self.ln_f(x))
        loss = None
        if targets is not None:
            loss = nn.CrossEntropyLoss()(logits.transpose(1, 2), targets)
        return logits, loss

# %% generate: as in the lecture
def generate(model, idx, max_new_tokens, block_size, generator):
    for _ in range(max_new_tokens):
        idx_cond = idx[:, -block_size:]
        logits, loss = model(idx_cond)
        logits = logits[:, -1, :]
        probs = F.softmax(logits, dim=-1)
        idx_next = torch.multinomial(probs, num_samples=1, generator=generator)
        idx = torch.cat((idx, idx_next), dim=1)
    return idx

# %% generate: without a graph, in evaluation mode, into a prepared tensor
@torch.no_grad()
def generate(model, idx, max_new_tokens, block_size, generator):
    was_training = model.training
    model.eval()
    B, T = idx.shape
    out = torch.zeros(B, T + max_new_tokens, dtype=torch.long)
    out[:, :T] = idx
    for t in range(T, T + max_new_tokens):
        start = max(0, t - block_size)
        logits = model(out[:, start:t])[0][:, -1]
        counts = (logits - logits.max(1, keepdim=True).values).exp()
        probs = counts / counts.sum(1, keepdim=True)
        out[:, t] = torch.multinomial(probs, 1, generator=generator)[:, 0]
    model.train(was_training)
    return out

# %% estimate_loss: as in the lecture
@torch.no_grad()
def estimate_loss(model, splits, block_size, batch_size, eval_iters, generator):
    out = {}
    model.eval()
    for split in splits:
        losses = torch.zeros(eval_iters)
        for k in range(eval_iters):
            X, Y = get_batch(splits[split], block_size, batch_size, generator)
            logits, loss = model(X, Y)
            losses[k] = loss.item()
        out[split] = losses.mean().item()
    model.train()
    return out

# %% estimate_loss: in inference mode, back to the mode before
def estimate_loss(model, splits, block_size, batch_size, eval_iters, generator):
    def mean_loss(data):
        losses = [
            model(*get_batch(data, block_size, batch_size, generator))[1] for _ in range(eval_iters)
        ]
        return float(torch.stack(losses).mean())

    mode = model.training
    model.train(False)
    try:
        with torch.inference_mode():
            return {name: mean_loss(data) for name, data in splits.items()}
    finally:
        model.train(mode)

# %% attention_backward: with einsum
def attention_backward(dout, q, k, v, causal):
    d = q.shape[-1]
    s = torch.einsum("...td,...sd->...ts", q, k) / d**0.5
    if causal:
        s = s + torch.full(s.shape[-2:], -torch.inf).triu(1)
    p = s.softmax(-1)
    dv = torch.einsum("...ts,...td->...sd", p, dout)
    dp = torch.einsum("...td,...sd->...ts", dout, v)
    ds = p * dp - p * (p * dp).sum(-1, keepdim=True)
    dq = torch.einsum("...ts,...sd->...td", ds, k) / d**0.5
    dk = torch.einsum("...ts,...td->...sd", ds, q) / d**0.5
    return dq, dk, dv

# %% attention_backward: the average from the output, the gradient of the mask by hand
def attention_backward(dout, q, k, v, causal):
    scale = q.shape[-1] ** -0.5
    wei = q @ k.transpose(-2, -1) * scale
    if causal:
        mask = torch.tril(torch.ones(wei.shape[-2:])) == 0
        wei = wei.masked_fill(mask, float("-inf"))
    probs = F.softmax(wei, dim=-1)
    out = probs @ v
    dprobs = dout @ v.transpose(-2, -1)
    dwei = probs * (dprobs - (out * dout).sum(-1, keepdim=True))
    if causal:
        dwei = dwei.masked_fill(mask, 0.0)
    dwei = dwei * scale
    return dwei @ k, dwei.transpose(-2, -1) @ q, probs.transpose(-2, -1) @ dout

# %% attention_backward: the full matrix of the softmax's derivative
def attention_backward(dout, q, k, v, causal):
    scores = q @ k.mT / math.sqrt(q.shape[-1])
    if causal:
        scores = scores.masked_fill(torch.ones(scores.shape[-2:]).triu(1).bool(), float("-inf"))
    p = torch.softmax(scores, -1)
    J = torch.diag_embed(p) - p.unsqueeze(-1) * p.unsqueeze(-2)
    ds = (J @ (dout @ v.mT).unsqueeze(-1)).squeeze(-1) / math.sqrt(q.shape[-1])
    return [ds @ k, ds.mT @ q, p.mT @ dout]
