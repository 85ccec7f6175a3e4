"""The names in use as examples for a network, made on the grader's side."""

import torch

LETTERS = ".abcdefghijklmnopqrstuvwxyz"
"""Each character stands at the place of its number."""


def some(words: list[str], count: int, rng: torch.Generator) -> list[str]:
    """So many of the words, drawn at random; all of them, where there are fewer."""
    return [words[i] for i in torch.randperm(len(words), generator=rng)[:count].tolist()]


def contexts(words: list[str], block_size: int) -> tuple[torch.Tensor, torch.Tensor]:
    """X (N, block_size) and Y (N,), int64: each character of the words with those before it, `.` at both ends."""
    X, Y = [], []
    for word in words:
        context = [0] * block_size
        for character in word + ".":
            X.append(context)
            Y.append(LETTERS.index(character))
            context = [*context[1:], Y[-1]]
    return torch.tensor(X), torch.tensor(Y)
