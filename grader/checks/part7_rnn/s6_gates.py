"""Part 7, a cell with gates."""

import torch

from grader.check import check
from grader.checks import slips
from grader.checks.draw import normal
from grader.checks.part7_rnn.gates import RESULTS, mixed, parts
from grader.checks.part7_rnn.inputs import signed
from grader.checks.part7_rnn.probes import gradients, leaves_of, no_gradient
from grader.checks.part7_rnn.products import FITTING
from reference import part7_rnn as reference


@check(
    "gru_cell",
    points=3,
    forbids=("gru_cell", "gru"),
    hints=(
        "Two linear layers, one on the input and one on the old state, each giving three rows of H numbers: for r, "
        "for z and for n. Then they are put together.",
        "r and z are sigmoids of the sum of both parts. For the candidate the state's part, with its bias, is "
        "multiplied by r before it is added. z is the share of the old state.",
        "Make both linear layers first, and cut what each gives into three equal pieces that lie side by side: for "
        "reset, update and candidate. A gate is squashed from its two pieces, added up. The candidate is made in the "
        "same way with a tanh, except that the reset gate scales the state's piece before it is added. The new state "
        "is a weighted mean of candidate and old state, and the update gate is the weight of the old one.",
    ),
)
def gru_cell(m, given):
    """One step, and its gradients"""
    leaves = leaves_of(given, "x", "h", "W_ih", "W_hh", "b_ih", "b_hh")
    states = m.gru_cell(*leaves.values())
    return {"states": states, "gradients": gradients(leaves, (states, given.upstream))}


@gru_cell.inputs
def _(rng):
    for B, I, H in ((3, 4, 5), (2, 6, 3), (5, 2, 4), (1, 3, 6)):  # noqa: E741
        W_ih, W_hh = normal(rng, 3 * H, I) / I**0.5, 1.2 * normal(rng, 3 * H, H) / H**0.5
        biases = {name: signed(rng, 0.2, 0.8, 3 * H) for name in ("b_ih", "b_hh")}
        # A state may be any number: those of a cell lie between -1 and 1, but h is an input here.
        x, h = normal(rng, B, I), signed(rng, 0.4, 1.4, B, H)
        yield {"x": x, "h": h, "W_ih": W_ih, "W_hh": W_hh, **biases, "upstream": normal(rng, B, H)}


gru_cell.explain(no_gradient)


def slip(name, advice, **replaced):
    """A mistake in one of the functions of `mixed`."""
    gru_cell.mistake(name, advice)(lambda x, h, *weights: mixed(h, *parts(x, h, *weights), **replaced))


def lost(name, advice, index, factor=0):
    """A mistake in one of the parts, which is multiplied by something: x_r, x_z, x_n, h_r, h_z, h_n."""

    def variant(x, h, *weights):
        pieces = list(parts(x, h, *weights))
        pieces[index] = factor * pieces[index]
        return mixed(h, *pieces)

    gru_cell.mistake(name, advice)(variant)


@gru_cell.mistake(
    "z is the share of the new candidate",
    "The candidate is multiplied by z, and the old state by one less z. Some papers write it so; here, as in torch, z "
    "is the share of the old state.",
)
def _(x, h, W_ih, W_hh, b_ih, b_hh):
    x_r, x_z, x_n, h_r, h_z, h_n = parts(x, h, W_ih, W_hh, b_ih, b_hh)
    return mixed(h, x_r, -x_z, x_n, h_r, -h_z, h_n)


@gru_cell.mistake(
    "r and z are swapped",
    "The first third of the weights was used for the update gate and the second for the reset gate. The order is r, "
    "z, n.",
)
def _(x, h, W_ih, W_hh, b_ih, b_hh):
    x_z, x_r, x_n, h_z, h_r, h_n = parts(x, h, W_ih, W_hh, b_ih, b_hh)
    return mixed(h, x_r, x_z, x_n, h_r, h_z, h_n)


@gru_cell.mistake(
    "the candidate comes first",
    "The first third of the weights was used for the candidate. The order is r, z, n.",
)
def _(x, h, W_ih, W_hh, b_ih, b_hh):
    x_n, x_r, x_z, h_n, h_r, h_z = parts(x, h, W_ih, W_hh, b_ih, b_hh)
    return mixed(h, x_r, x_z, x_n, h_r, h_z, h_n)


@gru_cell.mistake(
    "the reset gate works before the matrix product",
    "The reset gate multiplies h, and the product with the weight comes after. That is the first paper's GRU; in "
    "torch's the gate multiplies the product.",
)
def _(x, h, W_ih, W_hh, b_ih, b_hh):
    x_r, x_z, x_n, h_r, h_z, _ = parts(x, h, W_ih, W_hh, b_ih, b_hh)
    H = h.shape[1]
    inner = (torch.sigmoid(x_r + h_r) * h) @ W_hh[2 * H :].T + b_hh[2 * H :]
    return mixed(h, torch.full_like(x_r, 1e9), x_z, x_n, h_r, h_z, inner)


@gru_cell.mistake(
    "b_hh stands outside the reset gate",
    "The bias of the state's part of the candidate is added after the multiplication by r. It belongs inside: the gate "
    "multiplies the product and its bias.",
)
def _(x, h, W_ih, W_hh, b_ih, b_hh):
    x_r, x_z, x_n, h_r, h_z, h_n = parts(x, h, W_ih, W_hh, b_ih, b_hh)
    bias = b_hh[2 * h.shape[1] :]
    return mixed(h, x_r, x_z, x_n + bias, h_r, h_z, h_n - bias)


@gru_cell.mistake(
    "the reset gate is left out",
    "The candidate looks at the whole old state. r is to say how much of it.",
)
def _(x, h, W_ih, W_hh, b_ih, b_hh):
    _, x_z, x_n, h_r, h_z, h_n = parts(x, h, W_ih, W_hh, b_ih, b_hh)
    return mixed(h, torch.full_like(x_z, 1e9), x_z, x_n, h_r, h_z, h_n)


@gru_cell.mistake(
    "the reset gate works on the input's part",
    "r multiplies what the input says to the candidate. It belongs to what the old state says.",
)
def _(x, h, W_ih, W_hh, b_ih, b_hh):
    x_r, x_z, x_n, h_r, h_z, h_n = parts(x, h, W_ih, W_hh, b_ih, b_hh)
    return mixed(h, x_r, x_z, h_n, h_r, h_z, x_n)


@gru_cell.mistake(
    "the reset gate works on both parts",
    "r multiplies what the input says as well. It belongs to what the old state says alone.",
)
def _(x, h, W_ih, W_hh, b_ih, b_hh):
    x_r, x_z, x_n, h_r, h_z, h_n = parts(x, h, W_ih, W_hh, b_ih, b_hh)
    return mixed(h, x_r, x_z, 0 * x_n, h_r, h_z, x_n + h_n)


@gru_cell.mistake("b_ih is left out", "All is there but b_ih, the bias of the input's part.")
def _(x, h, W_ih, W_hh, b_ih, b_hh):
    return mixed(h, *parts(x, h, W_ih, W_hh, 0.0, b_hh))


@gru_cell.mistake("b_hh is left out", "All is there but b_hh, the bias of the state's part.")
def _(x, h, W_ih, W_hh, b_ih, b_hh):
    return mixed(h, *parts(x, h, W_ih, W_hh, b_ih, 0.0))


@gru_cell.mistake("b_ih is used twice", "b_ih was added to the state's part as well. That part has b_hh.")
def _(x, h, W_ih, W_hh, b_ih, b_hh):
    return reference.gru_cell(x, h, W_ih, W_hh, b_ih, b_ih)


@gru_cell.mistake("b_hh is used twice", "b_hh was added to the input's part as well. That part has b_ih.")
def _(x, h, W_ih, W_hh, b_ih, b_hh):
    return reference.gru_cell(x, h, W_ih, W_hh, b_hh, b_hh)


@gru_cell.mistake(
    "the biases are swapped",
    "b_hh was added to the input's part and b_ih to the state's. For both gates that makes no difference, for the "
    "candidate it does: only one of the two is multiplied by r.",
)
def _(x, h, W_ih, W_hh, b_ih, b_hh):
    return reference.gru_cell(x, h, W_ih, W_hh, b_hh, b_ih)


@gru_cell.mistake(
    "the old state is cut from the graph",
    "The values are right, but no gradient flows into the old state: the road is closed. The cell itself detaches "
    "nothing.",
)
def _(x, h, W_ih, W_hh, b_ih, b_hh):
    return reference.gru_cell(x, h.detach(), W_ih, W_hh, b_ih, b_hh)


@gru_cell.mistake(
    "the answer is cut from the graph",
    "The values are right, but they carry no history, so that no gradient flows back from them.",
)
def _(x, h, W_ih, W_hh, b_ih, b_hh):
    return reference.gru_cell(x, h, W_ih, W_hh, b_ih, b_hh).detach()


for name, advice, result in RESULTS:
    slip(name, advice, result=result)

for gate, part, word in (("r", 0, "reset gate"), ("z", 1, "update gate")):
    slip(
        f"a tanh for the {word}",
        f"The {word} is a tanh, and may be negative. A gate is a share between 0 and 1: a sigmoid.",
        **{gate: torch.tanh},
    )
    slip(
        f"no sigmoid: the {word}",
        f"The {word} may be any number. A gate is a share between 0 and 1: a sigmoid of the sum.",
        **{gate: lambda value: value},
    )
    slip(
        f"the {word} is cut from the graph",
        f"The values are right, but the {word} gets no gradient: what it lets through can't be learnt. Nothing is "
        "detached in the cell.",
        **{gate: lambda value: torch.sigmoid(value).detach()},
    )
    lost(f"the {word} does not see the input", f"The input's part is missing in the {word}.", part)
    lost(f"the {word} does not see the old state", f"The old state's part is missing in the {word}.", part + 3)
    lost(f"the {word} subtracts the old state", f"The old state's part is subtracted in the {word}.", part + 3, -1)

slip("a tanh for both gates", "The gates are tanhs. A gate is a sigmoid.", r=torch.tanh, z=torch.tanh)
slip("a sigmoid for the candidate", "The candidate is squashed to between 0 and 1. It is a tanh.", n=torch.sigmoid)
slip("no tanh: the candidate", "The candidate may be any number. It is a tanh of the sum.", n=lambda value: value)
slip(
    "the candidate is cut from the graph",
    "The values are right, but the candidate gets no gradient. Nothing is detached in the cell.",
    n=lambda value: torch.tanh(value).detach(),
)
lost("the candidate does not see the input", "The input's part is missing in the candidate.", 2)
lost("the candidate does not see the old state", "The old state's part is missing in the candidate.", 5)
lost("the candidate subtracts the old state", "The old state's part is subtracted in the candidate.", 5, -1)


@gru_cell.mistake("b_ih is subtracted", "The bias of the input's part is taken away. It is added.")
def _(x, h, W_ih, W_hh, b_ih, b_hh):
    return mixed(h, *parts(x, h, W_ih, W_hh, -b_ih, b_hh))


@gru_cell.mistake("b_hh is subtracted", "The bias of the state's part is taken away. It is added.")
def _(x, h, W_ih, W_hh, b_ih, b_hh):
    return mixed(h, *parts(x, h, W_ih, W_hh, b_ih, -b_hh))


@gru_cell.mistake(
    "the batch is cut into thirds",
    "The three parts are cut out of the first dimension, which is the batch. They lie beside each other in the last.",
)
def _(x, h, W_ih, W_hh, b_ih, b_hh):
    x_r, x_z, x_n = (x @ W_ih.T + b_ih).chunk(3)
    h_r, h_z, h_n = (h @ W_hh.T + b_hh).chunk(3)
    return mixed(h, x_r, x_z, x_n, h_r, h_z, h_n)


for name, advice, product in (
    ("an elementwise product with W_ih", "x is multiplied by W_ih entry by entry.", lambda x, h, W, U: x * W.T),
    ("an elementwise product with W_hh", "h is multiplied by W_hh entry by entry.", lambda x, h, W, U: h * U.T),
    ("W_ih stands on the left", "The rows of the batch come first: x, then the weight.", lambda x, h, W, U: W.T @ x),
    ("W_hh stands on the left", "The rows of the batch come first: h, then the weight.", lambda x, h, W, U: U.T @ h),
    ("W_ih is not transposed", "W_ih is (3H, I), out by in, and x is (B, I).", lambda x, h, W, U: x @ W),
    ("W_hh is not transposed", "W_hh is (3H, H), out by in, and h is (B, H).", lambda x, h, W, U: h @ U),
):
    gru_cell.mistake(name, f"{advice} {FITTING}")(lambda x, h, W, U, *_, product=product: product(x, h, W, U))


slips.one_lost(gru_cell, reference.gru_cell)
