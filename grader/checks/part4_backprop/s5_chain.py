"""Part 4, all 26 steps in a row."""

from types import SimpleNamespace

import torch

from grader.check import check
from grader.checks import slips
from grader.checks.part4_backprop.inputs import networks
from grader.values import members
from reference import part4_backprop as reference


@check(
    "backward",
    points=4,
    hints=(
        "You have every step already. What is left is the order: a gradient can be worked out as "
        "soon as those of all users of the node are there.",
        "Start with a gradient of one for the loss, walk the nodes in the order of the exercises, "
        "and keep each result where the next steps look for it.",
        "Make a namespace for d that holds loss as a tensor of one; for each node call its "
        "function with f and d, and store what comes back in d under the node's name; at the end "
        "return the 26 results as a dict, without loss.",
    ),
)
def backward(m, given):
    """The whole chain, from the loss to the embedding"""
    return without_rounding(m.backward(given.f))


def without_rounding(gradients):
    """The same, with zero for the rounding in the two gradients that are zero in this network."""
    if type(gradients) is not dict:
        return gradients
    result = dict(gradients)
    for name in ("logit_maxes", "b1"):
        value = result.get(name)
        if type(value) is torch.Tensor and value.is_floating_point():
            result[name] = value.round(decimals=6)
    return result


backward.inputs(networks)


@backward.explain
def _(given, got, wrong):
    """Where along the chain it went wrong first, and which later nodes only follow from that."""
    if not isinstance(got, dict):
        return None
    f = SimpleNamespace(**{name: _double(value) for name, value in members(given.f).items()})
    # A label is the node's name, or ends with it as a key: backward['counts'].
    named = {label.removesuffix("']").rpartition("['")[2] for label in wrong}
    late = [node for node in reference.NODES if node in named]
    if not late:
        return None
    first, *later = late
    groups = {True: [], False: [], None: []}
    for node in later:
        groups[_follows(node, f, got)].append(f"d{node}")
    message = f"Walking back from the loss, the first wrong gradient is d{first}: look there first."
    if later and len(groups[True]) == len(later):
        message += " The later ones that are wrong are all right given what reached them."
    elif groups[True]:
        message += f" Right given what reached them: {', '.join(groups[True])}."
    if groups[False]:
        message += f" With a slip of their own: {', '.join(groups[False])}."
    if groups[None]:
        message += (
            " Not to be judged yet, because what should have reached them is missing, not finite "
            f"or of another shape: {', '.join(groups[None])}."
        )
    return message


def _follows(node, f, got):
    """Whether got[node] is one right step from got's own gradients; None: nobody can say."""
    d = {"loss": torch.ones((), dtype=torch.float64)}
    for user in reference.USERS[node]:
        if user != "loss":
            d[user] = _usable(got.get(user), getattr(f, user).shape)
    incoming = [d[user] for user in reference.USERS[node]]
    if any(value is None for value in incoming):
        return None
    expected = reference.local_gradient(node, f, SimpleNamespace(**d))
    if not expected.isfinite().all():
        return None
    value = got.get(node)
    if not isinstance(value, torch.Tensor) or value.shape != expected.shape:
        return False
    if not value.is_floating_point():
        return False
    # Where a sum cancels (b1), what is left is rounding; the probe's own is there as well.
    rounding = 1e-5 * max(float(value.abs().max()) for value in incoming) + 5e-7
    off = float((_double(value) - expected).abs().max())
    return off <= 1e-3 * float(expected.abs().max()) + rounding


def _usable(value, shape):
    """A gradient in float64 and in its node's shape, also where a first dimension of 1 was lost."""
    if not isinstance(value, torch.Tensor) or not value.is_floating_point():
        return None
    lost = value.shape == shape[1:] and shape[:1] == (1,)
    if (value.shape != shape and not lost) or not value.isfinite().all():
        return None
    return _double(value).reshape(shape)


def _double(value):
    return value.detach().double() if value.is_floating_point() else value


def _chain(f, **steps):
    """The gradients of all nodes by name, with some steps replaced by `step(f, d)`."""
    d = SimpleNamespace(loss=torch.ones_like(f.loss))
    for node in reference.NODES:
        step = steps.get(node) or getattr(reference, f"d{node}")
        setattr(d, node, step(f, d))
    return {node: getattr(d, node) for node in reference.NODES}


@backward.mistake(
    f"{slips.ONE_N_MISSING}: dlogprobs",
    "Every gradient is n times too large: the chain starts from a sum over the examples, but the "
    "loss is their mean. The steps after dlogprobs are right.",
)
def _(f):
    return _chain(f, logprobs=lambda f, d: reference.dlogprobs(f, d) * len(f.Y))


@backward.mistake(
    f"{slips.SIGN}: dlogprobs",
    "Every gradient has the opposite sign: the minus in front of the mean, at the very start, is "
    "lost. The steps after dlogprobs are right.",
)
def _(f):
    return _chain(f, logprobs=lambda f, d: -reference.dlogprobs(f, d))


@backward.mistake(
    f"{slips.PATH_MISSING}: dcounts",
    "All is well as far as dcounts. There the path through probs is taken and the one through "
    "counts_sum is not, and everything further back inherits it.",
)
def _(f):
    return _chain(f, counts=lambda f, d: f.counts_sum_inv * d.probs)


@backward.mistake(
    f"{slips.PATH_MISSING}: dbndiff",
    "All is well as far as dbndiff. There the path through bnraw is taken and the one through "
    "bndiff2 is not: as if the variance of the batch were a constant. Everything further back "
    "inherits it.",
)
def _(f):
    return _chain(f, bndiff=lambda f, d: f.bnvar_inv * d.bnraw)


@backward.mistake(
    f"{slips.PATH_MISSING}: dhprebn",
    "All is well as far as dhprebn. There the direct path is taken and the one through bnmeani is "
    "not: as if the mean of the batch were a constant. You can see it at db1 as well, which is "
    "not zero.",
)
def _(f):
    return _chain(f, hprebn=lambda f, d: d.bndiff.clone())


@backward.mistake(
    f"{slips.N}: dbndiff2",
    "All is well as far as dbndiff2, which divides by n. This network's variance is the unbiased "
    "one: look at the factor in its forward line.",
)
def _(f):
    n = len(f.Y)
    return _chain(f, bndiff2=lambda f, d: reference.dbndiff2(f, d) * (n - 1) / n)


@backward.mistake(
    "two names for one tensor: dbndiff and dhprebn",
    "dbndiff has the values of dhprebn. The usual way to get there: dhprebn is made as a second "
    "name for dbndiff, and then += changes the one tensor behind both. Add without writing into "
    "it, or make a copy first.",
)
def _(f):
    gradients = reference.backward(f)
    return gradients | {"bndiff": gradients["hprebn"].clone()}


@backward.mistake(
    f"{slips.OVERWRITTEN}: dC",
    "All is well up to the last step. In dC, where a character occurs twice, only its last "
    "occurrence is left. Every occurrence must add its share.",
)
def _(f):
    gradients = reference.backward(f)
    C = torch.zeros_like(f.C)
    for character, vector in zip(f.X.flatten(), gradients["emb"].flatten(0, 1), strict=True):
        C[character] = vector
    return gradients | {"C": C}


@backward.mistake(
    f"{slips.DIMENSION_LOST}: dbnmeani",
    "All values are right. One shape is not: dbnmeani is (H,), and f.bnmeani has (1, H). "
    "Broadcasting hides it in this chain, because (H,) is read as (1, H). It bites where nothing "
    "is broadcast: a sum over dimension 0 of it is one number and no row. Sums have an option "
    "that keeps the shape.",
)
def _(f):
    gradients = reference.backward(f)
    return gradients | {"bnmeani": gradients["bnmeani"].squeeze(0)}


@backward.mistake(
    f"{slips.DIMENSION_KEPT}: db1 and db2",
    "All values are right. Two shapes are not: db1 and db2 are rows of two dimensions, b1 and b2 "
    "have one. Broadcasting hides it until the update, where PyTorch refuses to take a row from a "
    "vector in place.",
)
def _(f):
    gradients = reference.backward(f)
    return gradients | {name: gradients[name].unsqueeze(0) for name in ("b1", "b2")}
