"""Part 5, the block of the WaveNet paper."""

import torch

from grader.check import check
from grader.checks.draw import normal
from grader.checks.part5_wavenet.handling import (
    CUT,
    PARAMETERS,
    gradients,
    lacking,
    named,
    put,
    variant,
)
from grader.checks.tools import by_name
from reference import part5_wavenet as reference
from reference.part5_wavenet import causal_conv1d

NAMES = [
    f"{name}_{kind}" for name in ("filter", "gate", "residual", "skip") for kind in ("weight", "bias")
]  # in the order of parameters()


@check(
    "GatedResidualBlock",
    points=3,
    after="causal_conv1d",
    hints=(
        "Write down the four convolutions: which input has each, and with which dilation?",
        "z is tanh of the filter times sigmoid of the gate, both convolutions of x with the block's dilation. The "
        "other two convolutions have one tap, and z as their input.",
        "Compute z; the first of the two answers is x plus the residual convolution of z, the second is the skip "
        "convolution of z; both with dilation 1.",
    ),
)
def GatedResidualBlock(m, given):
    """The residual and the skip output, with their gradients"""
    block = m.GatedResidualBlock(given.x.shape[1], given.kernel_size, given.dilation)
    leaves = {"x": given.x.requires_grad_()}
    for name, value in given.parameters.items():
        put(block, name, value)
        leaves[name] = getattr(block, name).requires_grad_()
    first = block(-given.x.detach()[:1, :, :1])
    answer = block(given.x)
    outputs = by_name(answer, "residual output", "skip output")
    residual, skip = outputs["residual output"], outputs.get("skip output")
    both = torch.stack([residual, skip]) if skip is not None and residual.shape == skip.shape else None
    return {
        **outputs,
        "the call before, with a single position": by_name(first, "residual output", "skip output"),
        "gradients": gradients(both, given.upstream, leaves),
        "parameters()": named(block.parameters(), {name: getattr(block, name) for name in given.parameters}),
    }


@GatedResidualBlock.inputs
def _(rng):
    for B, C, T, K, dilation in ((2, 3, 9, 2, 1), (3, 4, 11, 3, 2), (1, 5, 8, 2, 4)):
        shapes = [(C, C, K), (C,), (C, C, K), (C,), (C, C, 1), (C,), (C, C, 1), (C,)]
        yield {
            "x": normal(rng, B, C, T),
            "kernel_size": K,
            "dilation": dilation,
            "parameters": {name: 0.5 * normal(rng, *shape) for name, shape in zip(NAMES, shapes, strict=True)},
            "upstream": normal(rng, 2, B, C, T),
        }


class _Block(reference.GatedResidualBlock):
    """The block in steps, each of which may go wrong."""

    def __call__(self, x):
        return self.ways_out(x, self.gated(self.filtered(x), self.opened(x)))

    def filtered(self, x):
        return causal_conv1d(x, self.filter_weight, self.filter_bias, self.dilation).tanh()

    def opened(self, x):
        return causal_conv1d(x, self.gate_weight, self.gate_bias, self.dilation).sigmoid()

    def gated(self, filtered, gate):
        return filtered * gate

    def ways_out(self, x, z):
        return x + self.residual(z), self.skip(z)

    def residual(self, z):
        return causal_conv1d(z, self.residual_weight, self.residual_bias, 1)

    def skip(self, z):
        return causal_conv1d(z, self.skip_weight, self.skip_bias, 1)


GatedResidualBlock.mistake(
    "x is not added",
    "The residual output is what the block has made of z, without x. Adding x is the point: the block only says what "
    "to change, and the gradient has a way past it.",
)(variant(_Block, ways_out=lambda self, x, z: (self.residual(z), self.skip(z))))

GatedResidualBlock.mistake(
    "x is added to the skip output as well",
    "The residual output is right. The skip output holds x too; it is the skip convolution of z alone.",
)(variant(_Block, ways_out=lambda self, x, z: (x + self.residual(z), x + self.skip(z))))

GatedResidualBlock.mistake(
    "x is subtracted", "x and the residual convolution are subtracted from each other; they are added."
)(variant(_Block, ways_out=lambda self, x, z: (x - self.residual(z), self.skip(z))))

GatedResidualBlock.mistake(
    "the two outputs are swapped", "The values are right, in the other order: the residual output comes first."
)(variant(_Block, ways_out=lambda self, x, z: (self.skip(z), x + self.residual(z))))

GatedResidualBlock.mistake(
    "the residual and the skip weights are swapped",
    "The residual output is made with the skip weights, and the skip output with the residual weights.",
)(variant(_Block, ways_out=lambda self, x, z: (x + self.skip(z), self.residual(z))))


@GatedResidualBlock.mistake(
    "the skip output is made of the residual output",
    "The skip convolution is given the residual output. Both ways out start from z.",
)
class _(_Block):
    def ways_out(self, x, z):
        residual = x + self.residual(z)
        return residual, self.skip(residual)


GatedResidualBlock.mistake(
    "z goes out unconvolved",
    "x + z and z are returned: the two convolutions with one tap are missing.",
)(variant(_Block, ways_out=lambda self, x, z: (x + z, z)))


@GatedResidualBlock.mistake(
    "filter and gate are swapped",
    "tanh is taken of the gate's convolution and the sigmoid of the filter's. The filter says what, from -1 to 1; "
    "the gate how much of it, from 0 to 1.",
)
class _(_Block):
    def filtered(self, x):
        return causal_conv1d(x, self.gate_weight, self.gate_bias, self.dilation).tanh()

    def opened(self, x):
        return causal_conv1d(x, self.filter_weight, self.filter_bias, self.dilation).sigmoid()


GatedResidualBlock.mistake(
    "filter and gate have the same weights",
    "tanh and sigmoid are taken of one and the same convolution. The filter and the gate have weights of their own.",
)(
    variant(
        _Block, opened=lambda self, x: causal_conv1d(x, self.filter_weight, self.filter_bias, self.dilation).sigmoid()
    )
)

GatedResidualBlock.mistake("there is no gate", "The filter goes on as it is, without being multiplied by the gate.")(
    variant(_Block, gated=lambda self, filtered, gate: filtered)
)

GatedResidualBlock.mistake(
    "the gate is added", "Filter and gate are added. A gate that is shut, 0, lets nothing pass: they are multiplied."
)(variant(_Block, gated=lambda self, filtered, gate: filtered + gate))

GatedResidualBlock.mistake(
    "tanh in place of the sigmoid",
    "The gate goes through tanh, from -1 to 1. A gate opens from 0 to 1: a sigmoid.",
)(variant(_Block, opened=lambda self, x: causal_conv1d(x, self.gate_weight, self.gate_bias, self.dilation).tanh()))

GatedResidualBlock.mistake(
    "sigmoid in place of tanh", "The filter goes through a sigmoid, from 0 to 1. It is tanh, from -1 to 1."
)(
    variant(
        _Block, filtered=lambda self, x: causal_conv1d(x, self.filter_weight, self.filter_bias, self.dilation).sigmoid()
    )
)


@GatedResidualBlock.mistake(
    "the dilation is ignored", "Filter and gate have their taps on neighbouring positions, whatever the dilation is."
)
class _(_Block):
    def __call__(self, x):
        self.dilation = 1
        return super().__call__(x)


GatedResidualBlock.mistake(
    "the gate is not dilated", "The filter has the block's dilation; the gate has not. Both have it."
)(variant(_Block, opened=lambda self, x: causal_conv1d(x, self.gate_weight, self.gate_bias, 1).sigmoid()))

GatedResidualBlock.mistake(
    "the filter is not dilated", "The gate has the block's dilation; the filter has not. Both have it."
)(variant(_Block, filtered=lambda self, x: causal_conv1d(x, self.filter_weight, self.filter_bias, 1).tanh()))


lacking(GatedResidualBlock, reference.GatedResidualBlock, "dilation", *NAMES)


def _cutting(*steps):
    """A block in which what some steps return has lost its graph."""
    cut = {name: (lambda self, *arguments, n=name: getattr(_Block, n)(self, *arguments).detach()) for name in steps}
    return type("GatedResidualBlock", (_Block,), cut)


for step, advice in (
    ("filtered", "The outputs are right, but the filter gets no gradient."),
    ("opened", "The outputs are right, but the gate gets no gradient."),
    ("gated", "The outputs are right, but no gradient goes back through z: neither filter nor gate learn."),
    ("residual", "The outputs are right, but the residual convolution gets no gradient."),
    ("skip", "The outputs are right, but the skip convolution gets no gradient."),
):
    GatedResidualBlock.mistake(f"{CUT}: {step}", f"{advice} Look for detach(), .data or no_grad on that way.")(
        _cutting(step)
    )


@GatedResidualBlock.mistake(
    f"{CUT}: at the residual output", "The residual output is right, but it has lost its graph."
)
class _(_Block):
    def __call__(self, x):
        residual, skip = super().__call__(x)
        return residual.detach(), skip


GatedResidualBlock.mistake("tanh is missing", "The filter is used as it is: its tanh is missing.")(
    variant(_Block, filtered=lambda self, x: causal_conv1d(x, self.filter_weight, self.filter_bias, self.dilation))
)

GatedResidualBlock.mistake("the sigmoid is missing", "The gate is used as it is: its sigmoid is missing.")(
    variant(_Block, opened=lambda self, x: causal_conv1d(x, self.gate_weight, self.gate_bias, self.dilation))
)

GatedResidualBlock.mistake("only the gate", "The gate goes on alone, with nothing that it could let through.")(
    variant(_Block, gated=lambda self, filtered, gate: gate)
)

GatedResidualBlock.mistake("divided by the gate", "The filter is divided by the gate; they are multiplied.")(
    variant(_Block, gated=lambda self, filtered, gate: filtered / gate)
)

GatedResidualBlock.mistake(
    "x goes out as it came in", "The residual output is x itself: the residual convolution is not added to it."
)(variant(_Block, ways_out=lambda self, x, z: (x, self.skip(z))))

GatedResidualBlock.mistake("the skip output is x", "The skip output is x itself; it is the skip convolution of z.")(
    variant(_Block, ways_out=lambda self, x, z: (x + self.residual(z), x))
)

GatedResidualBlock.mistake(
    f"{CUT}: at x",
    "The outputs are right, but on the way past the block the gradient of x is lost: x is added without its graph.",
)(variant(_Block, ways_out=lambda self, x, z: (x.detach() + self.residual(z), self.skip(z))))


def _learning(order):
    """A block whose parameters are those of these numbers, in this order."""
    return variant(
        reference.GatedResidualBlock,
        parameters=lambda self: [reference.GatedResidualBlock.parameters(self)[i] for i in order],
    )


GatedResidualBlock.mistake(
    f"{PARAMETERS}: without the biases", "parameters() holds the four weights only. The four biases are learnt as well."
)(_learning([0, 2, 4, 6]))

GatedResidualBlock.mistake(
    f"{PARAMETERS}: in another order",
    "parameters() holds the eight tensors in another order: weight and bias of the filter, of the gate, of the "
    "residual, of the skip.",
)(_learning([0, 2, 4, 6, 1, 3, 5, 7]))

for number, name in enumerate(NAMES):
    GatedResidualBlock.mistake(
        f"{PARAMETERS}: without {name}",
        f"parameters() leaves {name} out, so that it would never be trained. All eight tensors are learnt.",
    )(_learning([i for i in range(len(NAMES)) if i != number]))

GatedResidualBlock.mistake(
    f"{PARAMETERS}: the biases first",
    "parameters() holds the eight tensors in another order: of each pair the weight comes first, then the bias.",
)(_learning([1, 0, 3, 2, 5, 4, 7, 6]))

GatedResidualBlock.mistake(
    f"{PARAMETERS}: gate and filter are swapped",
    "parameters() holds the eight tensors in another order: the filter's two come first, then the gate's.",
)(_learning([2, 3, 0, 1, 4, 5, 6, 7]))

GatedResidualBlock.mistake(
    f"{PARAMETERS}: skip and residual are swapped",
    "parameters() holds the eight tensors in another order: the residual's two come before those of the skip.",
)(_learning([0, 1, 2, 3, 6, 7, 4, 5]))
