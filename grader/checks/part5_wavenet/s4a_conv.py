"""Part 5, the causal convolution: its values and gradients."""

import torch
import torch.nn.functional as F

from grader.check import check
from grader.checks.draw import normal
from grader.checks.part5_wavenet.handling import CUT, cut_advice, gradients


@check(
    "causal_conv1d",
    points=3,
    forbids=(
        "conv1d", "conv2d", "conv3d", "convolution", "_convolution", "_convolution_mode", "mkldnn_convolution",
        "conv_transpose1d", "conv_transpose2d", "conv_transpose3d", "conv_tbc",
    ),
    hints=(
        "For one tap, the output is a matrix product of the whole sequence, shifted by some steps. The taps' "
        "products are added.",
        "What lies before the beginning counts as zero, so the sequence can be made longer on the left, by as much as "
        "the first tap reaches back. Each tap then reads T positions in a row, one dilation after the tap before it.",
        "Start from the bias as a column; for each tap, add the product of its (C_out, C_in) matrix and the slice of "
        "the padded input that begins k times the dilation from the left and is T long.",
    ),
)  # fmt: skip
def causal_conv1d(m, given):
    """The causal, dilated convolution, with its gradients"""
    leaves = {name: getattr(given, name).requires_grad_() for name in ("x", "weight", "bias")}
    out = m.causal_conv1d(given.x, given.weight, given.bias, given.dilation)
    return {"out": out, "gradients": gradients(out, given.upstream, leaves)}


@causal_conv1d.inputs
def _(rng):
    # The last two are shorter than what their taps span: the earliest tap reads zeros only.
    for B, C_in, C_out, T, K, dilation in (
        (2, 3, 4, 9, 2, 1),
        (3, 2, 5, 11, 3, 2),
        (1, 4, 3, 12, 4, 3),
        (2, 5, 3, 6, 1, 2),
        (4, 2, 3, 5, 3, 4),
        (1, 3, 2, 1, 2, 1),
    ):
        yield case_of(rng, B, C_in, C_out, T, K, dilation)


def case_of(rng, B, C_in, C_out, T, K, dilation):
    """Inputs of these sizes."""
    return {
        "x": normal(rng, B, C_in, T),
        "weight": normal(rng, C_out, C_in, K),
        "bias": normal(rng, C_out),
        "dilation": dilation,
        "upstream": normal(rng, B, C_out, T),
    }


def convolved(x, weight, bias, dilation, ahead=0, back=None):
    """torch's convolution with zeros on both sides: `back` on the left, less `ahead`, which are on the right."""
    reach = (weight.shape[2] - 1) * dilation if back is None else back
    return F.conv1d(F.pad(x, (reach - ahead, ahead)), weight, bias, dilation=dilation)


@causal_conv1d.mistake(
    "it looks one step ahead",
    "The output at time t depends on the input at t + 1: the last tap sits one step too late. A network that "
    "predicts the next character would be shown it. All zeros belong on the left, (K - 1) * dilation of them.",
)
def _(x, weight, bias, dilation):
    return convolved(x, weight, bias, dilation, ahead=1)


@causal_conv1d.mistake(
    "it looks ahead: zeros on the right only",
    "The zeros are put behind the end, so that the output at t is made of the input from t on: the future. They belong "
    "before the beginning.",
)
def _(x, weight, bias, dilation):
    return convolved(x, weight, bias, dilation, ahead=(weight.shape[2] - 1) * dilation)


@causal_conv1d.mistake(
    "it looks ahead: zeros on both sides",
    "Half of the zeros are on the left and half on the right, as for images (padding called same). The output at t "
    "then looks as far ahead as back. All zeros belong on the left.",
)
def _(x, weight, bias, dilation):
    return convolved(x, weight, bias, dilation, ahead=((weight.shape[2] - 1) * dilation + 1) // 2)


@causal_conv1d.mistake(
    "it lags behind by one step",
    "The output at time t ends at the input of t - 1: there is one zero too many on the left. The last tap sits on t "
    "itself.",
)
def _(x, weight, bias, dilation):
    return convolved(x, weight, bias, dilation, ahead=-1)


@causal_conv1d.mistake(
    "it lags behind by a dilation",
    "The output at time t ends at the input of t - dilation: K * dilation zeros were padded. The last tap sits on t "
    "itself, so that K taps span K - 1 distances.",
)
def _(x, weight, bias, dilation):
    return convolved(x, weight, bias, dilation, ahead=-dilation)


@causal_conv1d.mistake(
    "the dilation is ignored",
    "The taps sit on neighbouring positions whatever the dilation is.",
)
def _(x, weight, bias, dilation):
    return convolved(x, weight, bias, 1)


@causal_conv1d.mistake(
    "the dilation is in the padding, and not in the taps",
    "The right number of zeros is on the left, but the taps then sit on neighbouring positions.",
)
def _(x, weight, bias, dilation):
    reach = (weight.shape[2] - 1) * dilation
    return convolved(x, weight, bias, 1, back=reach)[:, :, : x.shape[2]]


@causal_conv1d.mistake(
    "the kernel is reversed",
    "The taps are in the wrong order: the first one sits on time t. In the formula the last one does, weight[:, :, K "
    "- 1], and the first reads the most distant past. A mathematician's convolution has it the other way round; "
    "torch's doesn't.",
)
def _(x, weight, bias, dilation):
    return convolved(x, weight.flip(2), bias, dilation)


@causal_conv1d.mistake(
    "no zeros before the beginning",
    "The output is shorter than the input: nothing was padded, so that the first positions, whose taps reach before "
    "the beginning, are missing. What lies before the beginning counts as zero.",
)
def _(x, weight, bias, dilation):
    return F.conv1d(x, weight, bias, dilation=dilation)


@causal_conv1d.mistake(
    "the end is read before the beginning",
    "The sequence is rolled round: the first positions read the last ones, which are their future. What lies before "
    "the beginning counts as zero.",
)
def _(x, weight, bias, dilation):
    K = weight.shape[2]
    taps = (weight[:, :, k] @ x.roll((K - 1 - k) * dilation, 2) for k in range(K))
    return sum(taps, bias[:, None])


@causal_conv1d.mistake(
    "the first value is repeated before the beginning",
    "Before the beginning the first position is repeated. What lies there counts as zero.",
)
def _(x, weight, bias, dilation):
    reach = (weight.shape[2] - 1) * dilation
    return F.conv1d(F.pad(x, (reach, 0), mode="replicate"), weight, bias, dilation=dilation)


@causal_conv1d.mistake("the bias is missing", "The bias is not added.")
def _(x, weight, bias, dilation):
    return convolved(x, weight, None, dilation)


@causal_conv1d.mistake(
    "the bias is added for each tap", "The bias is in the output K times: it is added inside the loop over the taps."
)
def _(x, weight, bias, dilation):
    return convolved(x, weight, bias * weight.shape[2], dilation)


@causal_conv1d.mistake(
    "the taps are subtracted",
    "The taps' products are taken away from the bias; they are added to it.",
)
def _(x, weight, bias, dilation):
    return convolved(x, -weight, bias, dilation)


@causal_conv1d.mistake(
    "only the bias", "What comes out is the bias alone, as a column: no tap has been added to it. Is the loop entered?"
)
def _(x, weight, bias, dilation):
    return bias[:, None]


@causal_conv1d.mistake(f"{CUT}: at x", cut_advice("x"))
def _(x, weight, bias, dilation):
    return convolved(x.detach(), weight, bias, dilation)


@causal_conv1d.mistake(f"{CUT}: at the bias", cut_advice("the bias"))
def _(x, weight, bias, dilation):
    return convolved(x, weight, bias.detach(), dilation)


@causal_conv1d.mistake(CUT, cut_advice("x, the weight or the bias"))
def _(x, weight, bias, dilation):
    return convolved(x.detach(), weight.detach(), bias.detach(), dilation)


def _looped(pad=None, taps=None, stop=True, product=torch.matmul, keep=True, start=lambda bias: bias[:, None]):
    """The loop over taps, with something else in one place."""

    def convolve(x, weight, bias, dilation):
        K, T = weight.shape[2], x.shape[2]
        padded = F.pad(x, (pad(K, dilation) if pad else (K - 1) * dilation, 0))
        out = start(bias)
        for k in taps(K) if taps else range(K):
            shifted = padded[:, :, k * dilation : k * dilation + T] if stop else padded[:, :, k * dilation :]
            added = product(weight[:, :, k], shifted)
            out = out + added if keep else added
        return out

    return convolve


causal_conv1d.mistake(
    "only the last tap", "The output holds the last tap only: in the loop it is replaced where it should grow."
)(_looped(keep=False))

causal_conv1d.mistake("the first tap is missing", "The first tap is left out: there are K of them, from 0 to K - 1.")(
    _looped(taps=lambda K: range(1, K))
)

causal_conv1d.mistake("the last tap is missing", "The last tap is left out: there are K of them, from 0 to K - 1.")(
    _looped(taps=lambda K: range(K - 1))
)

causal_conv1d.mistake("one tap too many", "The loop goes on to K; the taps are numbered from 0 to K - 1.")(
    _looped(taps=lambda K: range(K + 1))
)

causal_conv1d.mistake(
    "no zeros before the beginning, in a loop",
    "The shifted pieces have different lengths, since nothing was padded. What lies before the beginning counts as "
    "zero: put (K - 1) * dilation zeros there.",
)(_looped(pad=lambda K, dilation: 0))

causal_conv1d.mistake(
    "the dilation is missing in the padding",
    "K - 1 zeros are padded. The taps reach back (K - 1) * dilation steps, so that many zeros are needed.",
)(_looped(pad=lambda K, dilation: K - 1))

causal_conv1d.mistake(
    "the zeros of one distance only",
    "As many zeros are padded as one dilation has steps. K taps span K - 1 distances.",
)(_looped(pad=lambda K, dilation: dilation))

causal_conv1d.mistake(
    "the pieces have different lengths",
    "Each tap reads from its start to the end of the padded sequence, and so the pieces differ in length. Each "
    "should be T long.",
)(_looped(stop=False))

causal_conv1d.mistake(
    "two steps too many on the left",
    "(K + 1) * dilation zeros are padded; K taps span K - 1 distances.",
)(_looped(pad=lambda K, dilation: (K + 1) * dilation))

causal_conv1d.mistake(
    "the factors are swapped",
    "The piece stands before the tap's matrix. (C_out, C_in) times (B, C_in, T) is (B, C_out, T): the matrix comes "
    "first.",
)(_looped(product=lambda w, x: x @ w))

causal_conv1d.mistake(
    "a product entry by entry", "The tap and the piece are multiplied entry by entry; a matrix product is meant."
)(_looped(product=torch.mul))

causal_conv1d.mistake(
    "the tap is transposed", "The tap's matrix is transposed. It is (C_out, C_in) already, as the product needs it."
)(_looped(product=lambda w, x: w.T @ x))


@causal_conv1d.mistake("x comes back", "What comes back is x itself.")
def _(x, weight, bias, dilation):
    return x


@causal_conv1d.mistake("the bias comes back", "What comes back is the bias itself.")
def _(x, weight, bias, dilation):
    return bias
