"""What must not pass: answers that were not learned, and steps that were not made."""

import json
from types import SimpleNamespace

import pytest
import students
import torch
import trainees
from safetensors.torch import save_file

from grader import cells
from grader.checks.trainees import descend, held
from grader.course import Course
from grader.data import read
from grader.errors import UsageError
from grader.training import corpus as corpora
from grader.training import yardstick
from grader.training.checkpoint import Keeper, Setting
from grader.training.diagnose import finding
from grader.training.finding import Evidence
from grader.training.grade import Listener, Plan, grade, seed_for
from grader.training.race import Mark
from grader.training.run import Point, Run
from grader.training.run import run as run_of
from grader.training.yardstick import Yardstick

PART = "part9_train"


@pytest.fixture(scope="module")
def course(tmp_path_factory):
    return trainees.course(tmp_path_factory.mktemp("training") / "course")


@pytest.fixture(params=trainees.DEVICES)
def trained(request, course, template, tmp_path, monkeypatch):
    """Train answers of the tiny course; the result of its first check (or another one)."""
    monkeypatch.chdir(course)  # the reference's run is kept there

    def run(name="a_table", seed=0, before="", **answers):
        text = students.solved(course, PART, **answers)
        text = text.replace("# %%\nimport torch\n", f"# %%\nimport torch\n{before}\n")
        path = tmp_path / "answer.py"
        path.write_text(text)
        one = Course(course)
        part = one.part("part9")
        submission = cells.read(path, PART)
        plan = Plan("quick", request.param, seed)
        (result,) = grade(one, part, submission, template, plan, Listener(), lambda t: t.name == name)
        return result

    return run


def test_the_solution_passes(trained):
    result = trained()
    assert (result.status, result.points) == ("passed", 2), result.message


def table(course, renumbered_for=None):
    """Log-probabilities of the bigrams in the kit's own names, as a literal."""
    corpus = corpora.bigrams(8_000)(read(course / "data" / "names.txt").words)
    if renumbered_for is not None:
        corpus = corpora.renumbered(corpus, seed_for(renumbered_for, "part9.training.a_table", "letters"))
    return [[round(number, 3) for number in row] for row in (corpus.table + 1e-4).log().tolist()]


def test_memorised_logits_are_worth_nothing_once_the_letters_are_renumbered(trained, course):
    result = trained(answer=f"def answer(W, X):\n    return torch.tensor({table(course)})[X]")
    assert result.status == "not_converged"
    assert result.curve.last > result.curve.target + 0.3


def test_weights_that_were_trained_before_are_worth_nothing_either(trained, course):
    steps = f"def descend(W, X, Y, lr):\n    W.copy_(torch.tensor({table(course)}))\n    return 2.5"
    result = trained(descend=steps)
    assert result.status in ("failed", "not_converged")
    assert result.curve.last > result.curve.target


def test_weights_for_the_very_permutation_are_not_fresh(trained, course):
    """The public seed's permutation can be worked out. A network that knows before its first step is refused."""
    result = trained(answer=f"def answer(W, X):\n    return torch.tensor({table(course, 0)})[X]")
    assert (result.status, result.mistake) == ("failed", "the network was not new")


def test_who_tells_the_moons_apart_before_the_first_step_is_not_new():
    """Points have no letters that could be renumbered: whoever knows the two circles knows them under any seed."""
    corpus = corpora.moons(200)([])
    points = [Point(step, None, 0.18, 1.0) for step in (0, 300)]
    evidence = Evidence(
        SimpleNamespace(own_steps=True, first=None),
        corpus,
        Run(300, 300, points, 1.0),
        yardstick.Yardstick(Run(300, 300, [], 1.0), 300.0),
        0.2,
        (),
    )
    assert (finding(evidence).status, finding(evidence).name) == ("failed", "the network was not new")


def test_and_under_a_secret_seed_they_are_worth_nothing(trained, course):
    result = trained(seed=123, answer=f"def answer(W, X):\n    return torch.tensor({table(course, 0)})[X]")
    assert result.status == "not_converged"


def test_labels_that_were_not_given_do_not_help(trained, course):
    """A step that reads the names from disk and counts all of them, held-out ones included."""
    steps = f"""
def descend(W, X, Y, lr, done=[]):
    if id(W) in done:
        return 2.5
    done.append(id(W))
    words = open({str(course / "data" / "names.txt")!r}).read().split()
    number = dict(zip('.abcdefghijklmnopqrstuvwxyz', range(27)))
    pairs = torch.tensor([(number[a], number[b]) for w in words for a, b in zip('.' + w, w + '.')])
    W.zero_().index_put_((pairs[:, 0], pairs[:, 1]), torch.ones(len(pairs)), accumulate=True)
    W.copy_((W + 1).log())
    return 2.5
"""
    result = trained(descend=steps.strip())
    assert result.status != "passed"


@pytest.mark.parametrize(
    ("answer", "name"),
    [
        ("return W[X] * float('nan')", "NaN or infinity"),
        ("return torch.full((len(X), 27), float('inf'))", "NaN or infinity"),
        ("return 1e30 * torch.nn.functional.one_hot(X, 27).float()", "certainty"),
        ("return torch.zeros(len(X), 1)", "another shape"),
        ("return torch.zeros(0, 27)", "another shape"),
        ("return torch.zeros(len(X), 27, dtype=torch.int64)", "no floats"),
        ("return [0.0] * 27", "no logits"),
        ("return None", "no logits"),
        ("return type('T', (torch.Tensor,), {})(len(X), 27).as_subclass(type('U', (torch.Tensor,), {}))", "no logits"),
    ],
)
def test_answers_that_are_no_logits_are_refused_by_name(trained, answer, name):
    result = trained(answer=f"def answer(W, X):\n    {answer}")
    assert (result.status, result.mistake) == ("failed", name), result.message
    assert result.points == 0


def test_constant_logits_are_named(trained):
    result = trained(answer="def answer(W, X):\n    return (W + 0 * W.mean(0)).mean(0).expand(len(X), 27)")
    assert (result.status, result.mistake) == ("not_converged", "the same answer to every input")


def test_a_patched_clock_buys_no_time(trained):
    """The clock is the grader's: a thousand patched ones in the student's process change nothing."""
    before = "import time\nsleep = time.sleep\ntime.perf_counter = time.monotonic = time.time = lambda: 0.0"
    result = trained(
        before=before, descend=trainees.DESCEND.replace("    probs =", "    sleep(0.3)\n    probs =").strip()
    )
    assert result.status == "timed_out"
    assert result.curve.seconds > result.curve.allowed


def test_a_step_that_does_nothing_is_named(trained):
    result = trained(descend="def descend(W, X, Y, lr):\n    return 2.5")
    assert (result.status, result.mistake) == ("failed", "no parameter moves")


def test_what_the_step_says_of_its_loss_earns_nothing(trained):
    steps = trainees.DESCEND.replace("alpha=-lr", "alpha=lr").replace("return loss", "return 0.0").strip()
    result = trained(descend=steps)
    assert result.points == 0
    assert result.curve.last > result.curve.target


@pytest.mark.parametrize(
    ("step", "status"),
    [
        ("import os; os._exit(0)", "crashed"),
        ("raise KeyboardInterrupt", "crashed"),
        ("import sys; sys.exit(0)", "crashed"),
        ("return 'low'", "crashed"),
        ("return None", "crashed"),
        ("import os; os.kill(os.getppid(), 9)", "crashed"),
        ("import os\n    if os.fork(): os._exit(0)\n    return 2.5", "crashed"),
        ("open('/dev/null').read(); import reference", "broken_rule"),
    ],
)
def test_a_step_that_ends_or_cheats_the_process_costs_its_own_check(trained, step, status):
    result = trained(descend=f"def descend(W, X, Y, lr):\n    {step}")
    assert result.status == status, result.message
    assert result.points == 0
    assert trained().status == "passed"


def test_a_reply_that_is_too_large_is_refused(trained):
    result = trained(answer="def answer(W, X):\n    return torch.zeros(20_000, 1_000)")
    assert result.status == "crashed"
    assert "larger than" in result.message or "Memory" in result.message


def test_logits_that_hang_on_the_company_are_named(trained):
    result = trained(answer="def answer(W, X):\n    return W[X] + 0.2 * X.float().mean() * torch.arange(27.0) / 27")
    assert (result.status, result.mistake) == ("failed", "BatchNorm is in training mode while it is evaluated")


def test_logits_that_are_drawn_at_random_are_named(trained):
    result = trained(
        answer="def answer(W, X, calls=[0]):\n    calls[0] += 1\n    return W[X] + 0.1 * torch.arange(27.0) * (calls[0] % 2)"
    )
    assert (result.status, result.mistake) == ("failed", "dropout is on while the model is evaluated")


@pytest.mark.parametrize(
    ("change", "name"),
    [
        (("alpha=-lr /", "alpha=lr /"), "the steps go uphill"),
        (("alpha=-lr /", "alpha=-1 /"), "the learning rate is not applied"),
    ],
)
def test_first_steps_are_looked_at(trained, change, name):
    result = trained(descend=trainees.DESCEND.replace(*change).strip())
    assert result.mistake == name, (result.status, result.message)
    assert result.status == "failed"


def test_gradients_that_pile_up_are_named(trained):
    steps = trainees.DESCEND.replace("(W, X, Y, lr)", "(W, X, Y, lr, pile={})").replace(
        "    W.index_add_",
        "    key = id(W)\n    pile[key] = pile.get(key, torch.zeros_like(W)).index_add(0, X, probs)\n"
        "    W -= lr / len(X) * pile[key]\n    return loss\n    W.index_add_",
    )
    result = trained(descend=steps.strip())
    assert (result.status, result.mistake) == ("failed", "the gradients are not flushed")


def test_an_exercise_that_does_not_pass_is_named_even_where_the_loss_is_reached(trained):
    result = trained("rests_on_both", answer="def answer(W, X):\n    return W[X] + 0.001")
    assert result.status == "failed"
    assert "part9.answer does not pass" in result.message
    assert result.curve.last <= result.curve.target


def test_what_is_not_written_is_not_run(trained):
    result = trained("rests_on_both", answer="def answer(W, X):\n    raise NotImplementedError")
    assert (result.status, result.curve) == ("not_run", None)
    assert "answer" in result.message


def test_no_label_that_is_held_out_crosses(course, template, tmp_path, monkeypatch):
    """All that is sent to the student's process, searched for the labels."""
    from grader import attempt

    monkeypatch.chdir(course)
    sent = []
    exchange = attempt.Attempt.exchange

    def spy(self, request, blob, seconds):
        sent.append(blob)
        return exchange(self, request, blob, seconds)

    monkeypatch.setattr(attempt.Attempt, "exchange", spy)
    one = Course(course)
    part = one.part("part9")
    submission = cells.read(course / "solutions" / f"{PART}.py", PART)
    (result,) = grade(
        one, part, submission, template, Plan("quick", "cpu", 0), Listener(), lambda t: t.name == "a_table"
    )
    assert result.status == "passed"
    corpus = corpora.bigrams(8_000)(read(course / "data" / "names.txt").words)
    corpus = corpora.renumbered(corpus, seed_for(0, "part9.training.a_table", "letters"))
    everything = b"".join(sent)
    assert corpus.Y.numpy().tobytes() in everything, "the test looks in the wrong place"
    assert corpus.labels[:200].numpy().tobytes() not in everything


# Replies that the student's process forges: they may cost the student something, and never the grader.

FORGED = "import torch\nfrom grader import wire\nfrom grader.student import session, trainer\n"
NO_EXAMINATION = FORGED + "trainer.Trainer.examine = lambda self, rows, lr: {{'losses': torch.zeros(3), {}}}"


@pytest.mark.parametrize(
    "rest",
    [
        "'update': {'W': 1.0}, 'data': {'W': 1.0}, 'again': {}",
        "'update': {'W': 1.0}, 'data': {'W': float('inf')}, 'again': {'W': 1.0}",
        "'update': {'W': 1e-320}, 'data': {'W': 1e300}, 'again': {'W': 1.0}",
        "'losses': torch.zeros(0), 'update': {}, 'data': {}, 'again': {}",
    ],
)
def test_a_forged_examination_does_not_bring_the_grader_down(trained, rest):
    assert trained(before=NO_EXAMINATION.format(rest)).status in ("passed", "failed")


def test_a_forged_snapshot_does_not_bring_the_grader_down(trained, monkeypatch):
    """One tensor under two names: the library that writes checkpoints refuses that with an error of its own."""
    monkeypatch.setattr("grader.training.checkpoint.EVERY", 0.0)
    twice = """
def send(self, message, blob=b""):
    if isinstance(message.get("value"), dict) and message["value"].get("dict", [[0]])[0][0] == "W":
        message["value"] = {"dict": [["W", {"tensor": 0}], ["again", {"tensor": 0}]]}
    self._data.sendall(wire.frame({"nonce": self._nonce, **message}, blob))
session.Session._send = send
"""
    result = trained(before=FORGED + twice)
    assert result.status == "crashed"
    assert "can't be read" in result.message


class Slow:
    """A trainee whose steps and looks are each within the time, and together far above it."""

    seconds = 0.0

    def steps(self, rows, rates, seeds, patience):
        assert patience > 0
        self.seconds += 3.0
        return torch.zeros(len(rows))

    def logits(self, X, patience):
        self.seconds += 3.0
        return torch.zeros(len(X), 27)


def test_time_that_runs_out_in_a_look_has_run_out(course):
    corpus = corpora.bigrams(8_000)(read(course / "data" / "names.txt").words)
    training = SimpleNamespace(block=20, batch=64, lr=1.0, drop=0.7)
    done = run_of(training, corpus, Slow(), 400, 0, 4.0)
    assert (done.stopped, done.step, done.seconds) == ("time", 40, 6.0)


# Files of .grader that somebody has edited.


def deep(depth=100_000):
    return "[" * depth + "]" * depth


@pytest.mark.parametrize(
    "content",
    [
        '{"run": {"asked": 9, "step": 9, "points": [], "seconds": 1.0}, "steps_per_second": RATE}'.replace("RATE", rate)
        for rate in ("0", "-1", "1e-300")
    ]
    + ['{"run": DEEP}'.replace("DEEP", deep()), '{"unknown": DEEP}'.replace("DEEP", deep()), "\xff", "[]"],
    ids=["zero", "negative", "tiny", "deep", "deep and unknown", "no text", "a list"],
)
def test_a_yardstick_that_was_edited_is_measured_again(tmp_path, monkeypatch, content):
    monkeypatch.chdir(tmp_path)
    kept = tmp_path / ".grader" / "yardsticks"
    kept.mkdir(parents=True)
    (kept / "one.json").write_bytes(content.encode("latin-1"))
    assert yardstick.kept("one", Yardstick, lambda: "measured") == "measured"
    (kept / "two.json").write_text('{"seconds": -1, "loss": 2.0}')
    assert yardstick.kept("two", Mark, lambda: "measured") == "measured"


SETTING = Setting("hash", "data", "quick", 0, "cpu")
POINT = {"step": 0, "told": None, "held_out": 3.3, "seconds": 0.0}
SO_FAR = {"asked": 400, "step": 200, "points": [POINT], "seconds": 0.5}


@pytest.fixture
def edited(tmp_path, monkeypatch):
    """A checkpoint with another run in it; what the keeper reads."""
    monkeypatch.chdir(tmp_path)

    def read(run, **tensors):
        keeper = Keeper("part9.training.a_table", SETTING)
        keeper.path.parent.mkdir(parents=True, exist_ok=True)
        text = run if isinstance(run, str) else json.dumps(run)
        about = {
            "run": text,
            "setting": json.dumps({name: getattr(SETTING, name) for name in SETTING.__struct_fields__}),
        }
        save_file(tensors or {"W": torch.zeros(27, 27)}, keeper.path, metadata=about)
        return keeper.read(400)

    return read


def test_a_checkpoint_is_read(edited):
    assert edited(SO_FAR)[0].step == 200


@pytest.mark.parametrize(
    "change",
    [
        {"step": 400},
        {"step": 10**30},
        {"step": -20},
        {"asked": 401},
        {"points": []},
        {"points": [POINT | {"step": 300}]},
        {"seconds": -1e300},
        {"seconds": 1e300},
        {"stopped": "fault"},
    ],
    ids=str,
)
def test_a_checkpoint_that_no_run_has_written_is_refused(edited, change):
    with pytest.raises(UsageError, match="can't be read"):
        edited(SO_FAR | change)


@pytest.mark.parametrize(
    "text", ['{"x": DEEP}', '{"asked": 1, "step": 0, "points": [], "seconds": 0, "fault": {"x": DEEP}}']
)
def test_a_checkpoint_that_is_nested_without_end_is_refused(edited, text):
    with pytest.raises(UsageError, match="can't be read"):
        edited(text.replace("DEEP", deep()))


def test_a_checkpoint_of_numbers_that_are_not_sent_is_refused(edited):
    with pytest.raises(UsageError, match="complex64"):
        edited(SO_FAR, W=torch.zeros(3, dtype=torch.complex64))


def test_what_stands_in_the_way_of_checkpoints_is_said_and_costs_no_verdict(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    keeper = Keeper("part9.training.a_table", SETTING)
    keeper.path.parent.mkdir(parents=True)
    keeper.path.write_bytes(b"one")
    (keeper.path.with_suffix(".before.safetensors") / "folder").mkdir(parents=True)
    with pytest.raises(UsageError, match="can't be moved"):
        keeper.set_aside()
    keeper.path.unlink()
    keeper.path.mkdir()
    keeper.done()


# Honest students.


@pytest.mark.parametrize("told", ["np.float64(loss)", "np.float32(loss)", "torch.tensor(loss)", "int(loss)"])
def test_a_loss_is_a_number_of_any_kind(trained, told):
    steps = trainees.DESCEND.replace("return loss", f"return {told}").strip()
    result = trained(before="import numpy as np", descend=steps)
    assert result.status == "passed", result.message


def test_losses_that_were_not_averaged_are_named(trained):
    result = trained(descend=trainees.DESCEND.replace(".log().mean().item()", ".log()").strip())
    assert result.status == "crashed"
    assert "a tensor of shape (64,)" in result.message


def test_a_first_step_to_nan_is_not_called_a_step_that_does_nothing(trained):
    result = trained(descend="def descend(W, X, Y, lr):\n    W.fill_(float('nan'))\n    return float('nan')")
    assert (result.status, result.mistake) == ("not_converged", "the loss is NaN")


def test_what_a_layer_keeps_may_change_its_shape_in_a_step():
    """A cache that is there from the start, for one example, is one for a whole batch later."""
    from grader.student.trainer import Trainer

    def recipe(m, given):
        layer = SimpleNamespace(weight=torch.ones(3), cache=torch.zeros(2, 2), gone=torch.zeros(2))

        def step(X, Y, lr):
            layer.weight, layer.cache = layer.weight - lr, torch.zeros(len(X), 5)
            vars(layer).pop("gone", None)
            return 1.0

        return {"step": step, "logits": lambda X: X, "tensors": lambda: held([layer])}

    trainer = Trainer(recipe, None, SimpleNamespace(), torch.zeros(8), torch.zeros(8), "cpu", 0)
    assert list(trainer.examine(torch.arange(4), 0.1)["update"]) == ["0.weight"]
    trainer.steps(torch.zeros(1, 4, dtype=torch.int64), torch.ones(1), [0])
    trainer.restore(trainer.snapshot())


def test_layers_may_know_each_other_and_modules_and_classes():
    layers = [SimpleNamespace(weight=torch.full((2,), float(i)), kind=torch.nn.Linear, F=torch.nn) for i in range(30)]
    for layer in layers:
        layer.me, layer.model, layer.act = layer, SimpleNamespace(layers=layers), torch.tanh
    layers[3].weight = layers[0].weight
    found = held(layers)
    assert sorted(found) == sorted(f"{i}.weight" for i in range(30))


def test_a_parameter_that_no_gradient_reaches_stays_where_it_is():
    """The finding calls it frozen; descend itself does not stop at it."""
    used, unused = (torch.ones(2, requires_grad=True) for _ in range(2))
    descend((used * used).sum(), [used, unused], 0.25)
    assert used.tolist() == [0.5, 0.5]
    assert unused.tolist() == [1.0, 1.0]


@pytest.mark.parametrize(
    ("cell", "status", "why"),
    [
        ("return W[X", "crashed", "SyntaxError"),
        ("return W[X]\n\n1 / 0", "passed", ""),
        ("pass\n\ndel answer", "failed", "no answer"),
    ],
)
def test_a_name_is_missing_because_its_cell_has_failed(trained, cell, status, why):
    result = trained(answer=f"def answer(W, X):\n    {cell}")
    assert result.status == status, result.message
    assert why in result.message


# Interrupted.


@pytest.mark.parametrize("stage", ["checking", "timing", "first steps", "at step 1", "begin"])
def test_an_interruption_at_any_stage_is_a_result(course, template, tmp_path, monkeypatch, stage):
    monkeypatch.chdir(tmp_path)  # where the reference has not been timed yet

    def say(text):
        if stage in text:
            raise KeyboardInterrupt

    def progress(now):
        if stage == "at step 1":
            raise KeyboardInterrupt

    one = Course(course)
    submission = cells.read(course / "solutions" / f"{PART}.py", PART)
    plan, listener = Plan("quick", "cpu", 0), Listener(say=say, progress=progress, begin=lambda t: say("begin"))
    results = grade(one, one.part("part9"), submission, template, plan, listener)
    assert [result.status for result in results] == ["not_run"]
    assert results[0].message.startswith("Interrupted")
    assert "nan" not in results[0].message
    assert "Nothing is lost" not in results[0].message  # there is no checkpoint yet


def test_resume_says_where_there_is_nothing_to_go_on_from(course, template, tmp_path, monkeypatch):
    monkeypatch.chdir(course)
    said = []
    one = Course(course)
    submission = cells.read(course / "solutions" / f"{PART}.py", PART)
    (result,) = grade(
        one, one.part("part9"), submission, template, Plan("quick", "cpu", 0, True), Listener(say=said.append),
        lambda t: t.name == "a_table",
    )  # fmt: skip
    assert result.status == "passed"
    assert any("no interrupted run" in text for text in said)
