# Other right answers to part 4: each cell stands in the place of the solution's. Run by tests/test_forms.py.

# %% dlogprobs
def dlogprobs(f, d):
    g = torch.zeros_like(f.logprobs)
    g[range(f.logprobs.shape[0]), f.Y] = -1.0 / f.logprobs.shape[0]
    return g * d.loss

# %% dlogprobs
def dlogprobs(f, d):
    import torch.nn.functional as F
    n, V = f.logprobs.shape
    return -d.loss / n * F.one_hot(f.Y, V).float()

# %% dlogprobs
def dlogprobs(f, d):
    g = torch.zeros(f.logprobs.shape)
    for i in range(len(f.Y)):
        g[i, f.Y[i]] = -d.loss / len(f.Y)
    return g

# %% dlogprobs
def dlogprobs(f, d):
    n = len(f.Y)
    return torch.zeros_like(f.logprobs).scatter_(1, f.Y.view(-1, 1), (-d.loss / n).expand(n, 1))

# %% dprobs
def dprobs(f, d):
    return d.logprobs * f.probs ** -1

# %% dprobs
def dprobs(f, d):
    return torch.div(d.logprobs, f.probs)

# %% dprobs
def dprobs(f, d):
    return (1.0 / f.probs) * d.logprobs

# %% dcounts_sum_inv
def dcounts_sum_inv(f, d):
    return (f.counts * d.probs).sum(axis=1, keepdims=True)

# %% dcounts_sum_inv
def dcounts_sum_inv(f, d):
    return torch.einsum('nv,nv->n', f.counts, d.probs)[:, None]

# %% dcounts_sum_inv
def dcounts_sum_inv(f, d):
    return (f.counts[:, None, :] @ d.probs[:, :, None]).view(-1, 1)

# %% dcounts_sum
def dcounts_sum(f, d):
    return -d.counts_sum_inv * f.counts_sum ** -2

# %% dcounts_sum
def dcounts_sum(f, d):
    return -(f.counts_sum_inv ** 2) * d.counts_sum_inv

# %% dcounts_sum
def dcounts_sum(f, d):
    return d.counts_sum_inv / -f.counts_sum.square()

# %% dcounts
def dcounts(f, d):
    return f.counts_sum_inv * d.probs + torch.ones_like(f.counts) * d.counts_sum

# %% dcounts
def dcounts(f, d):
    g = (f.counts_sum_inv * d.probs).clone()
    g += d.counts_sum
    return g

# %% dcounts
def dcounts(f, d):
    return d.counts_sum.repeat(1, f.counts.shape[1]) + d.probs / f.counts_sum

# %% dnorm_logits
def dnorm_logits(f, d):
    return f.norm_logits.exp() * d.counts

# %% dnorm_logits
def dnorm_logits(f, d):
    return torch.mul(d.counts, f.counts)

# %% dlogit_maxes
def dlogit_maxes(f, d):
    return -d.norm_logits.sum(1, keepdim=True)

# %% dlogit_maxes
def dlogit_maxes(f, d):
    return (-d.norm_logits).sum(dim=-1).unsqueeze(1)

# %% dlogit_maxes
def dlogit_maxes(f, d):
    return -(d.norm_logits @ torch.ones(d.norm_logits.shape[1], 1))

# %% dlogits
def dlogits(f, d):
    import torch.nn.functional as F
    hot = F.one_hot(f.logits.max(1).indices, num_classes=f.logits.shape[1])
    return d.norm_logits.clone() + hot * d.logit_maxes

# %% dlogits
def dlogits(f, d):
    g = d.norm_logits.clone()
    g[range(len(g)), f.logits.argmax(1)] += d.logit_maxes.flatten()
    return g

# %% dlogits
def dlogits(f, d):
    return d.norm_logits + (f.logits == f.logit_maxes) * d.logit_maxes

# %% dlogits
def dlogits(f, d):
    return d.norm_logits.scatter_add(1, f.logits.argmax(1, keepdim=True), d.logit_maxes)

# %% dh
def dh(f, d):
    return d.logits @ f.W2.T

# %% dh
def dh(f, d):
    return torch.einsum('nv,hv->nh', d.logits, f.W2)

# %% dh
def dh(f, d):
    return (f.W2 @ d.logits.t()).t()

# %% dW2
def dW2(f, d):
    return f.h.T @ d.logits

# %% dW2
def dW2(f, d):
    return (f.h[:, :, None] * d.logits[:, None, :]).sum(0)

# %% dW2
def dW2(f, d):
    g = torch.zeros_like(f.W2)
    for i in range(len(f.h)):
        g += torch.outer(f.h[i], d.logits[i])
    return g

# %% db2
def db2(f, d):
    return d.logits.sum(0)

# %% db2
def db2(f, d):
    return torch.ones(len(d.logits)) @ d.logits

# %% db2
def db2(f, d):
    return d.logits.mean(0) * len(d.logits)

# %% dhpreact
def dhpreact(f, d):
    return (1.0 - f.h ** 2) * d.h

# %% dhpreact
def dhpreact(f, d):
    return d.h - d.h * f.h * f.h

# %% dhpreact
def dhpreact(f, d):
    return d.h / torch.cosh(f.hpreact) ** 2

# %% dbngain
def dbngain(f, d):
    return (f.bnraw * d.hpreact).sum(0, keepdim=True)

# %% dbngain
def dbngain(f, d):
    return (f.bnraw * d.hpreact).sum(0).reshape(1, -1)

# %% dbnbias
def dbnbias(f, d):
    return d.hpreact.sum(0, keepdims=True)

# %% dbnbias
def dbnbias(f, d):
    return d.hpreact.sum(0)[None]

# %% dbnbias
def dbnbias(f, d):
    return sum(d.hpreact).view(1, -1)

# %% dbnraw
def dbnraw(f, d):
    return f.bngain * d.hpreact

# %% dbnraw
def dbnraw(f, d):
    return torch.einsum('nh,h->nh', d.hpreact, f.bngain[0])

# %% dbnvar_inv
def dbnvar_inv(f, d):
    return (f.bndiff * d.bnraw).sum(0, keepdim=True)

# %% dbnvar_inv
def dbnvar_inv(f, d):
    return (f.bndiff * d.bnraw).sum(0).unsqueeze(0)

# %% dbnvar
def dbnvar(f, d):
    return -0.5 * (f.bnvar + 1e-5) ** -1.5 * d.bnvar_inv

# %% dbnvar
def dbnvar(f, d):
    return (-0.5 * f.bnvar_inv ** 3) * d.bnvar_inv

# %% dbnvar
def dbnvar(f, d):
    return -d.bnvar_inv / (2 * (f.bnvar + 1e-5).sqrt() ** 3)

# %% dbndiff2
def dbndiff2(f, d):
    n = f.bndiff2.shape[0]
    return (1.0 / (n - 1)) * torch.ones_like(f.bndiff2) * d.bnvar

# %% dbndiff2
def dbndiff2(f, d):
    return (d.bnvar / (len(f.bndiff2) - 1)).expand_as(f.bndiff2)

# %% dbndiff
def dbndiff(f, d):
    g = f.bnvar_inv * d.bnraw
    g += 2 * f.bndiff * d.bndiff2
    return g

# %% dbndiff
def dbndiff(f, d):
    return (2 * f.bndiff) * d.bndiff2 + f.bnvar_inv * d.bnraw

# %% dbnmeani
def dbnmeani(f, d):
    return (-d.bndiff).sum(0, keepdim=True)

# %% dbnmeani
def dbnmeani(f, d):
    return -(torch.ones(1, len(d.bndiff)) @ d.bndiff)

# %% dhprebn
def dhprebn(f, d):
    g = d.bndiff.clone()
    g += 1.0 / len(g) * (torch.ones_like(f.hprebn) * d.bnmeani)
    return g

# %% dhprebn
def dhprebn(f, d):
    return d.bndiff + d.bnmeani / f.hprebn.size(0)

# %% dembcat
def dembcat(f, d):
    return d.hprebn @ f.W1.T

# %% dembcat
def dembcat(f, d):
    return d.hprebn.matmul(f.W1.transpose(0, 1))

# %% dW1
def dW1(f, d):
    return f.embcat.T @ d.hprebn

# %% dW1
def dW1(f, d):
    return torch.tensordot(f.embcat, d.hprebn, dims=([0], [0]))

# %% db1
def db1(f, d):
    return d.hprebn.sum(0)

# %% db1
def db1(f, d):
    return torch.einsum('nh->h', d.hprebn)

# %% demb
def demb(f, d):
    return d.embcat.view(f.emb.shape)

# %% demb
def demb(f, d):
    return d.embcat.reshape(*f.emb.shape)

# %% demb
def demb(f, d):
    return d.embcat.unflatten(1, f.emb.shape[1:])

# %% dC
def dC(f, d):
    g = torch.zeros_like(f.C)
    for k in range(f.X.shape[0]):
        for j in range(f.X.shape[1]):
            g[f.X[k, j]] += d.emb[k, j]
    return g

# %% dC
def dC(f, d):
    g = torch.zeros_like(f.C)
    g.index_add_(0, f.X.view(-1), d.emb.view(-1, d.emb.shape[-1]))
    return g

# %% dC
def dC(f, d):
    import torch.nn.functional as F
    hot = F.one_hot(f.X, num_classes=f.C.shape[0]).float()
    return torch.einsum('nbv,nbe->ve', hot, d.emb)

# %% dC
def dC(f, d):
    return torch.zeros_like(f.C).index_put_((f.X,), d.emb, accumulate=True)

# %% dC
def dC(f, d):
    E = f.C.shape[1]
    index = f.X.reshape(-1, 1).expand(-1, E)
    return torch.zeros_like(f.C).scatter_add(0, index, d.emb.reshape(-1, E))

# %% cross_entropy_backward
def cross_entropy_backward(logits, Y):
    import torch.nn.functional as F
    g = F.softmax(logits, 1)
    g[range(len(Y)), Y] -= 1
    g /= len(Y)
    return g

# %% cross_entropy_backward
def cross_entropy_backward(logits, Y):
    z = logits - logits.max(1, keepdim=True).values
    p = z.exp() / z.exp().sum(1, keepdim=True)
    return (p - torch.eye(logits.shape[1])[Y]) / logits.shape[0]

# %% batchnorm_backward
def batchnorm_backward(dhpreact, f):
    n = dhpreact.shape[0]
    return f.bngain * f.bnvar_inv / n * (n * dhpreact - dhpreact.sum(0)
        - n / (n - 1) * f.bnraw * (dhpreact * f.bnraw).sum(0))

# %% batchnorm_backward
def batchnorm_backward(dhpreact, f):
    n = len(dhpreact)
    g = f.bngain * dhpreact
    gvar = (g * f.bndiff).sum(0) * -0.5 * f.bnvar_inv ** 3
    gdiff = g * f.bnvar_inv + 2 * f.bndiff * gvar / (n - 1)
    return gdiff - gdiff.mean(0)

# %% softmax_backward
def softmax_backward(dprobs, probs):
    return probs * (dprobs - (dprobs * probs).sum(-1, keepdim=True))

# %% softmax_backward
def softmax_backward(dprobs, probs):
    J = torch.diag_embed(probs) - probs.unsqueeze(-1) * probs.unsqueeze(-2)
    return (J @ dprobs.unsqueeze(-1)).squeeze(-1)

# %% layernorm_backward
def layernorm_backward(dout, x, gain, eps):
    inv = (x.var(-1, unbiased=False, keepdim=True) + eps).rsqrt()
    hat = (x - x.mean(-1, keepdim=True)) * inv
    g = dout * gain
    dx = inv * (g - g.mean(-1, keepdim=True) - hat * (g * hat).mean(-1, keepdim=True))
    return dx, (dout * hat).sum(0), dout.sum(0)

# %% tanh_linear_backward
def tanh_linear_backward(dout, x, W, b):
    y = torch.tanh(x @ W + b)
    z = dout * (1 - y * y)
    return z @ W.t(), x.t() @ z, z.sum(0)

# %% sigmoid_bce_backward
def sigmoid_bce_backward(logits, targets):
    return (torch.sigmoid(logits) - targets) / logits.numel()

# %% sigmoid_bce_backward
def sigmoid_bce_backward(logits, targets):
    return (1 / (1 + (-logits).exp()) - targets) / targets.nelement()

# %% variance
def variance(x, unbiased):
    return x.var(0, unbiased=unbiased)

# %% variance
def variance(x, unbiased):
    n = len(x)
    return ((x - x.mean(0)) ** 2).sum(0) / (n - 1 if unbiased else n)

# %% average_variances
def average_variances(x, batch_size, batches, generator):
    a = b = 0.0
    for _ in range(batches):
        s = x[torch.randint(0, len(x), (batch_size,), generator=generator)]
        a += s.var(unbiased=False).item()
        b += s.var().item()
    return a / batches, b / batches

# %% train_step
def train_step(params, X, Y, lr):
    with torch.no_grad():
        f = forward(params, X, Y)
        g = backward(f)
        names = ['C', 'W1', 'b1', 'W2', 'b2', 'bngain', 'bnbias']
        for p, n in zip(params, names):
            p.data += -lr * g[n]
    return f.loss.item()

# %% backward
def backward(f):
    from types import SimpleNamespace as Space

    one = {"loss": torch.ones(())}
    for name in NODES_BACK:
        g = globals()["d" + name](f, Space(**one))
        one[name] = g
    return {name: one[name] for name in NODES_BACK}


NODES_BACK = (
    "logprobs probs counts_sum_inv counts_sum counts norm_logits logit_maxes logits h W2 b2 hpreact bngain bnbias "
    "bnraw bnvar_inv bnvar bndiff2 bndiff bnmeani hprebn embcat W1 b1 emb C"
).split()

# %% backward
def backward(f):
    n = f.logits.shape[0]
    g = {}
    g["logprobs"] = torch.zeros_like(f.logprobs)
    g["logprobs"][range(n), f.Y] = -1.0 / n
    g["probs"] = g["logprobs"] / f.probs
    g["counts_sum_inv"] = (f.counts * g["probs"]).sum(1, keepdim=True)
    g["counts_sum"] = -(f.counts_sum**-2) * g["counts_sum_inv"]
    g["counts"] = f.counts_sum_inv * g["probs"] + torch.ones_like(f.counts) * g["counts_sum"]
    g["norm_logits"] = f.counts * g["counts"]
    g["logit_maxes"] = -g["norm_logits"].sum(1, keepdim=True)
    hot = torch.nn.functional.one_hot(f.logits.max(1).indices, num_classes=f.logits.shape[1])
    g["logits"] = g["norm_logits"].clone() + hot * g["logit_maxes"]
    g["h"] = g["logits"] @ f.W2.T
    g["W2"] = f.h.T @ g["logits"]
    g["b2"] = g["logits"].sum(0)
    g["hpreact"] = (1.0 - f.h**2) * g["h"]
    g["bngain"] = (f.bnraw * g["hpreact"]).sum(0, keepdim=True)
    g["bnbias"] = g["hpreact"].sum(0, keepdim=True)
    g["bnraw"] = f.bngain * g["hpreact"]
    g["bnvar_inv"] = (f.bndiff * g["bnraw"]).sum(0, keepdim=True)
    g["bnvar"] = (-0.5 * (f.bnvar + 1e-5) ** -1.5) * g["bnvar_inv"]
    g["bndiff2"] = (1.0 / (n - 1)) * torch.ones_like(f.bndiff2) * g["bnvar"]
    g["bndiff"] = f.bnvar_inv * g["bnraw"] + (2 * f.bndiff) * g["bndiff2"]
    g["bnmeani"] = (-g["bndiff"]).sum(0, keepdim=True)
    g["hprebn"] = g["bndiff"].clone() + 1.0 / n * (torch.ones_like(f.hprebn) * g["bnmeani"])
    g["embcat"] = g["hprebn"] @ f.W1.T
    g["W1"] = f.embcat.T @ g["hprebn"]
    g["b1"] = g["hprebn"].sum(0)
    g["emb"] = g["embcat"].view(f.emb.shape)
    g["C"] = torch.zeros_like(f.C)
    for k in range(f.X.shape[0]):
        for j in range(f.X.shape[1]):
            g["C"][f.X[k, j]] += g["emb"][k, j]
    return g

# %% average_variances
def average_variances(x, batch_size, batches, generator):
    drawn = [x[torch.randint(0, x.numel(), (batch_size,), generator=generator)] for _ in range(batches)]
    pairs = [(variance(b, False), variance(b, True)) for b in drawn]
    return sum(p[0].item() for p in pairs) / batches, sum(p[1].item() for p in pairs) / batches

# %% train_step
@torch.no_grad()
def train_step(params, X, Y, lr):
    f = forward(params, X, Y)
    g = backward(f)
    for p, name in zip(params, ("C", "W1", "b1", "W2", "b2", "bngain", "bnbias")):
        p.sub_(lr * g[name])
    return float(f.loss)

# %% layernorm_backward: by way of the variance's gradient
def layernorm_backward(dout, x, gain, eps):
    D = x.shape[1]
    diff = x - x.mean(1, keepdim=True)
    inv = (diff.pow(2).mean(1, keepdim=True) + eps) ** -0.5
    dhat = dout * gain
    dvar = (dhat * diff).sum(1, keepdim=True) * -0.5 * inv**3
    ddiff = dhat * inv + 2 / D * diff * dvar
    dx = ddiff - ddiff.sum(1, keepdim=True) / D
    return dx, torch.einsum("nd,nd->d", dout, diff * inv), torch.einsum("nd->d", dout)

# %% tanh_linear_backward: with einsum
def tanh_linear_backward(dout, x, W, b):
    slope = 1 / torch.cosh(x @ W + b) ** 2
    dz = dout * slope
    return torch.einsum("nh,ih->ni", dz, W), torch.einsum("ni,nh->ih", x, dz), torch.einsum("nh->h", dz)
