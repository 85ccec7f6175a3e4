"""Part 3, the residual block of a ResNet where the shape changes, and the mistakes that show in both."""

from grader.check import check
from grader.checks.part3_activations import variants
from grader.checks.part3_activations.s8a_bottleneck import Bottleneck, blocks, through
from grader.checks.part3_activations.usual import replaced


@check(
    "Bottleneck",
    points=2,
    hints=(
        "What is to be added must have the same shape. If the block changes it, the input has to be changed alike.",
        "The stride goes to the 3x3 convolution and to the projection; the projection is a 1x1 convolution without "
        "bias and a BatchNorm, in an nn.Sequential called downsample.",
        "If stride is not 1 or in_channels is not four times channels, set downsample to that Sequential; in forward "
        "add downsample of x instead of x.",
    ),
)
def projection(m, given):
    """Where the shape changes: the input is projected"""
    return through(m, given)


@projection.inputs
def _(rng):
    yield from blocks(rng, (7, 3, {}, (4, 2)), (12, 3, {"stride": 2}, (5, 6)), (2, 4, {"stride": 2}, (6, 7)))


def block(**methods):
    """A block of torch's layers with other methods."""
    return replaced(variants.Bottleneck, **methods)


def made(**options):
    """A block that is made otherwise."""

    def create(self, in_channels, channels, stride=1):
        variants.Bottleneck.__init__(self, in_channels, channels, stride, **options)

    return block(__init__=create)


def everywhere(name, advice, variant):
    """Register a mistake that shows with and without a projection."""
    Bottleneck.mistake(name, advice)(variant)
    projection.mistake(name, advice)(variant)


def adding(name, advice, add):
    """Register another meeting of the two ways."""
    everywhere(name, advice, block(add=lambda self, out, shortcut: add(out, shortcut)))


def leading(name, advice, residual):
    """Register another way through the three convolutions."""
    everywhere(name, advice, block(residual=residual))


adding(
    "the shortcut is missing",
    "The input is not added: there is no residual connection, and the gradient has lost its highway.",
    lambda out, shortcut: out.relu(),
)
adding(
    "the convolutions are missing",
    "Only the shortcut comes out. What the convolutions have computed is not used.",
    lambda out, shortcut: shortcut.relu(),
)
adding(
    "the last relu is missing",
    "The sum is returned as it is. There is a ReLU after the addition.",
    lambda out, shortcut: out + shortcut,
)
adding(
    "the last relu comes before the addition",
    "ReLU is applied to the convolutions' output alone. It belongs after the addition.",
    lambda out, shortcut: out.relu() + shortcut,
)
adding(
    "a relu before the addition as well",
    "There is a ReLU before the addition and one after it. Only the second is asked for: the block should be able to "
    "add negative numbers too.",
    lambda out, shortcut: (out.relu() + shortcut).relu(),
)
adding(
    "the shortcut is subtracted",
    "The input is taken away. It is to be added.",
    lambda out, shortcut: (out - shortcut).relu(),
)
adding(
    "the shortcut is multiplied",
    "The two ways are multiplied with each other. They are to be added.",
    lambda out, shortcut: (out * shortcut).relu(),
)
adding(
    "the shortcut is cut off from the graph",
    "The output is right, but no gradient comes back along the shortcut: it was detached.",
    lambda out, shortcut: (out + shortcut.detach()).relu(),
)
adding(
    "the convolutions are cut off from the graph",
    "The output is right, but no gradient reaches the convolutions: their result was detached.",
    lambda out, shortcut: (out.detach() + shortcut).relu(),
)
adding("tanh at the end", "tanh stands where the last ReLU belongs.", lambda out, shortcut: (out + shortcut).tanh())
leading(
    "the first relu is missing",
    "There is no ReLU after bn1.",
    lambda self, x: self.bn3(self.conv3(self.bn2(self.conv2(self.bn1(self.conv1(x)))).relu())),
)
leading(
    "the second relu is missing",
    "There is no ReLU after bn2.",
    lambda self, x: self.bn3(self.conv3(self.bn2(self.conv2(self.bn1(self.conv1(x)).relu())))),
)
leading(
    "no relu between the convolutions",
    "There is no ReLU after bn1 and none after bn2.",
    lambda self, x: self.bn3(self.conv3(self.bn2(self.conv2(self.bn1(self.conv1(x)))))),
)
leading(
    "relu before BatchNorm",
    "ReLU comes before BatchNorm. It should be convolution, BatchNorm, ReLU.",
    lambda self, x: self.bn3(self.conv3(self.bn2(self.conv2(self.bn1(self.conv1(x).relu())).relu()))),
)
leading(
    "tanh instead of relu: after bn1",
    "tanh stands where a ReLU belongs.",
    lambda self, x: self.bn3(self.conv3(self.bn2(self.conv2(self.bn1(self.conv1(x)).tanh())).relu())),
)
leading(
    "tanh instead of relu: after bn2",
    "tanh stands where a ReLU belongs.",
    lambda self, x: self.bn3(self.conv3(self.bn2(self.conv2(self.bn1(self.conv1(x)).relu())).tanh())),
)
leading(
    "bn1 is not used",
    "The output of conv1 does not pass through bn1.",
    lambda self, x: self.bn3(self.conv3(self.bn2(self.conv2(self.conv1(x).relu())).relu())),
)
leading(
    "bn2 is not used",
    "The output of conv2 does not pass through bn2.",
    lambda self, x: self.bn3(self.conv3(self.conv2(self.bn1(self.conv1(x)).relu()).relu())),
)
leading(
    "bn3 is not used",
    "The output of conv3 is added without having passed bn3.",
    lambda self, x: self.conv3(self.bn2(self.conv2(self.bn1(self.conv1(x)).relu())).relu()),
)
leading(
    "the BatchNorms are not used",
    "bn1, bn2 and bn3 are made and never called.",
    lambda self, x: self.conv3(self.conv2(self.conv1(x).relu()).relu()),
)
leading(
    "conv2 and bn2 are not used",
    "There are three convolutions. The 3x3 one is made and never called.",
    lambda self, x: self.bn3(self.conv3(self.bn1(self.conv1(x)).relu())),
)
leading(
    "conv3 and bn3 are not used",
    "There are three convolutions. The last one, which widens, is made and never called.",
    lambda self, x: self.bn2(self.conv2(self.bn1(self.conv1(x)).relu())).relu(),
)
leading(
    "the graph is cut off after bn1",
    "The output is right, but conv1 and bn1 do not learn: what they gave was detached.",
    lambda self, x: self.bn3(self.conv3(self.bn2(self.conv2(self.bn1(self.conv1(x)).relu().detach())).relu())),
)
leading(
    "the graph is cut off after bn2",
    "The output is right, but the first two convolutions do not learn: what they gave was detached.",
    lambda self, x: self.bn3(self.conv3(self.bn2(self.conv2(self.bn1(self.conv1(x)).relu())).relu().detach())),
)
for biased in ("conv1", "conv2", "conv3"):
    everywhere(
        f"a convolution has a bias: {biased}",
        f"{biased} has a bias, which the BatchNorm after it takes away again. It is to be without.",
        made(biased=(biased,)),
    )
everywhere(
    "the convolutions have a bias",
    "The convolutions have a bias, which the BatchNorm after them takes away again. They are to be without.",
    made(biased=("conv1", "conv2", "conv3", "downsample")),
)
projection.mistake(
    "a convolution has a bias: downsample",
    "The projection has a bias, which the BatchNorm after it takes away again. It is to be without.",
)(made(biased=("downsample",)))
everywhere(
    "the padding is missing",
    "The 3x3 convolution makes the image smaller by two, so it does not fit what is added. It needs a padding of 1.",
    made(padding=0),
)
everywhere(
    "the padding is too large", "The 3x3 convolution makes the image larger. A padding of 1 is right.", made(padding=2)
)
everywhere(
    "the last convolution does not widen",
    "conv3 has as many channels as conv2. The block gives four times as many.",
    made(expansion=1),
)
for turned in ("conv1", "conv3"):
    everywhere(
        f"the channels are the wrong way round: {turned}",
        f"{turned} takes as many channels as it should give, and the other way round. What goes in comes first.",
        made(turned=(turned,)),
    )
projection.mistake(
    "the channels are the wrong way round: downsample",
    "The projection takes as many channels as it should give, and the other way round. What goes in comes first.",
)(made(turned=("downsample",)))
projection.mistake(
    "the stride is in the first convolution",
    "The 1x1 convolution conv1 has the stride, and skips three of four pixels before anyone has looked at them. It "
    "belongs to the 3x3 convolution.",
)(made(strided=("conv1", "downsample")))
projection.mistake(
    "the 3x3 convolution has no stride",
    "The projection has the stride and the 3x3 convolution has not, so the two do not fit.",
)(made(strided=("downsample",)))
projection.mistake(
    "the projection has no stride",
    "The 3x3 convolution has the stride and the projection has not, so the two do not fit.",
)(made(strided=("conv2",)))
projection.mistake(
    "the stride is not used",
    "Neither the 3x3 convolution nor the projection has the stride: the image keeps its size.",
)(made(strided=()))
Bottleneck.mistake(
    "always a projection",
    "There is a projection where the shape does not change. The input itself is to be added there.",
)(block(needs=lambda self, in_channels, out_channels, stride: True))
projection.mistake(
    "no projection",
    "There is no downsample, so the input cannot be added to an output of another shape.",
)(block(needs=lambda self, in_channels, out_channels, stride: False))
projection.mistake(
    "a projection only where stride and channels change",
    "There is a projection only where both the stride and the number of channels call for one. One is enough.",
)(block(needs=lambda self, in_channels, out_channels, stride: stride != 1 and in_channels != out_channels))
Bottleneck.mistake(
    "None is called",
    "downsample is called where it is None. Ask first.",
)(block(shortcut=lambda self, x: self.downsample(x)))
projection.mistake(
    "the projection is not normalised",
    "The projection is a convolution alone. A BatchNorm belongs after it, in the same nn.Sequential.",
)(made(bare=True))
projection.mistake(
    "the projection is a BatchNorm alone",
    "There is no convolution in the projection, so the number of channels stays as it was.",
)(made(only_norm=True))
