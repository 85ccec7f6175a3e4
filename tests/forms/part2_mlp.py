# Other right answers to part 2: each cell stands in the place of the solution's. Run by tests/test_forms.py.

# %% build_dataset: the lecture's, with zeros for the dots
def build_dataset(words, stoi, block_size):
    X, Y = [], []
    for w in words:
        context = [0] * block_size
        for ch in w + '.':
            ix = stoi[ch]
            X.append(context)
            Y.append(ix)
            context = context[1:] + [ix]  # crop and append
    X = torch.tensor(X)
    Y = torch.tensor(Y)
    return X, Y

# %% build_dataset: slices of the padded word
def build_dataset(words, stoi, block_size):
    rows, answers = [], []
    for word in words:
        padded = "." * block_size + word + "."
        for i in range(len(word) + 1):
            rows.append([stoi[c] for c in padded[i : i + block_size]])
            answers.append(stoi[padded[i + block_size]])
    return torch.tensor(rows, dtype=torch.long), torch.tensor(answers, dtype=torch.long)

# %% build_dataset: a list in place, copied for each row, as a list of two
def build_dataset(words, stoi, block_size):
    X, Y = [], []
    for word in words:
        context = [stoi["."] for _ in range(block_size)]
        for ch in list(word) + ["."]:
            X.append(context[:])
            Y.append(stoi[ch])
            context.pop(0)
            context.append(stoi[ch])
    return [torch.tensor(X), torch.tensor(Y)]

# %% build_dataset: a deque, and filled tensors
def build_dataset(words, stoi, block_size):
    from collections import deque
    N = sum(len(w) + 1 for w in words)
    X = torch.zeros((N, block_size), dtype=torch.int64)
    Y = torch.zeros(N, dtype=torch.int64)
    i = 0
    for w in words:
        window = deque([0] * block_size, maxlen=block_size)
        for ch in w + ".":
            X[i] = torch.tensor(list(window))
            Y[i] = stoi[ch]
            window.append(stoi[ch])
            i += 1
    return X, Y

# %% build_dataset: unfold, word by word
def build_dataset(words, stoi, block_size):
    windows = []
    for word in words:
        numbers = torch.tensor([0] * block_size + [stoi[c] for c in word] + [0])
        windows.append(numbers.unfold(0, block_size + 1, 1))
    both = torch.cat(windows)
    return both[:, :-1], both[:, -1]

# %% split_words: the lecture's, with the global random numbers
def split_words(words, seed):
    words = words[:]
    random.seed(seed)
    random.shuffle(words)
    n1 = int(0.8 * len(words))
    n2 = int(0.9 * len(words))
    return words[:n1], words[n1:n2], words[n2:]

# %% split_words: whole numbers, as a list of three
def split_words(words, seed):
    from random import Random
    copy = words.copy()
    Random(seed).shuffle(copy)
    n = len(copy)
    return [copy[: n * 8 // 10], copy[n * 8 // 10 : n * 9 // 10], copy[n * 9 // 10 :]]

# %% split_words: places are shuffled
def split_words(words, seed):
    import math
    order = list(range(len(words)))
    random.Random(seed).shuffle(order)
    shuffled = [words[i] for i in order]
    a, b = math.floor(len(words) * 0.8), math.floor(len(words) * 0.9)
    train, rest = shuffled[:a], shuffled[a:]
    return train, rest[: b - a], rest[b - a :]

# %% embed: the lecture's
def embed(C, X):
    emb = C[X]
    return emb

# %% embed: torch's function
def embed(C, X):
    return F.embedding(X, C)

# %% embed: rows by index_select
def embed(C, X):
    return C.index_select(0, X.reshape(-1)).reshape(*X.shape, C.shape[1])

# %% embed: one place at a time
def embed(C, X):
    return torch.stack([C[X[:, i]] for i in range(X.shape[1])], dim=1)

# %% embed: example by example
def embed(C, X):
    return torch.stack([torch.stack([C[i] for i in row]) for row in X])

# %% embed: the rows on their own axis
def embed(C, X):
    return C[X, :]

# %% embed_one_hot: the lecture's
def embed_one_hot(C, X):
    return F.one_hot(X, num_classes=C.shape[0]).float() @ C

# %% embed_one_hot: einsum
def embed_one_hot(C, X):
    hot = torch.nn.functional.one_hot(X, C.size(0)).to(torch.float32)
    return torch.einsum("nbv,ve->nbe", hot, C)

# %% embed_one_hot: rows of the identity matrix
def embed_one_hot(C, X):
    return torch.matmul(torch.eye(C.shape[0])[X], C)

# %% embed_one_hot: a flat product
def embed_one_hot(C, X):
    hot = torch.zeros(X.numel(), C.shape[0])
    hot[torch.arange(X.numel()), X.flatten()] = 1.0
    return (hot @ C).view(X.shape[0], X.shape[1], -1)

# %% embed_one_hot: weights, entry by entry, as ints
def embed_one_hot(C, X):
    hot = F.one_hot(X, num_classes=len(C))
    return (hot.unsqueeze(-1) * C).sum(-2)

# %% embed_one_hot: a comparison as the one-hot vectors
def embed_one_hot(C, X):
    hot = (X[..., None] == torch.arange(C.shape[0])).type_as(C)
    return torch.tensordot(hot, C, dims=1)

# %% embed_one_hot: a linear layer
def embed_one_hot(C, X):
    return F.linear(F.one_hot(X, num_classes=C.shape[0]).float(), C.T)

# %% embed_one_hot: scattered ones
def embed_one_hot(C, X):
    hot = torch.zeros(*X.shape, C.shape[0]).scatter_(2, X.unsqueeze(2), 1.0)
    return hot.matmul(C)

# %% embed_one_hot: one place at a time
def embed_one_hot(C, X):
    V = C.shape[0]
    return torch.stack([F.one_hot(X[:, i], V).float() @ C for i in range(X.shape[1])], 1)

# %% embed_one_hot: character by character
def embed_one_hot(C, X):
    out = torch.zeros(*X.shape, C.shape[1])
    for k in range(len(C)):
        out = out + (k == X).float()[..., None] * C[k]
    return out

# %% concat_embeddings: the lecture's, with the batch left open
def concat_embeddings(emb):
    return emb.view(-1, emb.shape[1] * emb.shape[2])

# %% concat_embeddings: view with the batch
def concat_embeddings(emb):
    N, block_size, n_embd = emb.shape
    return emb.view(N, block_size * n_embd)

# %% concat_embeddings: flatten
def concat_embeddings(emb):
    return torch.flatten(emb, start_dim=1)

# %% concat_embeddings: reshape
def concat_embeddings(emb):
    return emb.reshape(len(emb), -1)

# %% concat_embeddings: a layer
def concat_embeddings(emb):
    return torch.nn.Flatten()(emb)

# %% concat_embeddings: strides
def concat_embeddings(emb):
    N, block_size, E = emb.shape
    return emb.as_strided((N, block_size * E), (block_size * E, 1))

# %% mlp_forward: the lecture's
def mlp_forward(params, X):
    C, W1, b1, W2, b2 = params
    emb = C[X]
    h = torch.tanh(emb.view(emb.shape[0], -1) @ W1 + b1)
    logits = h @ W2 + b2
    return logits

# %% mlp_forward: by index and with addmm
def mlp_forward(params, X):
    emb = F.embedding(X, params[0])
    h = torch.addmm(params[2], emb.flatten(1), params[1]).tanh()
    return torch.addmm(params[4], h, params[3])

# %% mlp_forward: F.linear and the one-hot product
def mlp_forward(params, X):
    C, W1, b1, W2, b2 = params
    embcat = torch.cat(torch.unbind(embed_one_hot(C, X), 1), 1)
    return F.linear(F.tanh(F.linear(embcat, W1.t(), b1)), W2.t(), b2)

# %% mlp_forward: a block of W1 for each place
def mlp_forward(params, X):
    C, W1, b1, W2, b2 = params
    E = C.shape[1]
    hidden = b1
    for i in range(X.shape[1]):
        hidden = hidden + C[X[:, i]] @ W1[i * E : (i + 1) * E]
    return 2 * torch.sigmoid(2 * hidden) @ W2 - W2.sum(0) + b2

# %% mlp_forward: layers of torch.nn for tanh, einsum for the rest
def mlp_forward(params, X):
    C, W1, b1, W2, b2 = params
    h = torch.nn.Tanh()(torch.einsum("nk,kh->nh", concat_embeddings(embed(C, X)), W1) + b1)
    return torch.einsum("nh,hv->nv", h, W2) + b2

# %% cross_entropy: the lecture's counts and probabilities, the logarithm on paper
def cross_entropy(logits, Y):
    logit_maxes = logits.max(1, keepdim=True).values
    norm_logits = logits - logit_maxes
    counts = norm_logits.exp()
    logprobs = norm_logits - counts.sum(1, keepdims=True).log()
    return -logprobs[torch.arange(logits.shape[0]), Y].mean()

# %% cross_entropy: torch's logsumexp
def cross_entropy(logits, Y):
    n = logits.shape[0]
    return (torch.logsumexp(logits, dim=1) - logits[torch.arange(n), Y]).mean()

# %% cross_entropy: logsumexp and gather
def cross_entropy(logits, Y):
    logprobs = logits - logits.logsumexp(-1, keepdim=True)
    return -logprobs.gather(1, Y.view(-1, 1)).mean()

# %% cross_entropy: a one-hot product, and a sum over n
def cross_entropy(logits, Y):
    shifted = logits - logits.amax(dim=1, keepdim=True).detach()
    logprobs = shifted - torch.log(torch.exp(shifted).sum(dim=1, keepdim=True))
    return -(F.one_hot(Y, logits.shape[1]) * logprobs).sum() / len(Y)

# %% cross_entropy: row by row
def cross_entropy(logits, Y):
    total = 0.0
    for row, y in zip(logits, Y):
        row = row - row.max()
        total = total + row.exp().sum().log() - row[y]
    return total / len(Y)

# %% cross_entropy: the maximum is added again
def cross_entropy(logits, Y):
    m, _ = torch.max(logits, dim=1)
    lse = m + torch.log(torch.sum(torch.exp(logits - m.unsqueeze(1)), dim=1))
    return torch.mean(lse - logits.gather(1, Y[:, None]).squeeze(1))

# %% cross_entropy: every score less that of the right answer
def cross_entropy(logits, Y):
    return (logits - logits[range(len(Y)), Y].unsqueeze(1)).logsumexp(1).mean()

# %% train_step: the lecture's
def train_step(params, X, Y, lr):
    C, W1, b1, W2, b2 = params
    emb = C[X]
    h = torch.tanh(emb.view(emb.shape[0], -1) @ W1 + b1)
    logits = h @ W2 + b2
    loss = F.cross_entropy(logits, Y)
    for p in params:
        p.grad = None
    loss.backward()
    for p in params:
        p.data += -lr * p.grad
    return loss.item()

# %% train_step: zeroed gradients, and sub_
def train_step(params, X, Y, lr):
    for p in params:
        if p.grad is not None:
            p.grad.zero_()
    loss = cross_entropy(mlp_forward(params, X), Y)
    loss.backward()
    with torch.no_grad():
        for p in params:
            p.sub_(p.grad, alpha=lr)
            p.grad = None
    return float(loss)

# %% train_step: autograd.grad, and copy_
def train_step(params, X, Y, lr):
    loss = cross_entropy(mlp_forward(params, X), Y)
    gradients = torch.autograd.grad(loss, params)
    for p, gradient in zip(params, gradients):
        p.data.copy_(p.data - lr * gradient)
    return loss.detach().item()

# %% train_step: inference mode
def train_step(params, X, Y, lr):
    loss = torch.nn.functional.cross_entropy(mlp_forward(params, X), Y)
    for i in range(len(params)):
        params[i].grad = None
    loss.backward()
    with torch.inference_mode():
        for i in range(len(params)):
            params[i] -= params[i].grad * lr
    return loss.tolist()

# %% train_step: torch's optimizer
def train_step(params, X, Y, lr):
    optimizer = torch.optim.SGD(params, lr=lr)
    loss = F.cross_entropy(mlp_forward(params, X), Y)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    return loss.item()

# %% minibatch: the lecture's
def minibatch(X, Y, batch_size, generator):
    ix = torch.randint(0, X.shape[0], (batch_size,), generator=generator)
    Xb, Yb = X[ix], Y[ix]
    return Xb, Yb

# %% minibatch: only the upper end, and index_select
def minibatch(X, Y, batch_size, generator):
    ix = torch.randint(Y.numel(), [batch_size], generator=generator)
    return [torch.index_select(X, 0, ix), torch.index_select(Y, 0, ix)]

# %% minibatch: keywords, and a list
def minibatch(X, Y, batch_size, generator):
    ix = torch.randint(low=0, high=len(Y), size=(batch_size,), generator=generator).tolist()
    return torch.stack([X[i] for i in ix]), torch.stack([Y[i] for i in ix])

# %% lr_candidates: the lecture's
def lr_candidates(low_exponent, high_exponent, steps):
    lre = torch.linspace(low_exponent, high_exponent, steps)
    lrs = 10**lre
    return lrs

# %% lr_candidates: logspace
def lr_candidates(low_exponent, high_exponent, steps):
    return torch.logspace(low_exponent, high_exponent, steps, base=10.0)

# %% lr_candidates: plain Python
def lr_candidates(low_exponent, high_exponent, steps):
    gap = (high_exponent - low_exponent) / (steps - 1)
    return torch.tensor([10.0 ** (low_exponent + i * gap) for i in range(steps)])

# %% lr_candidates: arange and pow
def lr_candidates(low_exponent, high_exponent, steps):
    i = torch.arange(steps)
    return torch.pow(10.0, low_exponent + i / (steps - 1) * (high_exponent - low_exponent))

# %% lr_candidates: a constant factor
def lr_candidates(low_exponent, high_exponent, steps):
    factor = 10 ** ((high_exponent - low_exponent) / (steps - 1))
    rates = [10**low_exponent]
    while len(rates) < steps:
        rates.append(rates[-1] * factor)
    return torch.tensor(rates)

# %% lr_candidates: powers of e of the logarithms
def lr_candidates(low_exponent, high_exponent, steps):
    import math
    return torch.exp(torch.linspace(low_exponent, high_exponent, steps) * math.log(10))

# %% lr_candidates: numpy
def lr_candidates(low_exponent, high_exponent, steps):
    import numpy as np
    return torch.from_numpy(np.logspace(low_exponent, high_exponent, steps)).float()

# %% find_lr: the lecture's, with an index
def find_lr(params, X, Y, low_exponent, high_exponent, steps, batch_size, generator):
    lre = torch.linspace(low_exponent, high_exponent, steps)
    lrs = 10**lre
    lri, lossi = [], []
    for i in range(steps):
        ix = torch.randint(0, X.shape[0], (batch_size,), generator=generator)
        loss = F.cross_entropy(mlp_forward(params, X[ix]), Y[ix])
        for p in params:
            p.grad = None
        loss.backward()
        lr = lrs[i]
        for p in params:
            p.data += -lr * p.grad
        lri.append(lr.item())
        lossi.append(loss.item())
    return lri, lossi

# %% find_lr: an iteration over the tensor, and a list of two
def find_lr(params, X, Y, low_exponent, high_exponent, steps, batch_size, generator):
    rates, losses = [], []
    for rate in lr_candidates(low_exponent, high_exponent, steps):
        losses.append(train_step(params, *minibatch(X, Y, batch_size, generator), rate.item()))
        rates.append(float(rate))
    return [rates, losses]

# %% find_lr: rates as tensors in the steps, in a comprehension
def find_lr(params, X, Y, low_exponent, high_exponent, steps, batch_size, generator):
    rates = lr_candidates(low_exponent, high_exponent, steps)
    losses = [train_step(params, *minibatch(X, Y, batch_size, generator), rate) for rate in rates]
    return rates.tolist(), losses

# %% lr_at: an if and a product
def lr_at(step, total_steps, base_lr):
    if step < total_steps * 0.7:
        return base_lr
    return 0.1 * base_lr

# %% lr_at: whole numbers
def lr_at(step, total_steps, base_lr):
    return base_lr if 10 * step < 7 * total_steps else base_lr * 0.1

# %% lr_at: a share, and a power
def lr_at(step, total_steps, base_lr):
    return base_lr * 10.0 ** -(step / total_steps >= 0.7)

# %% lr_at: the number of the first slow step
def lr_at(step, total_steps, base_lr):
    drop = round(0.7 * total_steps)
    lr = base_lr
    if step >= drop:
        lr /= 10
    return lr

# %% evaluate: with a decorator
@torch.no_grad()
def evaluate(params, X, Y):
    C, W1, b1, W2, b2 = params
    emb = C[X]
    h = torch.tanh(emb.view(emb.shape[0], -1) @ W1 + b1)
    loss = F.cross_entropy(h @ W2 + b2, Y)
    return loss.item()

# %% evaluate: detached parameters
def evaluate(params, X, Y):
    return float(cross_entropy(mlp_forward([p.detach() for p in params], X), Y))

# %% evaluate: inference mode
def evaluate(params, X, Y):
    with torch.inference_mode():
        logits = mlp_forward(params, X)
        loss = cross_entropy(logits, Y)
    return loss.item()

# %% evaluate: set_grad_enabled as a block, in weighted pieces
def evaluate(params, X, Y):
    total = 0.0
    with torch.set_grad_enabled(False):
        for start in range(0, len(X), 32):
            x, y = X[start : start + 32], Y[start : start + 32]
            total += cross_entropy(mlp_forward(params, x), y).item() * len(y)
    return total / len(X)

# %% evaluate: recording by hand, restored as it was
def evaluate(params, X, Y):
    before = torch.is_grad_enabled()
    torch.set_grad_enabled(False)
    try:
        return cross_entropy(mlp_forward(params, X), Y).item()
    finally:
        torch.set_grad_enabled(before)
