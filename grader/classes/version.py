"""The version of a course: a hash of all that a part's verdicts hang on."""

import hashlib
from pathlib import Path

from grader.course import Course, Part

ENGINE = Path(__file__).resolve().parent.parent


def course_version(course: Course, part: Part) -> str:
    """Changes with the part's checks and reference, with what the parts share, the names, and the grader itself."""
    checks = [f for f in (course.root / "grader" / "checks").rglob("*.py") if _concerns(part, f, course)]
    engine = [*ENGINE.glob("*.py"), *(ENGINE / "student").glob("*.py"), *(ENGINE / "training").glob("*.py")]
    names = course.folder("data").glob("names.txt")
    digest = hashlib.sha256()
    # By names below its own folder: the same course is the same in a clone and installed.
    for root, files in (
        (course.root, checks),
        (course.folder("reference"), _references(course, part)),
        (course.folder("data"), names),
        (ENGINE, engine),
    ):
        for file in sorted(files):
            content = file.read_bytes()
            digest.update(f"{file.relative_to(root)} {len(content)}\n".encode() + content)
    return digest.hexdigest()[:16]


def _concerns(part: Part, file: Path, course: Course) -> bool:
    first = file.relative_to(course.root / "grader" / "checks").parts[0].removesuffix(".py")
    return first == part.name or not first.startswith("part")


def _references(course: Course, part: Part) -> list[Path]:
    files = course.folder("reference").rglob("*.py")
    return [f for f in files if f.stem == part.name or not f.name.startswith("part")]
