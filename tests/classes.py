"""Classes to make pages of: made up, down to the last verdict."""

from grader.classes.graded import Checked, Class, Graded
from grader.comparison import Comparison
from grader.report.model import Details, Frame, Report, Result
from grader.training.records import Record

SEED = 987_654_321_987
EXPECTED, GOT = 31.415926, 27.182818


def result(name, status="passed", mistake=None, message="", output="", points=2, seconds=0.5, trace=(), unseen=""):
    comparisons = [
        Comparison(name, 0, "values", f"asked {EXPECTED}", f"came {GOT}", 4, 1, 4.2, 0.1, [0, 1], EXPECTED, GOT)
    ]
    got = points if status == "passed" else 0
    details = Details(2, 1, comparisons, [Frame("part9.py", 3, "f", code) for code in trace], output)
    return Result(
        f"part9.{name}", f"Title of {name}", status, got, points, message, mistake, details, seconds, unseen=unseen
    )


def report(*results, notes=(), **more):
    fields = {
        "part": "part9",
        "title": "A tiny part",
        "file": "part9.py",
        "points": sum(one.points for one in results),
        "max_points": sum(one.max_points for one in results),
        "seed": SEED,
        "isolation": "bubblewrap",
        "device": "cpu",
        "versions": {"torch": "2"},
        "seconds": sum(one.seconds for one in results),
        "results": list(results),
        "notes": list(notes),
    }
    return Report(**fields | more)


def graded(student, *results, problem="", file="part9.py", seconds=1.0, **more):
    found = report(*results, file=file, **more) if not problem else None
    return Graded(student, "part9", file, "ab" * 32, "c1", found, problem, "2026-11-26T05:00:00Z", seconds)


def klass(*students, checks=("double", "row_sums", "shrink")):
    return Class("part9", "A tiny part", [Checked(f"part9.{c}", f"Title of {c}", 2) for c in checks], list(students))


def small():
    """Five students whose figures are worked out by hand in the tests."""
    return klass(
        graded("ada", result("double"), result("row_sums"), result("shrink"), seconds=3.0),
        graded(
            "student10",
            result("double", "failed", "a factor is wrong", "It is twice what it should be."),
            result("row_sums", "crashed", message="It raised ValueError: no.", trace=["raise ValueError('no')"]),
            result("shrink", "not_attempted", message="Not written yet."),
            seconds=1.0,
        ),
        graded(
            "student9",
            result("double", "failed", "a factor is wrong"),
            result("row_sums", output="shapes (3, 4)", seconds=7.5),
            result("shrink", "timed_out", message="It was still running."),
            seconds=9.0,
        ),
        graded("zoe", problem="part9.py is not UTF-8. Save it as UTF-8 and hand it in again."),
        graded("Bob", result("double", "failed", "the sign is wrong"), result("row_sums"), result("shrink")),
    )


def record(file="ada/part9.py", loss=2.25, status="passed", device="cpu", budget="quick", name="reach_target", **more):
    fields = {
        "time": "2026-11-26T04:10:00Z",
        "id": f"part9.training.{name}",
        "status": status,
        "loss": loss,
        "target": 2.3,
        "seconds": 12.5,
        "steps": 4000,
        "budget": budget,
        "device": device,
        "seed": SEED,
        "file": file,
        "submission": "ab",
        "data": "d",
        "grader": "g",
    }
    return Record(**fields | more)
