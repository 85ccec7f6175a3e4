"""The names in use as examples for a network, made on the grader's side."""

import torch

LETTERS = ".abcdefghijklmnopqrstuvwxyz"
"""Each character stands at the place of its number."""


def some(words: list[str], count: int, rng: torch.Generator) -> list[str]:
    """So many of the words, drawn at random; all of them, where there are fewer."""
    return [words[i] for i in torch.randperm(len(words), generator=rng)[:count].tolist()]
