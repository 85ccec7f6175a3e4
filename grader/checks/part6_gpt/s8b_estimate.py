"""Part 6, how good is the model: mean losses, in evaluation mode and without a graph."""

import torch

from grader.check import check
from grader.checks import slips
from grader.checks.draw import normal
from grader.checks.part6_gpt.inputs import draw_seed
from grader.checks.part6_gpt.modules import follower
from reference import part6_gpt as reference

IN_TRAINING = "measured in training mode"


@check(
    "estimate_loss",
    points=2,
    after="get_batch",
    hints=(
        "A mean over several random batches, for each of the splits.",
        "For each split in turn draw eval_iters batches with get_batch, and collect the model's losses as numbers. The "
        "model is in evaluation mode meanwhile, and torch records nothing.",
        "Switch to eval(); under no_grad, for each name and data of the splits, add up the item() of the losses of "
        "eval_iters batches and divide by eval_iters; switch back to train(); return the dict.",
    ),
)
def estimate_loss(m, given):
    """The mean losses of the splits, by name"""
    generator = torch.Generator().manual_seed(given.seed)
    model = follower(given.table, [])
    sizes = (given.block_size, given.batch_size, given.eval_iters)
    return m.estimate_loss(model, given.splits, *sizes, generator)


def measurements(rng):
    """A table for the model, and data of several lengths under names."""
    for vocab_size, block_size, batch_size, eval_iters, splits in (
        (6, 3, 4, 5, {"train": 40, "dev": 15}),
        (5, 4, 2, 3, {"test": 9, "dev": 12, "train": 30}),
        (7, 2, 5, 4, {"b": 25, "a": 20}),
    ):
        yield {
            "table": normal(rng, vocab_size, vocab_size),
            "splits": {name: torch.randint(vocab_size, (n,), generator=rng) for name, n in splits.items()},
            "block_size": block_size,
            "batch_size": batch_size,
            "eval_iters": eval_iters,
            "seed": draw_seed(rng),
        }


estimate_loss.inputs(measurements)


def estimating(
    mean=lambda losses, n: sum(losses) / n,
    order=lambda splits: splits.items(),
    batches=lambda n: n,
    during=False,
    after=True,
    graph=False,
    again=True,
):
    """An `estimate_loss` that goes wrong.

    during, after: whether the model is in training mode; graph: whether one is recorded; again: a new batch each time.
    """

    def wrong(model, splits, block_size, batch_size, eval_iters, generator):
        model.train(during)
        estimates = {}
        with torch.set_grad_enabled(graph):
            for name, data in order(splits):
                x, y = reference.get_batch(data, block_size, batch_size, generator)
                losses = [model(x, y)[1].item()]
                for _ in range(batches(eval_iters) - 1):
                    if again:
                        x, y = reference.get_batch(data, block_size, batch_size, generator)
                    losses.append(model(x, y)[1].item())
                estimates[name] = mean(losses, eval_iters)
        model.train(after)
        return estimates

    return wrong


estimate_loss.mistake(
    IN_TRAINING,
    "The losses are those of the training mode, in which dropout disturbs them. Switch to evaluation mode first.",
)(estimating(during=True))
estimate_loss.mistake(
    "summed and not averaged",
    "The losses of all batches are added up. Divide by their number.",
)(estimating(mean=lambda losses, n: sum(losses)))
estimate_loss.mistake(
    "only the last batch counts",
    "Each estimate is the loss of the last batch: a single one, as noisy as before.",
)(estimating(mean=lambda losses, n: losses[-1]))
estimate_loss.mistake(
    "only the first batch counts",
    "Each estimate is the loss of the first batch: a single one, as noisy as before. Is the return inside the loop?",
)(estimating(mean=lambda losses, n: losses[0]))
estimate_loss.mistake(
    "one batch for all",
    "One batch is drawn, and its loss is measured again and again. Draw a new one each time.",
)(estimating(again=False))
estimate_loss.mistake(
    "one batch too few",
    "One batch less than asked for is drawn, and the sum divided by what was asked for.",
)(estimating(batches=lambda n: n - 1))
estimate_loss.mistake(
    "one batch too many",
    "One batch more than asked for is drawn, and the sum divided by what was asked for.",
)(estimating(batches=lambda n: n + 1))
estimate_loss.mistake(
    "the splits are sorted by name",
    "The splits are taken in the order of their names. Take them in the order of the dict: the batches come from one "
    "generator, one after the other.",
)(estimating(order=lambda splits: sorted(splits.items())))
estimate_loss.mistake(
    "all estimates are of one split",
    "All splits have the same data: those of the first one. Each name stands for data of its own.",
)(estimating(order=lambda splits: [(name, next(iter(splits.values()))) for name in splits]))


estimate_loss.mistake(
    "only the last batch counts, and is divided",
    "The loss of the last batch is divided by the number of batches: each loss has replaced the one before instead of "
    "being added to it.",
)(estimating(mean=lambda losses, n: losses[-1] / n))
estimate_loss.mistake(
    "multiplied by the number of batches",
    "The sum of the losses is multiplied by their number. Divide.",
)(estimating(mean=lambda losses, n: sum(losses) * n))
estimate_loss.mistake(
    slips.SIGN,
    "The losses are subtracted and not added.",
)(estimating(mean=lambda losses, n: -sum(losses) / n))
estimate_loss.mistake(
    "all zeros",
    "Every estimate is 0: nothing has been added up.",
)(estimating(mean=lambda losses, n: 0.0))
estimate_loss.mistake(
    "a factor is wrong: 2",
    "The estimates are twice as large as they should be.",
)(estimating(mean=lambda losses, n: 2 * sum(losses) / n))
estimate_loss.mistake(
    "a factor is wrong: 1/2",
    "The estimates are half as large as they should be.",
)(estimating(mean=lambda losses, n: sum(losses) / n / 2))
estimate_loss.mistake(
    "nothing is estimated",
    "The dict that comes back is empty.",
)(lambda *inputs: {})
estimate_loss.mistake(
    "the data come back",
    "What comes back are the splits themselves.",
)(lambda model, splits, *rest: splits)
estimate_loss.mistake(
    "names without data",
    "Walking through a dict gives its names alone. items() gives names and values.",
)(estimating(order=lambda splits: splits))


def measuring(loss):
    """An `estimate_loss` that calls the model in another way: `loss(model, x, y)`."""

    def wrong(model, splits, block_size, batch_size, eval_iters, generator):
        sizes = (block_size, batch_size)
        model.eval()
        with torch.no_grad():
            estimates = {
                name: sum(loss(model, *reference.get_batch(data, *sizes, generator)) for _ in range(eval_iters))
                for name, data in splits.items()
            }
        model.train()
        return {name: total / eval_iters for name, total in estimates.items()}

    return wrong


estimate_loss.mistake(
    "inputs and targets are swapped",
    "The model is given the targets, and asked for the inputs. x comes first.",
)(measuring(lambda model, x, y: model(y, x)[1].item()))
estimate_loss.mistake(
    "the logits instead of the loss",
    "The model returns logits and loss; the logits are taken here.",
)(measuring(lambda model, x, y: model(x, y)[0].item()))


@estimate_loss.mistake(
    "the generator is not used",
    "The batches do not come from the generator that was handed in, so nobody can repeat the measurement.",
)
def _(model, splits, block_size, batch_size, eval_iters, generator):
    other = torch.Generator().manual_seed(0)
    return estimating()(model, splits, block_size, batch_size, eval_iters, other)


@estimate_loss.mistake(
    "block_size and batch_size are swapped",
    "The pieces are as long as the batch should be wide, and the other way round. get_batch takes the block size "
    "first.",
)
def _(model, splits, block_size, batch_size, eval_iters, generator):
    return estimating()(model, splits, batch_size, block_size, eval_iters, generator)


@estimate_loss.mistake(
    "tensors instead of floats",
    "The values are right, but they come as tensors. Plain Python floats are asked for.",
)
def _(model, splits, block_size, batch_size, eval_iters, generator):
    estimates = estimating()(model, splits, block_size, batch_size, eval_iters, generator)
    return {name: torch.tensor(value) for name, value in estimates.items()}


@check(
    "estimate_loss",
    points=1,
    after="get_batch",
    hints=(
        "Measuring should leave no trace: not in the model, and not in memory.",
        "eval() before, train() after; no_grad around the model's calls.",
        "Call model.eval() before the first batch and model.train() after the last; put what is between them under "
        "torch.no_grad().",
    ),
)
def leaves_no_trace(m, given):
    """Evaluation mode, no graph, and training mode again"""
    generator = torch.Generator().manual_seed(given.seed)
    seen = []
    model = follower(given.table, seen, tell=True)
    sizes = (given.block_size, given.batch_size, given.eval_iters)
    estimates = m.estimate_loss(model, given.splits, *sizes, generator)
    return {
        "calls": len(seen),
        "calls in training mode": sum(training for training, _ in seen),
        "calls that record a graph": sum(recorded for _, recorded in seen),
        "training mode afterwards": model.training and all(child.training for child in model.children()),
        "recording is still on afterwards": torch.is_grad_enabled(),
        "something is in .grad": model.table.grad is not None,
        "the estimates are positive numbers": all(value > 0 for value in estimates.values()),
    }


@leaves_no_trace.inputs
def _(rng):
    yield from list(measurements(rng))[:2]


leaves_no_trace.mistake(
    IN_TRAINING,
    "The model is in training mode while it is measured, so dropout disturbs the losses.",
)(estimating(during=True))
leaves_no_trace.mistake(
    "left in evaluation mode",
    "The model stays in evaluation mode: from the first measurement on, the rest of the training runs without dropout, "
    "and nothing tells you so. Switch back.",
)(estimating(after=False))
leaves_no_trace.mistake(
    "a graph is recorded",
    "torch records a graph in every call, for a backward pass that never comes. That costs memory and time.",
)(estimating(graph=True))
leaves_no_trace.mistake(
    "in training mode, with a graph",
    "The model is in training mode while it is measured, and torch records a graph. Neither is wanted here.",
)(estimating(during=True, graph=True))


@leaves_no_trace.mistake(
    "recording is switched off for good",
    "After the measurement torch records no graph at all any more, so that nothing can be trained. Switch recording "
    "off for a while only: that is what `with` is for.",
)
def _(model, splits, block_size, batch_size, eval_iters, generator):
    torch.set_grad_enabled(False)
    model.eval()
    estimates = {
        name: torch.stack(
            [model(*reference.get_batch(d, block_size, batch_size, generator))[1] for _ in range(eval_iters)]
        )
        for name, d in splits.items()
    }
    model.train()
    return {name: losses.mean().item() for name, losses in estimates.items()}
