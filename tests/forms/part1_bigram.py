# %% build_vocab: the lecture's, alphabet first, the dot added, itos turned round
def build_vocab(words):
    chars = sorted(list(set("".join(words))))
    stoi = {s: i + 1 for i, s in enumerate(chars)}
    stoi["."] = 0
    itos = {i: s for s, i in stoi.items()}
    return stoi, itos


# %% build_vocab: the dot is sorted in, because it stands before all letters
def build_vocab(words):
    characters = sorted({"."}.union(*words))
    return {c: i for i, c in enumerate(characters)}, dict(enumerate(characters))


# %% build_vocab: one letter at a time
def build_vocab(words):
    letters = []
    for word in words:
        for letter in word:
            if letter not in letters:
                letters.append(letter)
    letters.sort()
    itos, stoi = {0: "."}, {".": 0}
    for letter in letters:
        stoi[letter] = len(stoi)
        itos[len(itos)] = letter
    return stoi, itos


# %% bigram_counts: the lecture's, a list of characters zipped with itself
def bigram_counts(words, stoi):
    N = torch.zeros((len(stoi), len(stoi)), dtype=torch.int32)
    for w in words:
        chs = ["."] + list(w) + ["."]
        for ch1, ch2 in zip(chs, chs[1:]):
            ix1 = stoi[ch1]
            ix2 = stoi[ch2]
            N[ix1, ix2] += 1
    return N


# %% bigram_counts: by way of a dictionary, int64
def bigram_counts(words, stoi):
    tally = {}
    for word in words:
        text = f".{word}."
        for i in range(len(text) - 1):
            tally[text[i : i + 2]] = tally.get(text[i : i + 2], 0) + 1
    counts = torch.zeros(len(stoi), len(stoi), dtype=torch.long)
    for (first, second), number in tally.items():
        counts[stoi[first]][stoi[second]] = number
    return counts


# %% bigram_counts: all at once with index_put_
def bigram_counts(words, stoi):
    text = "." + ".".join(words) + "."
    numbers = torch.tensor([stoi[c] for c in text])
    counts = torch.zeros(len(stoi), len(stoi), dtype=torch.int64)
    one = torch.ones(len(numbers) - 1, dtype=torch.int64)
    return counts.index_put_((numbers[:-1], numbers[1:]), one, accumulate=True)


# %% bigram_counts: nested lists, in the end a tensor
def bigram_counts(words, stoi):
    from collections import Counter
    from itertools import pairwise

    seen = Counter(pair for word in words for pair in pairwise("." + word + "."))
    characters = sorted(stoi, key=stoi.get)
    return torch.tensor([[seen[a, b] for b in characters] for a in characters])


# %% broadcast_shape: from the right with zip_longest
from itertools import zip_longest


def broadcast_shape(a, b):
    result = []
    for x, y in zip_longest(a[::-1], b[::-1], fillvalue=1):
        if x == 1:
            result.append(y)
        elif y == 1 or x == y:
            result.append(x)
        else:
            raise ValueError(f"sizes {x} and {y} do not match")
    return tuple(result[::-1])


# %% broadcast_shape: by negative index, result built at the front
def broadcast_shape(a, b):
    out = ()
    for i in range(1, max(len(a), len(b)) + 1):
        x = a[-i] if i <= len(a) else 1
        y = b[-i] if i <= len(b) else 1
        if x != y and 1 not in (x, y):
            raise ValueError
        out = (y if x == 1 else x,) + out
    return out


# %% broadcast_shape: recursion, and a torch.Size
def broadcast_shape(a, b):
    if not a or not b:
        return torch.Size(a or b)
    x, y = a[-1], b[-1]
    if x != y and x != 1 and y != 1:
        raise ValueError("these shapes do not broadcast")
    return torch.Size((*broadcast_shape(a[:-1], b[:-1]), x * y if 1 in (x, y) else x))


# %% bigram_probs: the lecture's, floats first, divided in place
def bigram_probs(counts, smoothing=1):
    P = (counts + smoothing).float()
    P /= P.sum(1, keepdims=True)
    return P


# %% bigram_probs: the column by unsqueeze
def bigram_probs(counts, smoothing=1):
    N = counts.to(torch.float32) + smoothing
    return N / N.sum(dim=-1).unsqueeze(1)


# %% bigram_probs: transposed twice, multiplied by the inverse
def bigram_probs(counts, smoothing=1):
    N = counts.float().add(smoothing)
    return (N.T * N.sum(axis=1) ** -1).T


# %% bigram_probs: row by row
def bigram_probs(counts, smoothing=1):
    rows = []
    for row in counts:
        smoothed = row.float() + smoothing
        rows.append(smoothed / smoothed.sum())
    return torch.stack(rows)


# %% bigram_probs: as the softmax of logarithms
def bigram_probs(counts, smoothing=1):
    return (counts + smoothing).log().softmax(1)


# %% sample_names: the lecture's loop, a list of characters joined
def sample_names(probs, itos, count, generator):
    names = []
    for i in range(count):
        out = []
        ix = 0
        while True:
            p = probs[ix]
            ix = torch.multinomial(p, num_samples=1, replacement=True, generator=generator).item()
            if ix == 0:
                break
            out.append(itos[ix])
        names.append("".join(out))
    return names


# %% sample_names: the dot is collected and taken away again
def sample_names(probs, itos, count, generator):
    def name():
        text, ix = "", 0
        while not text.endswith("."):
            ix = int(torch.multinomial(probs[ix], 1, True, generator=generator))
            text += itos[ix]
        return text[:-1]

    return [name() for _ in range(count)]


# %% sample_names: rows kept two-dimensional, drawn before the loop begins
def sample_names(probs, itos, count, generator):
    names = []
    while len(names) < count:
        name = ""
        drawn = torch.multinomial(probs[0:1], 1, replacement=True, generator=generator)
        while drawn.item() != 0:
            name = name + itos[drawn.item()]
            drawn = torch.multinomial(probs[drawn.flatten()], 1, replacement=True, generator=generator)
        names.append(name)
    return names


# %% average_nll: the lecture's running sum
def average_nll(probs, words, stoi):
    log_likelihood = 0.0
    n = 0
    for w in words:
        chs = ["."] + list(w) + ["."]
        for ch1, ch2 in zip(chs, chs[1:]):
            prob = probs[stoi[ch1], stoi[ch2]]
            logprob = torch.log(prob)
            log_likelihood += logprob
            n += 1
    nll = -log_likelihood
    return (nll / n).item()


# %% average_nll: all rows and columns at once
def average_nll(probs, words, stoi):
    rows = [stoi[c] for w in words for c in "." + w]
    columns = [stoi[c] for w in words for c in w + "."]
    return float(-probs.log()[rows, columns].mean())


# %% average_nll: with the table of counts
def average_nll(probs, words, stoi):
    counts = bigram_counts(words, stoi)
    return -torch.xlogy(counts, probs).sum().item() / counts.sum().item()


# %% average_nll: Python floats and math.log
def average_nll(probs, words, stoi):
    import math

    total, n = 0.0, 0
    for word in words:
        for a, b in zip("." + word, word + "."):
            p = probs[stoi[a], stoi[b]].item()
            total += math.log(p) if p > 0 else -math.inf
            n += 1
    return -total / n


# %% bigram_pairs: the lecture's two lists
def bigram_pairs(words, stoi):
    xs, ys = [], []
    for w in words:
        chs = ["."] + list(w) + ["."]
        for ch1, ch2 in zip(chs, chs[1:]):
            ix1 = stoi[ch1]
            ix2 = stoi[ch2]
            xs.append(ix1)
            ys.append(ix2)
    xs = torch.tensor(xs)
    ys = torch.tensor(ys)
    return xs, ys


# %% bigram_pairs: columns of one tensor, which are views
def bigram_pairs(words, stoi):
    pairs = torch.tensor([(stoi[a], stoi[b]) for w in words for a, b in zip("." + w, w + ".")])
    return pairs[:, 0], pairs[:, 1]


# %% bigram_pairs: one long string, as a list of two
def bigram_pairs(words, stoi):
    text = torch.tensor([stoi[c] for c in "." + ".".join(words) + "."], dtype=torch.long)
    return [text[:-1], text[1:]]


# %% one_hot: the lecture's, torch's own and float
import torch.nn.functional as F


def one_hot(xs, num_classes):
    return F.one_hot(xs, num_classes=num_classes).float()


# %% one_hot: rows of the identity
def one_hot(xs, num_classes):
    return torch.eye(num_classes)[xs]


# %% one_hot: a comparison
def one_hot(xs, num_classes):
    return (xs[:, None] == torch.arange(num_classes)).to(torch.float32)


# %% one_hot: a loop
def one_hot(xs, num_classes):
    out = torch.zeros((xs.shape[0], num_classes))
    for i, x in enumerate(xs):
        out[i, x] = 1.0
    return out


# %% one_hot: scatter
def one_hot(xs, num_classes):
    return torch.zeros(xs.numel(), num_classes).scatter_(1, xs.unsqueeze(1), 1.0)


# %% softmax: the lecture's, with the maximum taken away
def softmax(logits):
    counts = (logits - logits.max(dim=-1, keepdims=True)[0]).exp()
    probs = counts / counts.sum(-1, keepdims=True)
    return probs


# %% softmax: amax, detached, and einsum's dots
def softmax(logits):
    e = torch.exp(logits - logits.detach().amax(-1, keepdim=True))
    return e * (1 / torch.einsum("...v->...", e)[..., None])


# %% softmax: by way of logsumexp of the shifted logits
def softmax(logits):
    shifted = logits - logits.max(-1, keepdim=True).values
    return (shifted - torch.logsumexp(shifted, dim=-1, keepdim=True)).exp()


# %% softmax: two-dimensional in between, row by row
def softmax(logits):
    rows = []
    for row in logits.reshape(-1, logits.shape[-1]):
        weights = torch.exp(row - max(row))
        rows.append(weights / weights.sum())
    return torch.stack(rows).reshape(logits.shape)


# %% softmax: the maximum under no_grad, the division in place
def softmax(logits):
    with torch.no_grad():
        highest, _ = torch.max(logits, -1, True)
    out = (logits - highest).exp_()
    return torch.div(out, out.sum(dim=len(out.shape) - 1).unsqueeze(-1))


# %% neural_bigram_loss: the lecture's, written out
import torch.nn.functional as F


def neural_bigram_loss(W, xs, ys, l2):
    xenc = F.one_hot(xs, num_classes=W.shape[0]).float()
    logits = xenc @ W
    counts = logits.exp()
    probs = counts / counts.sum(1, keepdims=True)
    num = xs.nelement()
    loss = -probs[torch.arange(num), ys].log().mean() + l2 * (W**2).mean()
    return loss


# %% neural_bigram_loss: cross_entropy of selected rows
import torch.nn.functional as F


def neural_bigram_loss(W, xs, ys, l2):
    return F.cross_entropy(W[xs], ys) + l2 * W.pow(2).mean()


# %% neural_bigram_loss: log-probabilities of the whole table, then both indices
def neural_bigram_loss(W, xs, ys, l2):
    table = W.log_softmax(dim=1)
    return l2 * W.square().sum() / W.numel() - table[xs, ys].mean()


# %% neural_bigram_loss: a loop over the examples
def neural_bigram_loss(W, xs, ys, l2):
    total = 0.0
    for x, y in zip(xs, ys):
        row = W[x]
        total = total + torch.logsumexp(row, 0) - row[y]
    return total / len(xs) + l2 * torch.mean(W * W)


# %% neural_bigram_loss: gather
def neural_bigram_loss(W, xs, ys, l2):
    probs = softmax(torch.eye(len(W))[xs] @ W)
    picked = probs.gather(1, ys.view(-1, 1)).squeeze(1)
    return -torch.log(picked).mean() + l2 * torch.mean(W**2)


# %% gradient_step: the lecture's, on the data
def gradient_step(W, xs, ys, lr, l2):
    loss = neural_bigram_loss(W, xs, ys, l2)
    W.grad = None
    loss.backward()
    W.data += -lr * W.grad
    return loss.item()


# %% gradient_step: autograd.grad, W.grad left alone
def gradient_step(W, xs, ys, lr, l2):
    loss = neural_bigram_loss(W, xs, ys, l2)
    (gradient,) = torch.autograd.grad(loss, W)
    with torch.no_grad():
        W.sub_(lr * gradient)
    return float(loss)


# %% gradient_step: zeroed in place, copied in place
def gradient_step(W, xs, ys, lr, l2):
    if W.grad is not None:
        W.grad.zero_()
    loss = neural_bigram_loss(W, xs, ys, l2)
    loss.backward()
    with torch.no_grad():
        W.copy_(W - lr * W.grad)
    W.grad = None
    return loss.detach().tolist()


# %% gradient_step: an optimizer's way, without one
@torch.no_grad()
def gradient_step(W, xs, ys, lr, l2):
    with torch.enable_grad():
        loss = neural_bigram_loss(W, xs, ys, l2)
    W.grad = torch.zeros_like(W)
    loss.backward()
    W.add_(W.grad, alpha=-lr)
    return loss.item()
