"""What is trained on and what is held out, made in the grader's process. Labels that are held out stay here.

Neighbouring windows of a name give each other's labels away: `.emm` says what follows `..em`. So windows that are held
out are never nearer to each other than they are wide, and come in random order. Where a name is an input as a whole,
a blind look replaces what comes after one position of it (`blind`).

The characters are renumbered by a permutation that the seed makes. A network does not care, since the numbers are
names; weights, tables or logits that were made beforehand are worth nothing under it.
"""

import math
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import torch

from grader.errors import UsageError

CHARACTERS = ".abcdefghijklmnopqrstuvwxyz"
V = len(CHARACTERS)
SPLIT_SEED = 42
SEEN = 5_000
"""How many training examples the loss on seen data is taken over."""
LEAK = 0.65
"""No network of this course comes so far below the bigram on held-out names: the label must have been visible."""
WITHHELD = 10
"""One in so many held-out names is never shown whole."""
FEWEST = 2_000
"""Names; with fewer, the targets mean nothing."""


@dataclass(frozen=True, eq=False)
class Corpus:
    """Examples, and what a loss on them means. Labels of -1 don't count."""

    X: torch.Tensor
    Y: torch.Tensor
    held_out: torch.Tensor
    labels: torch.Tensor
    """Of `held_out`: they never leave this process."""
    baseline: float
    """What the targets' margins are counted from."""
    baseline_name: str
    guess: float
    """The loss of someone who knows nothing."""
    floor: float
    """A loss below it is none that the inputs allow."""
    vocab_size: int = V
    squared_error: bool = False
    """Whether the answer is a score for each example, and not logits."""
    table: torch.Tensor | None = None
    """Bigram probabilities (V, V), counted."""
    withheld: torch.Tensor | None = None
    """Further sequences (M, T), never shown whole: see `prefixes`."""
    withheld_labels: torch.Tensor | None = None
    withheld_baseline: float = 0.0

    @property
    def causal(self) -> bool:
        """Whether there is a label for each position of an input."""
        return not self.squared_error and self.labels.dim() == self.held_out.dim() > 1

    def seen(self) -> tuple[torch.Tensor, torch.Tensor]:
        """A sample of the training examples, the same each time."""
        rows = torch.randperm(len(self.X), generator=torch.Generator().manual_seed(0))[:SEEN]
        return self.X[rows], self.Y[rows]


Make = Callable[[list[str]], Corpus]


def renumbered(corpus: Corpus, seed: int) -> Corpus:
    """The corpus with its letters under other numbers; the dot stays 0."""
    if corpus.squared_error:
        return corpus
    letters = torch.randperm(V - 1, generator=torch.Generator().manual_seed(seed)) + 1
    new = torch.cat([torch.tensor([0]), letters, torch.tensor([-1])])  # -1 stays -1, as the last one
    table = corpus.table
    if table is not None:
        back = new[:V].argsort()
        table = table[back][:, back]  # row and column of a new number are those of the old one
    names = ("X", "Y", "held_out", "labels", "withheld", "withheld_labels")
    tensors: dict[str, Any] = {name: new[t] for name in names if (t := getattr(corpus, name)) is not None}
    return replace(corpus, table=table, **tensors)


def prefixes(corpus: Corpus, seed: int) -> Iterator[tuple[torch.Tensor, torch.Tensor]]:
    """The withheld sequences of a causal corpus, a character further each time, with other letters behind.

    Yields inputs (M, T) and labels (M, T), which are -1 but for the last true position: a label is shown only
    after it has been asked for.
    """
    assert corpus.withheld is not None and corpus.withheld_labels is not None
    rng = torch.Generator().manual_seed(seed)
    places = torch.arange(corpus.withheld.shape[1])
    for place in places:
        labels = torch.where(places == place, corpus.withheld_labels, -1)
        if (labels >= 0).any():
            other = torch.randint(0, corpus.vocab_size, corpus.withheld.shape, generator=rng)
            yield torch.where(places > place, other, corpus.withheld), labels


def split(words: list[str]) -> tuple[list[str], list[str]]:
    """The names to train on and those held out: the first 80 % of a shuffle with seed 42, and the rest.

    Raises UsageError where there are too few.
    """
    if len(words) < FEWEST:
        raise UsageError(
            f"The list in use has {len(words)} names; the training checks need at least {FEWEST:,}. "
            "Say `grader data use --shipped` to go back to the kit's own."
        )
    shuffled = list(words)
    random.Random(SPLIT_SEED).shuffle(shuffled)
    first = int(0.8 * len(words))
    return shuffled[:first], shuffled[first:]


def windows(block_size: int) -> Make:
    """Contexts of block_size characters (N, block_size) and the character that follows each (N,)."""

    def make(words: list[str]) -> Corpus:
        seen, held_out = split(words)
        return _names(words, *contexts(seen, block_size), *_apart(held_out, block_size))

    return make


def bigrams(names: int) -> Make:
    """Single characters (N,) of so many names and the character that follows each (N,), with the table of counts."""

    def make(words: list[str]) -> Corpus:
        seen, held_out = split(words)
        (X, Y), (x, y) = contexts(seen[:names], 1), _apart(held_out, 1)
        counted = -_table(X[:, 0], Y, 1)[x[:, 0], y].log().mean().item()
        corpus = _names(words, X[:, 0], Y, x[:, 0], y)
        return replace(corpus, baseline=counted, baseline_name="the count model", table=_table(X[:, 0], Y, 0))

    return make


def padded_names() -> Make:
    """A name a row, from its dot on (N, T), and what follows each character (N, T); -1 after the name's end."""

    def make(words: list[str]) -> Corpus:
        longest = max(map(len, words)) + 1
        seen, (x, y) = (_padded(part, longest) for part in split(words))
        few = len(x) // WITHHELD
        corpus = _names(words, *seen, x[few:], y[few:])
        baseline = _names(words, *seen, x[:few], y[:few]).baseline
        return replace(corpus, withheld=x[:few], withheld_labels=y[:few], withheld_baseline=baseline)

    return make


def one_batch(block_size: int, size: int) -> Make:
    """A single batch to be learned by heart; the baseline is what its repeated contexts leave undecided."""

    def make(words: list[str]) -> Corpus:
        X, Y = contexts(split(words)[0], block_size)
        rows = torch.randperm(len(X), generator=torch.Generator().manual_seed(SPLIT_SEED))[:size]
        X, Y = X[rows], Y[rows]
        same = (X[:, None] == X).all(2)  # (size, size): which examples share a context
        share = (same & (Y[:, None] == Y)).sum(1) / same.sum(1)
        undecided = -share.log().mean().item()
        return Corpus(X, Y, X, Y, undecided, "what the batch leaves undecided", math.log(V), undecided - 1e-4)

    return make


def moons(size: int) -> Make:
    """Points in the plane (N, 2) on two interleaved half circles, labelled 1.0 and -1.0 (N,)."""

    def make(words: list[str]) -> Corpus:
        rng = torch.Generator().manual_seed(SPLIT_SEED)
        angle = torch.rand(2 * size, generator=rng) * math.pi
        Y = (torch.arange(2 * size) % 2 * 2 - 1).float()
        upper = torch.stack([angle.cos(), angle.sin()], 1)
        lower = torch.stack([1 - angle.cos(), 0.5 - angle.sin()], 1)
        X = torch.where(Y[:, None] > 0, upper, lower) + 0.1 * torch.randn(2 * size, 2, generator=rng)
        return Corpus(X[:size], Y[:size], X[size:], Y[size:], 1.0, "a guess of 0", 1.0, 0.0, 2, True)

    return make


def _names(words: list[str], X: torch.Tensor, Y: torch.Tensor, x: torch.Tensor, y: torch.Tensor) -> Corpus:
    """A corpus of names, whose baseline is the bigram by counting: on train, with smoothing 1."""
    X1, Y1 = contexts(split(words)[0], 1)
    last, label = x.reshape(-1) if x.shape == y.shape else x[:, -1], y.reshape(-1)
    bigram = -_table(X1[:, 0], Y1, 1)[last[label >= 0], label[label >= 0]].log().mean().item()
    return Corpus(X, Y, x, y, bigram, "the bigram by counting", math.log(V), bigram - LEAK)


def _table(X: torch.Tensor, Y: torch.Tensor, smoothing: int) -> torch.Tensor:
    """Bigram probabilities (V, V) by counting, float64."""
    counts = torch.bincount(X * V + Y, minlength=V * V).view(V, V).double() + smoothing
    return counts / counts.sum(1, keepdim=True)


def _numbers(text: str) -> torch.Tensor:
    raw = np.frombuffer(text.encode(), dtype=np.uint8).astype(np.int64)
    return torch.from_numpy(np.where(raw == ord("."), 0, raw - ord("a") + 1))


def contexts(words: list[str], block_size: int) -> tuple[torch.Tensor, torch.Tensor]:
    """X (N, block_size) and Y (N,), int64: each character of the words with those before it, `.` at both ends.

    All words at once: a text with block_size dots before each.
    """
    dots = "." * block_size
    numbers = _numbers(dots + dots.join(words) + ".")
    place = torch.arange(block_size, len(numbers))
    place = place[(numbers[place] > 0) | (numbers[place - 1] > 0)]  # a letter, or the dot right after one
    all_windows = numbers.unfold(0, block_size + 1, 1)[place - block_size]
    return all_windows[:, :-1].contiguous(), all_windows[:, -1].contiguous()


def _apart(words: list[str], block_size: int) -> tuple[torch.Tensor, torch.Tensor]:
    """Windows of each word that are block_size apart, from a random one on, in random order; the same each time."""
    rng = torch.Generator().manual_seed(SPLIT_SEED)
    lengths = torch.tensor([len(word) + 1 for word in words])
    word = torch.arange(len(words)).repeat_interleave(lengths)
    place = torch.arange(len(word)) - (lengths.cumsum(0) - lengths)[word]
    first = torch.randint(0, block_size, (len(words),), generator=rng)
    rows = ((place - first[word]) % block_size == 0).nonzero()[:, 0]
    rows = rows[torch.randperm(len(rows), generator=rng)]
    X, Y = contexts(words, block_size)
    return X[rows], Y[rows]


def _padded(words: list[str], length: int) -> tuple[torch.Tensor, torch.Tensor]:
    rows = _numbers("".join(f".{word}.".ljust(length + 1, ".") for word in words)).view(-1, length + 1)
    X, Y = rows[:, :-1].clone(), rows[:, 1:].clone()
    after = torch.arange(length) > torch.tensor([len(word) for word in words])[:, None]
    X[after], Y[after] = 0, -1
    return X, Y
