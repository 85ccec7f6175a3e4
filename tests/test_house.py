"""The arrows between the modules point one way, only a few rooms print, and heavy imports stay where they are needed.

The tables say what may be; what they allow and nobody does is a fault too, so that they stay true. How the source is
read stands in tests/house.py.
"""

import pytest
from house import circles, reachable, read, under
from students import ROOT

from grader.isolation import STUDENT_SIDE as SEEN

LONGEST = 300
"""Lines of a module."""
STUDENT_SIDE = " ".join(f"grader.{name.removesuffix('.py')}" for name in SEEN if name != "__init__.py")
"""What a student's process can see."""
COMMANDS = "grader.cli* grader.commands grader.output grader.targets grader.pytest_plugin grader.__main__"
PURE = (
    "grader.judge grader.comparison grader.alike grader.values grader.forms grader.evidence grader.diagnose "
    "grader.crashes grader.verdict grader.rules grader.binding grader.report.model"
)
"""What judges: functions of what they are given."""

NEVER = (
    # who, but who may, imports never of what, but this
    ("grader reference", "", "solutions exercises tests benchmarks", ""),
    ("reference", "", "grader", ""),  # torch alone
    ("grader", "grader.checks grader.course", "reference", ""),  # course.py loads what the checks name
    (STUDENT_SIDE, "", "grader reference", STUDENT_SIDE),
    ("grader", COMMANDS, COMMANDS, ""),  # who prints and sets the exit code is called by nobody
    # Who grades calls the pipeline; no step does, and no report.
    ("grader", f"{COMMANDS} grader.classes grader.dev grader.gradescope grader.kernel grader.training grader.watching",
     "grader.pipeline", ""),
    ("grader.report", "", "grader.sandbox grader.template grader.start", ""),  # functions of what was found
    (PURE, "", "os sys subprocess pathlib socket shutil tempfile time random threading", ""),
)  # fmt: skip

ENTERS = {
    # A folder of grader/, and what it imports of the others; "" is what lies beside them, but for the commands.
    "": "report.model checks kernel.extension",
    "checks": "pictures.style pictures.data training.corpus training.recipe",
    "classes": "report.model report.feedback training",
    "dev": "report.model report.schema training",
    "gradescope": "report.model classes",
    "kernel": "report pictures.difference student",
    "nbgrader": "report classes",
    "pairing": "",
    "pictures": "",
    "report": "classes.graded training.records pictures.difference",
    "student": "",
    "training": "report student.trainer",
    "watching": "report workspaces",
    "workspaces": "",
}
DOORS = "grader.forking grader.notebook"
"""What lies beside the folders and goes into one: the fork becomes the template, a notebook's kernel draws."""

HEAVY = {
    # A library that takes a while, and who imports it when it is imported itself.
    "torch": (
        "reference grader.checks grader.student grader.training grader.pictures grader.dev.check grader.kernel.kept "
        "grader.report.saved grader.report.tables grader.report.difference grader.differences grader.expect grader.wire "
        "grader.values grader.fresh grader.judge grader.alike grader.forms grader.evidence grader.diagnose grader.crashes"
    ),
    "numpy": "reference grader.checks grader.pictures grader.training grader.wire",
    "nbgrader": "grader.nbgrader",
    "nbformat": "grader.nbgrader",
    "jupytext": "grader.nbgrader",
    "matplotlib": "grader.pictures grader.checks",
    "sqlalchemy": "grader.classes.store",
    "jinja2": "grader.report.pages",
    "distributed": "",
    "rich": "grader.report grader.watching grader.training.session grader.kernel.questions",
    "watchfiles": "grader.watching.saves",
}
LIGHT = (
    "grader.cli grader.pytest_plugin grader.kernel.extension grader.setup grader.pairing.pair grader.workspaces.update"
)
"""What is imported before it is known whether anything heavy is needed, or where nothing is."""

PRINTS = (
    "grader.cli* grader.commands grader.output grader.report.terminal grader.report.training grader.watching.screen "
    "grader.gradescope.run"
)


def faults(modules):
    """Each place where the house is not as the tables say."""
    for circle in circles(modules):
        yield f"{' and '.join(circle)} import each other"
    for name, module in modules.items():
        for who, may, never, but in NEVER:
            if under(name, who) and not under(name, may):
                yield from (
                    f"{name} imports {imported}"
                    for imported in module.imports
                    if under(imported, never) and not under(imported, but)
                )
        yield from (f"{name} imports {imported}" for imported in module.imports if not _may_enter(name, imported))
        for library, places in HEAVY.items():
            if any(under(imported, library) for imported in module.at_once) and not under(name, places):
                yield f"{name} imports {library} at once"
        if module.prints and not under(name, PRINTS):
            yield f"{name} prints in line {module.prints[0]}"
        if under(name, PURE) and "open" in module.calls:
            yield f"{name} opens a file"
        if module.lines > LONGEST:
            yield f"{name} has {module.lines} lines"
        if under(name, LIGHT):
            found = {imported.partition(".")[0] for imported in reachable(modules, name, "at_once")} & set(HEAVY)
            yield from (f"{name} leads to {library}" for library in sorted(found))


def _may_enter(name, imported):
    """Whether a module may import another one of another folder."""
    room, entered = _room(name), _room(imported)
    if not entered or entered == room or under(name, f"{COMMANDS} {DOORS}"):
        return True
    return under(imported, " ".join(f"grader.{word}" for word in ENTERS.get(room, "").split()))


def _room(name):
    first, _, rest = name.removeprefix("grader.").partition(".")
    return first if name.startswith("grader.") and (first in ENTERS or rest) else ""


@pytest.fixture(scope="module")
def modules():
    return read(ROOT, "grader", "reference")


MINI = {"judge": "", "cli": "from grader import judge"}
"""A house in order: modules of grader/, and what they hold."""
BROKEN = {
    "grader.a and grader.b import each other": {"a": "from grader import b", "b": "def f():\n    from grader.a import x"},
    "grader.c and grader.d and grader.e import each other": {
        "c": "import grader.d", "d": "from . import e", "e": "if TYPE_CHECKING:\n    from grader.c import C",
    },
    "grader.a imports solutions.part0": {"a": "from solutions.part0 import Value"},
    "reference.part0 imports grader.values": {"../reference/part0": "from grader.values import members"},
    "grader.judge imports reference": {"judge": "import reference"},
    "grader.student.session imports grader.judge": {"student/session": "def f():\n    from grader.judge import judge"},
    "grader.student.session imports reference.part0": {
        "student/session": "from reference import part0", "../reference/part0": "",
    },
    "grader.a imports grader.cli": {"a": "def f():\n    from .cli import main"},
    "grader.a imports grader.cli_data": {"a": "from grader import cli_data", "cli_data": ""},
    "grader.expect imports grader.pipeline": {"expect": "from grader import pipeline", "pipeline": ""},
    "grader.report.html imports grader.sandbox": {"report/html": "import grader.sandbox"},
    "grader.judge imports os": {"judge": "import os"},
    "grader.judge imports os.path": {"judge": "from os.path import join"},
    "grader.judge opens a file": {"judge": "def f(path):\n    return open(path)"},
    "grader.expect imports grader.report.html": {"expect": "from grader.report.html import x", "report/html": ""},
    "grader.pictures.render imports grader.classes.store": {
        "pictures/render": "from ..classes import store", "classes/store": "",
    },
    "grader.newroom.a imports grader.report.model": {"newroom/a": "import grader.report.model", "report/model": ""},
    "grader.a imports torch at once": {"a": "try:\n    from torch.nn import Linear\nexcept ImportError: pass"},
    "grader.a imports matplotlib at once": {"a": "class A:\n    import matplotlib.pyplot as plt"},
    "grader.cli leads to torch": {"cli": "from grader import expect", "expect": "import torch"},
    "grader.judge prints in line 2": {"judge": "def f():\n    print()"},
    "grader.a prints in line 1": {"a": "def f(console): console.print('x')"},
    "grader.b prints in line 1": {"b": "sys.stdout.write('x')"},
    "grader.a has 301 lines": {"a": "x = 1\n" * 301},
}  # fmt: skip


def house(folder, files):
    for name, text in (MINI | files).items():
        path = (folder / "grader" / f"{name}.py").resolve()
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return read(folder, "grader", "reference")


@pytest.mark.parametrize("fault", BROKEN)
def test_a_house_out_of_order(tmp_path, fault):
    assert fault in set(faults(house(tmp_path, BROKEN[fault])))


def test_a_house_in_order(tmp_path):
    files = {"expect": "import torch\nfrom grader.report import model", "report/model": "", "wire": "x = 1\n" * 300}
    assert list(faults(house(tmp_path, files | {"cli": "def f():\n    from grader import expect\n    print()"}))) == []


def test_this_house_is_in_order(modules):
    assert len(modules) > 300
    assert sorted(set(faults(modules))) == []


def test_every_folder_stands_in_the_table():
    folders = {path.parent.name for path in (ROOT / "grader").glob("*/__init__.py")}
    assert folders == {room for room in ENTERS if room}


def test_the_tables_allow_nothing_that_nobody_does(modules):
    imports = [(name, imported) for name, module in modules.items() for imported in module.imports]
    for room, words in ENTERS.items():
        for word in words.split():
            assert any(_room(name) == room and under(imported, f"grader.{word}") for name, imported in imports), (
                room,
                word,
            )
    for library, places in HEAVY.items():
        for place in places.split():
            found = [name for name in modules if under(name, place)]
            assert any(under(i, library) for name in found for i in modules[name].at_once), (library, place)
    for place in f"{STUDENT_SIDE} {COMMANDS} {PURE} {DOORS} {LIGHT} {PRINTS}".split():
        assert any(under(name, place) for name in modules), place
    for place in PRINTS.split():
        assert any(modules[name].prints for name in modules if under(name, place)), place
