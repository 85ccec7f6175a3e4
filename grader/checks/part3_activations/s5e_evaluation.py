"""Part 3, BatchNorm as an object: after training, and what must not be recorded."""

import torch

from grader.check import check
from grader.checks.draw import normal, uniform
from grader.checks.part3_activations import variants
from grader.checks.part3_activations.probing import attribute, back, gradient, learning, plain, put
from grader.checks.part3_activations.usual import replaced


@check(
    "BatchNorm1d",
    points=1,
    hints=(
        "After training an example is to be judged by itself, whatever else is in the batch, even if it is alone.",
        "With training set to False the running statistics take the place of the batch's, in the same formula, and "
        "stay as they are.",
        "If not self.training: use running_mean for the mean and running_var for the variance, and update nothing.",
    ),
)
def evaluation(m, given):
    """In eval mode: the running statistics are used, and left alone"""
    layer = m.BatchNorm1d(*given.arguments, **given.options)
    put(layer, given.values)
    learning(layer)
    layer.training = False
    before = [attribute(layer, name) for name in ("running_mean", "running_var")]
    x = given.x.clone().requires_grad_()
    out = layer(x)
    after = [attribute(layer, name) for name in ("running_mean", "running_var")]
    back(out, given.upstream)
    pairs = zip(before, after, strict=True)
    return {
        "out": plain(out),
        "out is kept": out is getattr(layer, "out", None),
        "gradient of x": gradient(x),
        "gradient of gamma": gradient(getattr(layer, "gamma", None)),
        "the running statistics changed": not all(
            isinstance(a, torch.Tensor) and isinstance(b, torch.Tensor) and torch.equal(a, b) for a, b in pairs
        ),
    }


@evaluation.inputs
def _(rng):
    # A batch of one has no variance of its own. The second has running variances for which the default eps matters.
    for n, low, high, arguments, options in (
        (6, 0.3, 3.0, [4], {"eps": 0.3}),
        (5, 1e-5, 3e-5, [3], {}),
        (1, 0.3, 3.0, [7, 0.05, 0.2], {}),
    ):
        dim = arguments[0]
        values = {"gamma": uniform(rng, 0.4, 2.0, dim), "beta": normal(rng, dim)}
        values |= {"running_mean": normal(rng, dim), "running_var": uniform(rng, low, high, dim)}
        yield {
            "arguments": arguments,
            "options": options,
            "values": values,
            "x": 2 * normal(rng, n, dim) + 1,
            "upstream": normal(rng, n, dim),
        }


def wrong(name, advice, **methods):
    """Register a layer of which one step is another one."""
    evaluation.mistake(name, advice)(replaced(variants.BatchNorm1d, **methods))


def used(self, x):
    """The forward pass, with the running statistics after whatever happened before."""
    self.out = self.affine(variants.BatchNorm1d.normal(self, x, self.running_mean, self.running_var))
    return self.out


def updated(self, x):
    """Move the running statistics."""
    self.update(*self.batch(x))
    return x


wrong(
    "the batch's statistics are used in eval mode",
    "The batch is normalised with its own mean and variance. With training set to False it is to be the running ones: "
    "otherwise one name's prediction depends on the others, and a batch of one gives NaN.",
    normal=lambda self, x, *_: variants.BatchNorm1d.normal(self, x, *self.batch(x)),
)
wrong(
    "the running statistics are updated in eval mode",
    "The output is right, but the buffers moved. Looking at data must not change the model.",
    __call__=lambda self, x: [used(self, x), updated(self, x)][0],
)
wrong(
    "the running statistics are updated, then used",
    "The buffers are moved towards this batch and then used. With training set to False they stay as they are.",
    __call__=lambda self, x: used(self, updated(self, x)),
)
wrong(
    "training is ignored",
    "The layer does the same in both modes: it normalises with the batch's statistics and updates the running ones. "
    "Look at self.training.",
    normal=lambda self, x, *_: variants.BatchNorm1d.normal(self, x, *self.batch(updated(self, x))),
)
for name, advice, normalised in variants.EPS:
    wrong(name, advice, normal=normalised)
wrong(
    "eps is missing",
    "eps is to be added to the running variance as well.",
    normal=lambda self, x, mean, variance: (x - mean) / variance.sqrt(),
)
wrong(
    "the root is missing",
    "The answer divides by the running variance. It should divide by its root.",
    normal=lambda self, x, mean, variance: (x - mean) / (variance + self.eps),
)
wrong(
    "the root of the standard deviation",
    "The root is taken twice: running_var should be a variance, of which one root is taken.",
    normal=lambda self, x, mean, variance: (x - mean) / torch.sqrt(variance.sqrt() + self.eps),
)
wrong(
    "multiplied by the standard deviation",
    "The answer multiplies by the standard deviation. To bring it to one, divide.",
    normal=lambda self, x, mean, variance: (x - mean) * torch.sqrt(variance + self.eps),
)
wrong(
    "the mean is added",
    "running_mean is added to x. It is to be taken away.",
    normal=lambda self, x, mean, variance: (x + mean) / torch.sqrt(variance + self.eps),
)
wrong(
    "the mean of the batch with the running variance",
    "The variance is the running one, but the mean is that of the batch. Both are to be the running ones.",
    normal=lambda self, x, mean, variance: (x - x.mean(0)) / torch.sqrt(variance + self.eps),
)
wrong(
    "the running mean and the running variance are swapped",
    "running_var is subtracted, and the root is taken of running_mean.",
    normal=lambda self, x, mean, variance: (x - variance) / torch.sqrt(mean + self.eps),
)
wrong(
    "gamma and beta are multiplied",
    "beta is to be added, not multiplied.",
    affine=lambda self, xhat: self.gamma * xhat * self.beta,
)
wrong(
    "beta is subtracted",
    "beta is taken away. It is to be added.",
    affine=lambda self, xhat: self.gamma * xhat - self.beta,
)
wrong("gamma and beta are not used", "Gain and bias belong to the layer in both modes.", affine=lambda self, xhat: xhat)


@check(
    "BatchNorm1d",
    points=1,
    hints=(
        "A running value that remembers how it was computed holds on to the graphs of all batches so far.",
        "The output needs its graph; the update of the buffers does not. no_grad around the update alone, or "
        "detached statistics in it alone.",
        "Compute the batch's mean and variance with gradients on; only then, under no_grad, move the two buffers.",
    ),
)
def no_graph(m, given):
    """The running statistics are kept out of the graph"""
    layer = m.BatchNorm1d(given.dim)
    learning(layer)
    for x in given.batches:
        out = layer(x.clone().requires_grad_())
    enabled = torch.is_grad_enabled()
    return {
        "running_mean requires a gradient": watched(getattr(layer, "running_mean", None)),
        "running_var requires a gradient": watched(getattr(layer, "running_var", None)),
        "running_mean moved": differs(attribute(layer, "running_mean"), 0),
        "running_var moved": differs(attribute(layer, "running_var"), 1),
        "the output requires a gradient": watched(out),
        "recording is still on afterwards": enabled,
    }


def watched(value):
    """Whether a tensor requires a gradient."""
    return getattr(value, "requires_grad", None)


def differs(value, start):
    """Whether all entries of a tensor have left their first value."""
    return isinstance(value, torch.Tensor) and bool((value != start).all())


@no_graph.inputs
def _(rng):
    for n, dim in ((6, 4), (5, 3)):
        yield {"dim": dim, "batches": [normal(rng, n, dim) + 0.5 for _ in range(2)]}


def still(name, **methods):
    """Register a layer whose running statistics do not move."""
    no_graph.mistake(
        name,
        "What should follow the batches is still what it was at the start, so there is nothing to be kept out of a "
        "graph. Is the name spelt alike everywhere?",
    )(replaced(variants.BatchNorm1d, **methods))


still("the running statistics are never updated", update=lambda self, mean, variance: None)
still(
    "the running statistics are never updated: running_mean",
    update=lambda self, mean, variance: variants.BatchNorm1d.update(self, self.running_mean, variance),
)
still(
    "the running statistics are never updated: running_var",
    update=lambda self, mean, variance: variants.BatchNorm1d.update(self, mean, self.running_var),
)


@no_graph.mistake(
    "the statistics are kept in the graph",
    "The running statistics require a gradient: they hang on the graph of every batch so far, and memory grows with "
    "each step. They are bookkeeping; update them without a graph.",
)
class _(variants.BatchNorm1d):
    def update(self, mean, variance):
        self.running_mean = self.follow(self.running_mean, mean)
        self.running_var = self.follow(self.running_var, variance)


@no_graph.mistake(
    "the running variance is kept in the graph",
    "running_mean is fine. running_var requires a gradient: its update is outside of no_grad.",
)
class _(variants.BatchNorm1d):
    def update(self, mean, variance):
        self.running_mean = self.follow(self.running_mean, mean.detach())
        self.running_var = self.follow(self.running_var, variance)


@no_graph.mistake(
    "the running mean is kept in the graph",
    "running_var is fine. running_mean requires a gradient: its update is outside of no_grad.",
)
class _(variants.BatchNorm1d):
    def update(self, mean, variance):
        self.running_mean = self.follow(self.running_mean, mean)
        self.running_var = self.follow(self.running_var, variance.detach())


@no_graph.mistake(
    "recording is switched off for good",
    "Gradients are switched off for the update and not on again: no layer after this one would learn. A with block "
    "puts things back by itself.",
)
class _(variants.BatchNorm1d):
    def update(self, mean, variance):
        super().update(mean, variance)
        torch.set_grad_enabled(False)


@no_graph.mistake(
    "the whole layer is without a graph",
    "The output does not require a gradient: no_grad is around all of the layer. It belongs around the update of the "
    "running statistics alone.",
)
class _(variants.BatchNorm1d):
    def __call__(self, x):
        with torch.no_grad():
            return super().__call__(x)
