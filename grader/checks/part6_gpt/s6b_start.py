"""Part 6, layer normalisation at the start."""

import torch

from grader.check import check
from grader.checks.draw import normal
from grader.checks.part6_gpt.modules import learnt
from reference import part6_gpt as reference


@check(
    "LayerNorm",
    points=1,
    hints=(
        "At first the layer should normalise and do nothing else.",
        "Which weight leaves numbers as they are when it is multiplied, and which bias when it is added?",
        "Make the weight of ones and the bias of zeros, each an nn.Parameter of shape (dim,).",
    ),
)
def start(m, given):
    """A new layer: weight 1, bias 0, the same in training and in evaluation"""
    layer = m.LayerNorm(given.dim)
    values = sorted(float(value) for parameter in layer.parameters() for value in parameter.detach())
    trained = layer(given.x)
    return {
        "learnt": learnt(dict(layer.named_parameters())),
        "the numbers in it": values,
        "training": trained,
        "evaluation": layer.eval()(given.x),
        "buffers": len(list(layer.buffers())),
    }


@start.inputs
def _(rng):
    for shape in ((3, 4, 5), (6, 3)):
        yield {"dim": shape[-1], "x": normal(rng, *shape) * 2 + 1}


@start.explain
def _(given, got, wrong):
    if isinstance(got, dict) and any("learnt" in label for label in wrong):
        asked = learnt({name: torch.empty(given.dim) for name in ("weight", "bias")})
        return f"The parameters should have the shapes {asked}; yours have {got.get('learnt') or 'none at all'}."
    return None


class _Start(reference.LayerNorm):
    """A LayerNorm that starts from other numbers."""

    def __init__(self, dim, weight, bias):
        super().__init__(dim)
        with torch.no_grad():
            self.weight.copy_(weight)
            self.bias.copy_(bias)


start.mistake(
    "the weight starts at 0",
    "Both parameters start at 0, so the output is 0 whatever comes in. A weight of 1 leaves things as they are.",
)(lambda dim: _Start(dim, torch.zeros(dim), torch.zeros(dim)))
start.mistake(
    "the bias starts at 1",
    "Both parameters start at 1, so everything is shifted. A bias of 0 leaves things as they are.",
)(lambda dim: _Start(dim, torch.ones(dim), torch.ones(dim)))
start.mistake(
    "weight and bias start the wrong way round",
    "The weight starts at 0 and the bias at 1: the output is 1 whatever comes in.",
)(lambda dim: _Start(dim, torch.zeros(dim), torch.ones(dim)))
start.mistake(
    "the weight starts at random",
    "The parameters start from random numbers. With 1 and 0 the layer normalises at first, and nothing else; what is "
    "better than that it can learn.",
)(lambda dim: _Start(dim, torch.randn(dim), torch.zeros(dim)))


@start.mistake(
    "there are running statistics",
    "The layer keeps averages of what it has seen and uses them in evaluation, as BatchNorm does. LayerNorm has no "
    "need of them: every position is normalised over its own channels, in both modes.",
)
class _(reference.LayerNorm):
    def __init__(self, dim):
        super().__init__(dim)
        self.register_buffer("running_mean", torch.zeros(dim))
        self.register_buffer("running_var", torch.ones(dim))

    def forward(self, x):
        if self.training:
            self.running_mean += 0.1 * (x.detach().flatten(0, -2).mean(0) - self.running_mean)
            self.running_var += 0.1 * (x.detach().flatten(0, -2).var(0) - self.running_var)
            return super().forward(x)
        return (x - self.running_mean) / (self.running_var + self.eps) ** 0.5
