"""Part 2, the words of train, dev and test."""

import random
from collections import Counter

import torch

from grader.check import check
from grader.checks.part2_mlp.inputs import seed, spelled
from grader.checks.part2_mlp.spoilt import LISTS, handed_back, spoilt
from grader.checks.tools import by_name
from reference import part2_mlp as reference


@check(
    "split_words",
    points=2,
    hints=(
        "Shuffle once, then cut the shuffled list in two places: every word ends up in exactly one of three pieces.",
        "A shuffle works in place, so give it a copy. The cuts stand at 80 % and at 90 % of the number of words, and a "
        "list can only be cut at whole numbers.",
        "Make a new list of the words, shuffle it with a Random object seeded with the seed, turn 0.8 and 0.9 times "
        "the length into ints, and return the slices before, between and after the two.",
    ),
)
def split_words(m, given):
    """80, 10 and 10 %: nothing lost, nothing twice"""
    return by_name(m.split_words(given.words, given.seed), "train", "dev", "test")


@split_words.inputs
def _(rng):
    letters = "abcdefghijklmnopqrstuvwxyz"
    for count in (47, 60, 15, 118):
        words = spelled(rng, letters, [3 + i % 5 for i in range(count - 2)])
        yield {"words": sorted(words) + words[:2], "seed": seed(rng)}  # two names stand on the list twice


@split_words.explain
def _(given, got, wrong):
    """How many words came, and whether they are those of the list."""
    lists = [got.get(name) for name in ("train", "dev", "test")] if isinstance(got, dict) else []
    if len(lists) != 3 or not all(isinstance(one, list) for one in lists):
        return None
    sizes = [len(one) for one in lists]
    came = Counter(word for one in lists for word in one if isinstance(word, str))
    lost, more = Counter(given.words) - came, came - Counter(given.words)
    text = f"Of {len(given.words)} words, {sizes[0]}, {sizes[1]} and {sizes[2]} came"
    if lost:
        text += f"; {lost.total()} lost, such as {next(iter(lost))}"
    if more:
        text += f"; {more.total()} too many, such as {next(iter(more))}"
    return f"{text}."


@split_words.mistake(
    "the list that came in is shuffled",
    "The three lists are right, but the caller's list has been shuffled on the way: shuffle works in place, and a "
    "second name for a list is no copy of it. The next split of the same list would then be another one.",
)
def _(words, seed):
    split = reference.split_words(words, seed)
    random.Random(seed).shuffle(words)
    return split


@split_words.mistake(
    "not shuffled",
    "The words come in the order of the list. It is sorted, by sex and by how frequent a name is, so dev and test "
    "would be of another kind than train.",
)
def _(words, seed):
    return _cut(words)


@split_words.mistake(
    "the seed is ignored",
    "The words are shuffled, but the seed that was passed plays no part: another seed must give another split. Is it "
    "42 whatever comes in, or is the shuffle not seeded at all?",
)
def _(words, seed):
    return reference.split_words(words, 42)


@split_words.mistake(
    "split first, then shuffled",
    "The list is cut before it is shuffled, and the pieces are shuffled on their own: test holds the end of a sorted "
    "list, in random order.",
)
def _(words, seed):
    pieces = _cut(words)
    for piece in pieces:
        random.Random(seed).shuffle(piece)
    return pieces


@split_words.mistake(
    "dev and test are swapped", "The pieces are right, in the order train, test, dev. Dev comes second."
)
def _(words, seed):
    train, dev, test = reference.split_words(words, seed)
    return train, test, dev


@split_words.mistake(
    "test holds the dev words as well",
    "The last piece begins where train ends, so every dev word is in test too. What you choose with the help of dev is "
    "then tested on the same words again.",
)
def _(words, seed):
    train, dev, test = reference.split_words(words, seed)
    return train, dev, dev + test


@split_words.mistake(
    "train holds the dev words as well",
    "The first piece runs up to 90 %, over the dev words: the network would be judged by words that it was trained on.",
)
def _(words, seed):
    train, dev, test = reference.split_words(words, seed)
    return train + dev, dev, test


@split_words.mistake(
    "train is everything",
    "All words are in train, those of dev and test as well: the network would be judged by words that it was trained "
    "on. Train stops at 80 %.",
)
def _(words, seed):
    train, dev, test = reference.split_words(words, seed)
    return train + dev + test, dev, test


@split_words.mistake(
    "a word is lost at each cut",
    "The word on each cut is in neither of the two pieces. A slice ends before its second number, so that the next one "
    "begins with that same number.",
)
def _(words, seed):
    train, dev, test = reference.split_words(words, seed)
    return train, dev[1:], test[1:]


@split_words.mistake(
    "the last word is lost",
    "The last of the shuffled words is in no piece. A slice up to -1 leaves out the last entry; without a number it "
    "goes to the end.",
)
def _(words, seed):
    train, dev, test = reference.split_words(words, seed)
    return train, dev, test[:-1]


@split_words.mistake(
    "made into a set",
    "A set holds each word once, so the names that stand on the list twice have lost one of their two places.",
)
def _(words, seed):
    return reference.split_words(list(dict.fromkeys(words)), seed)


@split_words.mistake(
    "the cuts are rounded to the nearest",
    "The cuts are rounded to the nearest whole number of words; the docstring rounds them down.",
)
def _(words, seed):
    shuffled = _shuffled(words, seed)
    first, second = round(0.8 * len(words)), round(0.9 * len(words))
    return shuffled[:first], shuffled[first:second], shuffled[second:]


@split_words.mistake(
    "dev is rounded down by itself",
    "Dev has 10 % of the words, rounded down; what is left over goes to test. The docstring puts the second cut at "
    "90 % of the words, rounded down, which is not always the same.",
)
def _(words, seed):
    shuffled = _shuffled(words, seed)
    first, second = int(0.8 * len(words)), int(0.8 * len(words)) + int(0.1 * len(words))
    return shuffled[:first], shuffled[first:second], shuffled[second:]


@split_words.mistake(
    "other shares",
    "The words are shuffled as they should be and cut at 90 and 95 %. The cuts belong at 80 and 90 %.",
)
def _(words, seed):
    shuffled = _shuffled(words, seed)
    first, second = int(0.9 * len(words)), int(0.95 * len(words))
    return shuffled[:first], shuffled[first:second], shuffled[second:]


@split_words.mistake(
    "shuffled by torch",
    "This is a fair split, but not the one that everyone else has: the order is that of torch's randperm. The "
    "docstring asks for one shuffle by Python's random.",
)
def _(words, seed):
    order = torch.randperm(len(words), generator=torch.Generator().manual_seed(seed)).tolist()
    return _cut([words[i] for i in order])


@split_words.mistake(
    "drawn with replacement",
    "Words are drawn at random, each time from all of them: some come several times, in train and in test, and others "
    "never. A shuffle keeps each exactly once.",
)
def _(words, seed):
    return _cut(random.Random(seed).choices(words, k=len(words)))


def cut_wrongly(name, advice, pieces):
    """Register a split by pieces(shuffled, first, second)."""

    @split_words.mistake(name, advice)
    def _(words, seed):
        shuffled = _shuffled(words, seed)
        return pieces(shuffled, int(0.8 * len(words)), int(0.9 * len(words)))


ONE_OFF = "The cut is off by one word. A slice begins with its first number and ends before its second."
cut_wrongly("train ends one word early", ONE_OFF, lambda s, a, b: (s[: a - 1], s[a:b], s[b:]))
cut_wrongly("train ends one word late", ONE_OFF, lambda s, a, b: (s[: a + 1], s[a:b], s[b:]))
cut_wrongly("dev begins one word early", ONE_OFF, lambda s, a, b: (s[:a], s[a - 1 : b], s[b:]))
cut_wrongly("dev begins one word late", ONE_OFF, lambda s, a, b: (s[:a], s[a + 1 : b], s[b:]))
cut_wrongly("dev ends one word early", ONE_OFF, lambda s, a, b: (s[:a], s[a : b - 1], s[b:]))
cut_wrongly("dev ends one word late", ONE_OFF, lambda s, a, b: (s[:a], s[a : b + 1], s[b:]))
cut_wrongly("test begins one word early", ONE_OFF, lambda s, a, b: (s[:a], s[a:b], s[b - 1 :]))
cut_wrongly("test begins one word late", ONE_OFF, lambda s, a, b: (s[:a], s[a:b], s[b + 1 :]))

OPEN = "One of the slices lacks a bound, so that it holds words of another piece as well."
cut_wrongly("dev begins at the very start", OPEN, lambda s, a, b: (s[:a], s[:b], s[b:]))
cut_wrongly("dev goes on to the very end", OPEN, lambda s, a, b: (s[:a], s[a:], s[b:]))
cut_wrongly("test is everything", OPEN, lambda s, a, b: (s[:a], s[a:b], s[:]))

SHARES = "A cut stands at a share of the number of words: 0.8 or 0.9 times how many there are, as a whole number."
cut_wrongly("the first cut is at 0", SHARES, lambda s, a, b: (s[:0], s[:b], s[b:]))
cut_wrongly("the first cut is at the end", SHARES, lambda s, a, b: (s, [], s[b:]))
cut_wrongly("the second cut is at 0", SHARES, lambda s, a, b: (s[:a], [], s))
cut_wrongly("the second cut is at the end", SHARES, lambda s, a, b: (s[:a], s[a:], []))

for place, piece in enumerate(("train", "dev", "test")):
    spoilt(split_words, LISTS, piece, place)
    handed_back(split_words, "words", what=piece, member=place)


def _shuffled(words, seed):
    return [word for piece in reference.split_words(words, seed) for word in piece]


def _cut(words):
    first, second = int(0.8 * len(words)), int(0.9 * len(words))
    return words[:first], words[first:second], words[second:]
