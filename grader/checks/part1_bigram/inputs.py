"""The inputs of part 1: random words, vocabularies with gaps, and tables of probabilities."""

import torch

ALPHABET = "abcdefghijklmnopqrstuvwxyz"
SIZES = ((5, 6), (27, 12), (9, 8))
"""Vocabulary and words of each case. The second has the whole alphabet."""

CHARACTERS_FROM_STOI = (
    "27 is the vocabulary of the names data: the answer is right for that one and for no other. There are as many "
    "rows and columns as characters in stoi."
)


def integer(rng, low, high):
    """A number from low to high, both included."""
    return int(torch.randint(low, high + 1, (), generator=rng))


def letters(rng, count):
    """So many different letters, in alphabetical order; mostly with gaps between them."""
    chosen = torch.randperm(len(ALPHABET), generator=rng)[:count]
    return "".join(sorted(ALPHABET[i] for i in chosen))


def some_words(rng, characters, count):
    """Words of 2 to 6 random letters; one comes twice, one has a double letter."""
    words = []
    for _ in range(count - 2):
        drawn = torch.randint(len(characters), (integer(rng, 2, 6),), generator=rng)
        words.append("".join(characters[i] for i in drawn))
    return [*words, words[0], words[1] + words[1][-1]]


def numbered(characters):
    """The stoi of a vocabulary with these letters."""
    return {character: number for number, character in enumerate("." + characters)}


def corpora(rng):
    """Cases for functions of words and stoi. The vocabulary's last letter occurs in none of the words."""
    for size, count in SIZES:
        characters = letters(rng, size - 1)
        yield {"words": some_words(rng, characters[:-1], count), "stoi": numbered(characters)}


def pairs(rng, size, n):
    """xs and ys (n,) of a vocabulary of that size: some repeat, and the last character occurs in neither."""
    xs, ys = torch.randint(size - 1, (2, n), generator=rng)
    return xs.clone(), ys.clone()


def bigrams(words):
    """The pairs of neighbouring characters of all words, as two-letter strings."""
    return [a + b for word in words for a, b in zip("." + word, word + ".", strict=True)]


def counted(found, stoi):
    """A table of counts from a list of bigrams."""
    counts = torch.zeros(len(stoi), len(stoi), dtype=torch.int64)
    for first, second in found:
        counts[stoi[first], stoi[second]] += 1
    return counts
