"""How much faster the reference trains than the lectures' loops, both timed in the same run.

    python benchmarks/training.py [--rounds 15] [--steps 300] [--quick]

Each round runs every loop once, one after the other, on one thread, so that a machine whose speed drifts slows them
alike; a line's ratio is the median of the ratios within each round. Then the speedrun: the time of
reference/speedrun.py's MLP, from the call to its answer on the dev split, against the lecture's loop with its 200,000
steps, which stops early where its dev loss reaches the target (looked at every 10,000 steps, outside the clock).
`--quick` leaves the speedrun out, which takes some minutes. Exit code 1: a target is missed.

The loops are those of A. Karpathy, "Building makemore" parts 2 to 5, operation by operation, in our own words.
"""

import argparse
import runpy
import statistics
import sys
import time
from functools import partial
from pathlib import Path

import torch
import torch.nn.functional as F

from grader import data
from grader.course import Course
from reference import part1_bigram, part2_mlp, part5_wavenet, speedrun, trainers

ROOT = Path(__file__).resolve().parent.parent
V, E, H, BLOCK, BATCH = 27, 10, 200, 3, 32
MARGIN = 0.3533
"""The bigram's dev loss less this is the target: 2.10 on the lectures' names (2.4533), 2.1183 on ours."""
AUTOGRAD, BY_HAND, SPEEDRUN = 1.25, 3.0, 30.0
"""The least that the reference must be faster than loops with autograd, part 4's loop, and 200,000 steps."""


def start(normalised):
    """A start as in part 3: [C, W1, b1, W2, b2], with bngain and bnbias behind where normalised."""
    rng = torch.Generator().manual_seed(2147483647)
    params = [torch.randn(V, E, generator=rng), torch.randn(BLOCK * E, H, generator=rng) * (5 / 3) / (BLOCK * E) ** 0.5]
    params += [torch.zeros(H), torch.randn(H, V, generator=rng) * 0.01, torch.zeros(V)]
    return params + [torch.ones(1, H), torch.zeros(1, H)] * normalised


def autograd_loop(forward, params, X, Y, rng, lrs):
    """The loop of parts 2, 3 and 5: autograd, and a number taken out of each loss."""
    lossi = []
    for lr in lrs:
        ix = torch.randint(0, X.shape[0], (BATCH,), generator=rng)
        Xb, Yb = X[ix], Y[ix]
        loss = F.cross_entropy(forward(Xb), Yb)
        for p in params:
            p.grad = None
        loss.backward()
        for p in params:
            p.data += -lr * p.grad
        lossi.append(loss.log10().item())


def reference_loop(trainer, X, Y, rng, lrs):
    """The same batches for a trainer of the reference; the losses become numbers at the end."""
    losses = []
    for lr in lrs:
        ix = torch.randint(0, X.shape[0], (BATCH,), generator=rng)
        losses.append(trainer.step(X[ix], Y[ix], lr))
    torch.stack(losses).log10().tolist()


def mlp_forward(params, Xb):
    """Part 2's forward pass."""
    C, W1, b1, W2, b2 = params
    emb = C[Xb]
    h = torch.tanh(emb.view(emb.shape[0], -1) @ W1 + b1)
    return h @ W2 + b2


def batchnorm_forward(params, Xb):
    """Part 3's forward pass: BatchNorm by the statistics of the batch."""
    C, W1, b1, W2, b2, bngain, bnbias = params
    emb = C[Xb]
    hpreact = emb.view(emb.shape[0], -1) @ W1 + b1
    mean, std = hpreact.mean(0, keepdim=True), hpreact.std(0, keepdim=True)
    h = torch.tanh(bngain * (hpreact - mean) / std + bnbias)
    return h @ W2 + b2


@torch.no_grad()
def by_hand_loop(params, X, Y, rng, lrs):
    """The loop at the end of part 4: gradients by hand, dC by a double loop."""
    C, W1, b1, W2, b2, bngain, bnbias = params
    n, lossi = BATCH, []
    for lr in lrs:
        ix = torch.randint(0, X.shape[0], (BATCH,), generator=rng)
        Xb, Yb = X[ix], Y[ix]
        emb = C[Xb]
        embcat = emb.view(emb.shape[0], -1)
        hprebn = embcat @ W1 + b1
        mean, var = hprebn.mean(0, keepdim=True), hprebn.var(0, keepdim=True, unbiased=True)
        var_inv = (var + 1e-5) ** -0.5
        bnraw = (hprebn - mean) * var_inv
        h = torch.tanh(bngain * bnraw + bnbias)
        logits = h @ W2 + b2
        loss = F.cross_entropy(logits, Yb)

        dlogits = F.softmax(logits, 1)
        dlogits[range(n), Yb] -= 1
        dlogits /= n
        dh, dW2, db2 = dlogits @ W2.T, h.T @ dlogits, dlogits.sum(0)
        dhpreact = (1.0 - h**2) * dh
        dgain, dbias = (bnraw * dhpreact).sum(0, keepdim=True), dhpreact.sum(0, keepdim=True)
        scaled = n * dhpreact - dhpreact.sum(0) - n / (n - 1) * bnraw * (dhpreact * bnraw).sum(0)
        dhprebn = bngain * var_inv / n * scaled
        dembcat, dW1, db1 = dhprebn @ W1.T, embcat.T @ dhprebn, dhprebn.sum(0)
        demb = dembcat.view(emb.shape)
        dC = torch.zeros_like(C)
        for k in range(Xb.shape[0]):
            for j in range(Xb.shape[1]):
                dC[Xb[k, j]] += demb[k, j]
        for p, grad in zip(params, [dC, dW1, db1, dW2, db2, dgain, dbias], strict=True):
            p.data += -lr * grad
        lossi.append(loss.log10().item())


def watched(params):
    """The same tensors, made to require a gradient."""
    return [p.requires_grad_() for p in params]


def loops(words):
    """Every loop by name: a function of a generator and the learning rates of its steps."""
    stoi = {character: i for i, character in enumerate(".abcdefghijklmnopqrstuvwxyz")}
    X, Y = part2_mlp.build_dataset(words, stoi, BLOCK)
    X8, Y8 = part2_mlp.build_dataset(words, stoi, 8)
    plain, normalised = watched(start(False)), watched(start(True))
    solved = runpy.run_path(str(ROOT / "solutions" / "part5_wavenet.py"))  # layer classes as the lecture's
    tree = solved["build_wavenet"](V, 8, E, 68)
    model = part5_wavenet.build_wavenet(V, 8, E, 68)
    return {
        "part 2": partial(autograd_loop, partial(mlp_forward, plain), plain, X, Y),
        "part 3": partial(autograd_loop, partial(batchnorm_forward, normalised), normalised, X, Y),
        "part 4": partial(by_hand_loop, start(True), X, Y),
        "part 5": partial(autograd_loop, tree, watched(tree.parameters()), X8, Y8),
        "MLP": partial(reference_loop, trainers.MLP(start(False)), X, Y),
        "BatchNormMLP": partial(reference_loop, trainers.BatchNormMLP(start(True)), X, Y),
        "WaveNet": partial(reference_loop, trainers.WaveNet(model), X8, Y8),
    }


PAIRS = [
    ("MLP", "part 2", AUTOGRAD),
    ("BatchNormMLP", "part 3", AUTOGRAD),
    ("BatchNormMLP", "part 4", BY_HAND),
    ("WaveNet", "part 5", AUTOGRAD),
]


def clocked(function, *arguments):
    """The seconds that a call takes, and its result."""
    begin = time.perf_counter()
    result = function(*arguments)
    return time.perf_counter() - begin, result


def line(name, fast, slow, ratio, target):
    """Print one line of the table; whether the target is missed."""
    print(f"{name:42} {fast:>12} {slow:>12} {ratio:7.2f} {target:7.2f}  {'ok' if ratio >= target else 'missed'}")
    return ratio < target


def compare_loops(words, rounds, steps):
    """The lines of the loops; how many miss their target."""
    chosen, rng = loops(words), torch.Generator().manual_seed(42)
    for loop in chosen.values():
        loop(rng, [0.1] * 20)
    lrs = [0.1] * steps
    rates = [{name: steps / clocked(loop, rng, lrs)[0] for name, loop in chosen.items()} for _ in range(rounds)]
    print(f"{'reference against the loop of':42} {'steps/s':>12} {'steps/s':>12} {'ratio':>7} {'target':>7}")
    missed = 0
    for fast, slow, target in PAIRS:
        speed = {name: f"{statistics.median(one[name] for one in rates):,.0f}" for name in (fast, slow)}
        ratio = statistics.median(one[fast] / one[slow] for one in rates)
        missed += line(f"{fast}, {slow}", speed[fast], speed[slow], ratio, target)
    return missed


def compare_speedrun(train, dev):
    """The line of the speedrun; whether its target is missed."""
    stoi, itos = part1_bigram.build_vocab([*train, *dev])
    counts = part1_bigram.bigram_counts(train, stoi)
    target = part1_bigram.average_nll(part1_bigram.bigram_probs(counts), dev, stoi) - MARGIN
    (X, Y), (Xdev, Ydev) = (part2_mlp.build_dataset(words, stoi, BLOCK) for words in (train, dev))
    runs = []
    for seed in range(5):
        torch.manual_seed(seed)
        seconds, logits = clocked(lambda: speedrun.mlp(X, Y, len(itos))(Xdev))
        loss = F.cross_entropy(logits, Ydev).item()
        print(f"speedrun, seed {seed}: {seconds:.2f} s, dev loss {loss:.4f} (target {target:.4f})")
        if loss > target:
            return True
        runs.append(seconds)
    params, rng, taken = watched(start(False)), torch.Generator().manual_seed(42), 0.0
    for done in range(0, 200_000, 10_000):
        lrs = [0.1 if done < 100_000 else 0.01] * 10_000
        taken += clocked(autograd_loop, partial(mlp_forward, params), params, X, Y, rng, lrs)[0]
        reached = part2_mlp.evaluate(params, Xdev, Ydev)
        if reached <= target:
            break
    fast = statistics.median(runs)
    print(f"the lecture's loop: {done + 10_000:,} steps, {taken:.1f} s, dev loss {reached:.4f}")
    return line("speedrun to the target, part 2", f"{fast:.2f} s", f"{taken:.1f} s", taken / fast, SPEEDRUN)


def main():
    """Print the table; 1 where a ratio is below its target."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--steps", type=int, default=300)
    parser.add_argument("--quick", action="store_true", help="leave the speedrun out")
    options = parser.parse_args()
    torch.set_num_threads(1)
    train, dev, _ = part2_mlp.split_words(data.current(Course(ROOT)).words, 42)
    missed = compare_loops(train, options.rounds, options.steps)
    if not options.quick:
        missed += compare_speedrun(train, dev)
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
