"""Part 6, dropout: by its statistics in training, exactly in evaluation."""

import torch

from grader.check import check
from grader.checks.draw import normal, uniform
from grader.checks.part6_gpt.inputs import alike, exactly, pairs, share
from grader.checks.part6_gpt.modules import backward, gradient
from grader.checks.part6_gpt.wrong import lacking
from reference import part6_gpt as reference

NOT_RESCALED = "the survivors are not rescaled"
SWAPPED = "p is the share that is kept"
IN_EVALUATION = "dropout in evaluation"


@check(
    "Dropout",
    points=2,
    hints=(
        "A random mask of zeros and ones, of the shape of the input, decides which numbers stay.",
        "A number between 0 and 1 that is drawn evenly is below p with probability p. What stays is divided by the "
        "share that stays on average, so that the expected value is as before.",
        "In training draw a uniform number for every entry, multiply the input by the mask of those that are at least "
        "p, and divide by 1 - p; in evaluation return the input.",
    ),
    forbids=("dropout", "native_dropout", "feature_dropout", "alpha_dropout", "feature_alpha_dropout", "Dropout"),
)
def Dropout(m, given):
    """In training: the right share is dropped, the rest is rescaled"""
    layer = m.Dropout(given.p)
    leaf = given.x.clone().requires_grad_()
    first = layer(leaf)
    backward(first, given.upstream)
    return {"first": first, "second": layer(given.x), "gradient": gradient(leaf)}


@Dropout.inputs
def _(rng):
    for shape, p in (((40, 50), 0.3), ((6, 16, 20), 0.6), ((30, 64), 0.15)):
        yield {"x": uniform(rng, 1, 2, *shape), "p": p, "upstream": uniform(rng, 1, 2, *shape)}


@Dropout.statistic
def _(given, answer):
    p, dropped = given.p, answer["first"] == 0
    kept = (answer["first"] / given.x)[~dropped]
    passed = answer["gradient"] / given.upstream - answer["first"] / given.x
    bands = {
        "share that is dropped": share(dropped, p),
        "share dropped at the second call": share(answer["second"] == 0, p),
        "share treated alike at both calls": share(dropped == (answer["second"] == 0), alike(p)),
    }
    for dim in range(dropped.dim()):
        bands[f"share of neighbours along dimension {dim} treated alike"] = share(pairs(dropped, dim), alike(p))
    for name, band in exactly(kept, 1 / (1 - p)).items():
        bands[f"{name} factor of a survivor"] = band
    for name, band in exactly(passed, 0.0).items():
        bands[f"{name} difference of the gradient's factor"] = band
    return bands


def dropping(chance=lambda p: p, factor=lambda p: 1 / (1 - p), mask_shape=lambda shape: shape, again=True):
    """A dropout layer that goes wrong: in how many it drops, in the factor, in the mask's shape, or once for all."""

    class Wrong(reference.Dropout):
        def forward(self, x):
            if not self.training:
                return x
            if again or not hasattr(self, "kept"):
                self.kept = torch.rand(mask_shape(x.shape)) >= chance(self.p)
            return x * self.kept * factor(self.p)

    return Wrong


Dropout.mistake(
    NOT_RESCALED,
    "The right share is dropped, and the survivors stay as they are. The sum over them is then too small by 1 - p, and "
    "the next layer sees other sizes in training than in evaluation. Divide by the share that stays.",
)(dropping(factor=lambda p: 1.0))
Dropout.mistake(
    SWAPPED,
    "p is the probability to be dropped; here it is the probability to stay. (Some old papers and libraries count that "
    "way.)",
)(dropping(chance=lambda p: 1 - p, factor=lambda p: 1 / p))
Dropout.mistake(
    "the share that is dropped is the share that should stay",
    "The survivors are rescaled for a share of 1 - p, but only p of the numbers survive: the comparison is turned "
    "round.",
)(dropping(chance=lambda p: 1 - p))
Dropout.mistake(
    "the survivors are made smaller",
    "The survivors are multiplied by the share that stays. That is what the first papers did at test time; to make up "
    "for the numbers that are gone, the others grow.",
)(dropping(factor=lambda p: 1 - p))
Dropout.mistake(
    "rescaled by p",
    "The survivors are divided by p. What is left is a share of 1 - p.",
)(dropping(factor=lambda p: 1 / p))
Dropout.mistake(
    "one mask for all rows",
    "The same columns are dropped in every row. Each number is dropped on its own: the mask has the shape of the "
    "input.",
)(dropping(mask_shape=lambda shape: shape[-1:]))
Dropout.mistake(
    "whole rows are dropped",
    "A row is kept or dropped as a whole. Each number is dropped on its own: the mask has the shape of the input.",
)(dropping(mask_shape=lambda shape: (*shape[:-1], 1)))
Dropout.mistake(
    "one mask for the whole batch",
    "The same places are dropped in every example of the batch. The mask has the shape of the input, batch and all.",
)(dropping(mask_shape=lambda shape: (1, *shape[1:])))
Dropout.mistake(
    "the mask is drawn once",
    "The second call drops the same numbers as the first. Draw a new mask at every call.",
)(dropping(again=False))


Dropout.mistake(
    "divided by 1 + p",
    "The survivors are divided by 1 + p. What is left is a share of 1 - p.",
)(dropping(factor=lambda p: 1 / (1 + p)))
Dropout.mistake(
    "divided by p - 1",
    "The survivors are divided by p - 1, which turns their sign. What is left is a share of 1 - p.",
)(dropping(factor=lambda p: 1 / (p - 1)))
Dropout.mistake(
    "rescaled twice as much",
    "The survivors are twice as large as they should be.",
)(dropping(factor=lambda p: 2 / (1 - p)))
Dropout.mistake(
    "rescaled half as much",
    "The survivors are half as large as they should be.",
)(dropping(factor=lambda p: 0.5 / (1 - p)))
Dropout.mistake(
    "everything is dropped",
    "All numbers are 0 in training.",
)(dropping(chance=lambda p: 2.0))


@Dropout.mistake(
    "the mask alone comes back",
    "The output is the rescaled mask: zeros and one other number. It is to be multiplied by the input.",
)
class _(reference.Dropout):
    def forward(self, x):
        return (torch.rand(x.shape) >= self.p) / (1 - self.p)


@Dropout.mistake(
    "nothing is dropped",
    "Everything passes as it came, in training too. A new layer is in training mode: is the question asked the wrong "
    "way round?",
)
class _(reference.Dropout):
    def forward(self, x):
        return x.clone()


@Dropout.mistake(
    "normal numbers are compared with p",
    "The share that is dropped is not p: it looks as if the mask came from normal numbers. Numbers that are uniform "
    "between 0 and 1 are below p with probability p.",
)
class _(reference.Dropout):
    def forward(self, x):
        return x * (torch.randn(x.shape) >= self.p) / (1 - self.p)


@Dropout.mistake(
    "the gradient goes round the mask",
    "The output is right, the gradient is not: it does not pass through the mask. What was dropped must get no "
    "gradient, and what was rescaled a rescaled one.",
)
class _(reference.Dropout):
    def forward(self, x):
        return x + (super().forward(x) - x).detach()


@Dropout.mistake(
    "the graph is cut",
    "The output is right, but no gradient finds its way back to x. Multiply the input itself by the mask.",
)
class _(reference.Dropout):
    def forward(self, x):
        return super().forward(x.detach())


@check(
    "Dropout",
    points=1,
    hints=(
        "Dropout is for training. How does a layer know which mode it is in?",
        "Every module has a flag, self.training, that train() and eval() set for it and for all modules in it.",
        "If self.training is false, return the input as it came.",
    ),
)
def in_evaluation(m, given):
    """In evaluation nothing is dropped, and training mode brings it back"""
    layer = m.Dropout(given.p)
    network = torch.nn.Sequential(layer)
    network.eval()
    leaf = given.x.clone().requires_grad_()
    evaluated = network(leaf)
    backward(evaluated, given.upstream)
    network.train()
    trained = network(given.x)
    return {
        "output in evaluation, weighted": evaluated * given.weights,
        "gradient in evaluation, weighted": gradient(leaf) * given.weights,
        "numbers are dropped in training": bool((trained == 0).any()),
        "parameters to learn": len(list(layer.parameters())),
    }


@in_evaluation.inputs
def _(rng):
    for shape, p in (((30, 7), 0.5), ((3, 20, 4), 0.4)):
        yield {"x": normal(rng, *shape), "p": p, "upstream": normal(rng, *shape), "weights": normal(rng, *shape)}


def evaluated(change):
    """A dropout layer that does something in evaluation."""

    class Wrong(reference.Dropout):
        def forward(self, x):
            return super().forward(x) if self.training else change(x)

    return Wrong


in_evaluation.mistake(
    "the graph is cut",
    "In evaluation no gradient goes through. The input is to be returned as it is, with its graph.",
)(evaluated(lambda x: x.detach()))
lacking(Dropout, "p")


@in_evaluation.mistake(
    IN_EVALUATION,
    "Numbers are dropped in evaluation mode as well. When the network is at work it should use all it has, and give "
    "the same answer twice.",
)
class _(reference.Dropout):
    def forward(self, x):
        return x * (torch.rand(x.shape) >= self.p) / (1 - self.p)


@in_evaluation.mistake(
    "rescaled in evaluation",
    "In evaluation nothing is dropped, but the numbers are multiplied all the same. The rescaling was done in "
    "training; there is nothing left to make up for.",
)
class _(reference.Dropout):
    def forward(self, x):
        return super().forward(x) if self.training else x * (1 - self.p)


@in_evaluation.mistake(
    "enlarged in evaluation",
    "In evaluation the numbers are divided by 1 - p, as if some had been dropped. All are there.",
)
class _(reference.Dropout):
    def forward(self, x):
        return super().forward(x) if self.training else x / (1 - self.p)


@in_evaluation.mistake(
    "never anything is dropped",
    "Nothing is dropped in training either.",
)
class _(reference.Dropout):
    def forward(self, x):
        return x


@in_evaluation.mistake(
    "the modes are swapped",
    "Numbers are dropped in evaluation and kept in training: the question about the mode is the wrong way round.",
)
class _(reference.Dropout):
    def forward(self, x):
        return x if self.training else x * (torch.rand(x.shape) >= self.p) / (1 - self.p)
