"""What must not pass: answers that were not learned, and steps that were not made."""

import pytest
import students
import trainees

from grader import cells
from grader.course import Course
from grader.data import read
from grader.training import corpus as corpora
from grader.training.grade import Listener, Plan, grade, seed_for

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


def test_and_under_a_secret_seed_they_are_worth_nothing(trained, course):
    result = trained(seed=123, answer=f"def answer(W, X):\n    return torch.tensor({table(course, 0)})[X]")
    assert result.status == "not_converged"


def test_labels_that_were_not_given_do_not_help(trained, course):
    """A step that reads the names from disk and counts all of them, held-out ones included."""
    steps = f"""
def descend(W, X, Y, lr):
    words = open({str(course / "data" / "names.txt")!r}).read().split()
    pairs = torch.tensor([(ord(a) % 32 % 14, ord(b) % 32 % 14) for w in words for a, b in zip('.' + w, w + '.')])
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
    result = trained(answer="def answer(W, X):\n    return torch.zeros(20_000, 10_000)")
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
