"""The pieces of the training checks: data, losses, findings, the record book, calibration."""

import math
from dataclasses import replace
from pathlib import Path

import msgspec
import pytest
import students
import torch
import torch.nn.functional as F

from grader.course import Course
from grader.data import read
from grader.declared import declared, source_of
from grader.dev import calibrate
from grader.errors import UsageError
from grader.judge import Band
from grader.student.trainer import Trainer
from grader.training import corpus as corpora
from grader.training import evaluate, finding, records
from grader.training.diagnose import finding as verdict_on
from grader.training.evaluate import Refused
from grader.training.finding import Evidence
from grader.training.recipe import Budget, Speedrun, Training
from grader.training.run import Examination, Look, Point, Run, order, run
from grader.training.yardstick import Yardstick
from grader.values import Namespace

WORDS = read(students.ROOT / "data" / "names.txt").words
COURSE = Course(students.ROOT)


def trainings():
    found = []
    for part in COURSE.parts():
        COURSE.load(part)
        for one in declared(COURSE, part, "training", Training):
            one.part = part.id
            found.append(one)
    return found


TRAININGS = trainings()


# The data: what is held out does not give itself away.


@pytest.mark.parametrize("block_size", [1, 3, 8])
def test_held_out_windows_are_true_and_no_two_of_a_name_overlap(block_size):
    words = WORDS[:2500]
    corpus = corpora.windows(block_size)(words)
    _, held_out = corpora.split(words)
    true = set()
    for word in held_out:
        padded = "." * block_size + word + "."
        true |= {padded[i : i + block_size + 1] for i in range(len(word) + 1)}
    came = [
        "".join(corpora.CHARACTERS[n] for n in [*x, y])
        for x, y in zip(corpus.held_out.tolist(), corpus.labels.tolist(), strict=True)
    ]
    assert set(came) <= true
    total = sum(len(word) + 1 for word in held_out)
    assert total / block_size * 0.9 < len(came) <= total / block_size * 1.1 + len(held_out)


def test_a_held_out_window_of_eight_is_not_followed_by_its_successor():
    """Windows of eight are nearly unique: with the next one at hand, its last character would be the label."""
    corpus = corpora.windows(8)(WORDS)
    inputs = {tuple(x) for x in corpus.held_out.tolist()}
    long = [(x, y) for x, y in zip(corpus.held_out.tolist(), corpus.labels.tolist(), strict=True) if x[1] and y]
    given_away = sum((*x[1:], y) in inputs for x, y in long)
    assert len(long) > 100
    assert given_away < 0.05 * len(long)


def test_what_is_trained_on_is_what_part_2_calls_the_data_set():
    from reference.part2_mlp import build_dataset

    stoi = {character: number for number, character in enumerate(corpora.CHARACTERS)}
    seen, _ = corpora.split(WORDS[:2500])
    X, Y = build_dataset(seen, stoi, 3)
    corpus = corpora.windows(3)(WORDS[:2500])
    assert torch.equal(corpus.X, X)
    assert torch.equal(corpus.Y, Y)


def test_padded_names_are_those_of_part_7():
    corpus = corpora.padded_names()(WORDS)
    _, held_out = corpora.split(WORDS)
    word = held_out[len(corpus.withheld) + 3]
    n = len(word) + 1
    assert "".join(corpora.CHARACTERS[i] for i in corpus.held_out[3, :n]) == f".{word}"
    assert "".join(corpora.CHARACTERS[i] for i in corpus.labels[3, :n]) == f"{word}."
    assert (corpus.labels[3, n:] == -1).all()


def test_the_baseline_is_the_bigram_by_counting():
    corpus = corpora.windows(3)(WORDS)
    table = torch.ones(27, 27)
    seen, _ = corpora.split(WORDS)
    for word in seen:
        for a, b in zip(f".{word}", f"{word}.", strict=True):
            table[corpora.CHARACTERS.index(a), corpora.CHARACTERS.index(b)] += 1
    probs = table / table.sum(1, keepdim=True)
    nll = -probs[corpus.held_out[:, -1], corpus.labels].log().mean().item()
    assert corpus.baseline == pytest.approx(nll, abs=1e-5)
    assert corpus.baseline == pytest.approx(2.47, abs=0.02)


@pytest.mark.parametrize("make", [corpora.windows(3), corpora.bigrams(2000), corpora.padded_names()])
def test_renumbering_changes_the_numbers_and_nothing_else(make):
    plain = make(WORDS[:2500])
    new = corpora.renumbered(plain, 7)
    back = torch.full((28,), -1)
    back[new.X.flatten()] = plain.X.flatten()
    assert not torch.equal(new.X, plain.X)
    for name in ("X", "Y", "held_out", "labels"):
        one = getattr(new, name)
        assert torch.equal(torch.where(one >= 0, back[one], -1), getattr(plain, name))
    assert torch.equal(new.X == 0, plain.X == 0)
    assert new.baseline == plain.baseline
    assert not torch.equal(corpora.renumbered(plain, 8).X, new.X)
    if plain.table is not None:
        assert torch.equal(new.table[new.X[:50], new.Y[:50]], plain.table[plain.X[:50], plain.Y[:50]])


def test_withheld_names_show_a_label_only_after_it_has_been_asked_for():
    corpus = corpora.renumbered(corpora.padded_names()(WORDS), 3)
    asked = torch.zeros_like(corpus.withheld, dtype=torch.bool)
    for place, (inputs, labels) in enumerate(corpora.prefixes(corpus, 5)):
        assert torch.equal(inputs[:, : place + 1], corpus.withheld[:, : place + 1])
        behind = inputs[:, place + 1 :] == corpus.withheld[:, place + 1 :]
        assert not behind.numel() or behind.float().mean() < 0.1
        assert torch.equal(labels[:, place], corpus.withheld_labels[:, place])
        asked |= labels >= 0
    assert torch.equal(asked, corpus.withheld_labels >= 0)
    shown = {tuple(row) for row in corpus.held_out.tolist()}
    again = sum(tuple(row) in shown for row in corpus.withheld.tolist())
    assert again < 0.2 * len(corpus.withheld)  # names that girls and boys share stand on the list twice


class Remembers:
    """A process that keeps the held-out names it was shown, and has learned nothing else."""

    def __init__(self):
        self.seconds, self.memory, self.looks = 0.0, None, 0

    def steps(self, rows, rates, seeds, patience):
        self.seconds += 1.0
        return torch.full((len(rows),), 2.0)

    def logits(self, X, patience):
        self.looks += 1
        if self.memory is None:
            self.memory = X.clone()
            return torch.zeros(*X.shape, 27)
        known = self.memory[: len(X)] if len(X) <= len(self.memory) else X
        following = torch.cat([known[:, 1:], torch.zeros(len(known), 1, dtype=torch.int64)], 1)
        return 1.55 * F.one_hot(following, 27).float() + 0.05 * (X[:, :1, None] % 2) * torch.arange(27) / 27


@pytest.mark.parametrize("id", ["part6.training.small_gpt", "part7.training.names_by_rnn"])
def test_names_that_were_shown_whole_can_not_be_answered_from_memory(id):
    training = next(t for t in TRAININGS if t.id == id)
    corpus = corpora.renumbered(training.corpus(WORDS), 77)
    done = run(training, corpus, Remembers(), training.quick.steps, 5, math.inf)
    assert done.last < corpus.baseline - training.quick.margin, "the cheat does not reach the target"
    assert done.last > corpus.floor, "the cheat is found out by its loss alone"
    found = verdict_on(Evidence(training, corpus, done, Yardstick(done, 100.0), 2.3, ()))
    assert (found.status, found.name) == ("failed", finding.FUTURE)


def test_a_short_list_of_names_is_refused():
    with pytest.raises(UsageError, match="has 12 names"):
        corpora.windows(3)(WORDS[:12])


def test_the_loss_of_one_batch_can_not_fall_below_what_its_repeats_leave_undecided():
    corpus = corpora.one_batch(3, 32)(WORDS)
    logits = torch.full((32, 27), -50.0)
    for i, x in enumerate(corpus.X):
        for j, other in enumerate(corpus.X):
            if torch.equal(x, other):
                logits[i, corpus.Y[j]] = math.log(((x == corpus.X).all(1) & (corpus.Y[j] == corpus.Y)).sum())
    assert evaluate.loss(corpus, corpus.X, corpus.Y, logits) == pytest.approx(corpus.baseline, abs=1e-6)


# The loss: our own, and for nothing but logits.


def test_the_loss_is_cross_entropy_and_leaves_out_what_is_padding():
    corpus = corpora.padded_names()(WORDS[:2500])
    logits = torch.randn(*corpus.held_out.shape, 27) * 5
    theirs = F.cross_entropy(logits.double().flatten(0, 1), corpus.labels.flatten(), ignore_index=-1).item()
    assert evaluate.loss(corpus, corpus.held_out, corpus.labels, logits) == pytest.approx(theirs, abs=1e-9)


def test_large_logits_do_not_overflow():
    corpus = corpora.windows(1)(WORDS[:2500])
    logits = torch.zeros(len(corpus.held_out), 27)
    logits[:, 3] = 9e5
    assert math.isfinite(evaluate.loss(corpus, corpus.held_out, corpus.labels, logits))


@pytest.mark.parametrize("value", [float("nan"), float("inf"), -float("inf"), 1e30])
def test_a_single_bad_entry_is_refused(value):
    corpus = corpora.windows(1)(WORDS[:2500])
    logits = torch.zeros(len(corpus.held_out), 27)
    logits[17, 4] = value
    with pytest.raises(Refused):
        evaluate.loss(corpus, corpus.held_out, corpus.labels, logits)


# The order of the data.


def test_the_order_of_the_data_does_not_hang_on_how_it_is_asked_for():
    one = TRAININGS[0]
    whole = order(one, 1000, 0, 60, 300, 5)
    pieces = [order(one, 1000, first, 20, 300, 5) for first in (0, 20, 40)]
    assert torch.equal(whole[0], torch.cat([piece[0] for piece in pieces]))
    assert torch.equal(whole[1], torch.cat([piece[1] for piece in pieces]))
    assert whole[2] == [seed for piece in pieces for seed in piece[2]]
    assert not torch.equal(order(one, 1000, 0, 60, 300, 6)[0], whole[0])
    assert order(one, 1000, 0, 60, 300, 6)[2] == whole[2], "what reaches the student's process hangs on the seed"


def test_the_rate_drops_where_it_should():
    one = TRAININGS[0]
    rates = order(one, 1000, 0, 300, 300, 5)[1]
    drop = round(one.drop * 300)
    assert (rates[:drop] == one.lr).all()
    assert torch.allclose(rates[drop:], torch.tensor(one.lr / 10, dtype=torch.float64))


# Findings, from records made by hand.


def run_of(*held_out, **fields):
    points = [Point(100 * i, None, loss, float(i)) for i, loss in enumerate(held_out)]
    step = 100 * (len(held_out) - 1)
    return Run(asked=step, step=step, points=points, seconds=10.0, **({"seen": held_out[-1]} | fields))


def evidence(run, target=2.3, wrong=(), **fields):
    training = replace_training(**fields)
    corpus = corpora.windows(1)(WORDS[:2500])
    yardstick = Yardstick(run_of(3.3, 2.2, examination=healthy()), 100.0)
    return Evidence(training, corpus, run, yardstick, target, wrong)


def replace_training(**fields):
    values = {"corpus": corpora.windows(1), "quick": Budget(100, 0.1), "full": Budget(100, 0.1), "lr": 0.1, "points": 1}
    return Training(lambda m, given: {}, **(values | fields), part="part9", name="by_hand")


def healthy(**fields):
    plain = {
        "losses": [3.3, 3.0],
        "update": {"W": 0.01, "C": 0.02},
        "data": {"W": 1.0, "C": 1.0},
        "again": {"W": 1.0, "C": 1.0},
    }
    return Examination(**(plain | fields))


def test_a_run_below_its_target_passes_and_one_above_does_not():
    assert verdict_on(evidence(run_of(3.3, 2.4, 2.29))).status == "passed"
    assert verdict_on(evidence(run_of(3.3, 2.4, 2.31))).status == "not_converged"


@pytest.mark.parametrize(
    ("run", "name", "status"),
    [
        (run_of(3.3, 1.2, 0.4), finding.LEAK, "failed"),
        (run_of(3.3, 2.2, 2.2, look=Look(future=True)), finding.FUTURE, "failed"),
        (run_of(3.3, 2.0, 1.9, look=Look(blind=2.4)), finding.FUTURE, "failed"),
        (run_of(2.4, 2.2, 2.2), finding.NOT_FRESH, "failed"),
        (run_of(3.3, 2.2, 2.2, look=Look(batch=True)), finding.TRAINING, "failed"),
        (run_of(3.3, 2.2, 2.2, look=Look(noisy=True)), finding.NOISY, "failed"),
        (run_of(3.3, 2.2, 2.2, examination=healthy(update={"W": 0.0, "C": 0.0})), finding.IDLE, "failed"),
        (run_of(3.3, 2.2, 2.2, examination=healthy(update={"W": 0.01, "C": 0.0})), finding.FROZEN, "failed"),
        (run_of(3.3, 2.2, 2.2, examination=healthy(losses=[3.3, 3.5])), finding.UPHILL, "failed"),
        (run_of(3.3, 2.2, 2.2, examination=healthy(again={"W": 2.0, "C": 1.9})), finding.PILE, "failed"),
        (run_of(3.3, 2.2, 2.2, examination=healthy(update={"W": 0.1, "C": 0.2})), finding.NO_RATE, "failed"),
        (msgspec.structs.replace(run_of(3.3, 2.2, 2.2), seconds=0.001), finding.TOO_FAST, "failed"),
        (run_of(3.3, stopped="nan"), finding.NAN, "not_converged"),
        (run_of(3.3, 3.2, 3.2, look=Look(constant=True)), finding.CONSTANT, "not_converged"),
        (run_of(3.3, 2.5, 2.5, seen=2.2), finding.OVERFITTED, "not_converged"),
        (run_of(3.3, 2.5, 2.45, 2.449, 2.449, 2.449), finding.PLATEAU, "not_converged"),
        (run_of(3.3, 2.9, 2.7, 2.6, 2.5), finding.UNDERFITTED, "not_converged"),
        (run_of(3.3, 2.9, stopped="time"), None, "timed_out"),
        (run_of(3.3, 2.9, stopped="interrupted"), None, "not_run"),
    ],
)
def test_each_finding_has_its_name(run, name, status):
    found = verdict_on(evidence(run))
    assert (found.status, found.name) == (status, name), found.message
    assert len(found.message) > 40


def test_running_statistics_that_stand_still_are_named():
    mine = healthy(update={"W": 0.01, "bn.running_mean": 0.0}, again={"W": 1.0, "bn.running_mean": 0.0})
    theirs = healthy(update={"W": 0.01, "bn.running_mean": 0.3})
    one = evidence(run_of(3.3, 2.2, examination=mine))
    one = replace(one, yardstick=Yardstick(run_of(3.3, 2.2, examination=theirs), 100.0))
    assert verdict_on(one).name == finding.EVALUATING


def test_a_start_outside_its_band_is_named_with_and_without_the_target():
    above = verdict_on(evidence(run_of(27.0, 2.9, 2.5), first=(3.2, 3.4)))
    below = verdict_on(evidence(run_of(27.0, 2.9, 2.2), first=(3.2, 3.4)))
    assert (above.status, above.name) == ("not_converged", finding.START)
    assert (below.status, below.name) == ("failed", finding.START)


def test_what_a_check_measures_beside_the_loss_has_to_hold():
    run = run_of(3.3, 2.2, bands={"the distance": (0.5, 0.0, 0.1)})
    assert (verdict_on(evidence(run)).status, verdict_on(evidence(run)).name) == ("failed", "the distance")
    assert Band(0.5, 0.0, 0.1).side == 1


def test_not_converged_is_not_called_wrong():
    text = verdict_on(evidence(run_of(3.3, 2.9, 2.7, 2.6, 2.5))).message
    assert "wrong" not in text
    assert "2.500, the target 2.300" in text


# What is declared.


@pytest.mark.parametrize("training", TRAININGS, ids=lambda t: t.id)
def test_every_training_check_is_complete(training):
    assert training.title
    assert training.points > 0
    assert training.quick.steps % training.block == 0
    assert training.full.steps % training.block == 0
    assert training.full.steps > training.quick.steps
    assert training.full.margin >= training.quick.margin
    part = COURSE.part(training.part)
    assert set(training.rests_on) <= set(part.exercises)
    assert "reference" not in source_of(training.recipe)
    assert training.bugs


def test_every_part_has_one_and_two_have_a_speedrun():
    assert {t.part for t in TRAININGS} >= {f"part{n}" for n in range(8)}
    races = [part.id for part in COURSE.parts() if declared(COURSE, part, "training", Speedrun)]
    assert races == ["part2", "part5"]


# Records.


def record(**fields):
    plain = {
        "time": "2026-11-26T00:00:00Z", "id": "part2.training.reach_target", "status": "passed", "loss": 2.2,
        "target": 2.3, "seconds": 3.0, "steps": 100, "budget": "quick", "device": "cpu", "seed": 0, "file": "a.py",
        "submission": "x", "data": "y", "grader": "0.1",
    }  # fmt: skip
    return records.Record(**(plain | fields))


def test_the_best_loss_of_each_and_the_best_time_of_a_speedrun():
    found = records.best(
        [
            record(loss=2.25), record(loss=2.21), record(loss=2.1, status="failed"), record(loss=None, status="crashed"),
            record(device="cuda", loss=2.3), record(file="b.py", loss=2.0),
            record(id="part2.speedrun", budget="speedrun", loss=2.09, seconds=2.0),
            record(id="part2.speedrun", budget="speedrun", loss=2.1, seconds=1.0),
        ]
    )  # fmt: skip
    assert [(r.id, r.device, r.file, r.loss) for r in found] == [
        ("part2.speedrun", "cpu", "a.py", 2.1),
        ("part2.training.reach_target", "cpu", "b.py", 2.0),
        ("part2.training.reach_target", "cpu", "a.py", 2.21),
        ("part2.training.reach_target", "cuda", "a.py", 2.3),
    ]


def test_a_book_is_only_added_to_and_a_bad_name_is_shown_and_not_obeyed(tmp_path):
    book = tmp_path / "folder" / "book.jsonl"
    records.append([record(file="\x1b[2Jx.py")], book)
    first = book.read_bytes()
    records.append([record()], book)
    assert book.read_bytes().startswith(first)
    found, damaged = records.read([book])
    assert (len(found), damaged) == (2, 0)
    assert "\x1b" not in "".join(records.table(records.best(found)))


def test_a_book_that_can_not_be_written_is_a_clear_error(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(UsageError, match="can't be written"):
        records.append([record()], tmp_path / "file" / "book.jsonl")
    with pytest.raises(UsageError, match="can't be read"):
        records.read([Path(tmp_path / "nowhere.jsonl")])


# Calibration.


@pytest.mark.parametrize(
    ("t", "degrees", "probability"),
    [(0.0, 5, 0.5), (3.396, 29, 0.001), (2.045, 29, 0.025), (-2.045, 29, 0.975), (12.706, 1, 0.025)],
)
def test_the_tail_of_students_t_is_that_of_the_tables(t, degrees, probability):
    assert calibrate.tail(t, degrees) == pytest.approx(probability, rel=0.01)
    assert calibrate.tail(math.inf, degrees) == 0.0


def test_a_step_may_write_into_its_batch_and_meets_nobody_elses():
    met = []

    def recipe(m, given):
        W = torch.ones(3, requires_grad=True)

        def step(X, Y, lr):
            met.append(X.clone())
            X *= W  # autograd follows it, as into any tensor of the student's own
            X.sum().backward()
            return X.sum().item()

        return {"step": step, "logits": lambda X: X, "tensors": lambda: {"W": W}}

    X, Y = torch.rand(20, 3), torch.arange(20)
    kept = X.clone()
    rows = torch.randint(0, 20, (6, 5))
    Trainer(recipe, None, Namespace({}), X, Y, "cpu", 1).steps(rows, torch.full((6,), 0.1), [1, 2])
    assert torch.equal(torch.stack(met), kept[rows])
    assert torch.equal(X, kept)
