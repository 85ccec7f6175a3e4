"""An attention with options, each of which is a mistake, and heads made from it."""

import torch
from torch import nn

from reference import part6_gpt as reference

INFINITY = float("inf")


def attend(q, k, v, causal=True, scale=None, dim=-1, keep=torch.tril, fill=-INFINITY, late=False, drop=None):
    """Attention that may go wrong.

    scale: a number instead of 1/sqrt(head_size); dim: of the softmax; keep: what the mask leaves of a matrix of ones;
    fill: what stands where the mask is; late: the mask comes after the softmax; drop: a function of the weights.
    """
    scores = q @ k.mT * (q.shape[-1] ** -0.5 if scale is None else scale)
    T = scores.shape[-2]
    hidden = keep(torch.ones(T, T)) == 0 if causal else torch.zeros(scores.shape[-2:], dtype=torch.bool)
    if late:
        weights = torch.softmax(scores, dim).masked_fill(hidden, 0.0)
    else:
        weights = torch.softmax(scores.masked_fill(hidden, fill), dim)
    return (weights if drop is None else drop(weights)) @ v


def head(forward):
    """A Head with another `forward(head, x)`."""

    class Wrong(reference.Head):
        def forward(self, x):
            return forward(self, x)

    return Wrong


def asking(layer, x, context=None):
    """Queries of x; keys and values of the context, or else of x."""
    context = x if context is None else context
    return layer.query(x), layer.key(context), layer.value(context)


def renewed(base, **layers):
    """A layer whose attributes are made anew by functions of the constructor's arguments."""

    class Wrong(base):
        def __init__(self, *sizes):
            super().__init__(*sizes)
            for name, make in layers.items():
                delattr(self, name)
                setattr(self, name, make(*sizes))

    return Wrong


def with_biases(check):
    """Register the mistakes that key, query and value have biases, all of them or one."""
    base = getattr(reference, check.exercise)
    for names in (("key", "query", "value"), ("key",), ("query",), ("value",)):
        what = "key, query and value have biases" if len(names) > 1 else f"{names[0]} has a bias"
        check.mistake(what, "These linear layers are to be without a bias: bias=False.")(_biased(base, names))


def _biased(base, names):
    class Wrong(base):
        def __init__(self, *sizes):
            super().__init__(*sizes)
            for name in names:
                old = getattr(self, name)
                setattr(self, name, nn.Linear(old.in_features, old.out_features))

        def forward(self, *inputs):
            q, k, v = asking(self, *inputs)
            return attend(q, k, v, causal=len(inputs) == 1)

    return Wrong


def cut_graph(check):
    """Register the mistake that the answer is right and has no graph."""
    right = getattr(reference, check.exercise)
    check.mistake(
        "the graph is cut",
        "The values are right, but no gradient finds its way back from them. Something takes the numbers out of the "
        "graph: detach, .data, item() or torch.no_grad. Training would change nothing.",
    )(_detached_layer(right) if isinstance(right, type) else lambda *inputs: right(*inputs).detach())


def _detached_layer(base):
    class Wrong(base):
        def forward(self, *inputs):
            return super().forward(*inputs).detach()

    return Wrong


def lacking(check, *attributes):
    """Register a mistake for each attribute that the layer may not have when forward asks for it."""
    base = getattr(reference, check.exercise)
    for name in attributes:
        check.mistake(
            f"there is no {name}",
            f"forward asks for self.{name}, and __init__ has made none: it is not there, or it has another name there.",
        )(_lacking(base, f"{base.__name__!r} object has no attribute {name!r}"))


def _lacking(base, message):
    class Wrong(base):
        def forward(self, *inputs):
            raise AttributeError(message)

    return Wrong


def size_missing(check, layer=nn.Linear, what="linear layer"):
    """Register the mistake that a layer is made with too few arguments: torch raises a TypeError."""
    check.mistake(
        f"a {what} is made with too few arguments",
        f"A {what} is made with an argument less than it needs: compare the call with what its constructor takes.",
    )(lambda *sizes: layer(*sizes[:1]))
