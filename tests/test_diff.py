"""`grader diff`: the three tables hide nothing, fit the terminal, and are there for whatever can be wrong."""

import json
import math

import pytest
import students
import torch
from safetensors import safe_open
from safetensors.torch import load, load_file

from grader import expect
from grader.attempt import Answer
from grader.comparison import Comparison
from grader.course import Course
from grader.differences import Difference, differences, smallest
from grader.judge import compare
from grader.report import difference, tables
from grader.report.saved import saved
from grader.values import Namespace
from grader.verdict import judge
from grader.wire import Foreign

NAN, INF = math.nan, math.inf
DOUBLE = "def double(x):\n    return {}"


def wrong(expected, got, label="x", given=None):
    """All that a comparison finds wrong, as differences."""
    from grader.differences import member

    found = [c for c in compare(label, 0, expected, expected, got) if c.fault]
    given = given or Namespace({"n": 3})
    return [Difference(c, given, member(label, expected, c.label), member(label, got, c.label)) for c in found]


def shown(expected, got, width=80, height=14, **more):
    lines = difference.lines(wrong(expected, got, **more), width, height)
    assert max(map(len, lines)) <= width
    return "\n".join(lines)


def marks(text):
    return [word for word in text.split() if word.startswith(">") and word.endswith("<")]


# --- What must not pass -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    "shape", [(2,), (300,), (1, 9), (9, 1), (3, 4), (64, 27), (2, 3, 4), (2, 2, 40, 50), (1, 1, 1)]
)
@pytest.mark.parametrize("width", [20, 40, 80, 200])
def test_the_worst_entry_is_marked_in_each_table(shape, width):
    expected = torch.randn(shape, generator=torch.Generator().manual_seed(0))
    for place in {0, expected.numel() // 3, expected.numel() - 1}:
        got = expected.clone()
        got.view(-1)[place] = 77.125
        text = shown(expected, got, width)
        values = [float(word[1:-1]) for word in marks(text)]
        assert len(values) == 3
        assert values[0] == pytest.approx(expected.view(-1)[place].item(), abs=0.01)
        assert values[1:] == pytest.approx([77.125, 77.125 - expected.view(-1)[place].item()], abs=0.01)


@pytest.mark.parametrize(("strange", "word"), [(NAN, "nan"), (INF, "inf"), (-INF, "-inf")])
def test_what_is_no_number_is_a_word(strange, word):
    got = torch.tensor([[1.0, strange]])
    assert marks(shown(torch.ones(1, 2), got)) == [">1.000<", f">{word}<", f">{word}<"]


def test_a_small_difference_is_not_rounded_away():
    text = shown(torch.tensor([1.0, 2.0]), torch.tensor([1.0, 2.0001]))
    assert re_numbers(text.splitlines()[-1])[-1] == pytest.approx(1e-4, rel=0.01)
    assert text.splitlines()[-2].endswith(" .")


def re_numbers(line):
    return [float(word.strip("><")) for word in line.split() if word.strip("><")[:1] in "-0123456789"]


def test_numbers_of_every_size_can_be_read():
    for numbers in ([1e-30, 1.0], [1e30, 1.0], [1e-8, 2e-8], [123456.0, 0.0], [0.0, 0.0], [1e5, 1e-5]):
        one = torch.tensor(numbers)
        write = tables.form(one)
        for number in one.tolist():
            assert float(write(number)) == pytest.approx(number, rel=1e-3)
    assert tables.form(torch.tensor([3, 4]))(3) == "3"
    assert tables.form(torch.tensor([True]))(True) == "True"


@pytest.mark.parametrize(
    ("expected", "got", "said"),
    [
        (torch.zeros(1, 3) + 1, torch.ones(3), ["float32 (1, 3) was asked, float32 (3,) came", "1.000", "[2]"]),
        (torch.ones(2), torch.ones(2, dtype=torch.float64), ["float32 (2,) was asked, float64 (2,) came"]),
        (torch.ones(2), torch.ones(2).int(), ["int32 (2,) came"]),
        (torch.ones(2), torch.empty(0), ["no entries"]),
        (torch.ones(2), torch.tensor(1.5), ["float32 () came", "came      1.5"]),
        (torch.ones(2), None, ["None came"]),
        (torch.ones(2), [1.0, 2.0], ["a list of 2 came", "[1, 2]"]),
        (torch.ones(2), Foreign("numpy.ndarray"), ["a numpy.ndarray came"]),
        (torch.ones(2), "line\none\x1b[31m", ["a str came", "\\n"]),
        (torch.tensor(1.0), torch.tensor(2.0), ["1 of 1 entries", ">2.000<"]),
        (torch.tensor([True, False]), torch.tensor([True, True]), [">False<", ">True<", ">1<", ".\n"]),
        (torch.tensor([1, 2]), torch.tensor([1, 5]), [">2<", ">5<", ">3<"]),
        (2.5, 2.0, ["2.5 was expected, 2 came, the difference is -0.5"]),
        (2.5, NAN, ["nan came"]),
        (3, 4, ["3 was expected, 4 came"]),
        ("a", "b", ["'a' was expected, 'b' came"]),
        (True, False, ["True was expected, False came"]),
        ([1, 2], [1, 2, 3], ["a list of 2 was asked, a list of 3 came", "[1, 2, 3]"]),
        ({"a": 1}, {}, ["x['a'] is missing; an int was asked", "expected  1"]),
        ({"a": 1}, {"a": 1, "<b>\n": 2}, ["too many values: '<b>\\n'"]),
        (Namespace({"h": torch.ones(2)}), Namespace({"h": torch.zeros(2)}), ["x.h, float32 (2,): 2 of 2 entries"]),
        ({"a": torch.ones(2), "b": torch.ones(2)}, {"a": torch.zeros(2)}, ["x['a'], ", "x['b'] is missing"]),
        ({str(i): i for i in range(9)}, {str(i): -1 for i in range(9)}, ["Wrong as well: x['3'], x['4']"]),
    ],
)  # fmt: skip
def test_whatever_is_wrong_is_said(expected, got, said):
    text = shown(expected, got)
    for words in said:
        assert words in text, text
    assert all(c.isprintable() or c == "\n" for c in text)
    shown(expected, got, width=24)


def test_what_is_cut_off_is_said():
    expected, got = torch.zeros(2, 100, 60), torch.zeros(2, 100, 60)
    got[1, 50, 30] = 1
    text = shown(expected, got)
    assert "worst at [1, 50, 30]." in text
    assert "Of the shape (2, 100, 60), this is [1, :, :]." in " ".join(text.split())
    assert "rows 49 to 51 of 100" in " ".join(text.split())
    assert "columns" in text
    assert "Shown" not in shown(torch.zeros(3, 3), torch.ones(3, 3))


def test_small_tables_stand_beside_each_other():
    lines = shown(torch.zeros(3, 2), torch.ones(3, 2)).splitlines()
    assert lines[-5].split() == ["expected", "came", "difference"]
    assert lines[-4].split() == ["[0]", "[1]"] * 3


def test_the_inputs_are_said_in_short():
    given = Namespace({"f": Namespace({"a": torch.zeros(2, 3), "b": torch.tensor(1.5)}), "n": 3, "words": ["a", "b"]})
    text = difference.inputs(given)
    assert text == "n = 3, words = ['a', 'b'], f.a (2, 3), f.b = 1.5"


@pytest.mark.parametrize("width", range(30, 120, 7))
def test_the_inputs_are_cut_between_names(width):
    given = Namespace({"f": Namespace({f"name{i}": torch.zeros(2, 3, 4) for i in range(30)}), "n": -3})
    one = Difference(Comparison("x", 0, "values", "1", "2", 1, 1), given, 1, 2)
    lines = difference.lines([one], width, 14)[:2]
    assert max(map(len, lines)) <= width
    assert lines[1].endswith("(2, 3, 4), ...")
    for text in lines:
        assert text.count("(2, 3, 4)") == text.count("(") == text.count("name")


def test_a_long_input_is_wrapped_as_any_text():
    given = Namespace({"words": ["word"] * 40})
    one = Difference(Comparison("x", 0, "values", "1", "2", 1, 1), given, 1, 2)
    first, second, *_ = difference.lines([one], 60, 14)
    assert first.startswith("Given: words = ['word', 'word'")
    assert second.startswith("'word',")


def test_a_measured_number_is_said_with_its_bounds():
    one = Difference(Comparison("init: std", 0, "values", "0.9 to 1.1", "2", 1, 1), Namespace({}), 1, 2, measured=True)
    assert "init: std is 2; of a right answer it is 0.9 to 1.1." in difference.lines([one], 80, 14)
    assert not one.drawable


def test_what_is_saved_can_be_loaded():
    memory = torch.zeros(4, 6)
    given = Namespace({"f": Namespace({"a": memory[:, :2], "b": memory.T}), "n": 3, "pair": [memory, memory],
                       "words": {("a",): 1}, "odd": NAN})  # fmt: skip
    content, names, plain = saved(
        wrong({"W1": torch.ones(2, 2), "n": 1}, {"W1": torch.zeros(2, 2).T, "n": 2}, given=given)
    )
    values = load(content)
    assert set(values) == set(names)
    assert set(names) == {"given.f.a", "given.f.b", "given.pair.0", "given.pair.1", "expected.x.W1", "got.x.W1"}
    assert torch.equal(values["expected.x.W1"], torch.ones(2, 2))
    assert set(plain) == {"given.n", "given.words", "given.odd", "expected.x.n", "got.x.n"}
    assert load(saved(wrong(3, 4))[0]) == {}


@pytest.mark.slow
@pytest.mark.parametrize("part", [one.id for one in Course(students.ROOT).parts()])
def test_every_known_mistake_can_be_shown(part):
    """Each that gives wrong values, on each terminal; and saved. The first of each check is drawn."""
    course = Course(students.ROOT)
    one = course.part(part)
    loaded = course.load(one)
    count = 0
    for spec in one.checks:
        check = loaded[0][spec.id]
        cases = expect.cases(check, spec, 0)
        wanted = [expect.expected(check, loaded[1], case) for case in cases]
        imitations = expect.imitations(check, loaded[1], cases)
        for mistake in check.mistakes:
            answer = Answer(imitations(mistake), "", 0.0)
            result = judge(spec, check, cases, wanted, answer, imitations)
            found = differences(spec, result, loaded, answer, 0)
            assert bool(found) == (result.status == "failed") or not any(c.fault for c in result.details.comparisons)
            for width in (40, 80, 200) if found else ():
                lines = difference.lines(smallest(found), width, 14)
                assert lines
                assert max(map(len, lines)) <= width, (spec.id, mistake.name)
            if found:
                content, names, _ = saved(smallest(found))
                assert set(load(content)) == set(names)
                drawable = next((d for d in smallest(found) if d.drawable), None)
                assert drawable is None or mistake is not check.mistakes[0] or difference.image(drawable)
            count += bool(found)
    assert count > len(one.checks)


# --- The command --------------------------------------------------------------------------------------


@pytest.fixture
def answered(workspace):
    """Run `grader diff` on the mini course's solutions with some answers replaced."""

    def run(*arguments, columns="80", **answers):
        file = workspace / "exercises" / "part9_mini.py"
        file.write_text(students.solved(students.MINI, "part9_mini", **answers))
        return students.command("diff", *arguments, cwd=workspace, COLUMNS=columns)

    return run


def test_what_is_no_exercise_is_refused(workspace):
    for arguments, why in (
        ((), "Name an exercise"), (("part9",), "grader diff part9.double"), (("--plot", "part9.double"), "name it first"),
        (("part9.nothing",), "no exercise"), (("part9.double", "--save", "no/d.safetensors"), "no folder"),
        (("part9.double", "--plot", "exercises"), "is a folder"),
    ):  # fmt: skip
        done = students.command("diff", *arguments, cwd=workspace)
        assert (done.returncode, done.stdout) == (2, ""), arguments
        assert why in done.stderr


def test_a_wrong_answer_is_shown_drawn_and_saved(answered, workspace):
    done = answered("part9.double", "--plot", "--save", "d.safetensors", double=DOUBLE.format("x / 2"))
    assert (done.returncode, done.stderr) == (1, "")
    for words in (
        "It looks like this: halved.", "input 1 of 2: the smallest that is wrong.", "Given: x (3, 2)", "6 of 6 entries",
        "written   pictures/part9.double.png", "written   d.safetensors, 3 tensors.", "values = load_file('d.safetensors')",
        "# given.x, expected.double, got.double",
    ):  # fmt: skip
        assert words in done.stdout
    assert len(marks(done.stdout)) == 3
    assert all(len(line) <= 80 for line in done.stdout.splitlines())
    assert (workspace / "pictures" / "part9.double.png").read_bytes().startswith(b"\x89PNG")
    values = load_file(workspace / "d.safetensors")
    assert torch.equal(values["got.double"], values["given.x"] / 2)
    assert torch.allclose(values["expected.double"], values["given.x"] * 2)
    shrunk = answered("part9.shrink", "--save", "s.safetensors", "--plot", "s.png", "--seed", "7",
                      shrink="def shrink(x, n):\n    x /= n\n    return 'none'")  # fmt: skip
    assert shrunk.returncode == 1
    assert "a float was asked, a str came" in shrunk.stdout
    assert "not drawn" in shrunk.stdout
    with safe_open(workspace / "s.safetensors", "pt") as file:
        assert json.loads(file.metadata()["given.n"]) in (3, 4)
        assert json.loads(file.metadata()["got.shrink.greatest"]) == "none"


def test_what_has_no_values_is_said_as_run_says_it(answered):
    done = answered("part9.double", "--plot", double=DOUBLE.format("x.nothing"))
    assert done.returncode == 1
    assert "It raised AttributeError" in done.stdout
    assert "Nothing is written." in done.stdout


def test_a_right_answer_is_said(answered):
    done = answered("part9.double")
    assert done.returncode == 0
    assert "No difference: all is as expected." in done.stdout
