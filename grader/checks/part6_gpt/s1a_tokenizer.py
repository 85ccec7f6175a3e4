"""Part 6, text as numbers: a tokenizer."""

import torch

from grader.check import check
from reference import part6_gpt as reference


@check(
    "CharTokenizer",
    points=1,
    hints=(
        "Every character that occurs in the text gets a number, once, however often it occurs.",
        "A set keeps each character once, and has no order; sorting it gives one. The number of a character is its "
        "place in that order, counted from 0.",
        "Sort the set of the text's characters; keep its length, a dict from each character to its place, and a dict "
        "from each place to its character. To encode, look up every character of the text, and return a list.",
    ),
)
def CharTokenizer(m, given):
    """The vocabulary of a text, and encoding"""
    tokenizer = m.CharTokenizer(given.text)
    return {
        "encoded": tokenizer.encode(given.other),
        "vocab_size": tokenizer.vocab_size,
        "stoi": tokenizer.stoi,
    }


@CharTokenizer.inputs
def _(rng):
    for alphabet, size in (("wordle", 20), ("zebra .\nZé", 60), ("xyabA-", 11)):
        text = alphabet + _text(rng, alphabet, size)
        yield {"text": text, "other": _text(rng, text, 9)}


@CharTokenizer.mistake(
    "numbered in order of appearance",
    "The numbers follow the order in which the characters turn up in the text. Sorted order is asked for: then two "
    "texts with the same characters have the same numbers.",
)
class _(reference.CharTokenizer):
    def __init__(self, text):
        super().__init__(text)
        _renumber(self, list(dict.fromkeys(text)))


@CharTokenizer.mistake(
    "numbered from 1",
    "The numbers begin at 1. An embedding has rows from 0 on, so the largest number would point past its end.",
)
class _(reference.CharTokenizer):
    def __init__(self, text):
        super().__init__(text)
        self.stoi = {character: number + 1 for character, number in self.stoi.items()}

    def encode(self, text):
        return [self.stoi[character] for character in text]


@CharTokenizer.mistake(
    "a character is added",
    "The vocabulary holds a dot that is not in the text. The end of a word was marked by one in the earlier parts; "
    "here the vocabulary is that of the text and nothing else.",
)
class _(reference.CharTokenizer):
    def __init__(self, text):
        super().__init__(text)
        _renumber(self, [".", *sorted(set(text) - {"."})])


@CharTokenizer.mistake(
    "the text is lowercased",
    "Capital letters are gone. To the tokenizer `a` and `A` are two characters like any others.",
)
class _(reference.CharTokenizer):
    def __init__(self, text):
        super().__init__(text.lower())

    def encode(self, text):
        return super().encode(text.lower())


@CharTokenizer.mistake(
    "characters are counted as often as they occur",
    "A character that occurs several times takes up several numbers. The vocabulary holds each one once.",
)
class _(reference.CharTokenizer):
    def __init__(self, text):
        super().__init__(text)
        _renumber(self, sorted(text))


@CharTokenizer.mistake(
    "the largest number instead of how many",
    "vocab_size is the largest number in use. Numbers are counted from 0, so there is one more of them.",
)
class _(reference.CharTokenizer):
    def __init__(self, text):
        super().__init__(text)
        self.vocab_size -= 1


@CharTokenizer.mistake(
    "the vocabulary is sorted backwards",
    "The characters are numbered in descending order; Python's own order, ascending, is asked for.",
)
class _(reference.CharTokenizer):
    def __init__(self, text):
        super().__init__(text)
        _renumber(self, sorted(set(text), reverse=True))


@CharTokenizer.mistake(
    "encode gives a tensor",
    "The numbers are right, but they come as a tensor. A list of Python ints is asked for; whoever needs a tensor "
    "can make one of it.",
)
class _(reference.CharTokenizer):
    def encode(self, text):
        return torch.tensor(super().encode(text))


@CharTokenizer.mistake(
    "encode gives the text",
    "encode gives back the characters. Each is to be looked up in stoi.",
)
class _(reference.CharTokenizer):
    def encode(self, text):
        return text


def without(name):
    """A tokenizer that has not kept something; encode and decode look for it."""

    def __init__(self, text):
        reference.CharTokenizer.__init__(self, text)
        delattr(self, name)

    def encode(self, text):
        return [self.stoi[character] for character in text]

    def decode(self, numbers):
        return "".join(self.itos[number] for number in numbers)

    methods = {"__init__": __init__, "encode": encode, "decode": decode}
    return type("CharTokenizer", (reference.CharTokenizer,), methods)


for attribute, meaning in (("vocab_size", "the size of the vocabulary"), ("stoi", "the number of each character")):
    CharTokenizer.mistake(
        f"there is no {attribute}",
        f"The tokenizer does not keep {meaning}, or has another name for it: self.{attribute}.",
    )(without(attribute))


@check(
    "CharTokenizer",
    points=1,
    hints=(
        "Decoding is the same table read the other way.",
        "Look up the character of each number, and put the characters together to one text.",
        "Join the characters that itos gives for the numbers, with nothing between them.",
    ),
)
def decode(m, given):
    """Back to text"""
    tokenizer = m.CharTokenizer(given.text)
    return {
        "decoded": tokenizer.decode(given.numbers),
        "itos": {number: tokenizer.itos[number] for number in sorted(given.numbers)},
    }


@decode.inputs
def _(rng):
    for alphabet, size in (("wordle", 20), ("zebra .\nZé", 60), ("xyabA-", 11)):
        numbers = torch.randint(len(alphabet), (7,), generator=rng).tolist()
        yield {"text": alphabet + _text(rng, alphabet, size), "numbers": [*numbers, 0]}


@decode.mistake(
    "decode gives a list of characters",
    "The characters are right, but they come one by one, in a list. Join them to one str.",
)
class _(reference.CharTokenizer):
    def decode(self, numbers):
        return list(super().decode(numbers))


@decode.mistake(
    "decode gives the numbers",
    "decode gives back the numbers. Each is to be looked up in itos.",
)
class _(reference.CharTokenizer):
    def decode(self, numbers):
        return numbers


@decode.mistake(
    "decode gives an empty text",
    "decode gives an empty text. The characters are to be joined.",
)
class _(reference.CharTokenizer):
    def decode(self, numbers):
        return ""


decode.mistake(
    "there is no itos",
    "The tokenizer does not keep the character of each number, or has another name for it: self.itos.",
)(without("itos"))


@decode.mistake(
    "something stands between the characters",
    "The characters are joined with a blank between them. The text had none there.",
)
class _(reference.CharTokenizer):
    def decode(self, numbers):
        return " ".join(super().decode(numbers))


@decode.mistake(
    "itos has no 0",
    "itos has no entry for the number 0. Either it leads from characters to numbers, as stoi does, or its numbers "
    "begin at 1.",
)
class _(reference.CharTokenizer):
    def __init__(self, text):
        super().__init__(text)
        self.itos = self.stoi


@decode.mistake(
    "numbered in order of appearance",
    "The numbers follow the order in which the characters turn up in the text. Sorted order is asked for.",
)
class _(reference.CharTokenizer):
    def __init__(self, text):
        super().__init__(text)
        _renumber(self, list(dict.fromkeys(text)))


def _text(rng, alphabet, size):
    return "".join(alphabet[i] for i in torch.randint(len(alphabet), (size,), generator=rng).tolist())


def _renumber(tokenizer, characters):
    """Give a tokenizer another vocabulary."""
    tokenizer._characters = characters
    tokenizer.vocab_size = len(characters)
    tokenizer.stoi = {character: i for i, character in enumerate(characters)}
    tokenizer.itos = dict(enumerate(characters))
