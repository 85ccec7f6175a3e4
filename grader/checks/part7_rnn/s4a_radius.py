"""Part 7, matrices with a given spectral radius."""

import torch

from grader.check import check
from grader.checks.draw import normal, uniform
from reference import part7_rnn as reference


@check(
    "with_spectral_radius",
    points=1,
    hints=(
        "Multiplying a matrix by a number multiplies all its eigenvalues by that number.",
        "torch.linalg has functions for the eigenvalues of a square matrix; of a real one they come as complex "
        "numbers. abs() of a complex tensor gives the absolute values.",
        "Take the largest absolute value of the eigenvalues of W, and multiply W by the wanted radius over it.",
    ),
)
def with_spectral_radius(m, given):
    """A matrix scaled to a spectral radius"""
    return m.with_spectral_radius(given.W, given.radius)


@with_spectral_radius.inputs
def _(rng):
    # Which eigenvalue is the largest: a complex pair, a negative one, a positive one.
    for kind, H, radius in ((0, 5, 0.7), (1, 4, 1.6), (2, 6, 2.5)):
        yield {"W": with_eigenvalues(rng, H, kind), "radius": radius}


def with_eigenvalues(rng, H, kind):
    """A matrix with one negative eigenvalue, one pair of complex ones and positive ones, and not symmetric."""
    small = uniform(rng, 0.5, 1, H)
    large = uniform(rng, 1.6, 2.2)
    triangle = torch.triu(0.3 * normal(rng, H, H), 1) + small.diag()
    # The pair is a turn by more than a right angle, so that its real part is negative.
    turn = torch.tensor([[-0.5, -0.8], [0.8, -0.5]]) * (large if kind == 0 else 1)
    triangle[:2, :2] = turn
    triangle[2, 2] = -large if kind == 1 else -0.8
    triangle[3, 3] = large if kind == 2 else 0.9
    basis = torch.linalg.qr(normal(rng, H, H)).Q
    return basis @ triangle @ basis.T


@with_spectral_radius.mistake(
    "the largest singular value",
    "The matrix is scaled by its largest singular value: how far one multiplication can stretch a vector. In the "
    "long run the largest absolute eigenvalue counts, and it is smaller.",
)
def _(W, radius):
    return W * radius / torch.linalg.matrix_norm(W, 2)


@with_spectral_radius.mistake(
    "the Frobenius norm",
    "The matrix is scaled by the root of the sum of its squares. The largest absolute eigenvalue is asked for.",
)
def _(W, radius):
    return W * radius / W.norm()


@with_spectral_radius.mistake(
    "the real parts alone",
    "Only the real parts of the eigenvalues were looked at. The absolute value of a complex number also counts the "
    "imaginary part.",
)
def _(W, radius):
    return W * radius / torch.linalg.eigvals(W).real.abs().max()


@with_spectral_radius.mistake(
    "the largest real part",
    "The largest real part was taken: a negative eigenvalue, or one that turns, makes a gradient grow just as well.",
)
def _(W, radius):
    return W * radius / torch.linalg.eigvals(W).real.max()


@with_spectral_radius.mistake(
    "the eigenvalues of the symmetric part",
    "eigvalsh is for symmetric matrices: it reads one half of W and takes the other half for its mirror image. "
    "W is not symmetric.",
)
def _(W, radius):
    return W * radius / torch.linalg.eigvalsh(W).abs().max()


@with_spectral_radius.mistake(
    "the smallest eigenvalue",
    "The smallest absolute eigenvalue was taken. The largest one wins in the long run.",
)
def _(W, radius):
    return W * radius / torch.linalg.eigvals(W).abs().min()


@with_spectral_radius.mistake(
    "the mean of the eigenvalues",
    "The absolute eigenvalues were averaged. The largest one wins in the long run.",
)
def _(W, radius):
    return W * radius / torch.linalg.eigvals(W).abs().mean()


@with_spectral_radius.mistake(
    "not divided by the old radius",
    "W was multiplied by the wanted radius, as if its own were 1. What is it before?",
)
def _(W, radius):
    return W * radius


@with_spectral_radius.mistake(
    "scaled to 1",
    "The result has the spectral radius 1, whatever was asked for.",
)
def _(W, radius):
    return reference.with_spectral_radius(W, 1.0)


@with_spectral_radius.mistake(
    "upside down",
    "The factor is the old radius over the new one. What is too large must become smaller.",
)
def _(W, radius):
    return W * W / reference.with_spectral_radius(W, radius)


@with_spectral_radius.mistake(
    "multiplied by both",
    "W was multiplied by the old radius as well as by the new one.",
)
def _(W, radius):
    return W * W / reference.with_spectral_radius(W, 1.0) * radius


@with_spectral_radius.mistake(
    "divided by both",
    "W was divided by its own radius and by the new one as well. The new one multiplies.",
)
def _(W, radius):
    return reference.with_spectral_radius(W, 1 / radius)


@with_spectral_radius.mistake(
    "the largest entry",
    "The matrix is scaled by the largest absolute value of its entries. Eigenvalues are no entries: a matrix of small "
    "entries may well stretch a vector.",
)
def _(W, radius):
    return W * radius / W.abs().max()


@with_spectral_radius.mistake(
    "each eigenvalue scales a column",
    "Every column is divided by the absolute value of another eigenvalue. One number is wanted, the largest.",
)
def _(W, radius):
    return W * radius / torch.linalg.eigvals(W).abs()
