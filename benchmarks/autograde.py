"""How many submissions `nbgrader autograde` grades with our preprocessor, in times of its own Execute, in the same run.

    python benchmarks/autograde.py [--submissions 20]

Both get the same answers to part 4 as those of batch.py: the solution, the shipped stubs, and solutions with one
exercise's result doubled. The stock course is batch.py's (asserts in a graded cell for each exercise); ours is
released by `grader nbgrader release`, and graded with bubblewrap on. Both are timed by the submission beyond the
start: one alone, then the rest, and the difference divided. That both give the same exercises their points is looked
at. Exit code 1: the ratio is below 10, or the points differ.
"""

import argparse
import json
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

from batch import ROOT, _nbgrader, answers, graded_cells, passed_by, stock

from grader.course import Course

LEAST = 10
PART = "part4"
DEFINED = re.compile(r"(?:def|class) (\w+)")


def ours(folder, count):
    """Seconds for one submission, marginally, and for the first; the exercises passed by each."""
    command = [sys.executable, "-m", "grader", "nbgrader", "release", PART, "--course", str(folder)]
    subprocess.run(command, check=True, env=os.environ | {"GRADER_COURSE": str(ROOT)}, stdout=subprocess.DEVNULL)
    released = json.loads((folder / "release" / PART / f"{PART}.ipynb").read_text())
    for number, cells in enumerate(answers(count + 1)):
        place = folder / "submitted" / f"s{number}" / PART
        place.mkdir(parents=True)
        (place / f"{PART}.ipynb").write_text(json.dumps(filled(released, cells)))
    one = _nbgrader(folder, "autograde", PART, "--student=s0")
    (folder / "submitted" / "s0").rename(folder / "s0")
    rest = _nbgrader(folder, "autograde", PART)
    return (rest - one) / (count - 1), one, passed_by(folder, f"{PART}-", "-grade")


def filled(released, cells):
    """The released notebook with the answers among the cells."""
    bodies = {match[1]: body for body in cells if (match := DEFINED.match(body))}
    made = json.loads(json.dumps(released))
    for cell in made["cells"]:
        match = DEFINED.match("".join(cell["source"]))
        if match and match[1] in bodies:
            cell["source"] = bodies[match[1]]
    made["cells"][-1]["source"] = cells[-1]  # its number, so that each is another one
    return made


def main() -> int:
    """Print the figures; 1 where the ratio is below its target."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--submissions", type=int, default=20)
    count = parser.parse_args().submissions
    course = Course(ROOT)
    with tempfile.TemporaryDirectory() as folder:
        each, first, theirs = stock(Path(folder), count, *graded_cells(course, course.part(PART)))
    print(f"stock Execute: {each:.2f} s for each further submission, the first {first:.1f} s", flush=True)
    with tempfile.TemporaryDirectory() as folder:
        our_each, our_first, found = ours(Path(folder) / "nb", count)
    print(f"our preprocessor: {our_each:.2f} s for each further submission, the first {our_first:.1f} s")
    print(f"stock / ours: {each / our_each:.1f}, target {LEAST}; {count} submissions")
    same = theirs == found
    print(f"the same exercises passed in both: {'yes' if same else 'no'}")
    for student in sorted(name for name in theirs if theirs[name] != found[name]):
        print(f"  {student}: {theirs[student] ^ found[student]}")
    return 0 if same and each / our_each >= LEAST else 1


if __name__ == "__main__":
    sys.exit(main())
