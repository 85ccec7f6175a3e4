"""What is trained on and what is held out, made in the grader's process. Labels that are held out stay here.

The characters are renumbered by a permutation that the seed makes. A network does not care, since the numbers are
names; weights, tables or logits that were made beforehand are worth nothing under it.
"""

import math
import random
from collections.abc import Callable
from dataclasses import dataclass, replace

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
    X, Y, held_out, labels = (new[t] for t in (corpus.X, corpus.Y, corpus.held_out, corpus.labels))
    return replace(corpus, X=X, Y=Y, held_out=held_out, labels=labels, table=table)


def split(words: list[str]) -> tuple[list[str], list[str]]:
    """The names to train on and those held out: the first 80 and the next 10 % of a shuffle with seed 42."""
    if len(words) < FEWEST:
        raise UsageError(
            f"The list in use has {len(words)} names; the training checks need at least {FEWEST:,}. "
            "Say `grader data use --shipped` to go back to the kit's own."
        )
    shuffled = list(words)
    random.Random(SPLIT_SEED).shuffle(shuffled)
    first, second = int(0.8 * len(words)), int(0.9 * len(words))
    return shuffled[:first], shuffled[first:second]


def windows(block_size: int) -> Make:
    """Contexts of block_size characters (N, block_size) and the character that follows each (N,)."""

    def make(words: list[str]) -> Corpus:
        seen, held_out = (_windows(part, block_size) for part in split(words))
        return _names(words, *seen, *held_out)

    return make


def bigrams(names: int) -> Make:
    """Single characters (N,) of so many names and the character that follows each (N,), with the table of counts."""

    def make(words: list[str]) -> Corpus:
        seen, held_out = split(words)
        (X, Y), (x, y) = _windows(seen[:names], 1), _windows(held_out, 1)
        counted = -_table(X[:, 0], Y, 1)[x[:, 0], y].log().mean().item()
        corpus = _names(words, X[:, 0], Y, x[:, 0], y)
        return replace(corpus, baseline=counted, baseline_name="the count model", table=_table(X[:, 0], Y, 0))

    return make


def sequences(block_size: int) -> Make:
    """Windows (N, block_size) of all names written one after the other, and the same one step later."""

    def make(words: list[str]) -> Corpus:
        seen, held_out = (_numbers("." + "".join(f"{word}." for word in part)) for part in split(words))
        X, Y = seen[:-1].unfold(0, block_size, 1), seen[1:].unfold(0, block_size, 1)
        held_out = held_out[: (len(held_out) - 1) // block_size * block_size + 1]
        x, y = held_out[:-1].view(-1, block_size), held_out[1:].view(-1, block_size)
        return _names(words, X.contiguous(), Y.contiguous(), x, y)

    return make


def padded_names() -> Make:
    """A name a row, from its dot on (N, T), and what follows each character (N, T); -1 after the name's end."""

    def make(words: list[str]) -> Corpus:
        longest = max(map(len, words)) + 1
        seen, held_out = (_padded(part, longest) for part in split(words))
        return _names(words, *seen, *held_out)

    return make


def one_batch(block_size: int, size: int) -> Make:
    """A single batch to be learned by heart; the baseline is what its repeated contexts leave undecided."""

    def make(words: list[str]) -> Corpus:
        X, Y = _windows(split(words)[0], block_size)
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
    (X1, Y1), (x1, y1) = (_windows(part, 1) for part in split(words))
    bigram = -_table(X1[:, 0], Y1, 1)[x1[:, 0], y1].log().mean().item()
    return Corpus(X, Y, x, y, bigram, "the bigram by counting", math.log(V), bigram - LEAK)


def _table(X: torch.Tensor, Y: torch.Tensor, smoothing: int) -> torch.Tensor:
    """Bigram probabilities (V, V) by counting, float64."""
    counts = torch.bincount(X * V + Y, minlength=V * V).view(V, V).double() + smoothing
    return counts / counts.sum(1, keepdim=True)


def _numbers(text: str) -> torch.Tensor:
    raw = np.frombuffer(text.encode(), dtype=np.uint8).astype(np.int64)
    return torch.from_numpy(np.where(raw == ord("."), 0, raw - ord("a") + 1))


def _windows(words: list[str], block_size: int) -> tuple[torch.Tensor, torch.Tensor]:
    """Contexts and what follows, for all words at once: a text with block_size dots before each word."""
    dots = "." * block_size
    numbers = _numbers(dots + dots.join(words) + ".")
    place = torch.arange(block_size, len(numbers))
    place = place[(numbers[place] > 0) | (numbers[place - 1] > 0)]  # a letter, or the dot right after one
    all_windows = numbers.unfold(0, block_size + 1, 1)[place - block_size]
    return all_windows[:, :-1].contiguous(), all_windows[:, -1].contiguous()


def _padded(words: list[str], length: int) -> tuple[torch.Tensor, torch.Tensor]:
    rows = _numbers("".join(f".{word}.".ljust(length + 1, ".") for word in words)).view(-1, length + 1)
    X, Y = rows[:, :-1].clone(), rows[:, 1:].clone()
    after = torch.arange(length) > torch.tensor([len(word) for word in words])[:, None]
    X[after], Y[after] = 0, -1
    return X, Y
