"""The pictures: what stands in them, that each says how to read it, and that no answer can upset them.

Structure is tested, not pixels. The probes run once, on the solutions, in this process; what can go wrong in a
student's process is tried in one.
"""

import importlib.util
import math
import random
import re
import subprocess
import sys

import numpy as np
import pytest
import torch
from matplotlib.colors import to_hex
from students import ROOT, command, solved

import grader.pictures
from grader import cells, data
from grader.course import Course
from grader.declared import source_of
from grader.errors import UsageError
from grader.notebook import plot
from grader.pictures import page, render, style
from grader.pictures.render import Drawn, NotDrawn
from grader.pictures.values import UnreadableError, Values
from grader.sandbox import Limits
from grader.student.workspace import Module

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("one_thread")]

COURSE = Course(ROOT)
PARTS = {part.id: part for part in COURSE.parts()}
WORDS = data.current(Course(ROOT)).words
PICTURES = {f"{id}.{one.name}": (part, one) for id, part in PARTS.items() for one in render.find(COURSE, part)}

# For each picture: how many panels, what their axes say, how many lines (histograms and bars included) and images.
SHAPES = {
    "part0.decision_boundary": (2, {"x[0]", "step"}, {"x[1]", "sum of squared errors"}, 3, 1),
    "part1.bigram_table": (1, {"second letter"}, {"first letter"}, 0, 1),
    "part2.learning_rates": (1, {"learning rate (log scale)"}, {"loss (mean cross-entropy)"}, 4, 0),
    "part2.training_loss": (1, {"step"}, {"loss (mean cross-entropy)"}, 4, 0),
    "part2.embedding": (1, {"first number of the embedding"}, {"second number"}, 3, 0),
    "part3.activations": (3, {"output of tanh"}, {"share of the values (log)"}, 15, 0),
    "part3.gradients": (3, {"gradient"}, {"share of the values (log)"}, 15, 0),
    "part3.dead_neurons": (2, {"neuron of the hidden layer"}, {"example"}, None, 2),
    "part3.batchnorm": (2, {"pre-activation (input of tanh)"}, {"share of the examples"}, 10, 0),
    "part3.grad_data": (1, {"std of the gradient / std of the weights (log scale)"}, {"matrix"}, 2, 0),
    "part3.update_data": (3, {"step"}, {"log10(std of update / std of weights)"}, 21, 0),
    "part4.dlogits": (2, {"letter", "gradient, times n"}, {"example", "letter"}, 1, 1),
    "part5.receptive_field": (2, {"time step of the input"}, set(), 2, 2),
    "part5.gated_reach": (1, {"time step of the input"}, {"size of the gradient (log scale)"}, 1, 0),
    "part5.losses": (1, {"step"}, {"loss (mean cross-entropy)"}, 3, 0),
    "part6.attention_pattern": (3, {"who is heard"}, {"who listens"}, 3, 3),
    "part7.gradients_through_time": (
        1, {"time step (the loss is at the last one)"}, {"norm of the gradient (log scale)"}, 3, 0,
    ),
}  # fmt: skip


@pytest.fixture(scope="module")
def solutions():
    """The solutions as modules, loaded when asked for."""
    loaded = {}

    def load(part):
        if part.id not in loaded:
            file = ROOT / "solutions" / f"{part.name}.py"
            spec = importlib.util.spec_from_file_location(f"solved_{part.id}", file)
            loaded[part.id] = importlib.util.module_from_spec(spec)
            spec.loader.exec_module(loaded[part.id])
        return vars(loaded[part.id])

    return load


@pytest.fixture(scope="module")
def computed(solutions):
    """What the probe of a picture answers for the solutions, with its inputs and the names that it asked for."""
    known = {}

    class Recorder(Module):
        def __init__(self, namespace, asked):
            super().__init__(namespace)
            self.asked = asked

        def __getattr__(self, name):
            self.asked.add(name)
            return super().__getattr__(name)

    def compute(id):
        if id not in known:
            part, picture = PICTURES[id]
            asked = set()
            torch.manual_seed(42)
            random.seed(42)
            given = render.inputs(picture, part, WORDS, 0)
            known[id] = (picture.probe(Recorder(solutions(part), asked), given), given, asked)
        return known[id]

    return compute


@pytest.fixture(scope="module")
def figure(computed):
    known = {}

    def make(id):
        if id not in known:
            _, picture = PICTURES[id]
            answer, given, _ = computed(id)
            with style.applied():
                values = Values(answer)
                known[id] = picture.make_figure(values, given)
                style.head(known[id], picture.title, picture.caption, values.remarks)
        return known[id]

    return make


@pytest.fixture
def sketchy(monkeypatch):
    """Pictures of a few pixels: quick to draw."""
    monkeypatch.setitem(style._STYLE, "figure.dpi", 25)


@pytest.fixture
def drawn(template, tmp_path):
    """The pictures of a part, or one of them, from the text of a student's file, in a student's process."""

    def draw(id, text, limits=None):
        part = PARTS[id.partition(".")[0]]
        chosen = [PICTURES[id][1]] if "." in id else render.find(COURSE, part)
        (tmp_path / "answer.py").write_text(text)
        code = cells.read(tmp_path / "answer.py", part.name)
        limits = limits or Limits(seconds=10, total=60)
        return list(render.render(COURSE, part, chosen, code, template, WORDS, 0, limits))

    return draw


# What must not pass.


@pytest.mark.parametrize("id", PARTS)
def test_stubs_are_not_drawn_and_say_what_is_missing(drawn, id):
    part = PARTS[id]
    results = drawn(id, (ROOT / "exercises" / f"{part.name}.py").read_text())
    assert [result.name for result in results] == [picture.name for picture in render.find(COURSE, part)]
    for result in results:
        assert isinstance(result, NotDrawn)
        needs = PICTURES[f"{id}.{result.name}"][1].needs
        assert re.match(rf"it needs ({'|'.join(needs)}), which is not written yet\. It is made with ", result.why)


RETURN = "def cross_entropy_backward(logits, Y):\n    return "
ANSWERS = {
    "raises": (RETURN + "1 / 0", "ZeroDivisionError: division by zero, in line 2"),
    "another shape": (RETURN + "logits[:3]", r"dlogits has the shape \(3, 27\), and \(32, 27\) was expected"),
    "a number": (RETURN + "3", r"dlogits has the shape \(\), and"),
    "text": (RETURN + "'<script>'", "dlogits holds a value of type str where a number was expected"),
    "None": (RETURN + "None", "dlogits holds None where"),
    "a class of its own": (RETURN + "type('X', (), {})()", "dlogits holds a value of type part4_backprop.X where"),
    "NaN": (RETURN + "logits * float('nan')", "dlogits holds no number that can be drawn"),
    "an empty tensor": (RETURN + "logits[:0]", "shape"),
    "autograd": (RETURN + "logits.sum().backward()", "against the rules here"),
    "ends the process": (RETURN + "__import__('os')._exit(3)", "exit code 3"),
    "never ends": ("def cross_entropy_backward(logits, Y):\n    while True: pass", "still running after 1 seconds"),
    "gone": ("x = 1", "it needs cross_entropy_backward, which is not defined"),
    "a cell that fails": ("cross_entropy_backward = nothing", "it needs cross_entropy_backward, and .*NameError"),
    "reads the solutions": (
        f"def cross_entropy_backward(logits, Y):\n    open({str(ROOT / 'solutions' / 'part4_backprop.py')!r})",
        "against the rules here",
    ),
}


@pytest.mark.parametrize("answer", ANSWERS)
def test_a_wrong_answer_gives_a_message(drawn, answer):
    text, message = ANSWERS[answer]
    [result] = drawn("part4.dlogits", text, Limits(seconds=1, total=60))
    assert isinstance(result, NotDrawn)
    assert re.search(message, result.why)
    assert "Traceback" not in result.why


def test_a_crash_costs_one_picture(drawn, sketchy):
    text = solved(ROOT, "part5_wavenet", causal_conv1d="def causal_conv1d(*arguments):\n    __import__('os')._exit(1)")
    results = {result.name: result for result in drawn("part5", text)}
    assert "exit code 1" in results["receptive_field"].why
    assert isinstance(results["losses"], Drawn)


def test_some_nan_are_left_out_and_said_so(drawn, sketchy):
    text = RETURN + "__import__('torch').where(logits > 2, float('nan'), logits)"
    [result] = drawn("part4.dlogits", text)
    assert isinstance(result, Drawn)
    assert re.match(r"Of the 864 numbers in dlogits, \d+ are NaN, infinite or beyond 1e12: left out", result.remarks[0])


def spoilt(value, how):
    """A value of an answer with its numbers replaced."""
    if isinstance(value, (list, tuple)):
        return [spoilt(one, how) for one in value]
    return how(value) if isinstance(value, (torch.Tensor, float)) else value


def holes(value):
    flat = torch.as_tensor(value).double().flatten().clone()
    flat[::2] = torch.tensor([math.nan, math.inf, -math.inf, 1e300, -1e11]).repeat(len(flat))[: len(flat[::2])]
    return flat.reshape(torch.as_tensor(value).shape)


HOSTILE = {
    "holes": holes,
    "zeros": lambda value: torch.zeros_like(torch.as_tensor(value), dtype=torch.double),
    "huge": lambda value: torch.sign(torch.as_tensor(value).double()) * 9e11,
}


@pytest.mark.parametrize("id", PICTURES)
def test_hostile_numbers_are_drawn_or_refused_by_name(computed, sketchy, monkeypatch, id):
    monkeypatch.setattr(style, "head", lambda figure, *texts: figure.set_layout_engine("none"))  # half of the time
    answer, given, _ = computed(id)
    for name, how in HOSTILE.items():
        hostile = {key: spoilt(value, how) for key, value in answer.items()}
        result = render.draw(PICTURES[id][1], hostile, given)
        why = getattr(result, "why", "")
        assert "the grader itself failed" not in why, (name, why)
        assert isinstance(result, Drawn) or "can't be drawn" in why, (name, why)


@pytest.mark.parametrize("id", PICTURES)
def test_hostile_values_are_refused(computed, id):
    answer, given, _ = computed(id)
    for name in answer:
        for wrong in ("text", None, torch.zeros(0), torch.full((2, 3), math.nan), [[1.0], [2.0, 3.0]], {}, []):
            result = render.draw(PICTURES[id][1], answer | {name: wrong}, given)
            assert isinstance(result, NotDrawn)
            assert re.match(rf"its values can't be drawn: .*{name}", result.why)
    for wrong in (None, [], "text", torch.zeros(3), {}):
        assert "its values can't be drawn" in render.draw(PICTURES[id][1], wrong, given).why


def test_our_own_fault_is_said_as_such(computed, monkeypatch):
    _, picture = PICTURES["part4.dlogits"]
    monkeypatch.setattr(picture, "make_figure", lambda values, given: 1 / 0)
    answer, given, _ = computed("part4.dlogits")
    assert "this is our mistake, please report it" in render.draw(picture, answer, given).why


def test_values_are_read_in_their_shape():
    values = Values({"x": [1, 2.0, True], "y": [torch.tensor(1.0), math.nan]})
    assert values.numbers("x", 3).tolist() == [1, 2, 1]
    assert not values.remarks
    assert np.isnan(values.numbers("y", 2)[1])
    assert values.remarks == ["Of the 2 numbers in y, 1 are NaN, infinite or beyond 1e12: left out."]
    with pytest.raises(UnreadableError, match="there is no z"):
        values.numbers("z")


def test_an_unknown_picture_is_named():
    with pytest.raises(UsageError, match=r"part4 has no picture 'dlogit'. There are dlogits."):
        render.find(COURSE, PARTS["part4"], ("dlogit",))


# What stands in the pictures.


def test_every_part_has_its_pictures():
    assert list(PICTURES) == list(SHAPES)


@pytest.mark.parametrize("id", PICTURES)
def test_what_stands_in_a_picture(figure, id):
    panels, x_labels, y_labels, lines, images = SHAPES[id]
    made = figure(id)
    axes = [one for one in made.axes if one.get_label() != "<colorbar>"]
    assert len(axes) == panels
    assert {re.sub(r", in 1e.*", "", one.get_xlabel()) for one in axes} - {""} == x_labels
    assert {one.get_ylabel() for one in axes} - {""} == y_labels
    assert (
        sum(len(one.images) + len([c for c in one.collections if hasattr(c, "get_coordinates")]) for one in axes)
        == images
    )
    drawn_lines = sum(len(one.lines) + len([p for p in one.patches if type(p).__name__ == "StepPatch"]) for one in axes)
    assert lines is None or drawn_lines == lines
    if panels > 1:
        assert all(one.get_title() for one in axes)
    bars = [one for one in made.axes if one.get_label() == "<colorbar>"]
    assert all(bar.get_ylabel() for bar in bars)
    several = any(len(one.lines) + len(one.patches) > 1 for one in axes)
    labelled = any(one.get_legend() for one in axes) or made.legends or images or id == "part4.dlogits"
    assert labelled or not several


@pytest.mark.parametrize("id", PICTURES)
def test_a_picture_says_how_to_read_it(figure, id):
    _, picture = PICTURES[id]
    assert 10 < len(picture.title) < 80
    assert 100 < len(picture.caption) < 400
    assert re.search("[Hh]ealthy|[Aa] good|[Aa]fter|same pattern|look for", picture.caption)
    texts = [text.get_text() for text in figure(id).texts]
    assert texts[0] == picture.title
    assert texts[1].replace("\n", " ") == picture.caption
    alt = style.alternative(figure(id), picture.title)
    assert alt.startswith(f"{picture.title}. Panel: ")
    assert "x axis: " in alt
    assert "  " not in alt


@pytest.mark.parametrize("id", PICTURES)
def test_colours_come_from_the_palette(figure, id):
    ordered = {to_hex(colour) for count in (5, 6) for colour in style.ordered(count)}
    known = {colour.lower() for colour in (*style.PALETTE, style.GREY, style.SHADE)} | ordered
    for axes in figure(id).axes:
        if axes.get_label() == "<colorbar>":
            continue
        assert {to_hex(line.get_color()) for line in axes.lines} <= known
        assert {to_hex(patch.get_edgecolor()) for patch in axes.patches if type(patch).__name__ == "StepPatch"} <= known
        maps = {image.get_cmap().name for image in (*axes.images, *axes.collections) if image.get_array() is not None}
        assert maps <= {style.AMOUNT, style.SIGNED, style.TWO.name}


def test_colours_are_told_apart_when_red_and_green_are_not():
    # Viénot, Brettel and Mollon (1999): how a reader without the red or the green cones sees a colour, in linear RGB.
    sights = {
        "protan": [[0.11238, 0.88762, 0.0], [0.11238, 0.88762, 0.0], [0.00401, -0.00401, 1.0]],
        "deutan": [[0.29275, 0.70725, 0.0], [0.29275, 0.70725, 0.0], [-0.02234, 0.02234, 1.0]],
        "all": np.eye(3).tolist(),
    }
    for name, sight in sights.items():
        seen = []
        for colour in style.PALETTE:
            linear = np.array([(int(colour[i : i + 2], 16) / 255) ** 2.2 for i in (1, 3, 5)])
            seen.append(np.clip(np.array(sight) @ linear, 0, 1) ** (1 / 2.2))
        apart = [np.linalg.norm(a - b) for i, a in enumerate(seen) for b in seen[:i]]
        assert min(apart) > 0.12, (name, min(apart))


def test_the_line_at_minus_3_is_there(figure):
    for axes in figure("part3.update_data").axes:
        [line] = [line for line in axes.lines if set(line.get_ydata()) == {-3}]
        assert line.get_linestyle() == "--"
        low, high = axes.get_ylim()
        assert low < -3 < high


def test_dead_neurons_are_marked(computed, figure):
    answer, _, _ = computed("part3.dead_neurons")
    wild, ready = figure("part3.dead_neurons").axes
    assert answer["dead"][0].sum() > 0
    assert list(wild.lines[0].get_xdata()) == answer["dead"][0].nonzero().flatten().tolist()
    assert not ready.lines


def test_the_receptive_field_doubles_and_sees_no_future(figure):
    plain, dilated = figure("part5.receptive_field").axes
    assert [np.sum(row > 0) for row in plain.images[0].get_array()] == [2, 3, 4, 5]
    assert [np.sum(row > 0) for row in dilated.images[0].get_array()] == [2, 4, 8, 16]
    assert "0 from the future" in figure("part5.gated_reach").axes[0].get_title()


def test_the_three_gradients_vanish_survive_and_explode(figure):
    vanishing, fine, exploding = (line.get_ydata() for line in figure("part7.gradients_through_time").axes[0].lines)
    assert vanishing[0] < 1e-6
    assert 1e-2 < fine[0] < 1e2
    assert exploding[0] > 1e6


def test_every_letter_is_in_the_embedding(figure):
    assert "".join(text.get_text() for text in figure("part2.embedding").axes[0].texts) == (
        '"."abcdefghijklmnopqrstuvwxyz'
    )


@pytest.mark.parametrize("id", PICTURES)
def test_a_probe_needs_what_it_says_and_no_more(computed, id):
    _, picture = PICTURES[id]
    assert computed(id)[2] == set(picture.needs)
    assert set(picture.needs) <= set(PICTURES[id][0].exercises)


@pytest.mark.parametrize("id", PICTURES)
def test_what_travels_is_the_probe_alone(id):
    source = source_of(PICTURES[id][1].probe)
    assert not re.search("reference|solutions|grader|matplotlib|style", source)
    compile(source, id, "exec")


# PNG, page, command, notebook.


@pytest.fixture(scope="module")
def results(computed):
    """Drawings of three pictures, and one that is not drawn."""
    three = [render.draw(PICTURES[id][1], *computed(id)[:2]) for id in ("part3.batchnorm", "part4.dlogits")]
    return [*three, NotDrawn("evil", "<b>Evil</b>", "it needs <script src='http://x.y'>alert(1)</script> & \"more\"")]


def test_pngs_are_small(results):
    for result in results[:-1]:
        assert result.png.startswith(b"\x89PNG\r\n\x1a\n")
        assert result.png.endswith(b"IEND\xaeB`\x82")
        assert len(result.png) < 120_000


def test_a_page_holds_everything_and_asks_for_nothing(results):
    text = page.page("<Part> & more", results)
    assert text.startswith("<!DOCTYPE html>")
    assert "<title>&lt;Part&gt; &amp; more</title>" in text
    assert "<script" not in text
    assert "<b>" not in text
    assert all(
        source.startswith("data:image/png;base64,")
        for source in re.findall(r"""(?:src|href|url)=?["'(]+([^"')]*)""", text.replace("&#x27;", ""))
    )
    assert len(re.findall(r'<img alt="[^"]{40,}" src="data:', text)) == len(results) - 1
    assert "is not drawn: it needs &lt;script" in text


def test_the_style_ends_with_the_picture(computed):
    import matplotlib

    before = dict(matplotlib.rcParams)
    answer, given, _ = computed("part3.batchnorm")
    render.draw(PICTURES["part3.batchnorm"][1], answer, given)
    assert dict(matplotlib.rcParams) == before


def test_the_command_draws(tmp_path):
    file = ROOT / "solutions" / "part6_gpt.py"
    done = command("plot", "part6", "--file", file, "--html", "page/p.html", cwd=tmp_path, course=ROOT)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.splitlines() == ["written   pictures/part6-attention_pattern.png", "written   page/p.html"]
    assert (tmp_path / "pictures" / "part6-attention_pattern.png").read_bytes().startswith(b"\x89PNG")
    assert "attention_pattern" in (tmp_path / "page" / "p.html").read_text()


def test_the_command_on_stubs(tmp_path):
    (tmp_path / "exercises").mkdir()
    (tmp_path / "exercises" / "part4_backprop.py").write_text((ROOT / "exercises" / "part4_backprop.py").read_text())
    done = command("plot", "part4", cwd=tmp_path, course=ROOT)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("not drawn dlogits: it needs cross_entropy_backward, which is not written yet.")
    assert not (tmp_path / "pictures").exists()


def test_a_part_without_pictures(workspace):
    done = command("plot", "part9", cwd=workspace)
    assert (done.returncode, done.stdout, done.stderr) == (0, "part9 has no pictures.\n", "")


def test_pictures_lie_in_the_workspace_wherever_one_is_in_it(workspace):
    (workspace / "notes").mkdir()
    (workspace / "pictures").write_text("in the way")
    done = command("plot", "part9", cwd=workspace / "notes")
    said = "grader: ../pictures is not a folder. Name another one with --out.\n"
    assert (done.returncode, done.stdout, done.stderr) == (2, "", said)


BAD_CALLS = {
    "no such part": (["plot", "part12"], "There is no part 'part12'"),
    "no such file": (["plot", "part4", "--file", "nowhere.py"], "There is no file nowhere.py"),
    "a file for a folder": (
        ["plot", "part6", "--file", ROOT / "solutions" / "part6_gpt.py", "--out", "taken"],
        "taken is not a folder",
    ),
    "a folder for a page": (["plot", "part6", "--html", "."], ". is a folder"),
}


@pytest.mark.parametrize("call", BAD_CALLS)
def test_bad_calls_exit_with_2_and_one_message(tmp_path, call):
    (tmp_path / "taken").write_text("")
    arguments, words = BAD_CALLS[call]
    done = command(*arguments, cwd=tmp_path, course=ROOT)
    assert done.returncode == 2
    assert words in done.stderr
    assert "Traceback" not in done.stderr


def test_listing_the_commands_imports_neither_torch_nor_matplotlib():
    code = "import sys, grader.cli; print({'torch', 'matplotlib', 'numpy'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "set()\n"


def test_a_notebook_shows_the_same(solutions, sketchy):
    torch.manual_seed(1)
    before = torch.get_rng_state()
    html = plot("part6", solutions(PARTS["part6"]))._repr_html_()
    assert "data:image/png;base64," in html
    assert torch.equal(torch.get_rng_state(), before)


def test_a_notebook_says_what_is_missing():
    namespace = {}
    stub = "def cross_entropy_backward(logits, Y):\n    raise NotImplementedError"
    assert "which is not defined" in plot("part4", namespace)._repr_html_()
    exec(compile(stub, "cell", "exec"), namespace)
    # A cell's lines are known to linecache in a notebook; here they are not.
    import linecache

    linecache.cache["cell"] = (len(stub), None, stub.splitlines(keepends=True), "cell")
    assert "which is not written yet" in plot("part4", namespace, "dlogits")._repr_html_()
    namespace["cross_entropy_backward"] = lambda logits, Y: "text"
    assert "a value of type str" in plot("part4", namespace)._repr_html_()


def test_matplotlib_gets_a_folder_where_home_is_closed(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("MPLCONFIGDIR", raising=False)
    monkeypatch.setenv("HOME", str(tmp_path / "nowhere"))
    grader.pictures._settle_cache()
    import os

    assert os.environ["MPLCONFIGDIR"] == str(tmp_path / ".grader" / "matplotlib")
