"""What tests do with an nbgrader course as an instructor and students would."""

import copy
import csv
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

from nbgrader.api import Gradebook
from students import MINI, command

from grader.classes.store import open_store


class NbCourse:
    """A course in a folder, driven by the real commands."""

    def __init__(self, root: Path, course: Path = MINI):
        self.root, self.course = root, course

    def release(self, *parts, **options):
        words = [word for name, value in options.items() for word in (f"--{name}", *([] if value is True else [value]))]
        return command(
            "nbgrader", "release", *parts, "--course", self.root, *words, cwd=self.root.parent, course=self.course
        )

    def released(self, part):
        """The notebook that students get."""
        return json.loads((self.root / "release" / part / f"{part}.ipynb").read_text(encoding="utf-8"))

    def solved(self, part):
        """What a student who knows the solutions hands in."""
        made = self.released(part)
        source = json.loads((self.root / "source" / part / f"{part}.ipynb").read_text(encoding="utf-8"))
        for one, other in zip(made["cells"], source["cells"], strict=True):
            one["source"] = other["source"]
        return made

    def submit(self, student, part, notebook, **files):
        folder = self.root / "submitted" / student / part
        folder.mkdir(parents=True)
        text = notebook if isinstance(notebook, str) else json.dumps(notebook)
        (folder / f"{part}.ipynb").write_text(text, encoding="utf-8")
        for name, content in files.items():
            (folder / name.replace("__", ".")).write_text(content)
        return folder / f"{part}.ipynb"

    def nbgrader(self, *arguments, timeout=300):
        """Run nbgrader in the course's folder; the finished process."""
        path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
        return subprocess.run(
            [sys.executable, "-m", "nbgrader", *arguments],
            cwd=self.root,
            env=os.environ | {"GRADER_COURSE": str(self.course), "PATH": path},
            capture_output=True,
            text=True,
            timeout=timeout,
            check=False,
        )

    def marks(self, part):
        """What the gradebook holds, by student: the marks of each graded cell by exercise, as an instructor sees them."""
        with Gradebook(f"sqlite:///{self.root / 'gradebook.db'}") as gradebook:
            return {
                submission.student.id: {
                    grade.name.removeprefix(f"{part}-").removesuffix("-grade"): (
                        None if grade.needs_manual_grade else grade.score
                    )
                    for notebook in submission.notebooks
                    for grade in notebook.grades
                }
                for submission in gradebook.find_assignment(part).submissions
            }

    def csv(self):
        """nbgrader's own export: the score by assignment and student."""
        done = self.nbgrader("export")
        assert done.returncode == 0, done.stderr
        with (self.root / "grades.csv").open() as file:
            return {(row["assignment"], row["student_id"]): float(row["score"]) for row in csv.DictReader(file)}

    def seed(self):
        with open_store(str(self.root / "class.sqlite")) as store:
            return store.seed()

    def copy(self, root):
        shutil.copytree(self.root, root)
        return NbCourse(root, self.course)


def cell(notebook, grade_id):
    """A cell by the id that nbgrader knows."""
    return next(c for c in notebook["cells"] if c["metadata"].get("nbgrader", {}).get("grade_id") == grade_id)


def code(source, **metadata):
    """A cell that a student has added."""
    return {
        "cell_type": "code",
        "metadata": metadata,
        "source": source,
        "outputs": [],
        "execution_count": None,
        "id": "own",
    }


def changed(notebook, first=None, **answers):
    """A copy with other answers, by grade_id with `__` for `-`; `first`: a cell before all others."""
    made = copy.deepcopy(notebook)
    for name, source in answers.items():
        cell(made, name.replace("__", "-"))["source"] = source
    if first:
        made["cells"].insert(0, code(first))
    return made


def exercises(results):
    """Points by exercise, of the results of `grader run`."""
    points = {}
    for result in results:
        name = result.id.split(".")[1]
        points[name] = points.get(name, 0) + result.points
    return points
