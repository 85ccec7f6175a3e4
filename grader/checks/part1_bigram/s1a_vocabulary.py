"""Part 1, the vocabulary."""

from grader.check import check
from grader.checks.part1_bigram.inputs import (
    ALPHABET,
    letters,
    numbered,
    some_words,
)
from grader.checks.tools import by_name
from reference import part1_bigram as reference


@check(
    "build_vocab",
    points=2,
    hints=(
        "Which letters occur at all? A set answers that, and sorting gives it an order.",
        'The dot takes the number 0, so the letters begin at 1. itos says the same as stoi, read the other way, "." '
        "included.",
        "Sort the set of the letters of all words; give each its place in that order, counted from 1; give the dot 0; "
        "and make the second dictionary from the first with keys and values exchanged.",
    ),
)
def build_vocab(m, given):
    """Characters as numbers, and back"""
    answer = by_name(m.build_vocab(given.words), "stoi", "itos")
    if jumbled(given.words, answer.get("stoi"), answer.get("itos")):
        return {name: "all letters, in no order" for name in answer}
    return answer


def jumbled(words, stoi, itos):
    """Whether all is right but for the order of the letters, and that is no order which a mistake has."""
    appearing = list(dict.fromkeys("".join(words)))
    letters = sorted(appearing)
    if not isinstance(stoi, dict) or not isinstance(itos, dict) or stoi.get(".") != 0:
        return False
    came = [itos.get(number) for number in range(1, len(letters) + 1)]
    if came in (letters, letters[::-1], appearing) or not all(letter in came for letter in letters):
        return False
    numbers = {character: number for number, character in enumerate([".", *came])}
    return stoi == numbers and itos == dict(enumerate([".", *came]))


@build_vocab.explain
def _(given, got, wrong):
    """The same as the mistake of that kind, for an order that is right in some case by chance."""
    return NO_ORDER if isinstance(got.get("stoi"), str) else None


NO_ORDER = (
    "Every letter has a number of its own, but not in the order of the alphabet. A set has no order: its letters may "
    "come in another one each time Python is started, and a table of yesterday could not be read today. Sort them."
)


@build_vocab.inputs
def _(rng):
    for size, count in ((6, 4), (27, 30), (11, 9)):
        while True:
            words = some_words(rng, letters(rng, size - 1), count)
            used = dict.fromkeys("".join(words))  # in the order in which they appear
            if len(used) > 3 and list(used) != sorted(used) and "".join(sorted(used)) not in ALPHABET:
                break
        yield {"words": words}


@build_vocab.mistake(
    "the dot comes last",
    "The letters begin at 0 and the dot stands behind them. It should be number 0: then it is the first row and the "
    "first column of every table, wherever the alphabet ends.",
)
def _(words):
    letters = sorted(set("".join(words)))
    return _both({character: number for number, character in enumerate([*letters, "."])})


@build_vocab.mistake(
    "two characters share the number 0",
    "The dot is 0 and the first letter is 0 as well, so nobody can tell the two apart afterwards, and itos has room "
    "for one of them. The letters begin at 1.",
)
def _(words):
    stoi = {character: number for number, character in enumerate(sorted(set("".join(words))))}
    stoi["."] = 0
    return _both(stoi)


@build_vocab.mistake(
    "the dot is missing",
    "All letters have their numbers, and the dot, which marks both ends of every word, has none.",
)
def _(words):
    return _both({c: number for number, c in enumerate(sorted(set("".join(words))), 1)})


@build_vocab.mistake(
    "the dot is missing in itos",
    "stoi is right. itos lacks the number 0: whoever decodes it will not find it. Was itos made before the dot came "
    "in?",
)
def _(words):
    stoi, itos = reference.build_vocab(words)
    return stoi, {number: character for number, character in itos.items() if number}


@build_vocab.mistake(
    "in the order of appearance",
    "The letters are numbered in the order in which they first appear in the words. The same letters in other words "
    "would get other numbers, and no table could be read with them. The order asked for is the alphabet's.",
)
def _(words):
    return _both({c: number for number, c in enumerate([".", *dict.fromkeys("".join(words))])})


@build_vocab.mistake("in no order", NO_ORDER)
def _(words):
    letters = sorted(set("".join(words)))
    orders = (letters[i:] + letters[:i] for i in range(1, len(letters)))
    return next(both for both in map(_ordered, orders) if jumbled(words, *both))


for name, separator in (("space", " "), ("newline", "\n"), ("comma", ",")):

    @build_vocab.mistake(
        f"a {name} is taken for a letter",
        f"A {name} has a number, and no word holds one. Were the words joined with it, or read with it?",
    )
    def _(words, separator=separator):
        return _ordered(sorted({separator, *"".join(words)}))


@build_vocab.mistake("only stoi", "stoi is right, and comes alone. Both dictionaries are asked for: stoi, then itos.")
def _(words):
    return reference.build_vocab(words)[0]


@build_vocab.mistake(
    "the whole alphabet",
    "All 26 letters are there. The vocabulary is what occurs in these words; a letter that never occurs would be a "
    "row of zeros in every table.",
)
def _(words):
    return _both(numbered(ALPHABET))


@build_vocab.mistake(
    "the alphabet backwards", "The letters are numbered from the end of the alphabet. a comes before b."
)
def _(words):
    return _both(numbered("".join(sorted(set("".join(words)), reverse=True))))


@build_vocab.mistake(
    "itos is a list",
    "stoi is right. itos is a list of characters; it would do the same service, but a dictionary is asked for, with "
    "the numbers as its keys.",
)
def _(words):
    stoi, itos = reference.build_vocab(words)
    return stoi, list(itos.values())


@build_vocab.mistake(
    "itos comes first", "Both dictionaries are right, in the other order: stoi comes first, then itos."
)
def _(words):
    return reference.build_vocab(words)[::-1]


@build_vocab.mistake(
    "itos is stoi once more",
    "The second dictionary has characters for its keys, as the first has. itos leads from the number to the character.",
)
def _(words):
    stoi, _ = reference.build_vocab(words)
    return stoi, stoi


@build_vocab.mistake(
    "the numbers begin at 1",
    "The dot is 1 and the letters begin at 2. Rows and columns are counted from 0, and 0 belongs to the dot.",
)
def _(words):
    stoi, _ = reference.build_vocab(words)
    return _both({character: number + 1 for character, number in stoi.items()})


@build_vocab.mistake(
    "a gap after the dot",
    "The dot is 0 and the letters begin at 2: nothing has the number 1, and a table would keep an empty row for it.",
)
def _(words):
    stoi, _ = reference.build_vocab(words)
    return _both({character: number + (number > 0) for character, number in stoi.items()})


@build_vocab.mistake(
    "the dot shares a number with a letter",
    "The dot and the first letter both have the number 1, so nobody can tell the two apart afterwards. The dot is 0.",
)
def _(words):
    return _both({c: number for number, c in enumerate(sorted(set("".join(words))), 1)} | {".": 1})


@build_vocab.mistake(
    "no letters", "Only the dot has a number. The letters of the words belong to the vocabulary as well."
)
def _(words):
    return {".": 0}, {0: "."}


@build_vocab.mistake(
    "words instead of letters", "Whole words have been numbered. It is their letters that the model works with."
)
def _(words):
    return _both({word: number for number, word in enumerate([".", *sorted(set(words))])})


@build_vocab.mistake(
    "a dictionary is walked through without items()",
    "Walking through a dictionary gives its keys alone. To get each key with its value, ask for its items().",
)
def _(words):
    stoi, _ = reference.build_vocab(words)
    return stoi, {number: character for character, number in stoi}


def _ordered(letters):
    return _both({character: number for number, character in enumerate([".", *letters])})


def _both(stoi):
    return stoi, {number: character for character, number in stoi.items()}
