"""Part 2, from words to examples."""

import torch

from grader.check import check
from grader.checks.part2_mlp.inputs import spelled, vocabulary
from grader.checks.part2_mlp.spoilt import INTS, handed_back, spoilt
from grader.checks.tools import by_name
from reference import part2_mlp as reference


@check(
    "build_dataset",
    points=3,
    hints=(
        "A word of n letters makes n + 1 examples: each of its letters is a right answer once, and then the dot is.",
        "Keep a window of block_size numbers for each word, at first all dots. For every character to come: note the "
        "window as it is now, note the character's number, and only then move the window on by one.",
        "For each word start a list of block_size zeros; go through the word with a dot at its end; append the list to "
        "X and the character's number to Y; make a new list of all but the first number, with the character's at the "
        "end. Turn both into tensors after the last word.",
    ),
)
def build_dataset(m, given):
    """A sliding window over each word"""
    return by_name(m.build_dataset(given.words, given.stoi, given.block_size), "X", "Y")


@build_dataset.inputs
def _(rng):
    for block_size, letters, lengths in (
        (3, 9, (5, 1, 4, 7, 2)),
        (2, 6, (3, 1, 6)),
        (5, 12, (2, 8, 1, 6, 3, 11, 4)),
        (1, 7, (4, 2, 1, 5)),
    ):
        stoi = vocabulary(rng, letters)
        words = spelled(rng, [*stoi][1:], lengths)
        yield {"words": [*words, words[0]], "stoi": stoi, "block_size": block_size}  # a name may come twice


@build_dataset.explain
def _(given, got, wrong):
    """The first example that is wrong, in characters."""
    X, Y = reference.build_dataset(given.words, given.stoi, given.block_size)
    x, y = (got.get(name) if isinstance(got, dict) else None for name in ("X", "Y"))
    if not isinstance(x, torch.Tensor) or not isinstance(y, torch.Tensor):
        return None
    if len(x) != len(X) or len(y) != len(Y):
        return f"There are {len(X)} examples in these words; {len(x)} rows came in X and {len(y)} numbers in Y."
    if x.shape != X.shape or y.shape != Y.shape:
        return None
    first = next((i for i in range(len(X)) if not torch.equal(x[i], X[i]) or y[i] != Y[i]), None)
    if first is None:
        return None
    shown = [_example(given, one[first].tolist(), other[first].item()) for one, other in ((X, Y), (x, y))]
    return f"The words are {' '.join(given.words)}. Example {first} should be {shown[0]}, and is {shown[1]}."


def _example(given, context, answer):
    names = {number: character for character, number in given.stoi.items()}
    return f"{''.join(names.get(number, '?') for number in context)} -> {names.get(answer, '?')}"


@build_dataset.mistake(
    "the context is not reset between words",
    "The first word is right, and then the window goes on: the end of one word becomes the context of the next one's "
    "first letters. The words of the list have nothing to do with each other. Each begins with a window of dots.",
)
def _(words, stoi, block_size):
    return _walk(words, stoi, block_size, reset=False)


@build_dataset.mistake(
    "the context does not move",
    "Every context is all dots: the window never learns of the characters that went by. After each example its oldest "
    "character leaves and the newest comes in.",
)
def _(words, stoi, block_size):
    return _walk(words, stoi, block_size, move=lambda context, number: context)


@build_dataset.mistake(
    "the final dot is missing",
    "Each word has one example too few: the last letter is the last right answer. The dot after it is one as well, and "
    "the only one that tells the network where a name ends.",
)
def _(words, stoi, block_size):
    return _walk(words, stoi, block_size, end="")


@build_dataset.mistake(
    "the window moves the wrong way",
    "New characters come in on the left and old ones leave on the right, so each context is written backwards. The "
    "newest character stands last.",
)
def _(words, stoi, block_size):
    return _walk(words, stoi, block_size, move=lambda context, number: [number, *context[:-1]])


@build_dataset.mistake(
    "the answer is in the context",
    "The window moves before it is noted, so that its last character is the one to be predicted. A network trained on "
    "this has nothing to learn: it copies. Note the window first, then move it.",
)
def _(words, stoi, block_size):
    X, Y = reference.build_dataset(words, stoi, block_size)
    return torch.cat([X[:, 1:], Y[:, None]], 1), Y


@build_dataset.mistake(
    "the same list is stored again and again",
    "All contexts of a word are equal: they are the word's last window. One list was changed in place and appended "
    "each time, and X holds not copies but the one list many times. Make a new list when the window moves.",
)
def _(words, stoi, block_size):
    return _walk(words, stoi, block_size, move=_in_place)


@build_dataset.mistake(
    "the context grows",
    "The window takes up new characters and drops none, so that its rows have different lengths, of which no tensor "
    "can be made. For each character that comes in, the oldest one leaves.",
)
def _(words, stoi, block_size):
    return _walk(words, stoi, block_size, move=lambda context, number: [*context, number])


@build_dataset.mistake(
    "only full windows",
    "There is no padding: the first block_size characters of each word are never a right answer, and short words give "
    "nothing at all. The network has to learn how names begin. Start each word with a window of dots.",
)
def _(words, stoi, block_size):
    X, Y = reference.build_dataset(words, stoi, block_size)
    places = torch.cat([torch.arange(len(word) + 1) for word in words])
    return X[places >= block_size], Y[places >= block_size]


@build_dataset.mistake(
    "the answer is the character before",
    "Y holds the last character of each context: the one that is known already. The one that follows is to be "
    "predicted.",
)
def _(words, stoi, block_size):
    X, _ = reference.build_dataset(words, stoi, block_size)
    return X, X[:, -1].clone()


@build_dataset.mistake(
    "3 is hard-coded",
    "Every context has three characters, as in the lecture. Here block_size says how many.",
)
def _(words, stoi, block_size):
    return reference.build_dataset(words, stoi, 3)


@build_dataset.mistake(
    "stoi is ignored",
    "The numbers are places in the alphabet. Which number a character has is told by stoi, and it may be any order.",
)
def _(words, stoi, block_size):
    return reference.build_dataset(words, {c: 0 if c == "." else ord(c) - ord("a") + 1 for c in stoi}, block_size)


@build_dataset.mistake(
    "floats instead of ints",
    "The numbers are right, but they are floats. They are names of rows, and torch takes no floats as an index.",
)
def _(words, stoi, block_size):
    X, Y = reference.build_dataset(words, stoi, block_size)
    return X.float(), Y.float()


@build_dataset.mistake(
    "lists instead of tensors",
    "The examples are right, but they come as Python lists. Two tensors are asked for.",
)
def _(words, stoi, block_size):
    return tuple(tensor.tolist() for tensor in reference.build_dataset(words, stoi, block_size))


@build_dataset.mistake(
    "the context shrinks",
    "The window drops old characters and takes up too few new ones, so that its rows have different lengths, of which "
    "no tensor can be made. For each character that leaves, the newest one comes in.",
)
def _(words, stoi, block_size):
    return _walk(words, stoi, block_size, move=lambda context, number: context[1:])


@build_dataset.mistake(
    "two characters leave at a time",
    "The window drops two characters and takes up one, so that its rows have different lengths, of which no tensor can "
    "be made.",
)
def _(words, stoi, block_size):
    return _walk(words, stoi, block_size, move=lambda context, number: [*context[2:], number])


@build_dataset.mistake(
    "the context is forgotten",
    "After each example the window holds the newest character alone, and all before it is gone. Its length must stay "
    "block_size.",
)
def _(words, stoi, block_size):
    return _walk(words, stoi, block_size, move=lambda context, number: [number])


@build_dataset.mistake(
    "one dot for the whole window",
    "The window starts with a single dot and stays that short: each context is one character, as in the bigram model. "
    "It needs block_size dots.",
)
def _(words, stoi, block_size):
    return reference.build_dataset(words, stoi, 1)


@build_dataset.mistake(
    "no examples",
    "There is not one example. Are the loops entered, over all words and over all characters of each?",
)
def _(words, stoi, block_size):
    return torch.tensor([]), torch.tensor([])


@build_dataset.mistake("nothing is added to X", "There are answers without contexts: X is empty.")
def _(words, stoi, block_size):
    return torch.tensor([]), reference.build_dataset(words, stoi, block_size)[1]


@build_dataset.mistake("nothing is added to Y", "There are contexts without answers: Y is empty.")
def _(words, stoi, block_size):
    return reference.build_dataset(words, stoi, block_size)[0], torch.tensor([])


@build_dataset.mistake(
    "only the final dots",
    "Each word gives a single example, with a full window of dots and a dot as its answer: the loop runs over the dot "
    "at the end and not over the word before it.",
)
def _(words, stoi, block_size):
    return _walk(words, stoi, block_size, letters=False)


spoilt(build_dataset, INTS, "X", 0, without=("zero everywhere",))
spoilt(build_dataset, INTS, "Y", 1)
handed_back(build_dataset, "words", what="X", member=0)
handed_back(build_dataset, "words", what="Y", member=1)


@build_dataset.mistake("X and Y are swapped", "Both are right, in the other order: the contexts come first.")
def _(words, stoi, block_size):
    return reference.build_dataset(words, stoi, block_size)[::-1]


def _in_place(context, number):
    context.append(number)
    context.pop(0)
    return context


def _shifted(context, number):
    return [*context[1:], number]


def _walk(words, stoi, block_size, reset=True, move=_shifted, end=".", letters=True):
    """The examples of a walk over the words that may go wrong."""
    X, Y, context = [], [], [0] * block_size
    for word in words:
        context = [0] * block_size if reset else context
        for character in word * letters + end:
            X.append(context)
            Y.append(stoi[character])
            context = move(context, stoi[character])
    return torch.tensor(X), torch.tensor(Y)
