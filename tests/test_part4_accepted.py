"""Right answers in other words than the course's: every one must pass."""

import pytest
import students

FORMS = {
    "dlogprobs": [
        "g = torch.zeros_like(f.logprobs)\n    g[range(f.logprobs.shape[0]), f.Y] = -1.0 / f.logprobs.shape[0]\n"
        "    return g * d.loss",
        "import torch.nn.functional as F\n    n, V = f.logprobs.shape\n    return -d.loss / n * F.one_hot(f.Y, V).float()",
        "g = torch.zeros(f.logprobs.shape)\n    for i in range(len(f.Y)):\n        g[i, f.Y[i]] = -d.loss / len(f.Y)\n"
        "    return g",
        "n = len(f.Y)\n    return torch.zeros_like(f.logprobs).scatter_(1, f.Y.view(-1, 1), (-d.loss / n).expand(n, 1))",
    ],
    "dprobs": [
        "return d.logprobs * f.probs ** -1",
        "return torch.div(d.logprobs, f.probs)",
        "return (1.0 / f.probs) * d.logprobs",
    ],
    "dcounts_sum_inv": [
        "return (f.counts * d.probs).sum(axis=1, keepdims=True)",
        "return torch.einsum('nv,nv->n', f.counts, d.probs)[:, None]",
        "return (f.counts[:, None, :] @ d.probs[:, :, None]).view(-1, 1)",
    ],
    "dcounts_sum": [
        "return -d.counts_sum_inv * f.counts_sum ** -2",
        "return -(f.counts_sum_inv ** 2) * d.counts_sum_inv",
        "return d.counts_sum_inv / -f.counts_sum.square()",
    ],
    "dcounts": [
        "return f.counts_sum_inv * d.probs + torch.ones_like(f.counts) * d.counts_sum",
        "g = (f.counts_sum_inv * d.probs).clone()\n    g += d.counts_sum\n    return g",
        "return d.counts_sum.repeat(1, f.counts.shape[1]) + d.probs / f.counts_sum",
    ],
    "dnorm_logits": ["return f.norm_logits.exp() * d.counts", "return torch.mul(d.counts, f.counts)"],
    "dlogit_maxes": [
        "return -d.norm_logits.sum(1, keepdim=True)",
        "return (-d.norm_logits).sum(dim=-1).unsqueeze(1)",
        "return -(d.norm_logits @ torch.ones(d.norm_logits.shape[1], 1))",
    ],
    "dlogits": [
        "import torch.nn.functional as F\n    hot = F.one_hot(f.logits.max(1).indices, num_classes=f.logits.shape[1])\n"
        "    return d.norm_logits.clone() + hot * d.logit_maxes",
        "g = d.norm_logits.clone()\n    g[range(len(g)), f.logits.argmax(1)] += d.logit_maxes.flatten()\n    return g",
        "return d.norm_logits + (f.logits == f.logit_maxes) * d.logit_maxes",
        "return d.norm_logits.scatter_add(1, f.logits.argmax(1, keepdim=True), d.logit_maxes)",
    ],
    "dh": [
        "return d.logits @ f.W2.T",
        "return torch.einsum('nv,hv->nh', d.logits, f.W2)",
        "return (f.W2 @ d.logits.t()).t()",
    ],
    "dW2": [
        "return f.h.T @ d.logits",
        "return (f.h[:, :, None] * d.logits[:, None, :]).sum(0)",
        "g = torch.zeros_like(f.W2)\n    for i in range(len(f.h)):\n        g += torch.outer(f.h[i], d.logits[i])\n    return g",
    ],
    "db2": [
        "return d.logits.sum(0)",
        "return torch.ones(len(d.logits)) @ d.logits",
        "return d.logits.mean(0) * len(d.logits)",
    ],
    "dhpreact": [
        "return (1.0 - f.h ** 2) * d.h",
        "return d.h - d.h * f.h * f.h",
        "return d.h / torch.cosh(f.hpreact) ** 2",
    ],
    "dbngain": [
        "return (f.bnraw * d.hpreact).sum(0, keepdim=True)",
        "return (f.bnraw * d.hpreact).sum(0).reshape(1, -1)",
    ],
    "dbnbias": [
        "return d.hpreact.sum(0, keepdims=True)",
        "return d.hpreact.sum(0)[None]",
        "return sum(d.hpreact).view(1, -1)",
    ],
    "dbnraw": ["return f.bngain * d.hpreact", "return torch.einsum('nh,h->nh', d.hpreact, f.bngain[0])"],
    "dbnvar_inv": [
        "return (f.bndiff * d.bnraw).sum(0, keepdim=True)",
        "return (f.bndiff * d.bnraw).sum(0).unsqueeze(0)",
    ],
    "dbnvar": [
        "return -0.5 * (f.bnvar + 1e-5) ** -1.5 * d.bnvar_inv",
        "return (-0.5 * f.bnvar_inv ** 3) * d.bnvar_inv",
        "return -d.bnvar_inv / (2 * (f.bnvar + 1e-5).sqrt() ** 3)",
    ],
    "dbndiff2": [
        "n = f.bndiff2.shape[0]\n    return (1.0 / (n - 1)) * torch.ones_like(f.bndiff2) * d.bnvar",
        "return (d.bnvar / (len(f.bndiff2) - 1)).expand_as(f.bndiff2)",
    ],
    "dbndiff": [
        "g = f.bnvar_inv * d.bnraw\n    g += 2 * f.bndiff * d.bndiff2\n    return g",
        "return (2 * f.bndiff) * d.bndiff2 + f.bnvar_inv * d.bnraw",
    ],
    "dbnmeani": ["return (-d.bndiff).sum(0, keepdim=True)", "return -(torch.ones(1, len(d.bndiff)) @ d.bndiff)"],
    "dhprebn": [
        "g = d.bndiff.clone()\n    g += 1.0 / len(g) * (torch.ones_like(f.hprebn) * d.bnmeani)\n    return g",
        "return d.bndiff + d.bnmeani / f.hprebn.size(0)",
    ],
    "dembcat": ["return d.hprebn @ f.W1.T", "return d.hprebn.matmul(f.W1.transpose(0, 1))"],
    "dW1": ["return f.embcat.T @ d.hprebn", "return torch.tensordot(f.embcat, d.hprebn, dims=([0], [0]))"],
    "db1": ["return d.hprebn.sum(0)", "return torch.einsum('nh->h', d.hprebn)"],
    "demb": [
        "return d.embcat.view(f.emb.shape)",
        "return d.embcat.reshape(*f.emb.shape)",
        "return d.embcat.unflatten(1, f.emb.shape[1:])",
    ],
    "dC": [
        "g = torch.zeros_like(f.C)\n    for k in range(f.X.shape[0]):\n        for j in range(f.X.shape[1]):\n"
        "            g[f.X[k, j]] += d.emb[k, j]\n    return g",
        "g = torch.zeros_like(f.C)\n    g.index_add_(0, f.X.view(-1), d.emb.view(-1, d.emb.shape[-1]))\n    return g",
        "import torch.nn.functional as F\n    hot = F.one_hot(f.X, num_classes=f.C.shape[0]).float()\n"
        "    return torch.einsum('nbv,nbe->ve', hot, d.emb)",
        "return torch.zeros_like(f.C).index_put_((f.X,), d.emb, accumulate=True)",
        "E = f.C.shape[1]\n    index = f.X.reshape(-1, 1).expand(-1, E)\n"
        "    return torch.zeros_like(f.C).scatter_add(0, index, d.emb.reshape(-1, E))",
    ],
}
WHOLE = {
    "cross_entropy_backward": [
        "def cross_entropy_backward(logits, Y):\n    import torch.nn.functional as F\n    g = F.softmax(logits, 1)\n"
        "    g[range(len(Y)), Y] -= 1\n    g /= len(Y)\n    return g",
        "def cross_entropy_backward(logits, Y):\n    z = logits - logits.max(1, keepdim=True).values\n"
        "    p = z.exp() / z.exp().sum(1, keepdim=True)\n"
        "    return (p - torch.eye(logits.shape[1])[Y]) / logits.shape[0]",
    ],
    "batchnorm_backward": [
        "def batchnorm_backward(dhpreact, f):\n    n = dhpreact.shape[0]\n"
        "    return f.bngain * f.bnvar_inv / n * (n * dhpreact - dhpreact.sum(0)\n"
        "        - n / (n - 1) * f.bnraw * (dhpreact * f.bnraw).sum(0))",
        "def batchnorm_backward(dhpreact, f):\n    n = len(dhpreact)\n    g = f.bngain * dhpreact\n"
        "    gvar = (g * f.bndiff).sum(0) * -0.5 * f.bnvar_inv ** 3\n"
        "    gdiff = g * f.bnvar_inv + 2 * f.bndiff * gvar / (n - 1)\n    return gdiff - gdiff.mean(0)",
    ],
    "softmax_backward": [
        "def softmax_backward(dprobs, probs):\n    return probs * (dprobs - (dprobs * probs).sum(-1, keepdim=True))",
        "def softmax_backward(dprobs, probs):\n    J = torch.diag_embed(probs) - probs.unsqueeze(-1) * probs.unsqueeze(-2)\n"
        "    return (J @ dprobs.unsqueeze(-1)).squeeze(-1)",
    ],
    "layernorm_backward": [
        "def layernorm_backward(dout, x, gain, eps):\n    inv = (x.var(-1, unbiased=False, keepdim=True) + eps).rsqrt()\n"
        "    hat = (x - x.mean(-1, keepdim=True)) * inv\n    g = dout * gain\n"
        "    dx = inv * (g - g.mean(-1, keepdim=True) - hat * (g * hat).mean(-1, keepdim=True))\n"
        "    return dx, (dout * hat).sum(0), dout.sum(0)",
    ],
    "tanh_linear_backward": [
        "def tanh_linear_backward(dout, x, W, b):\n    y = torch.tanh(x @ W + b)\n    z = dout * (1 - y * y)\n"
        "    return z @ W.t(), x.t() @ z, z.sum(0)",
    ],
    "sigmoid_bce_backward": [
        "def sigmoid_bce_backward(logits, targets):\n    return (torch.sigmoid(logits) - targets) / logits.numel()",
        "def sigmoid_bce_backward(logits, targets):\n    return (1 / (1 + (-logits).exp()) - targets) / targets.nelement()",
    ],
    "variance": [
        "def variance(x, unbiased):\n    return x.var(0, unbiased=unbiased)",
        "def variance(x, unbiased):\n    n = len(x)\n    return ((x - x.mean(0)) ** 2).sum(0) / (n - 1 if unbiased else n)",
    ],
    "average_variances": [
        "def average_variances(x, batch_size, batches, generator):\n    a = b = 0.0\n    for _ in range(batches):\n"
        "        s = x[torch.randint(0, len(x), (batch_size,), generator=generator)]\n"
        "        a += s.var(unbiased=False).item()\n        b += s.var().item()\n    return a / batches, b / batches",
    ],
    "train_step": [
        "def train_step(params, X, Y, lr):\n    with torch.no_grad():\n        f = forward(params, X, Y)\n"
        "        g = backward(f)\n        names = ['C', 'W1', 'b1', 'W2', 'b2', 'bngain', 'bnbias']\n"
        "        for p, n in zip(params, names):\n            p.data += -lr * g[n]\n    return f.loss.item()",
    ],
}
CASES = [(name, f"def {name}(f, d):\n    {body}") for name, bodies in FORMS.items() for body in bodies]
CASES += [(name, text) for name, texts in WHOLE.items() for text in texts]


@pytest.mark.parametrize(("name", "answer"), CASES, ids=[f"{n}-{i}" for i, (n, _) in enumerate(CASES)])
def test_another_right_form(part4, name, answer):
    for seed in (0, 1):
        result = part4(seed=seed, **{name: answer})
        assert {one.status for one in result.values()} == {"passed"}, [one.message for one in result.values()]


def test_every_exercise_has_another_form():
    from grader.course import Course

    assert set(FORMS) | set(WHOLE) | {"backward"} == set(Course(students.ROOT).part("part4").exercises)


def test_helpers_constants_extra_cells_and_imports(part4):
    answer = """import functools
from math import prod
import torch.nn.functional as F

SCALE = 1.0

# %%
%matplotlib inline

# %% [markdown]
# My notes

# %%
class Rule:
    def __init__(self, g): self.g = g
    def over(self, x): return SCALE * self.g / x

@functools.lru_cache
def helper(n):
    return prod([1] * n)

# %%
def scratch():
    x = torch.ones(3, requires_grad=True)
    x.sum().backward()
    return x.grad

# %%
def dprobs(f, d):
    return Rule(d.logprobs).over(f.probs) * helper(3)
"""
    first, rest = "def dprobs(f, d):\n    raise NotImplementedError", answer
    text = students.solved(students.ROOT, "part4_backprop", dprobs=first + "\n\n\n# %%\n" + rest)
    results = part4(text, targets=("part4",))
    assert {r.id: r.message for r in results.values() if r.status != "passed"} == {}


def test_experiments_under_main_are_not_run_and_cost_nothing(part4):
    text = students.solved(students.ROOT, "part4_backprop")
    text += "\n\n# %%\nif __name__ == '__main__':\n    torch.ones(3, requires_grad=True).sum().backward()\n    1 / 0\n"
    assert {r.status for r in part4(text, targets=("part4",)).values()} == {"passed"}


def test_an_experiment_that_fails_costs_no_exercise(part4):
    text = students.solved(students.ROOT, "part4_backprop")
    text += "\n\n# %%\nx = torch.ones(3, requires_grad=True)\nx.sum().backward()\n\n# %%\n1 / 0\n"
    assert {r.status for r in part4(text, targets=("part4",)).values()} == {"passed"}


def test_a_notebook_gets_the_same_verdicts(part4):
    text = students.solved(
        students.ROOT,
        "part4_backprop",
        dprobs="def dprobs(f, d):\n    return 1 / f.probs",
        dC="def dC(f, d):\n    return (",
        dh="def dh(f, d):\n    return 1 / 0",
    )

    def verdicts(results):
        return {r.id: (r.status, r.points, r.mistake) for r in results.values()}

    first = verdicts(part4(text, targets=("part4",)))
    assert first == verdicts(part4(students.as_notebook(text), ".ipynb", targets=("part4",)))
    assert [first[f"part4.{n}"][0] for n in ("dprobs", "dC", "dh")] == ["failed", "crashed", "crashed"]
