"""Part 1, names drawn from a table."""

import torch

from grader.check import check
from grader.checks.part1_bigram.inputs import integer, letters, numbered
from reference import part1_bigram as reference


@check(
    "sample_names",
    points=3,
    hints=(
        "Two loops: one over names, and in it one over characters that ends when the dot is drawn.",
        "The row to draw from is always that of the character drawn last, and for the first character that of the dot, "
        "number 0. Hand the generator to every draw.",
        "For each name begin with an empty string and the number 0. Repeat: draw one number from the row of the last "
        "number; if it is 0, the name is done; otherwise append its character from itos and remember the number.",
    ),
)
def sample_names(m, given):
    """Names, one draw for each character"""
    generator = torch.Generator().manual_seed(given.seed)
    names = m.sample_names(given.probs, given.itos, given.count, generator)
    following = int(torch.randint(2**31, (), generator=generator))
    return {"names": names, "the generator's next number": following}


@sample_names.inputs
def _(rng):
    for size, count in ((6, 9), (27, 7), (9, 12)):
        itos = {number: character for character, number in numbered(letters(rng, size - 1)).items()}
        while True:
            probs = torch.softmax(1.5 * torch.randn(size, size, generator=rng), 1)
            probs[:, 0] += 0.25 * torch.rand(size, generator=rng)
            probs /= probs.sum(1, keepdim=True)
            seed = integer(rng, 0, 2**31 - 1)
            names = reference.sample_names(probs, itos, count, torch.Generator().manual_seed(seed))
            likeliest = _likeliest(probs)
            # Empty names, names of one letter and long ones; the likeliest characters lead back to the dot.
            if likeliest and "" in names and sorted(map(len, names))[-2] > 3 and len(set("".join(names))) > 3:
                break
        yield {"probs": probs, "itos": itos, "count": count, "seed": seed}


def _likeliest(probs):
    """The numbers on the way from the dot to the dot along the largest probabilities; empty if there is none."""
    path, last = [], int(probs[0].argmax())
    while last and len(path) < len(probs):
        path.append(last)
        last = int(probs[last].argmax())
    return [] if last else path


def _drawn(probs, itos, count, generator, start=0, row=lambda probs, last: probs[last]):
    """Names as they should be, but for where they start and which row they are drawn from."""
    names = []
    for _ in range(count):
        name, last = "", start
        for _ in range(1000):
            last = int(torch.multinomial(row(probs, last), 1, replacement=True, generator=generator))
            if last == 0:
                break
            name += itos[last]
        names.append(name)
    return names


@sample_names.mistake(
    "always the row of the dot",
    "Every character is drawn from the row of the dot, so it is the distribution of first letters that draws all of "
    "them. The row should be that of the character drawn last.",
)
def _(probs, itos, count, generator):
    return _drawn(probs, itos, count, generator, row=lambda probs, last: probs[0])


@sample_names.mistake(
    "columns are drawn from",
    "The draws are made from columns of the table. A column says what came before a character; what comes next is in "
    "its row.",
)
def _(probs, itos, count, generator):
    return _drawn(probs, itos, count, generator, row=lambda probs, last: probs[:, last])


@sample_names.mistake(
    "the first letter is drawn from the row of a letter",
    "The names begin as if a letter stood before them: the first row that is drawn from is number 1. A name begins "
    "after the dot, which is number 0.",
)
def _(probs, itos, count, generator):
    return _drawn(probs, itos, count, generator, start=1)


@sample_names.mistake(
    "the generator is not used",
    "The draws come from torch's global generator: the generator that was handed in has not moved. With it, the same "
    "seed gives the same names, whatever else has been drawn in the meantime.",
)
def _(probs, itos, count, generator):
    return reference.sample_names(probs, itos, count, None)


@sample_names.mistake(
    "a generator of its own",
    "The function makes a generator of its own, with a fixed seed, so that every call gives the same names. Use the "
    "one that is handed in.",
)
def _(probs, itos, count, generator):
    return reference.sample_names(probs, itos, count, torch.Generator().manual_seed(2147483647))


@sample_names.mistake(
    "uniform draws",
    "All characters are drawn as if they were equally likely: the table is not used.",
)
def _(probs, itos, count, generator):
    return reference.sample_names(torch.ones_like(probs) / len(probs), itos, count, generator)


@sample_names.mistake(
    "the likeliest character instead of a draw",
    "All names are the same: the likeliest character is taken each time. A draw takes it most often, and the others "
    "as well, as often as their probabilities say.",
)
def _(probs, itos, count, generator):
    return ["".join(itos[number] for number in _likeliest(probs))] * count


@sample_names.mistake(
    "empty names are left out",
    "A name whose first draw shows the dot is empty, and counts. Here it is left out, so the list is too short.",
)
def _(probs, itos, count, generator):
    return [name for name in reference.sample_names(probs, itos, count, generator) if name]


@sample_names.mistake(
    "empty names are drawn again",
    "Where the first draw shows the dot, another name is drawn. The model says how often names are empty; leave it so.",
)
def _(probs, itos, count, generator):
    names = []
    while len(names) < count:
        names += filter(None, reference.sample_names(probs, itos, 1, generator))
    return names


@sample_names.mistake(
    "one name only",
    "There is one name in the list. The loop over characters is right; another one around it is missing, or the "
    "function returns inside it.",
)
def _(probs, itos, count, generator):
    return reference.sample_names(probs, itos, 1, generator)


@sample_names.mistake(
    "no names", "The list is empty. Is each name put into it, and is the loop over names entered at all?"
)
def _(probs, itos, count, generator):
    return []


@sample_names.mistake(
    "nothing is ever drawn",
    "All names are empty and the generator has not moved, so the loop over characters is never entered. A loop that "
    "runs as long as the last number is not 0 ends before it begins, because a name starts from 0.",
)
def _(probs, itos, count, generator):
    return [""] * count


@sample_names.mistake(
    "the letters are not kept", "The draws are right, but all names are empty: no letter is appended."
)
def _(probs, itos, count, generator):
    return [""] * len(reference.sample_names(probs, itos, count, generator))


@sample_names.mistake(
    "the number that was drawn is not kept",
    "One number is drawn for each name, and nothing follows from it: the last number is still the dot's, so the name "
    "is over at once. Keep what was drawn.",
)
def _(probs, itos, count, generator):
    for _ in range(count):
        torch.multinomial(probs[0], 1, replacement=True, generator=generator)
    return [""] * count


@sample_names.mistake(
    "a name ends at the first letter",
    "The condition is turned round: the name is over as soon as a letter is drawn. It is over when the dot is drawn.",
)
def _(probs, itos, count, generator):
    names = []
    for _ in range(count):
        name = ""
        while int(torch.multinomial(probs[0], 1, replacement=True, generator=generator)) == 0:
            name += itos[0]
        names.append(name)
    return names


@sample_names.mistake(
    "it returns when the first dot is drawn",
    "The function ends where the first name ends, and returns nothing. It is the loop over characters that is to end "
    "there.",
)
def _(probs, itos, count, generator):
    reference.sample_names(probs, itos, 1, generator)


@sample_names.mistake(
    "the number is still a tensor",
    "What multinomial returns is a tensor. A tensor is no key of itos, even if it holds the right number: make a plain "
    "number of it.",
)
def _(probs, itos, count, generator):
    names = []
    for _ in range(count):
        name, last = "", 0
        while True:
            last = torch.multinomial(probs[last], 1, replacement=True, generator=generator)
            if last == 0:
                break
            name += itos[last]
        names.append(name)
    return names


@sample_names.mistake(
    "num_samples is missing",
    "multinomial has to be told how many draws to make: one.",
)
def _(probs, itos, count, generator):
    torch.multinomial(probs[0], replacement=True, generator=generator)


@sample_names.mistake(
    "nothing is drawn from the row",
    "item() was asked of a whole row of probabilities. One number has to be drawn from it first.",
)
def _(probs, itos, count, generator):
    probs[0].item()


def _changed(name, advice, change):
    """Register what comes when `change` is done to the list of the right names."""
    sample_names.mistake(name, advice)(lambda *given: change(reference.sample_names(*given)))


_changed(
    "the dot is part of the name",
    "Each name ends with the dot that ended it. The dot says that the name is over, and is no letter of it.",
    lambda names: [name + "." for name in names],
)
_changed(
    "lists of characters instead of strings",
    "Each name comes as a list of its characters. Join them to a string.",
    lambda names: [list(name) for name in names],
)
_changed(
    "the first letter is lost",
    "Each name lacks its first letter: the character is remembered for the next draw before it is appended, or it is "
    "appended one round too late.",
    lambda names: [name[1:] for name in names],
)
_changed(
    "only the last letter is kept",
    "Each name is its own last letter: the name is replaced by each letter, where the letter should be appended.",
    lambda names: [name[-1:] for name in names],
)
_changed(
    "each name goes on from the one before",
    "The names grow: each begins with all letters of those before it. The string has to be emptied for every name.",
    lambda names: ["".join(names[: i + 1]) for i in range(len(names))],
)
_changed(
    "each letter comes twice",
    "Each letter is appended twice.",
    lambda names: ["".join(letter * 2 for letter in name) for name in names],
)
_changed("all names in one string", "The names come as one string. A list of strings is asked for.", "".join)
_changed(
    "the names are backwards",
    "Each name is spelt from its end: a letter is put before the others, where it should be put behind them.",
    lambda names: [name[::-1] for name in names],
)
_changed("the names are not kept", "The draws are made, but no name is put into the list.", lambda names: [])
for more, few in ((-1, "few"), (1, "many")):
    text = f"There is one name too {few}: `count` says how many are asked for."

    @sample_names.mistake(f"one name too {few}", text)
    def _(probs, itos, count, generator, more=more):
        return reference.sample_names(probs, itos, count + more, generator)
