"""Part 3, the residual block of a ResNet where the shape stays."""

import torch

from grader.check import check
from grader.checks.draw import normal, uniform
from grader.checks.part3_activations import variants
from grader.checks.part3_activations.probing import back, gradient, plain
from grader.checks.part3_activations.usual import cut_off, lost
from reference import part3_activations as reference


@check(
    "Bottleneck",
    points=2,
    hints=(
        "Two ways lead through the block: three convolutions, each with its BatchNorm, and the input as it is. They "
        "meet in an addition.",
        "1x1 narrows to c channels, 3x3 with padding 1 keeps them, 1x1 widens to four times c; no bias; relu after "
        "the first two BatchNorms and after the addition.",
        "Build conv1 to bn3 in __init__ and set downsample to None. In forward: conv1, bn1, relu, conv2, bn2, relu, "
        "conv3, bn3; add x; relu.",
    ),
)
def Bottleneck(m, given):
    """Where the shape stays: the input is added"""
    return through(m, given)


def through(m, given):
    """The output of a block in training, and all gradients by name."""
    block = m.Bottleneck(given.in_channels, given.channels, **given.options)
    named = dict(block.named_parameters())
    for name, p in named.items():
        value = given.values.get(name)
        if value is not None and p.shape == value.shape:
            p.detach().copy_(value)
    x = given.x.clone().requires_grad_()
    out = block(x)
    back(out, given.upstream)
    gradients = {name: gradient(p) for name, p in named.items()}
    return {"out": plain(out), "gradient of x": gradient(x), "gradients": gradients}


def blocks(rng, *settings):
    """Blocks with random parameters, none of whose ReLUs stands on its edge.

    With one channel only BatchNorm would make the gradient of the convolution after it all but zero.
    """
    for in_channels, channels, options, size in settings:
        while True:
            block = reference.Bottleneck(in_channels, channels, **options)
            x = normal(rng, 5, in_channels, *size)
            for name, p in block.named_parameters():
                p.requires_grad_(False)
                if p.dim() == 4:
                    p.copy_(normal(rng, *p.shape) / p[0].numel() ** 0.5)
                else:
                    p.copy_(uniform(rng, 0.5, 1.5, *p.shape) if "weight" in name else 0.5 * normal(rng, *p.shape))
            out = block(x)
            if (
                all(edge.abs().min() > 1e-4 for edge in block.before_relu[:2])
                and block.before_relu[2].abs().min() > 1e-4
            ):
                break
        yield {
            "in_channels": in_channels,
            "channels": channels,
            "options": options,
            "values": {name: p.clone() for name, p in block.named_parameters()},
            "x": x,
            "upstream": normal(rng, *out.shape),
        }


@Bottleneck.inputs
def _(rng):
    yield from blocks(rng, (12, 3, {}, (4, 6)), (16, 4, {"stride": 1}, (3, 2)))


@Bottleneck.mistake(
    "super().__init__() is missing",
    "An nn.Module keeps account of its layers from super().__init__() on: call it first.",
)
class _(torch.nn.Module):
    def __init__(self, in_channels, channels, stride=1):
        self.conv1 = torch.nn.Conv2d(in_channels, channels, 1, bias=False)


lost(Bottleneck, variants.Bottleneck, ("conv1", "bn1", "conv2", "bn2", "conv3", "bn3", "downsample"))
cut_off(Bottleneck)
