# Other right answers to part 7: each cell stands in the place of the solution's. Run by tests/test_forms.py.

# %% rnn_cell: one matrix product on input and state laid end to end
def rnn_cell(x, h, W_ih, W_hh, b):
    xh = torch.cat([x, h], dim=1)  # (B, I + H)
    W = torch.cat([W_ih, W_hh], dim=1)  # (H, I + H)
    return (xh @ W.T + b).tanh()


# %% rnn_cell: F.linear twice
def rnn_cell(x, h, W_ih, W_hh, b):
    return torch.tanh(F.linear(x, W_ih, b) + F.linear(h, W_hh))


# %% rnn_cell: column vectors, one sequence after the other, with np.dot's order of factors
def rnn_cell(x, h, W_ih, W_hh, b):
    out = []
    for xi, hi in zip(x, h):
        out.append(torch.tanh(torch.mv(W_ih, xi) + torch.mv(W_hh, hi) + b))
    return torch.stack(out)


# %% rnn_cell: einsum, and tanh by way of the sigmoid
def rnn_cell(x, h, W_ih, W_hh, b):
    a = torch.einsum("bi,hi->bh", x, W_ih) + torch.einsum("bj,hj->bh", h, W_hh) + b
    return 2 * torch.sigmoid(2 * a) - 1


# %% rnn_forward: plain loop with a dict of states, column vectors, the cell written out
def rnn_forward(x, h0, W_ih, W_hh, b):
    hs = {-1: h0.T}
    for t in range(len(x)):
        hs[t] = torch.tanh(torch.matmul(W_ih, x[t].T) + torch.matmul(W_hh, hs[t - 1]) + b.view(-1, 1))
    states = torch.stack([hs[t].T for t in range(len(x))])
    return states, states[-1]


# %% rnn_forward: all input products at once, states joined by cat
def rnn_forward(x, h0, W_ih, W_hh, b):
    pre = x @ W_ih.T + b  # (T, B, H)
    h = h0
    states = []
    for t in range(x.shape[0]):
        h = torch.tanh(pre[t] + h @ W_hh.t())
        states.append(h[None])
    return torch.cat(states, dim=0), h


# %% rnn_forward: states written into a tensor made before
def rnn_forward(x, h0, W_ih, W_hh, b):
    T, B, _ = x.shape
    states = torch.zeros(T, B, h0.shape[1], dtype=h0.dtype)
    h = h0
    for t in range(T):
        h = rnn_cell(x[t], h, W_ih, W_hh, b)
        states[t] = h
    return states, h


# %% rnn_forward: a module's cell inside a class
class _Cell(torch.nn.Module):
    def __init__(self, W_ih, W_hh, b):
        super().__init__()
        self.weights = (W_ih, W_hh, b)

    def forward(self, xt, hprev):
        W_ih, W_hh, b = self.weights
        return F.tanh(xt @ W_ih.T + hprev @ W_hh.T + b)


def rnn_forward(x, h0, W_ih, W_hh, b):
    cell = _Cell(W_ih, W_hh, b)
    hidden = []
    hprev = h0
    for i in range(x.size(0)):
        ht = cell(x[i, :, :], hprev)
        hprev = ht
        hidden.append(ht)
    return torch.stack(hidden, 0), hidden[-1]


# %% name_batch: lists padded by hand, then turned round
def name_batch(words, stoi):
    longest = max(len(w) for w in words)
    X, Y = [], []
    for w in words:
        ix = [stoi[c] for c in w]
        gap = longest - len(w)
        X.append([0] + ix + [0] * gap)
        Y.append(ix + [0] + [-1] * gap)
    return torch.tensor(X).T, torch.tensor(Y).T


# %% name_batch: the masks of a dataset of words, entry by entry
def name_batch(words, stoi):
    T = len(max(words, key=len)) + 1
    x = torch.zeros((len(words), T), dtype=torch.long)
    y = torch.zeros((len(words), T), dtype=torch.long)
    for i, word in enumerate(words):
        ix = torch.tensor([stoi[ch] for ch in word], dtype=torch.long)
        x[i, 1 : 1 + len(ix)] = ix
        y[i, : len(ix)] = ix
        y[i, len(ix) + 1 :] = -1
    return x.t().contiguous(), y.t().contiguous()


# %% name_batch: pad_sequence
def name_batch(words, stoi):
    xs = [torch.tensor([stoi[c] for c in "." + w]) for w in words]
    ys = [torch.tensor([stoi[c] for c in w + "."]) for w in words]
    pad = torch.nn.utils.rnn.pad_sequence
    return pad(xs), pad(ys, padding_value=-1)


# %% rnn_logits: step by step, the output layer inside the loop
def rnn_logits(params, X):
    C, W_ih, W_hh, b, W_out, b_out = params
    h = torch.zeros((X.shape[1], b.shape[0]))
    logits = []
    for ix in X:
        h = rnn_cell(C[ix], h, W_ih, W_hh, b)
        logits.append(h @ W_out.T + b_out)
    return torch.stack(logits)


# %% rnn_logits: one-hot inputs, and one flat product for the output layer
def rnn_logits(params, X):
    C, W_ih, W_hh, b, W_out, b_out = params
    T, B = X.shape
    emb = F.one_hot(X, C.shape[0]).to(C.dtype) @ C
    states, last = rnn_forward(emb, emb.new_zeros(B, W_hh.shape[0]), W_ih, W_hh, b)
    return F.linear(states.view(T * B, -1), W_out, b_out).view(T, B, -1)


# %% rnn_logits: torch's own layers
def rnn_logits(params, X):
    C, W_ih, W_hh, b, W_out, b_out = params
    h = torch.zeros(1, X.shape[1], len(b), dtype=C.dtype)
    states, _ = torch.rnn_tanh(
        F.embedding(X, C), h, [W_ih, W_hh, b, torch.zeros_like(b)], True, 1, 0.0, False, False, False
    )
    return states @ W_out.transpose(0, 1) + b_out


# %% rnn_loss: log_softmax and a mask
def rnn_loss(params, X, Y):
    logprobs = F.log_softmax(rnn_logits(params, X), dim=-1)
    mask = Y != -1
    picked = logprobs.gather(-1, Y.clamp(min=0).unsqueeze(-1)).squeeze(-1)
    return -(picked * mask).sum() / mask.sum()


# %% rnn_loss: a running sum over the steps, as in a loop with a dict of probabilities
def rnn_loss(params, X, Y):
    logits = rnn_logits(params, X)
    loss, count = 0, 0
    for t in range(len(X)):
        ps = logits[t].exp() / logits[t].exp().sum(1, keepdim=True)
        for i in range(X.shape[1]):
            if Y[t, i] >= 0:
                loss = loss - torch.log(ps[i, Y[t, i]])
                count += 1
    return loss / count


# %% rnn_loss: cross_entropy on the places that count
def rnn_loss(params, X, Y):
    logits = rnn_logits(params, X)
    keep = Y >= 0
    return F.cross_entropy(logits[keep], Y[keep])


# %% rnn_loss: cross_entropy with the classes in the second place
def rnn_loss(params, X, Y):
    return F.cross_entropy(rnn_logits(params, X).permute(0, 2, 1), Y, ignore_index=-1)


# %% rnn_loss: flattened by view
def rnn_loss(params, X, Y):
    logits = rnn_logits(params, X)
    return F.cross_entropy(logits.view(-1, logits.size(-1)), Y.view(-1), ignore_index=-1)


# %% backprop_through_time: plain loop with column vectors and dhnext, one sequence at a time
def backprop_through_time(dstates, x, h0, states, W_ih, W_hh):
    dx, dh0 = torch.zeros_like(x), torch.zeros_like(h0)
    dWxh, dWhh = torch.zeros_like(W_ih), torch.zeros_like(W_hh)
    dbh = torch.zeros(W_hh.shape[0], 1)
    for i in range(x.shape[1]):
        hs = {-1: h0[i].view(-1, 1)}
        for t in range(len(x)):
            hs[t] = states[t, i].view(-1, 1)
        dhnext = torch.zeros_like(hs[0])
        for t in reversed(range(len(x))):
            dh = dstates[t, i].view(-1, 1) + dhnext  # backprop into h
            dhraw = (1 - hs[t] * hs[t]) * dh  # backprop through tanh nonlinearity
            dbh += dhraw
            dWxh += torch.mm(dhraw, x[t, i].view(1, -1))
            dWhh += torch.mm(dhraw, hs[t - 1].T)
            dx[t, i] = torch.mm(W_ih.T, dhraw).view(-1)
            dhnext = torch.mm(W_hh.T, dhraw)
        dh0[i] = dhnext.view(-1)
    return dx, dh0, dWxh, dWhh, dbh.view(-1)


# %% backprop_through_time: the walk first, the weights all at once at the end
def backprop_through_time(dstates, x, h0, states, W_ih, W_hh):
    das = []
    carried = torch.zeros_like(h0)
    for t in range(len(x) - 1, -1, -1):
        da = (1.0 - states[t].pow(2)) * (dstates[t] + carried)
        carried = torch.matmul(da, W_hh)
        das.insert(0, da)
    da = torch.stack(das)  # (T, B, H)
    before = torch.cat((h0.unsqueeze(0), states[:-1]), dim=0)
    dW_ih = torch.einsum("tbh,tbi->hi", da, x)
    dW_hh = torch.einsum("tbh,tbk->hk", da, before)
    return da @ W_ih, carried, dW_ih, dW_hh, da.sum((0, 1))


# %% backprop_through_time: lists, sums of outer products, a list returned
def backprop_through_time(dstates, x, h0, states, W_ih, W_hh):
    T = x.shape[0]
    dhnext, dx = 0, [None] * T
    dW_ih = dW_hh = db = 0
    for t in range(T)[::-1]:
        hprev = h0 if t == 0 else states[t - 1]
        dhraw = (dstates[t] + dhnext) * (1 - states[t].square())
        dx[t] = dhraw @ W_ih
        dW_ih = dW_ih + (dhraw[:, :, None] * x[t][:, None, :]).sum(0)
        dW_hh = dW_hh + (dhraw[:, :, None] * hprev[:, None, :]).sum(0)
        db = db + dhraw.sum(dim=0)
        dhnext = dhraw @ W_hh
    return [torch.stack(dx), dhnext, dW_ih, dW_hh, db]


# %% truncated_forward: a loop over the steps that cuts at the borders
def truncated_forward(x, h0, W_ih, W_hh, b, chunk):
    h, states = h0, []
    for t in range(len(x)):
        if t > 0 and t % chunk == 0:
            h = h.detach()
        h = rnn_cell(x[t], h, W_ih, W_hh, b)
        states.append(h)
    return torch.stack(states)


# %% truncated_forward: chunks by slicing, the state carried as data
def truncated_forward(x, h0, W_ih, W_hh, b, chunk):
    out = []
    hprev = h0
    for start in range(0, x.shape[0], chunk):
        states, last = rnn_forward(x[start : start + chunk], hprev, W_ih, W_hh, b)
        out.append(states)
        hprev = last.clone().detach()
    return torch.cat(out, 0)


# %% truncated_forward: the states first, without a graph, then each chunk from its border
def truncated_forward(x, h0, W_ih, W_hh, b, chunk):
    with torch.no_grad():
        states, _ = rnn_forward(x, h0, W_ih, W_hh, b)
    pieces = []
    for start in range(0, len(x), chunk):
        begin = h0 if start == 0 else states[start - 1]
        pieces.append(rnn_forward(x[start : start + chunk], begin, W_ih, W_hh, b)[0])
    return torch.vstack(pieces)


# %% with_spectral_radius: numpy
import numpy as np


def with_spectral_radius(W, radius):
    rho = max(abs(np.linalg.eigvals(W.numpy())))
    return W * float(radius / rho)


# %% with_spectral_radius: eig, with the absolute value written out
def with_spectral_radius(W, radius):
    values, _ = torch.linalg.eig(W)
    rho = torch.sqrt(values.real**2 + values.imag**2).max().item()
    return W / rho * radius


# %% with_spectral_radius: norms of powers, in float64
def with_spectral_radius(W, radius):
    power, log = W.double(), 0.0
    for k in range(30):
        size = power.norm()
        log += size.log().item() / 2**k
        power = (power / size) @ (power / size)
    return W * (radius / torch.tensor(log).exp().item())


# %% gradient_norms_through_time: written from the end into a tensor
def gradient_norms_through_time(dlast, states, W_hh):
    T = states.shape[0]
    norms = torch.zeros(T, dtype=states.dtype)
    g = dlast
    norms[T - 1] = g.pow(2).sum().sqrt()
    for t in range(T - 1, 0, -1):
        g = (g * (1 - states[t] ** 2)) @ W_hh
        norms[t - 1] = torch.linalg.vector_norm(g)
    return norms


# %% gradient_norms_through_time: by one's own backprop_through_time, with nothing from outside but at the end
def gradient_norms_through_time(dlast, states, W_hh):
    norms, g = [], dlast
    for t in range(len(states) - 1, 0, -1):
        norms.insert(0, g.norm().item())
        nothing = torch.zeros(1, len(dlast), 1)
        _, g, *_ = backprop_through_time(g[None], nothing, states[t - 1], states[t : t + 1], W_hh[:, :1], W_hh)
    return torch.tensor([g.norm().item(), *norms])


# %% gradient_norms_through_time: column vectors and a transposed matrix on the left
def gradient_norms_through_time(dlast, states, W_hh):
    dh = dlast.T
    norms = [torch.norm(dh)]
    for t in reversed(range(1, len(states))):
        dhraw = (1 - states[t].T * states[t].T) * dh
        dh = torch.mm(W_hh.T, dhraw)
        norms.append(torch.norm(dh))
    norms.reverse()
    return torch.stack(norms)


# %% clip_gradients: squares added up in Python, new gradients
import math


def clip_gradients(parameters, max_norm):
    total = 0.0
    for p in parameters:
        if p.grad is not None:
            total += (p.grad**2).sum().item()
    norm = math.sqrt(total)
    if norm > max_norm:
        for p in parameters:
            if p.grad is not None:
                p.grad = p.grad * (max_norm / norm)
    return norm


# %% clip_gradients: torch's formula, with its 1e-6 and a factor of at most one
def clip_gradients(parameters, max_norm):
    grads = [p.grad for p in parameters if p.grad is not None]
    norm = torch.norm(torch.stack([torch.norm(g, 2.0) for g in grads]), 2.0)
    factor = torch.clamp(max_norm / (norm + 1e-6), max=1.0)
    for g in grads:
        g.detach().mul_(factor)
    return norm.item()


# %% clip_gradients: through .data
def clip_gradients(parameters, max_norm):
    parameters = [p for p in parameters if p.grad is not None]
    norm = sum(float(p.grad.data.norm()) ** 2 for p in parameters) ** 0.5
    scale = max_norm / norm if norm > max_norm else 1.0
    for p in parameters:
        p.grad.data.copy_(p.grad.data * scale)
    return norm


# %% train_step: zero_ and .data
def train_step(params, X, Y, lr, max_norm):
    for p in params:
        if p.grad is not None:
            p.grad.zero_()
    loss = rnn_loss(params, X, Y)
    loss.backward()
    clip_gradients(params, max_norm)
    for p in params:
        p.data += -lr * p.grad
    return loss.item()


# %% train_step: autograd.grad, no .grad at all
def train_step(params, X, Y, lr, max_norm):
    loss = rnn_loss(params, X, Y)
    grads = torch.autograd.grad(loss, params)
    norm = torch.cat([g.reshape(-1) for g in grads]).norm()
    scale = max_norm / norm if norm > max_norm else 1.0
    with torch.no_grad():
        for p, g in zip(params, grads):
            p.sub_(lr * scale * g)
    return float(loss)


# %% train_step: torch's clipping, the gradients flushed at the end as well
def train_step(params, X, Y, lr, max_norm):
    for p in params:
        p.grad = None
    loss = rnn_loss(params, X, Y)
    loss.backward()
    torch.nn.utils.clip_grad_norm_(params, max_norm)
    with torch.no_grad():
        for p in params:
            p.add_(p.grad, alpha=-lr)
            p.grad = None
    return loss.detach().item()


# %% gru_cell: slices of the weights, gate by gate
def gru_cell(x, h, W_ih, W_hh, b_ih, b_hh):
    H = h.shape[1]
    r = torch.sigmoid(x @ W_ih[:H].T + b_ih[:H] + h @ W_hh[:H].T + b_hh[:H])
    z = torch.sigmoid(x @ W_ih[H : 2 * H].T + b_ih[H : 2 * H] + h @ W_hh[H : 2 * H].T + b_hh[H : 2 * H])
    n = torch.tanh(x @ W_ih[2 * H :].T + b_ih[2 * H :] + r * (h @ W_hh[2 * H :].T + b_hh[2 * H :]))
    return n + z * (h - n)


# %% gru_cell: F.linear, split, and the residual form
def gru_cell(x, h, W_ih, W_hh, b_ih, b_hh):
    H = h.size(-1)
    gi = F.linear(x, W_ih, b_ih)
    gh = F.linear(h, W_hh, b_hh)
    i_r, i_z, i_n = gi.split(H, dim=-1)
    h_r, h_z, h_n = gh.split(H, dim=-1)
    resetgate = (i_r + h_r).sigmoid()
    updategate = (i_z + h_z).sigmoid()
    newgate = (i_n + resetgate * h_n).tanh()
    return h + (1 - updategate) * (newgate - h)


# %% gru_cell: three weights at once by view and einsum, lerp
def gru_cell(x, h, W_ih, W_hh, b_ih, b_hh):
    H = h.shape[1]
    from_x = torch.einsum("bi,ghi->gbh", x, W_ih.view(3, H, -1)) + b_ih.view(3, 1, H)
    from_h = torch.einsum("bj,ghj->gbh", h, W_hh.view(3, H, H)) + b_hh.view(3, 1, H)
    r, z = torch.sigmoid(from_x[:2] + from_h[:2])
    return torch.lerp(torch.tanh(from_x[2] + r * from_h[2]), h, z)
