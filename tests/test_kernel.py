"""`%grade` in a real kernel: the same verdicts as the command's on a file of the same cells, and nothing left behind.

One kernel serves most of the tests. What an earlier test has defined in it, a later one defines anew.
"""

import json
import os
import re
import signal
import socket
import sys
import time
from types import SimpleNamespace

import jupyter_client
import msgspec
import psutil
import pytest
import students
import torch
from students import MINI, command, solved

from grader.cells import Submission
from grader.course import Spec
from grader.kernel import inputs
from grader.kernel.answering import Temporary, _answer
from grader.kernel.attempt import KernelAttempt
from grader.kernel.extension import _words
from grader.kernel.line import Line
from grader.kernel.stops import stopped_only_in_probes
from grader.student.session import Answers
from grader.student.workspace import Module
from grader.values import Namespace
from grader.wire import encode, packed

PATIENCE = 60


class Notebook:
    """A kernel and what it answers."""

    def __init__(self, folder, **environment):
        self.folder = folder
        self.manager = jupyter_client.KernelManager()
        self.manager.start_kernel(cwd=str(folder), env=os.environ | {"GRADER_COURSE": str(MINI)} | environment)
        self.client = self.manager.blocking_client()
        self.client.start_channels()
        self.client.wait_for_ready(timeout=PATIENCE)

    def run(self, code, meanwhile=lambda: None):
        """Run a cell; what came of it: `html`, `text`, `printed`, and of an error `error` and `shown`."""
        came = SimpleNamespace(html="", text="", printed="", error="", shown="", displayed=0)
        asked = self.client.execute(code)
        meanwhile()
        while True:
            message = self.client.get_iopub_msg(timeout=PATIENCE)
            if message["parent_header"].get("msg_id") != asked:
                continue
            kind, content = message["msg_type"], message["content"]
            if kind == "execute_result":
                came.text, came.html = content["data"]["text/plain"], content["data"].get("text/html", "")
            elif kind == "display_data":
                came.displayed += 1
            elif kind == "stream":
                assert content["name"] == "stdout", content["text"]  # nbgrader takes anything on stderr for a failure
                came.printed += content["text"]
            elif kind == "error":
                came.error, came.shown = content["ename"], "\n".join(content["traceback"])
            elif kind == "status" and content["execution_state"] == "idle":
                self.client.get_shell_msg(timeout=PATIENCE)
                return came

    def value(self, expression):
        """What an expression is worth, by way of JSON."""
        came = self.run(f"print(__import__('json').dumps({expression}))")
        assert not came.error, came.shown
        return json.loads(came.printed)

    def cells(self, text):
        """Run the code cells of a py:percent text; what they raise is no matter here."""
        for cell in json.loads(students.as_notebook(text))["cells"]:
            if cell["cell_type"] == "code":
                self.run("".join(cell["source"]))

    def results(self, *names):
        """The results of a run by id."""
        report = self.value(f"grade(*{list(names or ['part9'])}).report")
        return {result["id"]: result for result in report["results"]}

    def helper(self):
        """The process that judges."""
        return psutil.Process(
            self.value("__import__('grader.kernel.extension').kernel.extension._desk._helper._process.pid")
        )

    def close(self):
        self.client.stop_channels()
        self.manager.shutdown_kernel(now=True)


@pytest.fixture(scope="module")
def desk(tmp_path_factory):
    """A student's folder."""
    folder = tmp_path_factory.mktemp("desk")
    (folder / "exercises").mkdir()
    (folder / "exercises" / "part9_mini.py").write_text((MINI / "exercises" / "part9_mini.py").read_text())
    return folder


@pytest.fixture(scope="module")
def notebook(desk):
    """A kernel with the extension, in exercises/ as a notebook would be."""
    one = Notebook(desk / "exercises")
    assert not one.run("%load_ext grader").error
    one.run("import torch, os, sys")
    yield one
    one.close()


@pytest.fixture
def same(notebook, template, tmp_path):
    """Grade a text in the kernel and as a notebook file; the results by id, once they are the same."""

    def run(text=None, **answers):
        text = solved(MINI, "part9_mini", **answers) if text is None else text
        path = tmp_path / "answer.ipynb"
        path.write_text(students.as_notebook(text))
        there = students.grade(template, path, MINI, "part9_mini")
        notebook.cells(text)
        here = notebook.results()
        assert [*map(told, here.values())] == [*map(told, map(msgspec.to_builtins, there.values()))]
        return here

    return run


def told(result):
    """What a result says, but for where the lines stand."""
    texts = [
        result["message"],
        *(f"{f['file']}:{f['line']} {f['function']} {f['code']}" for f in result["details"]["trace"]),
    ]
    texts = [re.sub(r"In \[\d+\]|answer\.ipynb, code cell \d+(?: \(\w+\))?", "HERE", text) for text in texts]
    texts = [re.sub(r"\bpart9_mini\.Fake|__main__\.Fake", "Fake", text) for text in texts]
    return *(result[key] for key in ("id", "status", "points", "mistake")), texts, result["details"]["output"]


def double(body):
    return f"def double(x):\n    {body}"


# --- What must not pass -----------------------------------------------------------------------------

WRONG = {
    "half": ({"double": double("return x / 2")}, "failed", "halved"),
    "nothing": ({"double": double("pass")}, "failed", "None came"),
    "NaN": ({"double": double("return x * float('nan')")}, "failed", "NaN or infinity"),
    "another dtype": ({"double": double("return (x + x).double()")}, "failed", "the dtype is wrong"),
    "the columns": ({"row_sums": "def row_sums(x):\n    return x.sum(0, keepdim=True)"}, "failed", "the columns are summed"),
    "squared": ({"double": double("return x * x")}, "failed", None),
    "not in place": (
        {"shrink": "def shrink(x, n):\n    greatest = x.max().item()\n    x = x / n\n    return greatest"},
        "failed", "a new tensor instead of the old one",
    ),
    "an input changed": ({"double": double("return x.mul_(2)")}, "failed", "an input is changed in place"),
    "a stub": ({"double": double("raise NotImplementedError()")}, "not_attempted", None),
    "an exception": ({"double": double("return x @ x")}, "crashed", None),
    "a name that is not there": ({"double": double("return twice(x)")}, "crashed", None),
    "sys.exit": ({"double": double("__import__('sys').exit()")}, "crashed", None),
    "an unspeakable exception": (
        {"double": "class Mute(Exception):\n    def __str__(self):\n        return 1 / 0\n"
                   "def double(x):\n    raise Mute"},
        "crashed", None,
    ),
    "a question": ({"double": double("return x * float(input('how many? '))")}, "crashed", None),
    "recursion": ({"double": double("return double(x)")}, "crashed", None),
    "autograd in the source": (
        {"double": double("y = x.clone().requires_grad_(); return torch.autograd.grad(y.sum(), y)[0] * 2 * x")},
        "broken_rule", None,
    ),
    "autograd by another name": (
        {"double": double("y = x.clone(); getattr(torch, 'auto' + 'grad').grad(y, y); return x + x")},
        "broken_rule", None,
    ),
    "autograd, and swallowed": (
        {"double": "def double(x):\n    try:\n        getattr(x, 'back' + 'ward')()\n    except BaseException:\n"
                   "        pass\n    return x + x"},
        "broken_rule", None,
    ),
    "the reference": (
        {"double": double("return __import__('reference.part9_' + 'mini').part9_mini.double(x)")}, "broken_rule", None,
    ),
    "gradients left off": (
        {"double": double("torch.set_grad_enabled(False); return x + x + 1")}, "failed", None,
    ),
    "a copy of the process": (
        {"double": "import os\ndef double(x):\n    return x + x if os.fork() == 0 else x / 2"}, "failed", "halved",
    ),
    "a fake tensor": (
        {"double": "class Fake(torch.Tensor):\n    pass\ndef double(x):\n    return (x + x).as_subclass(Fake)"},
        "failed", "not the type that was asked",
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", WRONG)
def test_what_is_wrong_on_the_command_line_is_wrong_here(same, case):
    answers, status, mistake = WRONG[case]
    [name] = answers
    result = same(**answers)[f"part9.{name}"]
    assert (result["status"], result["mistake"], result["points"]) == (status, mistake, 0)


def test_stubs_are_to_do(same):
    results = same((MINI / "exercises" / "part9_mini.py").read_text())
    assert {result["status"] for result in results.values()} == {"not_attempted"}


def test_a_verdict_does_not_outlive_its_function(notebook):
    notebook.run(double("return x + x"))
    assert "passed" in notebook.run("%grade part9.double").html
    notebook.run(double("return x / 2"))
    came = notebook.run("%grade part9.double")
    assert "passed" not in came.html
    assert "halved" in came.html
    notebook.run("del double")
    came = notebook.run("%grade part9.double")
    assert re.search(r"The kernel has no double, though In \[\d+\] defines it", came.text)
    assert came.text.startswith("FAILED")


def test_a_rule_is_broken_by_any_cell_that_was_run(notebook):
    notebook.run("def grab(x):\n    return torch.autograd.grad(x.sum(), x)")
    notebook.run(double("return x + x if True else grab(x)"))
    came = notebook.run("%grade part9.double")
    assert re.search(r"BROKEN RULE +0/1 .*\n +torch.autograd.grad, by way of grab, \(In \[\d+\], line 2\)", came.text)


SHADOWS = """
isinstance = print = json = given = In = grade = hint = type = str = len = open = msgspec = wire = None
import builtins
torch.allclose = torch.equal = lambda *a, **k: True
"""


def test_names_that_stand_for_something_else_help_nobody(notebook):
    notebook.run(f"kept = torch.allclose, torch.equal, grade, hint\n{SHADOWS}")
    notebook.run(double("return x / 2"))
    came = notebook.run("%grade part9.double")
    assert came.text.startswith("FAILED")
    assert "It looks like this: halved." in came.html
    notebook.run(double("return x + x"))
    assert notebook.run("%grade part9.double").text.startswith("passed")
    notebook.run(
        "torch.allclose, torch.equal, grade, hint = kept\ndel isinstance, print, json, type, str, len, open, In"
    )


def test_what_is_left_behind_is_said(notebook):
    notebook.run("before = torch.tanh\n" + double("torch.tanh = torch.sin; return x + x"))
    came = notebook.run("%grade part9.double")
    assert "Note: part9.double has changed torch or Python itself" in came.text
    assert "Note: </strong>part9.double has changed torch" in came.html
    notebook.run("torch.tanh = before")


# --- The stop button, and processes that end ---------------------------------------------------------

ENDLESS = """
def double(x):
    open("started", "w").close()
    while True:
        pass
"""


def stop_when_started(notebook):
    started = notebook.folder / "started"

    def press():
        wait(started.exists)
        started.unlink()
        notebook.manager.interrupt_kernel()

    return press


def wait(until):
    deadline = time.monotonic() + PATIENCE
    while not until():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.02)


def test_the_stop_button_ends_a_loop_and_nothing_else(notebook):
    notebook.run(ENDLESS)
    helper = notebook.helper()
    for code in ("%grade part9.double", "grade('part9')"):
        came = notebook.run(code, stop_when_started(notebook))
        assert came.error == "Stopped"
        assert came.shown == (
            "Stopped while part9.double was running. Is there a loop that never ends? There is no verdict."
        )
    notebook.run(double("return x + x"))
    assert notebook.run("%grade part9.double").text.startswith("passed")
    assert notebook.helper().pid == helper.pid


def test_who_waits_for_the_process_can_stop_too(notebook):
    notebook.run(double("return x + x"))
    notebook.helper().kill()

    def press():
        time.sleep(0.5)  # it imports torch meanwhile
        notebook.manager.interrupt_kernel()

    came = notebook.run("%grade part9.double", press)
    assert (came.error, came.shown) == ("Stopped", "Stopped. There is no verdict.")
    assert notebook.run("%grade part9.double").text.startswith("passed")


def test_a_process_that_was_killed_is_started_again(notebook):
    notebook.run(double("return x + x"))
    before = notebook.helper()
    before.kill()
    assert notebook.run("%grade part9.double").text.startswith("passed")
    assert notebook.helper().pid != before.pid
    assert not before.is_running()


def test_a_process_that_is_killed_in_the_middle_is_started_again(notebook):
    pid = notebook.helper().pid
    notebook.run(double(f"os.kill({pid}, 9) if not os.path.exists('killed') else 0; open('killed', 'w'); return x + x"))
    assert notebook.run("%grade part9.double").text.startswith("passed")
    assert (notebook.folder / "killed").exists()


def test_a_process_that_always_ends_is_told_of(notebook):
    notebook.run(double("sys.modules['grader.kernel.extension']._desk._helper._process.kill(); return x + x"))
    came = notebook.run("%grade part9.double")
    assert came.error == "Notice"
    assert came.shown == "The grader's process has ended before there was a verdict. Please report this."


def test_a_kernel_leaves_no_process_behind(desk):
    one, fork = Notebook(desk), 0
    try:
        one.run("%load_ext grader")
        helper, kernel = one.helper(), one.value("__import__('os').getpid()")
        assert os.getsid(helper.pid) != os.getsid(kernel)
        # Nothing has been run in this one yet.
        came = one.run("grade('part9')")
        assert "not run     0/1 part9.double" in came.text
        assert "The kernel has no double yet: run the cell that defines it." in came.text
        one.manager.restart_kernel(now=True)
        one.client.wait_for_ready(timeout=PATIENCE)
        wait(lambda: not helper.is_running())
        one.run("%load_ext grader")
        helper, kernel = one.helper(), one.value("__import__('os').getpid()")
        one.run(
            "fork = __import__('os').fork()\nif not fork: __import__('time').sleep(600)"
        )  # it holds all that is open
        fork = one.value("fork")
        os.kill(kernel, signal.SIGKILL)
        wait(lambda: not helper.is_running())
        assert psutil.pid_exists(fork)
    finally:
        one.close()
        if fork and psutil.pid_exists(fork):
            os.kill(fork, signal.SIGKILL)


# --- The kernel stays as it was -----------------------------------------------------------------------

STATE = """
def state():
    return [
        str(torch.get_default_dtype()), torch.is_grad_enabled(), torch.get_num_threads(), torch.get_rng_state().tolist(),
        list(__import__('random').getstate()[1]), [repr(finder) for finder in sys.meta_path], repr(sys.stdout),
        repr(sys.stderr), repr(__import__('signal').getsignal(2)), repr(torch.Tensor.backward), repr(torch.autograd.grad),
        repr(torch.inference_mode), torch._C._len_torch_function_stack(), torch.is_inference_mode_enabled(),
        repr(get_ipython().display_pub.publish), repr(input), sorted(name for name in sys.modules if name.startswith(HIDDEN)),
    ]
HIDDEN = "reference", "grader.checks", "grader.judge", "grader.pipeline"
"""


def test_the_kernels_own_state_is_kept(notebook):
    notebook.cells(solved(MINI, "part9_mini"))
    notebook.run(STATE)
    notebook.run("torch.set_default_dtype(torch.float64); torch.set_grad_enabled(False); torch.manual_seed(1)")
    notebook.run("threads = torch.get_num_threads(); torch.set_num_threads(2)")
    before = notebook.value("state()")
    assert before[-1] == []
    assert notebook.results()["part9.double"]["status"] == "passed"
    assert notebook.value("state()") == before
    notebook.run(ENDLESS)
    notebook.run("%grade part9", stop_when_started(notebook))
    assert notebook.value("state()") == before
    notebook.run("torch.set_default_dtype(torch.float32); torch.set_grad_enabled(True); torch.set_num_threads(threads)")


def test_the_button_spares_what_is_not_the_students():
    reached = []
    with pytest.raises(KeyboardInterrupt), stopped_only_in_probes():
        signal.raise_signal(signal.SIGINT)
        reached.append("ours")
    with pytest.raises(KeyboardInterrupt), stopped_only_in_probes():
        exec(compile("signal.raise_signal(2)\nreached.append('theirs')", "<probe x>", "exec"), globals(), locals())
    assert reached == ["ours"]
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_nothing_is_left_wherever_the_button_is_pressed():
    """Press it before each line that runs, one after the other, and look at what is left."""

    class Publisher:
        def publish(self):
            pass

    shell = SimpleNamespace(display_pub=Publisher())
    module = Module({"double": lambda x: x + x})
    values = packed(Namespace({"x": torch.ones(2)}))
    request = {
        "id": "x", "nonce": "", "function": "p", "source": "def p(m, given):\n    return m.double(given.x)",
        "forbids": ["autograd", "softmax"], "cases": [{"x": values["x"].key}],
        "values": [{"key": v.key, "tree": v.tree, "size": len(v.blob)} for v in values.values()],
    }  # fmt: skip

    def state():
        return (
            *sys.meta_path, sys.stdout, sys.stderr, torch.Tensor.backward, torch.autograd.grad, torch.inference_mode,
            vars(torch._C).get("_EngineBase"), torch._C._len_torch_function_stack(), torch.is_inference_mode_enabled(),
            torch.get_num_threads(), torch.get_default_dtype(), signal.getsignal(signal.SIGINT), *vars(shell.display_pub),
        )  # fmt: skip

    def once(press_at):
        lines = 0

        def trace(frame, event, _):
            nonlocal lines
            if "/grader/" in frame.f_code.co_filename or frame.f_code.co_filename.startswith("<probe"):
                lines += event == "line"
                if event == "line" and lines == press_at:
                    signal.raise_signal(signal.SIGINT)
            return trace

        others = sys.gettrace()
        sys.settrace(trace)
        try:
            _answer(request, values["x"].blob, Answers(module, Temporary(), set(), (KeyboardInterrupt,)), {}, shell)
        except KeyboardInterrupt:
            return True
        finally:
            sys.settrace(others)
        return False

    before = state()
    assert not once(0)
    pressed = 1
    while once(pressed):
        assert state() == before, pressed
        pressed += 1
    assert pressed > 100


def test_extensions_come_and_go(notebook):
    helper = notebook.helper()
    assert not notebook.run("%reload_ext grader").error
    assert not helper.is_running()
    helper = notebook.helper()
    notebook.run("hint = torch.ones(2)")
    assert not notebook.run("%unload_ext grader").error
    assert not helper.is_running()
    assert notebook.run("grade").error == "NameError"
    assert notebook.run("hint").text == "tensor([1., 1.])"  # another one than ours
    assert (
        "not found"
        in notebook.run(
            "try:\n    get_ipython().run_line_magic('grade', 'part9')\nexcept BaseException as error:\n    print(error)"
        ).printed
    )
    assert not notebook.run("%load_ext grader").error


# --- What is shown --------------------------------------------------------------------------------------


def test_solutions_pass(same, notebook, desk):
    results = same()
    assert {result["status"] for result in results.values()} == {"passed"}
    progress = (desk / ".grader" / "progress.txt").read_text()  # beside exercises/, where the command is run
    assert (
        progress
        == "part9.double passed\npart9.row_sums passed\npart9.row_sums.of_doubles passed\npart9.shrink passed\n"
    )
    notebook.run("del double")
    notebook.run("%grade part9.double")
    assert "part9.double failed" in (desk / ".grader" / "progress.txt").read_text()


def test_the_same_as_the_real_command(notebook, tmp_path):
    text = solved(MINI, "part9_mini", double=double("return x / 2"))
    (tmp_path / "answer.ipynb").write_text(students.as_notebook(text))
    done = command("run", "part9", "--file", "answer.ipynb", "--json", "-", cwd=tmp_path)
    there = json.loads(done.stdout)
    notebook.cells(text)
    here = notebook.value("grade('part9').report")
    assert [*map(told, here["results"])] == [*map(told, there["results"])]
    assert {**here, **dict.fromkeys(("results", "seconds", "file", "isolation", "layers"))} == {
        **there, **dict.fromkeys(("results", "seconds", "file", "isolation", "layers")),
    }  # fmt: skip
    assert (here["isolation"], here["layers"]) == ("none: in the notebook's kernel", [])


def test_one_verdict_is_a_card_and_several_a_table(notebook):
    notebook.cells(solved(MINI, "part9_mini", double=double("return x / 2")))
    one = notebook.run("%grade part9.double")
    assert one.html.count("<section") == 1
    assert "<table" in one.html
    assert "data:image/png;base64," in one.html
    assert "%hint part9.double" in one.html
    assert "For a hint: %hint part9.double" in one.text
    assert "grader hint" not in one.text
    assert re.search(r"double\[\d, \d\]", one.html)
    assert "exact: False | approximate: False | maxdiff: " in one.html
    several = notebook.run("%grade part9.double, part9.shrink")
    assert several.html.count("<details") == 2
    assert "0 of 2 points" in several.html
    assert notebook.run("grade('part9')").html.count('<th scope="row"') == 6  # two of them in a verdict
    assert notebook.run("grade('part9.double').points").text == "0"
    notebook.run("shown = grade('part9.double')")
    assert notebook.run("shown").html == one.html


def test_what_is_printed_is_shown_in_the_verdict(notebook):
    body = 'print("<b>hello</b>"); sys.stderr.write("\\ud800$x$"); display("there"); return x / 2'
    notebook.run(double(body))
    came = notebook.run("%grade part9.double")
    assert (came.printed, came.displayed) == ("", 0)
    assert "it printed, over all inputs:\n      <b>hello</b>\n      \\ud800$x$'there'" in came.text
    assert "&lt;b&gt;hello&lt;/b&gt;" in came.html
    assert "<b>" not in came.html
    notebook.run(double("[print('a' * 1000) for _ in range(1000)]; return x + x"))
    assert len(notebook.results("part9.double")["part9.double"]["details"]["output"]) == 2000
    after = notebook.run("print('here'); display('there')")
    assert (after.printed, after.displayed) == ("here\n", 1)


def test_what_the_grader_defines_is_no_variable_of_the_notebooks(notebook):
    assert notebook.value("sorted({'grade', 'hint'} & get_ipython().user_ns_hidden.keys())") == ["grade", "hint"]


def test_cells_with_magics_count(notebook):
    notebook.run("%%time\ndef double(x):\n    return torch.autograd.grad(x, x)")
    assert notebook.run("%grade part9.double").text.startswith("BROKEN RULE")
    notebook.run("%%time\ndef double(x):\n    return x + x")
    assert notebook.run("%grade part9.double").text.startswith("passed")


def test_hints_are_those_of_the_command(notebook, desk):
    for file in (desk / ".grader").glob("*.txt"):
        file.unlink()
    came = notebook.run("%hint part9.double")
    assert came.text == "part9.double, hint 1 of 3: Think of two of them.\n(once more for the next: %hint part9.double)"
    assert "Think of two of them." in came.html
    done = command("hint", "part9.double", cwd=desk)
    assert "hint 2 of 3" in done.stdout
    came = notebook.run("%hint part9.double")
    assert came.text.endswith("it comes after a try. Run what you have, right or wrong: %grade part9.double")
    assert "Add x to x" not in came.text + came.html
    notebook.run("def double(x):\n    return x")
    notebook.run("%grade part9.double")
    came = notebook.run("hint('part9.double')")
    assert "hint 3 of 3: Add x to x." in came.text
    assert "For the next" not in came.html


def test_a_folder_that_keeps_nothing_costs_no_verdict(tmp_path, notebook):
    (tmp_path / ".grader").write_text("in the way")
    notebook.run(double("return x + x"))
    notebook.run(f"os.chdir({str(tmp_path)!r})")
    assert notebook.run("%grade part9.double").text.startswith("passed")
    notebook.run(f"os.chdir({str(notebook.folder)!r})")


BAD_CALLS = {
    "nothing": ("%grade", 'Say what by name: grade("part4.dprobs"), or %grade part4.dprobs.'),
    "no name": ("grade(double)", 'Say what by name: grade("part4.dprobs"), or %grade part4.dprobs.'),
    "no hint": ("%hint", 'Say what by name: hint("part4.dprobs"), or %hint part4.dprobs.'),
    "no part": ("%grade part12", "There is no part 'part12'. The parts are part9: try `grader list`."),
    "no exercise": ("%grade part9.doubel", "There is no exercise 'part9.doubel'. Did you mean part9.double?"),
    "two parts": ("%grade part9.double part4", "One part at a time: part4 and part9 were named."),
    "a hint on a part": ("%hint part9", "Name one exercise, for example `%hint part9.double`."),
    "two hints": ("%hint part9.double part9.shrink", "Name one exercise, for example `%hint part9.double`."),
}


@pytest.mark.parametrize("call", BAD_CALLS)
def test_bad_calls_are_one_line(notebook, call):
    code, message = BAD_CALLS[call]
    notebook.run(double("return x"))
    came = notebook.run(code)
    assert (came.error, came.shown, came.printed) == ("Notice", message, "")


def test_words_of_a_line():
    assert _words(""" part9.double, 'part9.shrink'  "part9.row_sums" """) == [
        "part9.double",
        "part9.shrink",
        "part9.row_sums",
    ]


def test_a_reply_that_nobody_waited_for_is_no_answer():
    """As after an error of the grader's, between its asking and its listening."""
    ours, theirs = socket.socketpair()
    with Line(ours) as judge, Line(theirs) as kernel:
        attempt = KernelAttempt(judge, Submission("", "", ()), ())
        [late, due] = [Spec(f"part9.{name}", "part9", *[name] * 3, 1, (), None, (), (), "", MINI) for name in "ab"]
        for spec in (late, due):
            attempt.post(spec, "", [{}])
        _, nothing = encode(None)
        for value in (1, 2):
            asked, _ = kernel.receive()
            reply = {"outcomes": [{"value": value, "size": len(nothing)}], "spoilt": value == 1, "output": f"{value}"}
            kernel.send({"nonce": asked["nonce"], **reply}, nothing)
        answer = attempt.collect(1)
        assert (answer.outcomes[0].value, answer.output, attempt.notes([])) == (2, "2", [])


def test_places_need_no_kernel_of_a_certain_kind(monkeypatch):
    import linecache

    history = SimpleNamespace(
        input_hist_parsed=["", "x = 1\n\ny = 2", "z = 3", "x = 1\n\ny = 2"], input_hist_raw=["", " ", "%z", "q\ud800"]
    )
    shell = SimpleNamespace(history_manager=history)
    lines = ["x = 1\n", "\n", "y = 2\n"]
    monkeypatch.setattr(
        linecache,
        "cache",
        {"/tmp/a": (1, None, lines, "/tmp/a"), "b": (1, 0.0, ["z = 3"], "b"), "c": (print,), "d": (1, 1, ["q"], "d")},
    )
    assert inputs.places(shell) == {"/tmp/a": "In [3]", "b": "In [2]"}
    assert inputs.ran(shell) == [(2, "%z"), (3, "q?")]


# --- nbgrader -------------------------------------------------------------------------------------------


@pytest.fixture
def validating(notebook):
    notebook.run("os.environ['NBGRADER_EXECUTION'] = 'validate'")
    yield
    notebook.run("del os.environ['NBGRADER_EXECUTION']")


def test_validating_gives_points_or_an_error(notebook, validating):
    notebook.cells(solved(MINI, "part9_mini", double=double("return x / 2")))
    came = notebook.run("grade('part9.double')")
    assert came.error == "Notice"
    assert came.shown == ("FAILED part9.double: Twice the input\nIt looks like this: halved.\nThis is half, not twice.")
    came = notebook.run("grade('part9')")
    assert came.shown.startswith("FAILED part9.double")
    assert "skipped part9.shrink" in came.shown
    came = notebook.run("grade('part9.row_sums')")  # two checks, one of which needs double
    assert came.error == "Notice"
    notebook.run(double("return x + x"))
    assert (notebook.run("grade('part9.row_sums')").text, notebook.run("grade('part9.row_sums')").html) == ("3", "")


def test_nbgrader_validates(tmp_path, monkeypatch):
    from nbgrader.validator import Validator
    from traitlets.config import Config

    monkeypatch.setenv("GRADER_COURSE", str(MINI))

    def cell(name, source, points=None):
        marks = {"grade_id": name, "grade": True, "points": points, "locked": True, "solution": False, "task": False}
        metadata = {"nbgrader": marks | {"schema_version": 3, "cell_type": "code"}} if points else {}
        return {
            "cell_type": "code", "id": name, "metadata": metadata, "source": source, "outputs": [], "execution_count": None
        }  # fmt: skip

    made = [
        cell("a", "%load_ext grader\nimport torch"), cell("b", double("return x + x")),
        cell("c", "grade('part9.double')", 1), cell("d", "def row_sums(x):\n    return x.sum(0, keepdim=True)"),
        cell("e", "grade('part9.row_sums')", 3),
    ]  # fmt: skip
    kernel = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
    (tmp_path / "answer.ipynb").write_text(
        json.dumps({"cells": made, "metadata": kernel, "nbformat": 4, "nbformat_minor": 5})
    )
    results = Validator(config=Config({"Validator": {"ignore_checksums": True}})).validate(
        str(tmp_path / "answer.ipynb")
    )
    [failed] = results["failed"]
    assert failed["source"] == "grade('part9.row_sums')"
    assert failed["raw_error"].startswith(
        "FAILED part9.row_sums: The sum of each row, as a column\nIt looks like this: the columns are summed."
    )
    assert "Traceback" not in failed["raw_error"]


def test_a_kernel_does_not_grade_itself(desk):
    one = Notebook(desk, NBGRADER_EXECUTION="autograde")
    try:
        assert not one.run("%load_ext grader").error
        one.run(double("return x + x"))
        came = one.run("grade('part9.double')")
        assert came.error == "Notice"
        assert "because a kernel must not grade itself" in came.shown
        assert "nbgrader_config.py lacks it" in came.shown
        assert one.value("__import__('grader.kernel.extension').kernel.extension._desk._helper") is None
    finally:
        one.close()
