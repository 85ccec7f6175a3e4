"""What there is to grade: parts, exercises, checks, points. Read from the source, nothing is run.

A part is a module (or a package of them) in grader/checks; a check is a function under `@check(...)`
in it. There is no list to edit. Reading instead of importing keeps `grader list` and `grader hint`
free of torch.
"""

import ast
import difflib
import importlib
import os
import sys
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any

from grader import check_source
from grader.errors import UsageError
from grader.travel import travelling

PUBLIC_SEED = 0
"""Of the inputs that everybody may see."""


@dataclass(frozen=True)
class Spec:
    """A check as declared: all that is known of it without running anything."""

    id: str
    part: str
    exercise: str
    name: str
    title: str
    points: int
    hints: tuple[str, ...]
    after: str | None
    updates: tuple[str, ...]  # names of inputs that the exercise is meant to change in place
    forbids: tuple[str, ...]  # what it is to do without: names of torch's functions, or `autograd`
    module: str
    file: Path


@dataclass(frozen=True)
class Part:
    """One part of the course."""

    id: str
    name: str
    title: str
    forbids: tuple[str, ...]  # what the whole part is to do without
    checks: tuple[Spec, ...]

    @property
    def points(self) -> int:
        """Full marks."""
        return sum(spec.points for spec in self.checks)

    @property
    def exercises(self) -> list[str]:
        """The names of the exercises in their order."""
        return list(dict.fromkeys(spec.exercise for spec in self.checks))


@dataclass(frozen=True)
class Course:
    """The folders of a course under one root: grader/checks, and those that `folder` names."""

    root: Path

    def folder(self, name: str) -> Path:
        """Where its exercises, data, reference or solutions are; the folder need not exist.

        A wheel has them in grader/kit, without solutions: other packages' folders of those names may lie beside grader.
        """
        return (self.root / "grader" / "kit" if self.installed else self.root) / name

    @property
    def installed(self) -> bool:
        """Whether it came in a wheel: pyproject.toml says what goes there."""
        return (self.root / "grader" / "kit").is_dir()

    def parts(self) -> list[Part]:
        """All parts in order of name."""
        return [self._read(name) for name in self._names()]

    def part(self, wanted: str) -> Part:
        """The part with that id (`part4`) or name (`part4_backprop`). Raises UsageError."""
        names = self._names()
        for name in names:
            if wanted in (name, name.partition("_")[0]):
                return self._read(name)
        if Path(wanted).name in names:
            name = Path(wanted).name
            raise UsageError(f"{wanted} is a file. Try `grader run {name.partition('_')[0]} --file {wanted}.py`.")
        for part in self.parts():
            if wanted in part.exercises:
                raise UsageError(f"There is no part {wanted!r}. Did you mean {part.id}.{wanted}?")
        known = ", ".join(name.partition("_")[0] for name in names)
        raise UsageError(f"There is no part {wanted!r}. The parts are {known}: try `grader list`.")

    def select(self, targets: tuple[str, ...]) -> tuple[Part, tuple[Spec, ...]]:
        """The checks that `part4`, `part4.dprobs` or `part4.train_step.no_graph` name.

        Raises UsageError for an unknown name, and for names of more than one part.
        """
        for target in targets:
            if not target.startswith("part"):
                self.part(target.split(".")[0])  # an exercise without its part is no part that clashes with another
        ids = {target.split(".")[0].partition("_")[0] for target in targets}
        if len(ids) > 1:
            raise UsageError(f"One part at a time: {' and '.join(sorted(ids))} were named.")
        part, *_ = [self.part(target.split(".")[0]) for target in targets]  # each must be known
        chosen: dict[str, Spec] = {}
        for target in targets:
            rest = target.partition(".")[2]
            found = [s for s in part.checks if not rest or rest in (s.exercise, s.id.partition(".")[2])]
            if not found:
                raise UsageError(f"There is no exercise {target!r}. {_nearest(rest, part)}")
            chosen.update((spec.id, spec) for spec in found)
        return part, tuple(spec for spec in part.checks if spec.id in chosen)

    def exercise_file(self, part: Part) -> Path:
        """Where a student has the part: in the nearest exercises/, from here upwards. Raises UsageError."""
        here = Path.cwd()
        for folder in (here, *here.parents):
            if (folder / "exercises" / f"{part.name}.py").is_file():
                return Path(os.path.relpath(folder / "exercises" / f"{part.name}.py"))
        for folder in (here, *here.parents):
            if any(next(folder.glob(f"{place}/part*.py"), None) for place in ("exercises", ".grader/shipped")):
                lost = Path(os.path.relpath(folder / "exercises" / f"{part.name}.py"))
                hint = f"{_renamed(part, lost.parent)}`grader reset {part.id}` puts it back as shipped."
                raise UsageError(f"There is no {lost}. {hint}")
        raise UsageError(
            f"There is no exercises/{part.name}.py in {here} or above. Go to your workspace, or make one: "
            f"`grader init DIR`."
        )

    def hidden_folders(self) -> tuple[str, ...]:
        """What a student's code has no business reading."""
        ours = (self.folder("reference"), self.folder("solutions"))
        return tuple(map(str, (*ours, *(self.root / name for name in ("tests", ".git", "grader/checks")))))

    def load(self, part: Part) -> tuple[dict[str, Any], ModuleType]:
        """Import a part's checks, by id, and its trusted implementation. This imports torch."""
        self.choose()
        trusted = importlib.import_module(f"reference.{part.name}")
        checks = {}
        for spec in part.checks:
            checks[spec.id] = getattr(importlib.import_module(spec.module), spec.name)
        return checks, trusted

    def choose(self) -> None:
        """Point the packages grader.checks and reference at this course's folders; one course a process."""
        import grader.checks

        grader.checks.__path__ = [str(self.root / "grader" / "checks")]
        # No folder that Python searches need hold it: none does where the kit is installed.
        reference = sys.modules.setdefault("reference", ModuleType("reference"))
        reference.__path__ = [str(self.folder("reference"))]

    def probe_sources(self, part: Part) -> dict[str, str]:
        """The source of each probe, by the id of its check, as it travels to the student's process."""
        return _probe_sources(part)

    def _names(self) -> list[str]:
        folder = self.root / "grader" / "checks"
        found = [entry.stem for entry in folder.glob("part*") if entry.suffix in (".py", "")]
        names = sorted(found, key=lambda name: (len(name.partition("_")[0]), name))  # part10 after part2
        if not names:
            raise UsageError(f"{self.root} is not a course: {folder} holds no parts.")
        return names

    def _read(self, name: str) -> Part:
        part = name.partition("_")[0]
        home = self.root / "grader" / "checks" / name
        files = sorted(home.glob("*.py")) if home.is_dir() else [home.with_suffix(".py")]
        title = name
        forbids: tuple[str, ...] = ()
        specs: list[Spec] = []
        for file in files:
            whole = file.stem in ("__init__", name)
            tree = check_source.parse(file) if whole else check_source.parse_declarations(file)
            if whole:
                title = (ast.get_docstring(tree) or name).splitlines()[0]
                forbids = check_source.forbids(tree, file)
            module = f"grader.checks.{name}" + (f".{file.stem}" if home.is_dir() else "")
            specs += _specs(tree, part, module, file)
        return Part(part, name, title, forbids, _inherit(specs, forbids))


@cache
def _probe_sources(part: Part) -> dict[str, str]:
    probes = {file: travelling(file, check_source.parse) for file in {spec.file for spec in part.checks}}
    return {spec.id: probes[spec.file](spec.name) for spec in part.checks}


def default_course() -> Course:
    """The course that GRADER_COURSE names, else the one this package belongs to."""
    named = os.environ.get("GRADER_COURSE")
    return Course(Path(named) if named else Path(__file__).resolve().parent.parent)


def authored_course() -> Course:
    """The same, for what is made of its solutions. Raises UsageError where the kit is installed without them."""
    course = default_course()
    if course.installed:
        raise UsageError(
            "This needs the solutions, and an installed kit has none. Run it in a clone of the kit's repository."
        )
    return course


def _specs(tree: ast.Module, part: str, module: str, file: Path) -> Iterator[Spec]:
    for node, exercise, options in check_source.checks(tree, file):
        suffix = "" if node.name == exercise else f".{node.name}"
        yield Spec(
            id=f"{part}.{exercise}{suffix}",
            part=part,
            exercise=exercise,
            name=node.name,
            title=(ast.get_docstring(node) or "").split("\n")[0],
            module=module,
            file=file,
            points=options["points"],
            hints=tuple(options.get("hints", ())),
            after=options.get("after"),
            updates=tuple(options.get("updates", ())),
            forbids=tuple(options.get("forbids", ())),
        )


def _inherit(specs: list[Spec], forbids: tuple[str, ...]) -> tuple[Spec, ...]:
    """A check without hints of its own has those of its exercise's first check; what is forbidden is so in all."""
    ladders: dict[str, tuple[str, ...]] = {}
    forbidden: dict[str, dict[str, None]] = {}
    for spec in specs:
        ladders.setdefault(spec.exercise, spec.hints)
        forbidden.setdefault(spec.exercise, dict.fromkeys(forbids)).update(dict.fromkeys(spec.forbids))
    return tuple(
        replace(spec, hints=spec.hints or ladders[spec.exercise], forbids=tuple(forbidden[spec.exercise]))
        for spec in specs
    )


def _renamed(part: Part, folder: Path) -> str:
    """A question about a file that may be the part's under another name, where there is one."""
    names = sorted(file.stem for file in folder.glob("*.py"))
    others = [name for name in names if name.startswith(part.id) or not name.startswith("part")]
    near = difflib.get_close_matches(part.name, others, n=1, cutoff=0.5)
    return f"Is it {near[0]}.py now? Then name it {part.name}.py again. If not: " if near else ""


def _nearest(wanted: str, part: Part) -> str:
    close = difflib.get_close_matches(wanted, part.exercises, n=3, cutoff=0.5)
    if close:
        return f"Did you mean {' or '.join(f'{part.id}.{name}' for name in close)}?"
    return f"`grader list {part.id}` shows what there is."
