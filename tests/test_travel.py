"""A probe travels with what it needs and nothing else, and runs where it arrives."""

import ast
from pathlib import Path

import pytest
import students

from grader import course, travel
from grader.errors import UsageError
from grader.values import Namespace


def cut(source, probe="probe"):
    return travel.travelling(Path("part9.py"), lambda file: ast.parse(source))(probe)


def arrived(source, probe="probe"):
    """The probe as it is over there: its file's other names do not exist."""
    scope = {}
    exec(compile(cut(source, probe), "<probe>", "exec"), scope)
    return scope[probe]


STAYS = {
    "a constant": ("SIZE = 3", "SIZE"),
    "an annotated constant": ("SIZE: int = 3", "SIZE"),
    "one of several": ("A, SIZE = 1, 3", "SIZE"),
    "a class": ("class SIZE: pass", "SIZE"),
    "a decorated function": ("@cache\ndef SIZE(): pass", "SIZE"),
    "another probe": ("@check('a', points=1)\ndef SIZE(m, given): pass", "SIZE"),
    "an async function": ("async def SIZE(): pass", "SIZE"),
    "a lambda": ("SIZE = lambda: 3", "SIZE"),
    "the reference": ("from reference import part9 as SIZE", "SIZE"),
    "the reference itself": ("import reference", "reference"),
    "the reference by the way": ("import math, reference", "reference"),
    "the grader": ("from grader.values import Namespace as SIZE", "SIZE"),
    "the checks' inputs": ("from grader.checks.part9.inputs import SIZE", "SIZE"),
    "a relative import": ("from . import SIZE", "SIZE"),
    "a module of the same beginning": ("import torchvision as SIZE", "SIZE"),
    "another module": ("import os", "os"),
    "a loop's variable": ("for SIZE in range(3): pass", "SIZE"),
    "a walrus": ("print(SIZE := 3)", "SIZE"),
    "a constant under if": ("if True:\n    SIZE = 3", "SIZE"),
}


@pytest.mark.parametrize("what", STAYS)
@pytest.mark.parametrize(
    "probe",
    [
        "def probe(m, given):\n    return {0}",
        "def probe(m, given, size={0}):\n    return size",
        "def probe(m, given: {0}):\n    return m",
        "def probe(m, given):\n    def inner():\n        return {0}.x\n    return inner()",
        "def helper():\n    return {0}\ndef probe(m, given):\n    return helper()",
        "def last(): return [{0} for x in y]\ndef helper(): return last()\ndef probe(m, given): return [helper]",
    ],
)
def test_a_probe_that_needs_what_stays_behind_is_refused(what, probe):
    source, name = STAYS[what]
    with pytest.raises(UsageError) as caught:
        cut(f"{source}\n{probe.format(name)}")
    message = str(caught.value)
    assert f"the probe probe uses {name}, which stays behind" in message
    assert message.startswith("part9.py:")


def test_a_function_under_if_stays_behind_too():
    with pytest.raises(UsageError, match="uses helper, which stays behind"):
        cut("if True:\n    def helper(): pass\ndef probe(m, given):\n    return helper()")


def test_the_message_has_the_line_of_the_use():
    with pytest.raises(UsageError, match=r"^part9\.py:6: the probe probe uses SIZE"):
        cut("SIZE = 3\n\n\ndef probe(m, given):\n    x = 1\n    return x + SIZE\n")


def test_a_hidden_module_may_not_be_imported_inside_either():
    with pytest.raises(UsageError, match="reference"):
        cut("def probe(m, given):\n    from reference import part9\n    return part9.double(given.x)")


TRAVELS = {
    "alone": "def probe(m, given):\n    return 7",
    "a function": "def helper(x):\n    return x + 4\ndef probe(m, given):\n    return helper(3)",
    "a function below": "def probe(m, given):\n    return helper(3)\ndef helper(x):\n    return x + 4",
    "a function's function": "def a():\n    return 7\ndef b():\n    return a()\ndef probe(m, given):\n    return b()",
    "functions in a ring": "def a(n): return b(n)\ndef b(n): return 7 if n else a(1)\ndef probe(m, given): return a(0)",
    "itself": "def probe(m, given):\n    return 7 if given is None else probe(m, None)",
    "a module": "import math\ndef probe(m, given):\n    return math.floor(7.5)",
    "a module's part": "import torch.nn.functional\ndef probe(m, given): return torch.nn.functional.relu(torch.tensor(7))",
    "a module under another name": "import math as m2\ndef probe(m, given):\n    return m2.floor(7.5)",
    "names of a module": "from math import floor, ceil as up\ndef probe(m, given):\n    return up(6.5) if floor else 0",
    "a module of a helper": "import random\ndef h(): return random.choice([7])\ndef probe(m, given): return h()",
    "an argument of that name": "given = 3\nm = 4\ndef probe(m, given):\n    return 7 if given else m",
    "a local of that name": "SIZE = 3\ndef probe(m, given):\n    SIZE = 7\n    return SIZE",
    "a comprehension's": "x = 3\ndef probe(m, given):\n    return [x for x in [7]][0]",
    "an inner function's": "x = 3\ndef probe(m, given):\n    def inner(x):\n        return x\n    return inner(7)",
    "an attribute of that name": "SIZE = 3\ndef probe(m, given):\n    return given.SIZE",
    "a keyword of that name": "SIZE = 3\ndef probe(m, given):\n    return dict(SIZE=7)['SIZE']",
    "the later of two": "def helper(): return 3\ndef helper(): return 7\ndef probe(m, given): return helper()",
    "decorators stay": "@check('probe', points=1, hints=HINTS)\ndef probe(m, given):\n    return 7",
    "an import inside": "def probe(m, given):\n    import math\n    return math.floor(7.5)",
}


@pytest.mark.parametrize("what", TRAVELS)
def test_a_probe_runs_where_it_arrives(what):
    given = Namespace({"SIZE": 7})
    assert arrived(TRAVELS[what])(None, given) == 7


def test_nothing_else_travels():
    source = cut(
        """
        import math
        import torch
        from reference import part9 as reference
        SECRET = "the solution"
        def unused(): return SECRET
        def helper(): return math.pi
        @check("probe", points=1, hints=("the solution",))
        def probe(m, given): return helper()
        @probe.inputs
        def _(rng): yield {"secret": SECRET}
        @probe.mistake("halved", "the solution")
        def _(x): return reference.double(x) / 4
        """.replace("\n        ", "\n")
    )
    assert source == "import math\n\ndef helper():\n    return math.pi\n\ndef probe(m, given):\n    return helper()"


TOOLS = """
import math
from grader.checks.deeper import last
SIZE = 3
def rounded(x): return math.floor(last(x))
def sized(x): return SIZE
"""


def from_checks(tmp_path, probe):
    """The source of a probe in a folder of checks that has tools.py and deeper.py beside it."""
    checks = tmp_path / "checks"
    checks.mkdir()
    (checks / "tools.py").write_text(TOOLS)
    (checks / "deeper.py").write_text("def last(x): return x + 0.5")
    (checks / "part9.py").write_text(probe)
    return travel.travelling(checks / "part9.py", lambda file: ast.parse(file.read_text()))("probe")


def test_functions_of_other_files_of_the_checks_travel_with_all_that_they_use(tmp_path):
    probe = "from grader.checks.tools import rounded\ndef probe(m, given):\n    return rounded(7)"
    scope = {}
    exec(from_checks(tmp_path, probe), scope)
    assert scope["probe"](None, None) == 7


def test_a_tool_that_uses_a_constant_stays_behind(tmp_path):
    with pytest.raises(UsageError, match=r"tools\.py:6: the probe probe uses SIZE, which stays behind"):
        from_checks(tmp_path, "from grader.checks.tools import sized\ndef probe(m, given):\n    return sized(7)")


def test_a_tool_under_another_name_stays_behind(tmp_path):
    with pytest.raises(UsageError, match="uses r, which stays behind"):
        from_checks(tmp_path, "from grader.checks.tools import rounded as r\ndef probe(m, given):\n    return r(7)")


def test_two_functions_of_one_name_are_refused(tmp_path):
    probe = "from grader.checks.tools import rounded\ndef last(): pass\ndef probe(m, given): return rounded(last())"
    with pytest.raises(UsageError, match="two functions called last"):
        from_checks(tmp_path, probe)


def test_two_names_of_one_import_bring_it_once():
    assert cut("from math import pi, e\ndef probe(m, given):\n    return pi + e").count("import") == 1


@pytest.mark.parametrize(("root", "part"), [(students.MINI, "part9"), (students.ROOT, "part4")])
def test_every_probe_of_the_course_travels(root, part):
    one = course.Course(root)
    sources = one.probe_sources(one.part(part))
    assert list(sources) == [spec.id for spec in one.part(part).checks]
    for spec in one.part(part).checks:
        source = sources[spec.id]
        assert f"def {spec.name}(m, given):" in source
        assert "reference" not in source
        assert "@" not in source
        scope = {}
        exec(compile(source, "<probe>", "exec"), scope)
        assert callable(scope[spec.name])
