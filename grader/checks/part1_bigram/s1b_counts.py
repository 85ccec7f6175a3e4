"""Part 1, the table of counts."""

import itertools

import torch

from grader.check import check
from grader.checks import slips
from grader.checks.part1_bigram.inputs import CHARACTERS_FROM_STOI, bigrams, corpora, counted
from reference import part1_bigram as reference


@check(
    "bigram_counts",
    points=2,
    hints=(
        "Walk through each word with a window of two characters, and keep a tally for each pair.",
        "With the dot in front and behind, a word of k letters has k + 1 pairs. The first character of a pair chooses "
        "the row, the second the column, and the entry there grows by one.",
        "Make a table of integer zeros with len(stoi) rows and columns. For every word, pair the word with a dot in "
        "front with the word with a dot behind, character by character; look both characters up in stoi, and add one "
        "at that row and column.",
    ),
)
def bigram_counts(m, given):
    """How often which character follows which"""
    counts = m.bigram_counts(given.words, given.stoi)
    if not isinstance(counts, torch.Tensor):
        return counts
    if counts.dtype == torch.int32:
        return counts.long()  # int32 or int64: both are asked for
    return counts.float() if counts.is_floating_point() else counts


bigram_counts.inputs(corpora)


@bigram_counts.mistake(
    slips.OVERWRITTEN,
    "No entry is larger than 1: the table says which bigrams occur, and not how often. Perhaps an entry is set instead "
    "of counted up; or all bigrams are added in one indexed operation, which writes a place that is named twice only "
    "once.",
)
def _(words, stoi):
    return reference.bigram_counts(words, stoi).clamp(max=1)


@bigram_counts.mistake(
    "row and column are exchanged",
    "The right numbers lie on their side: the row is the second character here. Row i is to say what comes after i.",
)
def _(words, stoi):
    return reference.bigram_counts(words, stoi).T.contiguous()


@bigram_counts.mistake(
    "the dot in front is missing",
    "Row 0 is empty: nobody counted how words begin. Each word has a dot in front of its first character as well.",
)
def _(words, stoi):
    return counted([pair for pair in bigrams(words) if pair[0] != "."], stoi)


@bigram_counts.mistake(
    "the dot behind is missing",
    "Column 0 is empty: nobody counted how words end. Each word has a dot behind its last character as well.",
)
def _(words, stoi):
    return counted([pair for pair in bigrams(words) if pair[1] != "."], stoi)


@bigram_counts.mistake(
    "both dots are missing",
    "Row 0 and column 0 are empty: only the pairs inside the words were counted. How words begin and end is counted "
    "too, by a dot at each end.",
)
def _(words, stoi):
    return counted([pair for pair in bigrams(words) if "." not in pair], stoi)


@bigram_counts.mistake(
    "pairs reach from one word to the next",
    "The words were put one behind the other, and the end of one was paired with the beginning of the next: row 0, "
    "column 0 is not zero. The dot behind one word and the dot in front of the next are no bigram.",
)
def _(words, stoi):
    text = "".join(f".{word}." for word in words)
    return counted(itertools.pairwise(text), stoi)


@bigram_counts.mistake(
    "every word is counted once",
    "A word that comes twice in the list counts twice. Was the list made into a set?",
)
def _(words, stoi):
    return reference.bigram_counts(list(dict.fromkeys(words)), stoi)


@bigram_counts.mistake(
    "only the last word is counted",
    "The table holds the bigrams of the last word. Is it made anew for each word?",
)
def _(words, stoi):
    return reference.bigram_counts(words[-1:], stoi)


@bigram_counts.mistake(
    "only the first word is counted",
    "The table holds the bigrams of the first word. Does the function return inside the loop?",
)
def _(words, stoi):
    return reference.bigram_counts(words[:1], stoi)


@bigram_counts.mistake("27 is hard-coded", CHARACTERS_FROM_STOI)
def _(words, stoi):
    counts = torch.zeros(27, 27, dtype=torch.int64)
    counts[: len(stoi), : len(stoi)] = reference.bigram_counts(words, stoi)
    return counts


@bigram_counts.mistake(
    slips.GUESSED,
    "The table is as large as the largest number that occurs in these words. There may be characters in stoi that do "
    "not; they have a row and a column too.",
)
def _(words, stoi):
    size = max(stoi[character] for word in words for character in word) + 1
    return reference.bigram_counts(words, stoi)[:size, :size].clone()


@bigram_counts.mistake(
    "counted in floats",
    "The numbers are right, but they are floats. A tally is a whole number, and float32 can't even count beyond "
    "16,777,216 in steps of one. Say the dtype where the table of zeros is made.",
)
def _(words, stoi):
    return reference.bigram_counts(words, stoi).float()


@bigram_counts.mistake(
    "nothing is counted", "All counts are zero. Is the table returned before it is filled, or is a loop never entered?"
)
def _(words, stoi):
    return counted([], stoi)


@bigram_counts.mistake(
    "counted twice", "All counts are twice what they should be. Each bigram adds 1 where it occurs, once."
)
def _(words, stoi):
    return 2 * reference.bigram_counts(words, stoi)


@bigram_counts.mistake("counted downwards", "The counts are negative: 1 is taken away where it should be added.")
def _(words, stoi):
    return -reference.bigram_counts(words, stoi)


@bigram_counts.mistake(
    "the table begins with ones",
    "Every count is 1 too large. If that is meant as smoothing: it comes later, in bigram_probs. A count says what was "
    "seen.",
)
def _(words, stoi):
    return reference.bigram_counts(words, stoi) + 1


@bigram_counts.mistake(
    "only the first bigram of each word", "Only how words begin is counted. A word of k letters has k + 1 bigrams."
)
def _(words, stoi):
    return counted(["." + word[0] for word in words], stoi)


@bigram_counts.mistake(
    "each character is paired with itself",
    "Everything lies on the diagonal: each character was paired with itself. The second of a pair stands one place "
    "further on.",
)
def _(words, stoi):
    return counted([character * 2 for word in words for character in word], stoi)


@bigram_counts.mistake(
    "one character is unpacked into two",
    "A loop over a string, or over zip of one string, gives one character at a time, which can't be unpacked into two. "
    "Pair the word with itself, one place further on.",
)
def _(words, stoi):
    return counted([first + second for word in words for first, second in zip(word, strict=True)], stoi)
