"""The loss of logits that came from a student's process, worked out here, or why they are refused."""

import torch

from grader.training.corpus import Corpus

HUGE = 1e6
"""Logits beyond this are no scores of a trained network."""


class Refused(Exception):
    """The answer is none that a loss can be taken of; `name` says in short what it is."""

    def __init__(self, name: str, message: str):
        super().__init__(message)
        self.name = name


def checked(corpus: Corpus, inputs: torch.Tensor, logits: object) -> torch.Tensor:
    """The logits in float64, if they are what was asked for. Raises Refused."""
    positions = tuple(inputs.shape) if corpus.causal else (len(inputs),)
    shape = positions if corpus.squared_error else (*positions, corpus.vocab_size)
    what = "scores" if corpus.squared_error else "logits"
    if not isinstance(logits, torch.Tensor):
        raise Refused(f"no {what}", f"A tensor of {what} was asked for; {type(logits).__name__} came.")
    if tuple(logits.shape) != shape:
        raise Refused(
            "another shape", f"{what.capitalize()} of shape {shape} were asked for; {tuple(logits.shape)} came."
        )
    if not logits.is_floating_point():
        raise Refused("no floats", f"{what.capitalize()} are floats; {logits.dtype} came.")
    if not logits.isfinite().all():
        row = (~logits.isfinite()).reshape(len(logits), -1).any(1).nonzero()[0].item()
        raise Refused(
            "NaN or infinity", f"The {what} of held-out example {row} hold NaN or infinity: no loss can be taken."
        )
    if logits.abs().max() > HUGE:
        raise Refused(
            "certainty",
            f"The largest of the {what} is {logits.abs().max().item():.2g}: that is an answer with the certainty of "
            "a table, and none of a network. The loss of a single wrong one would be as large.",
        )
    return logits.double()


def loss(corpus: Corpus, inputs: torch.Tensor, labels: torch.Tensor, logits: object) -> float:
    """The mean cross-entropy (or squared error) over all labels but those of -1. Raises Refused."""
    answer = checked(corpus, inputs, logits)
    if corpus.squared_error:
        return (answer - labels.double()).square().mean().item()
    flat, wanted = answer.reshape(-1, corpus.vocab_size), labels.reshape(-1)
    flat, wanted = flat[wanted >= 0], wanted[wanted >= 0]
    shifted = flat - flat.max(1, keepdim=True).values
    log_probs = shifted - shifted.exp().sum(1, keepdim=True).log()
    return -log_probs[torch.arange(len(wanted)), wanted].mean().item()
