"""Part 1, bigrams as training examples."""

import itertools

import torch

from grader.check import check
from grader.checks.part1_bigram.inputs import bigrams, corpora
from grader.checks.tools import by_name
from reference import part1_bigram as reference


@check(
    "bigram_pairs",
    points=2,
    hints=(
        "The same walk over the words as when counting. Instead of a tally, the pairs themselves are kept.",
        "Two lists grow side by side: the first characters and the second ones, as numbers.",
        "For every bigram of every word, dots included, append the number of its first character to one list and that "
        "of its second to the other. Make a tensor of each list in the end.",
    ),
)
def bigram_pairs(m, given):
    """All bigrams, in order: inputs and right answers"""
    answers = by_name(m.bigram_pairs(given.words, given.stoi), "xs", "ys")
    return {name: whole_or_float32(numbers) for name, numbers in answers.items()}


def whole_or_float32(numbers):
    """Floats of any kind as float32, so that they are one mistake and not several."""
    return numbers.float() if isinstance(numbers, torch.Tensor) and numbers.is_floating_point() else numbers


bigram_pairs.inputs(corpora)


@bigram_pairs.mistake(
    "inputs and answers are exchanged",
    "xs holds the second characters and ys the first ones: a model trained on that predicts backwards.",
)
def _(words, stoi):
    return reference.bigram_pairs(words, stoi)[::-1]


@bigram_pairs.mistake(
    "the dot in front is missing",
    "No example tells how words begin: the dot in front of each word is left out.",
)
def _(words, stoi):
    return _numbered([pair for pair in bigrams(words) if pair[0] != "."], stoi)


@bigram_pairs.mistake(
    "the dot behind is missing",
    "No example tells how words end: the dot behind each word is left out.",
)
def _(words, stoi):
    return _numbered([pair for pair in bigrams(words) if pair[1] != "."], stoi)


@bigram_pairs.mistake(
    "both dots are missing",
    "Only the pairs inside the words are there. How words begin and how they end belongs to them as well.",
)
def _(words, stoi):
    return _numbered([pair for pair in bigrams(words) if "." not in pair], stoi)


@bigram_pairs.mistake(
    "pairs reach from one word to the next",
    "The dot behind one word and the dot in front of the next have become a bigram. Pairs stay inside one word and its "
    "two dots.",
)
def _(words, stoi):
    text = "".join(f".{word}." for word in words)
    return _numbered(itertools.pairwise(text), stoi)


@bigram_pairs.mistake(
    "each bigram comes once",
    "A bigram that comes often is there once. It should be there as often as it comes: that is how the network learns "
    "what is frequent.",
)
def _(words, stoi):
    return _numbered(dict.fromkeys(bigrams(words)), stoi)


@bigram_pairs.mistake(
    "each word comes once", "A word that comes twice in the list counts twice. Was the list made into a set?"
)
def _(words, stoi):
    return reference.bigram_pairs(list(dict.fromkeys(words)), stoi)


@bigram_pairs.mistake(
    "only the last word is there", "These are the bigrams of the last word. Are the lists begun anew for each word?"
)
def _(words, stoi):
    return reference.bigram_pairs(words[-1:], stoi)


@bigram_pairs.mistake(
    "only the first word is there", "These are the bigrams of the first word. Does the function return inside the loop?"
)
def _(words, stoi):
    return reference.bigram_pairs(words[:1], stoi)


@bigram_pairs.mistake(
    "ys is xs once more", "Both tensors hold the first characters. ys holds what came after each of them."
)
def _(words, stoi):
    xs, _ = reference.bigram_pairs(words, stoi)
    return xs, xs.clone()


@bigram_pairs.mistake(
    "sorted by character",
    "All bigrams are there, in the order of the alphabet and not in that of the words. They may have been read back "
    "from the table of counts.",
)
def _(words, stoi):
    xs, ys = reference.bigram_pairs(words, stoi)
    order = (xs * len(stoi) + ys).argsort()
    return xs[order], ys[order]


@bigram_pairs.mistake(
    "one tensor of pairs",
    "One tensor came, with a pair in each row. Asked are two tensors of shape (n,): its columns.",
)
def _(words, stoi):
    return torch.stack(reference.bigram_pairs(words, stoi), 1)


@bigram_pairs.mistake(
    "lists instead of tensors", "The numbers are right, but they come as lists. Tensors are asked for."
)
def _(words, stoi):
    return tuple(numbers.tolist() for numbers in reference.bigram_pairs(words, stoi))


@bigram_pairs.mistake(
    "floats instead of integers",
    "The numbers are right, but they are floats. They are places in a table and numbers of classes: torch indexes with "
    "integers only. Perhaps torch.Tensor was called, with a capital T, which always makes float32.",
)
def _(words, stoi):
    return tuple(numbers.float() for numbers in reference.bigram_pairs(words, stoi))


@bigram_pairs.mistake(
    "no pairs at all", "Both tensors are empty. Are the lists filled, and is a loop over the words entered?"
)
def _(words, stoi):
    return torch.tensor([]), torch.tensor([])


@bigram_pairs.mistake("xs is empty", "ys is right and xs is empty: the first characters are not collected.")
def _(words, stoi):
    return torch.tensor([]), reference.bigram_pairs(words, stoi)[1]


@bigram_pairs.mistake("ys is empty", "xs is right and ys is empty: the second characters are not collected.")
def _(words, stoi):
    return reference.bigram_pairs(words, stoi)[0], torch.tensor([])


@bigram_pairs.mistake(
    "only the first bigram of each word",
    "There is one example for each word, that of its beginning. A word of k letters has k + 1 bigrams.",
)
def _(words, stoi):
    return _numbered(["." + word[0] for word in words], stoi)


@bigram_pairs.mistake(
    "each character is paired with itself",
    "Input and answer are the same in every example: each character was paired with itself. The second of a pair "
    "stands one place further on.",
)
def _(words, stoi):
    return _numbered([character * 2 for word in words for character in word], stoi)


@bigram_pairs.mistake(
    "one character is unpacked into two",
    "A loop over a string, or over zip of one string, gives one character at a time, which can't be unpacked into two. "
    "Pair the word with itself, one place further on.",
)
def _(words, stoi):
    return _numbered([a + b for word in words for a, b in zip(word, strict=True)], stoi)


@bigram_pairs.mistake(
    "xs are floats",
    "The numbers are right, but those of xs are floats. They are places in a table: torch indexes with integers only.",
)
def _(words, stoi):
    xs, ys = reference.bigram_pairs(words, stoi)
    return xs.float(), ys


@bigram_pairs.mistake(
    "ys are floats",
    "The numbers are right, but those of ys are floats. They are numbers of classes: torch indexes with integers only.",
)
def _(words, stoi):
    xs, ys = reference.bigram_pairs(words, stoi)
    return xs, ys.float()


@bigram_pairs.mistake(
    "the dot is paired with itself",
    "There is one example for each word, and it pairs the dot with the dot. Behind the dot in front comes the first "
    "character of the word.",
)
def _(words, stoi):
    return _numbered([".." for _ in words], stoi)


@bigram_pairs.mistake("xs is never filled", "ys is right. xs has the right length, and holds nothing but zeros.")
def _(words, stoi):
    xs, ys = reference.bigram_pairs(words, stoi)
    return torch.zeros_like(xs), ys


@bigram_pairs.mistake("ys is never filled", "xs is right. ys has the right length, and holds nothing but zeros.")
def _(words, stoi):
    xs, ys = reference.bigram_pairs(words, stoi)
    return xs, torch.zeros_like(ys)


def _numbered(found, stoi):
    """xs and ys of these bigrams."""
    xs, ys = zip(*found, strict=True)
    return torch.tensor([stoi[x] for x in xs]), torch.tensor([stoi[y] for y in ys])
