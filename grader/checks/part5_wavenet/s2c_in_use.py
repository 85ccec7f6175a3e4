"""Part 5, BatchNorm in evaluation mode."""

import torch

from grader.check import check
from grader.checks.draw import normal
from grader.checks.part5_wavenet.handling import (
    as_vector,
    gradients,
    put,
    variant,
)
from grader.checks.part5_wavenet.norms import PlainBatchNorm, parameters


@check(
    "BatchNorm1d",
    points=1,
    hints=(
        "In use, a prediction should not depend on what else is in the batch.",
        "Where training is False, the running mean and the running variance take the place of the batch's, in the same "
        "formula; and they are left as they are.",
        "Ask for self.training once: choose the two statistics by it, and update the running ones only where it is "
        "True.",
    ),
)
def evaluation(m, given):
    """In evaluation: normalised by the running statistics, which stay as they are"""
    layer = m.BatchNorm1d(len(given.gamma), eps=given.eps)
    for name in ("gamma", "beta", "running_mean", "running_var"):
        put(layer, name, getattr(given, name))
    layer.training = False
    leaves = {"x": given.x.requires_grad_(), "gamma": layer.gamma.requires_grad_(), "beta": layer.beta.requires_grad_()}
    first = layer(-given.x.detach()[:1])
    out = layer(given.x)
    return {
        "out": out,
        "the call before, with a batch of one": first.detach() if isinstance(first, torch.Tensor) else first,
        "gradients": gradients(out, given.upstream, leaves),
        "running_mean afterwards": as_vector(layer.running_mean.detach()),
        "running_var afterwards": as_vector(layer.running_var.detach()),
    }


@evaluation.inputs
def _(rng):
    for shape, eps in (((4, 3), 0.5), ((2, 5), 0.3), ((2, 4, 3), 0.4), ((1, 3, 2), 0.2)):
        x, upstream = normal(rng, *shape), normal(rng, *shape)
        case = {**parameters(rng, shape[-1]), "x": 2 * x + 1, "upstream": upstream, "eps": eps}
        if shape[0] == 1:  # a variance so small that no eps at all can be told from one of 1e-5
            case["running_var"] = 0.01 * case["running_var"]
        yield case


evaluation.mistake(
    "the batch's own statistics are used in evaluation",
    "In evaluation too, each batch is normalised by its own mean and variance. A single example has no variance at "
    "all, and a name's next letter would depend on which other names are in the batch. Ask for self.training.",
)(variant(PlainBatchNorm, in_use=lambda self, x: self.statistics(x)))


@evaluation.mistake(
    "the mode is not looked at",
    "The layer does the same in evaluation as in training: it goes by the batch's statistics, and updates the running "
    "ones. Ask for self.training.",
)
class _(PlainBatchNorm):
    def in_use(self, x):
        mean, var = self.statistics(x)
        with torch.no_grad():
            self.update(x, mean, var)
        return mean, var


@evaluation.mistake(
    "updated in evaluation",
    "The output is right, but the call has moved the running statistics. Data that the model is only tested on would "
    "find its way into the model. They are updated in training alone.",
)
class _(PlainBatchNorm):
    def in_use(self, x):
        mean, var = self.running_mean, self.running_var
        with torch.no_grad():
            self.update(x, *self.statistics(x))
        return mean, var


@evaluation.mistake(
    "updated first, in evaluation",
    "The running statistics are updated in evaluation too, before they are used. They are updated in training alone.",
)
class _(PlainBatchNorm):
    def in_use(self, x):
        with torch.no_grad():
            self.update(x, *self.statistics(x))
        return self.running_mean, self.running_var


evaluation.mistake(
    "the running mean, but the batch's variance",
    "The mean is the running one, but the variance is still that of the batch.",
)(variant(PlainBatchNorm, in_use=lambda self, x: (self.running_mean, self.statistics(x)[1])))

evaluation.mistake(
    "the running variance, but the batch's mean",
    "The variance is the running one, but the mean is still that of the batch.",
)(variant(PlainBatchNorm, in_use=lambda self, x: (self.statistics(x)[0], self.running_var)))

evaluation.mistake(
    "running mean and variance are swapped",
    "The running variance is subtracted and the running mean is divided by.",
)(variant(PlainBatchNorm, in_use=lambda self, x: (self.running_var, self.running_mean)))

evaluation.mistake(
    "eps is missing", "There is no eps under the root in evaluation. The formula is the same as in training."
)(variant(PlainBatchNorm, root=lambda self, var: torch.sqrt(var)))

evaluation.mistake(
    "eps is hard-coded",
    "In evaluation 1e-5 is used whatever eps the layer was made with. Keep it when the layer is made, and use what was "
    "kept, in both modes.",
)(variant(PlainBatchNorm, root=lambda self, var: torch.sqrt(var + 1e-5)))

evaluation.mistake(
    "eps outside the root",
    "eps is added to the standard deviation. It belongs to the variance, under the root.",
)(variant(PlainBatchNorm, root=lambda self, var: torch.sqrt(var) + self.eps))

evaluation.mistake(
    "divided by the variance", "The difference from the mean is divided by the running variance; a root is missing."
)(variant(PlainBatchNorm, root=lambda self, var: var + self.eps))

evaluation.mistake(
    "gamma and beta are not used",
    "gamma and beta are left out in evaluation. They were learnt, and belong to the layer in both modes.",
)(variant(PlainBatchNorm, scaled=lambda self, normal: normal))

evaluation.mistake("beta is missing", "beta is not added.")(
    variant(PlainBatchNorm, scaled=lambda self, normal: self.gamma * normal)
)

evaluation.mistake("beta is subtracted", "beta is taken away where it should be added.")(
    variant(PlainBatchNorm, scaled=lambda self, normal: self.gamma * normal - self.beta)
)
