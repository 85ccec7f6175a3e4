"""Mutants of the grader itself: does a test notice?

    python tests/mutate.py --seed 1 --number 20 > table.md

Takes small random changes (grader/dev/mutants makes them, as it does for solutions): two in five in the modules that
judge, the others anywhere in grader/ but for the content of its checks. Each is made in a copy of the kit with an
environment of its own, because a student's process imports what is installed, not what lies in the working folder.
The tests nearest to the module run first, then all. One line of a table for each: the change, and the test that fell.
"""

import argparse
import ast
import random
import re
import subprocess
import sys
import sysconfig
import tempfile
import venv
from pathlib import Path

from grader.dev import mutants

ROOT = Path(__file__).resolve().parent.parent
JUDGES = ("judge", "comparison", "diagnose", "expect", "verdict", "evidence", "reply", "wire", "alike", "values")
FELL = re.compile(r"^(?:FAILED|ERROR) (\S+?)(?:\[.*)?(?: - .*)?$", re.MULTILINE)


def main() -> None:
    """Print the table; exit with 1 if a change went unnoticed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--number", type=int, default=20)
    parser.add_argument("--near", action="store_true", help="only the tests nearest to each module")
    chosen = parser.parse_args()
    unnoticed = 0
    with tempfile.TemporaryDirectory() as folder:
        copy, python = _copy(Path(folder))
        print("| module | operator | line | becomes | seen by |\n|---|---|---|---|---|", flush=True)
        for module, text, mutant in _sample(random.Random(chosen.seed), chosen.number):
            seen = _seen(copy, python, module, text, chosen.near)
            unnoticed += not seen
            minus, plus = (f"`{' '.join(lines)}`".replace("|", "\\|") for lines in (mutant.minus, mutant.plus))
            print(f"| {module} | {mutant.operator} | {minus} | {plus} | {seen or '**nothing**'} |", flush=True)
    sys.exit(unnoticed > 0)


def _sample(rng: random.Random, number: int) -> list[tuple[str, str, mutants.Mutant]]:
    """Modules with one change each: first those that judge."""
    files = sorted(
        file.relative_to(ROOT / "grader") for file in (ROOT / "grader").rglob("*.py") if file.stat().st_size > 500
    )
    judges = [file for file in files if file.parent == Path() and file.stem in JUDGES]
    others = [file for file in files if file not in judges and file.parts[0] != "checks"]
    found = []
    for among, count in ((judges, number * 2 // 5), (others, number - number * 2 // 5)):
        while count:
            (file,) = rng.choices(among, [(ROOT / "grader" / one).stat().st_size for one in among])
            if change := _change(rng, (ROOT / "grader" / file).read_text()):
                found.append((str(file), *change))
                count -= 1
    return found


def _change(rng: random.Random, text: str) -> tuple[str, mutants.Mutant] | None:
    """A module's text with one change in one of its functions, and what it was; a long function is the more likely."""
    lines = text.splitlines(keepends=True)
    functions = [node for node in ast.parse(text).body if isinstance(node, (ast.FunctionDef, ast.ClassDef))]
    if not functions:
        return None
    (node,) = rng.choices(functions, [(n.end_lineno or 0) - n.lineno + 1 for n in functions])
    before, own, after = lines[: node.lineno - 1], lines[node.lineno - 1 : node.end_lineno], lines[node.end_lineno :]
    marked = [f"{mutants.BEGIN}\n", *own, f"{mutants.END}\n"]
    changes = [
        change
        for change in mutants.mutants("".join(marked))
        if mutants.OPERATORS[change.operator].__module__ == mutants.general.__name__  # the others are about tensors
    ]
    if not changes:
        return None
    change = rng.choice(changes)
    return "".join([*before, *change.source.splitlines(keepends=True)[1:-1], *after]), change


def _copy(folder: Path) -> tuple[Path, Path]:
    """The kit as it is in the working folder, and a Python that imports it from there."""
    copy, environment = folder / "kit", folder / "environment"
    listed = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    names = subprocess.run(listed, cwd=ROOT, check=True, capture_output=True, text=True).stdout.split("\0")
    for name in filter(None, names):
        target = copy / name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes((ROOT / name).read_bytes())
    venv.create(environment, symlinks=True)
    (library,) = environment.glob("lib/python*/site-packages")
    (library / "kit.pth").write_text(f"{copy}\n{sysconfig.get_path('purelib')}\n")
    for path in (folder, copy, environment):
        path.chmod(0o755)  # some tests run its Python as another user
    return copy, environment / "bin" / "python"


def _seen(copy: Path, python: Path, module: str, changed: str, near: bool) -> str:
    """The first test that fails by a change; "" if none does."""
    file = copy / "grader" / module
    text = file.read_text()
    file.write_text(changed)
    try:
        nearest = _nearest(copy, module)
        runs = [["-m", "not slow", *nearest]] if nearest else []
        if not near:
            runs += [
                ["-n", "2", "--dist", "loadfile", "-m", "not slow"],
                ["-n", "2", "--dist", "loadfile", "-m", "slow"],
            ]
        for arguments in runs:
            command = [python, "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider", *arguments]
            try:
                done = subprocess.run(command, cwd=copy, capture_output=True, text=True, check=False, timeout=1800)
            except subprocess.TimeoutExpired:
                return "a test that does not end"
            if done.returncode not in (0, 5):
                fell = FELL.search(done.stdout)
                return fell[1] if fell else (done.stdout + done.stderr).strip().splitlines()[-1]
        return ""
    finally:
        file.write_text(text)


def _nearest(copy: Path, module: str) -> list[str]:
    """The test files that name a module, its own first."""
    *packages, stem = Path(module).with_suffix("").parts
    name = ".".join(["grader", *packages, stem]).removesuffix(".__init__")
    inside, _, last = name.rpartition(".")
    pattern = re.compile(rf"\b{re.escape(name)}\b|^from {re.escape(inside)} import .*\b{last}\b", re.MULTILINE)
    files = sorted((copy / "tests").glob("test_*.py"), key=lambda file: (file.stem != f"test_{last}", file.stem))
    return [
        str(file.relative_to(copy)) for file in files if file.stem == f"test_{last}" or pattern.search(file.read_text())
    ]


if __name__ == "__main__":
    main()
