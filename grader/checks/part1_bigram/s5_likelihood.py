"""Part 1, one number for how good a table is."""

import math

import torch

from grader.check import check
from grader.checks import slips
from grader.checks.part1_bigram.inputs import bigrams, corpora
from reference import part1_bigram as reference


@check(
    "average_nll",
    points=2,
    hints=(
        "Collect the probability that the table gives to each bigram of each word.",
        "Logarithm, mean over all bigrams, minus sign. Torch's logarithm of 0 is minus infinity, and the mean of "
        "something infinite is infinite, so nothing has to be done about zeros.",
        "Walk over the bigrams as when counting; put the entry of probs at that row and column in a list; stack the "
        "list, take the logarithm and the mean, turn the sign, and make a float of it.",
    ),
)
def average_nll(m, given):
    """The mean surprise; infinite where something impossible happened"""
    return m.average_nll(given.probs, given.words, given.stoi)


@average_nll.inputs
def _(rng):
    for case in corpora(rng):
        V = len(case["stoi"])
        yield case | {"probs": torch.softmax(torch.randn(V, V, generator=rng), 1)}
    # The last table once more, in which one bigram of the first word is impossible.
    probs = torch.softmax(torch.randn(V, V, generator=rng), 1)
    first, second = case["words"][0][:2]
    probs[case["stoi"][first], case["stoi"][second]] = 0
    yield case | {"probs": probs}
    # And a table with a 0 that no bigram meets: a word is never empty.
    probs = torch.softmax(torch.randn(V, V, generator=rng), 1)
    probs[0, 0] = 0
    yield case | {"probs": probs}


@average_nll.explain
def _(given, got, wrong):
    if not isinstance(got, float):
        return None
    if math.isinf(reference.average_nll(given.probs, given.words, given.stoi)):
        return (
            f"In this input one of the bigrams has probability 0, so the answer is inf; {got:.4g} came. The model said "
            "that it can't happen, and it did."
        )
    if math.isinf(got):
        return "In this input no bigram has probability 0, so the answer is finite; inf came."
    return None


def _logs(probs, words, stoi):
    """The logarithms of the probabilities of all bigrams."""
    xs, ys = reference.bigram_pairs(words, stoi)
    return probs.log()[xs, ys]


@average_nll.mistake(
    "a sum where a mean belongs",
    "This is the sum over all bigrams. It grows with the amount of data; divide by the number of bigrams.",
)
def _(probs, words, stoi):
    return -_logs(probs, words, stoi).sum().item()


@average_nll.mistake(
    "the mean over words",
    "The sum is divided by the number of words. There are more bigrams than words: one more than letters in each.",
)
def _(probs, words, stoi):
    return -_logs(probs, words, stoi).sum().item() / len(words)


@average_nll.mistake(
    "divided by the number of letters",
    "The sum is divided by the number of letters. A word of k letters has k + 1 bigrams.",
)
def _(probs, words, stoi):
    return -_logs(probs, words, stoi).sum().item() / len("".join(words))


@average_nll.mistake(
    "the mean of the means of the words",
    "A mean is taken for each word, and then the mean of those. So a bigram in a short word counts for more than one "
    "in a long word. Each bigram should count alike: one mean, over all of them.",
)
def _(probs, words, stoi):
    means = [_logs(probs, [word], stoi).mean() for word in words]
    return -torch.stack(means).mean().item()


@average_nll.mistake(
    slips.SIGN,
    "This is the mean log-likelihood, which is negative. Turn its sign, so that smaller is better.",
)
def _(probs, words, stoi):
    return _logs(probs, words, stoi).mean().item()


@average_nll.mistake(
    "the logarithm is missing",
    "This is minus the mean probability. The logarithm is taken of each probability, before the mean.",
)
def _(probs, words, stoi):
    return -_logs(probs, words, stoi).exp().mean().item()


@average_nll.mistake(
    "the logarithm of the mean",
    "The mean of the probabilities is taken first, and then its logarithm. The other way round: the mean of logarithms "
    "is the logarithm of the likelihood over n.",
)
def _(probs, words, stoi):
    return -_logs(probs, words, stoi).exp().mean().log().item()


@average_nll.mistake(
    "the likelihood itself",
    "This is the product of all probabilities. It is so small that it can't be stored for real data; its logarithm "
    "can.",
)
def _(probs, words, stoi):
    return _logs(probs, words, stoi).exp().prod().item()


@average_nll.mistake(
    "the logarithm to base 2", "This is the answer in bits: the logarithm is to base 2. The natural one is asked for."
)
def _(probs, words, stoi):
    return reference.average_nll(probs, words, stoi) / math.log(2)


@average_nll.mistake(
    "the dot in front is missing",
    "How words begin is left out: the first bigram of each word is that of the dot and its first character.",
)
def _(probs, words, stoi):
    return _mean(probs, [pair for pair in bigrams(words) if pair[0] != "."], stoi)


@average_nll.mistake(
    "the dot behind is missing",
    "How words end is left out: the last bigram of each word is that of its last character and the dot.",
)
def _(probs, words, stoi):
    return _mean(probs, [pair for pair in bigrams(words) if pair[1] != "."], stoi)


@average_nll.mistake(
    "both dots are missing",
    "Only the pairs inside the words are looked at. How words begin and how they end belongs to them as well.",
)
def _(probs, words, stoi):
    return _mean(probs, [pair for pair in bigrams(words) if "." not in pair], stoi)


@average_nll.mistake(
    "row and column are exchanged",
    "The entries are read at (second, first). The row of the table is the first character.",
)
def _(probs, words, stoi):
    return reference.average_nll(probs.T, words, stoi)


@average_nll.mistake(
    "each bigram is looked at once",
    "A bigram that comes often counts once here, like a rare one. It should count as often as it comes.",
)
def _(probs, words, stoi):
    return _mean(probs, list(dict.fromkeys(bigrams(words))), stoi)


@average_nll.mistake(
    "only the last word is looked at",
    "This is the mean over the last word alone. Is the list begun anew for each word?",
)
def _(probs, words, stoi):
    return reference.average_nll(probs, words[-1:], stoi)


@average_nll.mistake(
    "only the first word is looked at", "This is the mean over the first word alone. Does it return inside the loop?"
)
def _(probs, words, stoi):
    return reference.average_nll(probs, words[:1], stoi)


@average_nll.mistake(
    "the mean over the whole table",
    "This is the mean of -log over all entries of the table, whether such a bigram occurs or not. The words decide "
    "which entries count, and how often.",
)
def _(probs, words, stoi):
    return -probs.log().mean().item()


@average_nll.mistake(
    "what is impossible is left out",
    "Bigrams of probability 0 are skipped, so the model gets away with them. They make the answer infinite.",
)
def _(probs, words, stoi):
    logs = _logs(probs, words, stoi)
    return -logs[logs.isfinite()].mean().item()


for _small in (1e-6, 1e-7, 1e-8, 1e-9, 1e-10, 1e-12):
    average_nll.mistake(
        f"{_small:g} in the place of 0",
        "A small number is added to the probabilities, or they are kept from falling below one, so that the logarithm "
        "of 0 is never taken. That hides what the model said: this bigram can't happen. Here the answer should be "
        "infinite.",
    )(lambda probs, words, stoi, small=_small: reference.average_nll(probs + small, words, stoi))


@average_nll.mistake(
    "what is impossible counts as 0",
    "The logarithm of a probability of 0 is taken to be 0, as if the bigram had been certain. It is minus infinity.",
)
def _(probs, words, stoi):
    return -_logs(probs, words, stoi).nan_to_num(neginf=0.0).mean().item()


@average_nll.mistake(
    "the logarithm of 0 raises an error",
    "Python's math.log refuses 0. Torch's logarithm gives minus infinity, with which the mean can go on.",
)
def _(probs, words, stoi):
    xs, ys = reference.bigram_pairs(words, stoi)
    return -sum(math.log(p) for p in probs[xs, ys].tolist()) / len(xs)


@average_nll.mistake(
    "a tensor instead of a float",
    "The value is right, but it comes as a tensor. A plain Python number is asked for.",
)
def _(probs, words, stoi):
    return -_logs(probs, words, stoi).mean()


@average_nll.mistake(
    "the exponential instead of the logarithm",
    "The exponential of the probabilities is taken. It is the logarithm that turns a product into a sum.",
)
def _(probs, words, stoi):
    return -_logs(probs, words, stoi).exp().exp().mean().item()


@average_nll.mistake(
    "the mean is missing",
    "item() was asked of a tensor with one number for each bigram. Take the mean of them first.",
)
def _(probs, words, stoi):
    return -_logs(probs, words, stoi).item()


@average_nll.mistake(
    "cat instead of stack",
    "The single probabilities are 0-d tensors. cat joins tensors along a dimension that they have; stack makes a new "
    "one, which is what is needed here.",
)
def _(probs, words, stoi):
    return -torch.cat(list(_logs(probs, words, stoi))).mean().item()


@average_nll.mistake(
    "only the first bigram of each word", "Only how words begin is looked at. A word of k letters has k + 1 bigrams."
)
def _(probs, words, stoi):
    return _mean(probs, ["." + word[0] for word in words], stoi)


@average_nll.mistake(
    "each character is paired with itself",
    "The entries that are read lie on the diagonal: each character is paired with itself. The second of a pair stands "
    "one place further on.",
)
def _(probs, words, stoi):
    return _mean(probs, [character * 2 for word in words for character in word], stoi)


@average_nll.mistake(
    "one character is unpacked into two",
    "A loop over a string, or over zip of one string, gives one character at a time, which can't be unpacked into two. "
    "Pair the word with itself, one place further on.",
)
def _(probs, words, stoi):
    return _mean(probs, [a + b for word in words for a, b in zip(word, strict=True)], stoi)


def _mean(probs, found, stoi):
    """The answer for these bigrams alone."""
    return -torch.stack([probs[stoi[first], stoi[second]] for first, second in found]).log().mean().item()
