"""The inputs of part 7: small random sequences, and small models of names."""

import torch

from grader.checks.draw import normal, uniform

# T, B, I, H: no two of them are equal.
SIZES = ((5, 3, 4, 6), (4, 2, 6, 3), (6, 5, 2, 4))
LETTERS = "abcdefghijklmnopqrstuvwxyz"


def weights(rng, I, H):  # noqa: E741
    """W_ih, W_hh and b of a plain cell: far from saturated, not symmetric, no bias zero."""
    W_hh = 1.2 * normal(rng, H, H) / H**0.5
    return {"W_ih": 0.8 * normal(rng, H, I) / I**0.5, "W_hh": W_hh, "b": signed(rng, 0.2, 0.6, H)}


def signed(rng, low, high, *shape):
    """Numbers between low and high, each with a random sign."""
    return uniform(rng, low, high, *shape) * (1 - 2 * torch.randint(2, shape, generator=rng))


def sequence(rng, T, B, I, H):  # noqa: E741
    """x, h0 and the weights of a plain cell: the arguments of rnn_forward by name."""
    return {"x": normal(rng, T, B, I), "h0": signed(rng, 0.3, 0.9, B, H), **weights(rng, I, H)}


def words(rng, letters, *lengths):
    """Random words of these lengths, made of the first so many letters."""
    numbers = [torch.randint(letters, (length,), generator=rng).tolist() for length in lengths]
    return ["".join(LETTERS[i] for i in word) for word in numbers]


def model(rng, V, E, H):
    """[C, W_ih, W_hh, b, W_out, b_out]: random, with no bias zero and nothing saturated."""
    C = normal(rng, V, E)
    cell = weights(rng, E, H).values()
    return [C, *cell, 1.5 * normal(rng, V, H) / H**0.5, signed(rng, 0.3, 0.9, V)]


def batch(rng, V, *lengths):
    """X (T, B) and Y (T, B) as name_batch makes them, of random words over V - 1 letters."""
    T = max(lengths) + 1
    X, Y = torch.zeros(T, len(lengths), dtype=torch.int64), torch.full((T, len(lengths)), -1)
    for i, length in enumerate(lengths):
        numbers = torch.randint(1, V, (length,), generator=rng)
        X[1 : length + 1, i] = numbers
        Y[:length, i] = numbers
        Y[length, i] = 0
    return X, Y
