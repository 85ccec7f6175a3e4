"""What came of a class, for other programs: CSV, JSON lines, and Gradescope's results.json for each student."""

import csv
import hashlib
import io
import re
from pathlib import Path
from typing import Any

import msgspec

from grader.classes.graded import Graded
from grader.report.feedback import for_student
from grader.report.model import Report, Result


def as_csv(graded: list[Graded]) -> str:
    """A row for each student, a column for each check."""
    checks = list(dict.fromkeys(r.id for g in graded if g.report for r in g.report.results))
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(["student", "points", "max_points", "file", "sha256", "graded_at", "problem", *checks])
    for one in graded:
        points = {r.id: r.points for r in one.report.results} if one.report else {}
        most = one.report.max_points if one.report else ""
        row = [one.student, one.points, most, one.file, one.sha256, one.graded_at, one.problem]
        writer.writerow([inert(value) for value in row] + [points.get(check, "") for check in checks])
    return out.getvalue()


def inert(value: Any) -> Any:
    """A text that no spreadsheet takes for a formula."""
    return f"'{value}" if isinstance(value, str) and value.startswith(("=", "+", "-", "@", "\t", "\r")) else value


def as_json_lines(graded: list[Graded]) -> bytes:
    """All that is known of each student, a line each: for the instructor, with the seed in it."""
    return b"".join(msgspec.json.encode(one) + b"\n" for one in graded)


def write_gradescope(graded: list[Graded], folder: Path) -> int:
    """A folder for each student with Gradescope's results.json in it; how many. Nothing secret is in them."""
    for one in graded:
        path = folder / slug(one.student) / "results.json"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(msgspec.json.format(msgspec.json.encode(gradescope(one)), indent=2))
    return len(graded)


def gradescope(one: Graded) -> dict[str, Any]:
    """Gradescope's form of a report, as the student may see it."""
    form = {"execution_time": one.seconds, "output_format": "text", "stdout_visibility": "hidden"}
    if one.report is None:
        return {"score": 0, "output": one.problem, "tests": [], **form}
    report = for_student(one.report)
    output = [*_unsettled(report), *report.notes, f"Isolation: {report.isolation}."]
    tests = [_test(result) for result in report.results]
    return {"score": report.points, "output": "\n".join(output), "tests": tests, **form}


def _unsettled(report: Report) -> list[str]:
    """What the grader's own failures leave open, in words: their points are missing in the score."""
    failed = [result for result in report.results if result.status == "grader_error"]
    points = sum(result.max_points for result in failed)
    words = (
        f"The grader itself failed in {len(failed)} of {len(report.results)} checks. Their {points} points are missing "
        "here through no mistake of yours: ask your instructor to have this graded again."
    )
    return [words] if failed else []


def _test(result: Result) -> dict[str, Any]:
    printed = f"\n\nYour code printed:\n{result.details.output}" if result.details.output else ""
    return {
        "name": f"{result.id}: {result.title}",
        "score": result.points,
        "max_score": result.max_points,
        "status": "passed" if result.status == "passed" else "failed",
        "output": f"{result.status.replace('_', ' ')}. {result.message}{printed}",
        "output_format": "text",
        "visibility": "visible",
    }


def slug(name: str) -> str:
    """A name for a file: safe anywhere, and another one for another name."""
    short = re.sub(r"[^A-Za-z0-9]+", "-", name).strip("-").lower()[:40] or "student"
    return f"{short}-{hashlib.sha256(name.encode('utf-8', 'surrogatepass')).hexdigest()[:10]}"
