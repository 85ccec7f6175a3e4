"""Part 5, neighbours side by side."""

import torch

from grader.check import check
from grader.checks.draw import normal
from grader.checks.part5_wavenet.handling import CUT, NOT_KEPT, NOT_KEPT_ADVICE, cut_advice, gradients, kept, lacking
from reference import part5_wavenet as reference


@check(
    "FlattenConsecutive",
    points=2,
    hints=(
        "In memory, the channels of a position are followed by those of the next one. What is asked for is the same "
        "numbers in the same order, read in another shape.",
        "A view with n times fewer positions and n times more channels does it. Afterwards, look whether one "
        "position is left, and if so drop that dimension, and only that one.",
        "View x as B by T // n by C times n; if the middle size is now 1, squeeze dimension 1; keep it as out, and "
        "return it.",
    ),
)
def FlattenConsecutive(m, given):
    """Each n neighbours side by side; no time dimension where one position is left"""
    layer = m.FlattenConsecutive(given.n)
    x = given.x.requires_grad_()
    first = layer(-given.x.detach()[:1, : given.n])
    out = layer(x)
    return {
        "out": out,
        "the call before, with a batch of one": first,
        "gradients": gradients(out, given.upstream, {"x": x}),
        ".out is what was returned": kept(layer, out),
        "n": layer.n,
        "parameters()": len(list(layer.parameters())),
    }


@FlattenConsecutive.inputs
def _(rng):
    # A batch of one, a single position that is left, both at once; two channels, and one (which is to stay).
    for n, B, T, C in ((2, 3, 8, 5), (3, 1, 12, 2), (4, 1, 4, 3), (2, 5, 2, 4), (3, 2, 6, 1)):
        out = (B, C * n) if n == T else (B, T // n, C * n)
        yield {"n": n, "x": normal(rng, B, T, C), "upstream": normal(rng, *out)}


class _Flatten(reference.FlattenConsecutive):
    """One more position of the code for each mistake: what is made of x (B, T, C)."""

    def __call__(self, x):
        self.out = self.top(self.grouped(x))
        return self.out

    def grouped(self, x):
        return x.reshape(x.shape[0], x.shape[1] // self.n, x.shape[2] * self.n)

    def top(self, x):
        return x.squeeze(1)


@FlattenConsecutive.mistake(
    "squeeze of a batch of one",
    "With a batch of one example the batch dimension goes as well: squeeze() without a number drops every dimension "
    "of size 1. It would show when you sample names, one at a time. Say which dimension you mean.",
)
class _(_Flatten):
    def top(self, x):
        return x.squeeze() if x.shape[1] == 1 else x


@FlattenConsecutive.mistake(
    "squeeze of every dimension of size one",
    "squeeze() without a number drops every dimension of size 1, wherever it stands and whether or not the time has "
    "become 1. A batch of one example is still a batch. Say which dimension you mean.",
)
class _(_Flatten):
    def top(self, x):
        return x.squeeze()


@FlattenConsecutive.mistake(
    "the time dimension is kept at size one",
    "Where all positions have come together, the answer is (B, 1, C * n); (B, C * n) is asked for. The last linear "
    "layer would then make logits of shape (B, 1, V), which the cross-entropy does not take.",
)
class _(_Flatten):
    def top(self, x):
        return x


@FlattenConsecutive.mistake(
    "the first position is taken in any case",
    "The time dimension is dropped whether or not its size is 1, so that of several positions only the first is left.",
)
class _(_Flatten):
    def top(self, x):
        return x[:, 0]


@FlattenConsecutive.mistake(
    "everything is flattened",
    "All positions are laid side by side, (B, T * C), as in the flat network. Only n neighbours come together here.",
)
class _(_Flatten):
    def grouped(self, x):
        return x.reshape(x.shape[0], 1, -1)


@FlattenConsecutive.mistake(
    "positions that are far apart come together",
    "The sequence is cut into n pieces, and these are laid side by side: the first position meets one from the middle. "
    "It is neighbours that belong together: positions 1 and 2, 3 and 4.",
)
class _(_Flatten):
    def grouped(self, x):
        return torch.cat(x.chunk(self.n, dim=1), dim=2)


@FlattenConsecutive.mistake(
    "the channels of the neighbours are interleaved",
    "The right neighbours come together, but their channels take turns: the first of one, the first of the other. All "
    "channels of the first neighbour come first, as they lie in memory.",
)
class _(_Flatten):
    def grouped(self, x):
        B, T, C = x.shape
        return x.reshape(B, T // self.n, self.n, C).transpose(2, 3).reshape(B, T // self.n, C * self.n)


@FlattenConsecutive.mistake(
    "time and channels are swapped before",
    "x was transposed before it was given its new shape, so that what comes together are numbers of one channel at "
    "different times. The shape is right, and the numbers are mixed up. Nothing needs to be moved at all.",
)
class _(_Flatten):
    def grouped(self, x):
        B, T, C = x.shape
        return x.transpose(1, 2).reshape(B, T // self.n, C * self.n)


@FlattenConsecutive.mistake(
    "the neighbours are in the wrong order",
    "In each group the last neighbour comes first. The order of time is kept: first the channels of the earlier one.",
)
class _(_Flatten):
    def grouped(self, x):
        B, T, C = x.shape
        return x.reshape(B, T // self.n, self.n, C).flip(2).flatten(2)


@FlattenConsecutive.mistake(
    "the groups overlap",
    "Every position starts a group here, so there are T - n + 1 of them. The groups follow each other without overlap: "
    "T // n of them. What you have is the sweep of a convolution; that comes later in this part.",
)
class _(_Flatten):
    def grouped(self, x):
        return x.unfold(1, self.n, 1).transpose(2, 3).flatten(2)


@FlattenConsecutive.mistake(
    "two is hard-coded",
    "Two neighbours are taken whatever n is. It is told to the layer when it is made.",
)
class _(_Flatten):
    def grouped(self, x):
        return x.reshape(x.shape[0], x.shape[1] // 2, x.shape[2] * 2)


@FlattenConsecutive.mistake(CUT, cut_advice("the input"))
class _(_Flatten):
    def grouped(self, x):
        return super().grouped(x.detach())


@FlattenConsecutive.mistake(NOT_KEPT, NOT_KEPT_ADVICE)
class _(_Flatten):
    def __call__(self, x):
        return self.top(self.grouped(x))


lacking(FlattenConsecutive, reference.FlattenConsecutive, "out")


@FlattenConsecutive.mistake(
    "batch and time are swapped",
    "The batch has changed places with the time: the answer begins with T // n. The batch stays where it is, in front.",
)
class _(_Flatten):
    def grouped(self, x):
        return x.reshape(x.shape[1] // self.n, x.shape[0], x.shape[2] * self.n)


@FlattenConsecutive.mistake(
    "time and channels are swapped in the result",
    "The last two sizes are swapped: asked is (B, T // n, C * n), with the channels last.",
)
class _(_Flatten):
    def grouped(self, x):
        return x.reshape(x.shape[0], x.shape[2] * self.n, x.shape[1] // self.n)


@FlattenConsecutive.mistake(
    "nothing is put together", "x comes back as it was: no neighbours have been put side by side."
)
class _(_Flatten):
    def grouped(self, x):
        return x


@FlattenConsecutive.mistake(
    "the batch is squeezed instead of the time",
    "Dimension 0 is dropped where its size is 1. That is the batch. Time is dimension 1.",
)
class _(_Flatten):
    def top(self, x):
        return x.squeeze(0)


@FlattenConsecutive.mistake(
    "a dimension is added", "A dimension of size 1 is added, where the time dimension should go if its size is 1."
)
class _(_Flatten):
    def top(self, x):
        return x.unsqueeze(1)
