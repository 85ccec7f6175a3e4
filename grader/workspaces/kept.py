"""What grader/backups.py has kept of a file, newest first."""

import re
from pathlib import Path

from grader import backups
from grader.errors import UsageError


def versions(path: Path) -> list[tuple[Path, bytes]]:
    """The backups of a file and what is in them, newest first. Raises UsageError where one can't be read."""
    name = re.compile(
        rf"{re.escape(path.stem)}\.(\d{{4}}-\d\d-\d\dT\d\d-\d\d-\d\d)(?:-(\d+))?{re.escape(path.suffix)}\.bak"
    )
    folder = path.parent / backups.FOLDER
    try:
        found = [(match, file) for file in folder.iterdir() if (match := name.fullmatch(file.name)) and file.is_file()]
        found.sort(key=lambda one: (one[0][1], int(one[0][2] or 1)), reverse=True)
        return [(file, file.read_bytes()) for _, file in found]
    except FileNotFoundError:
        return []
    except OSError as error:
        raise UsageError(f"{error.filename or folder} can't be read: {error.strerror}. Make it readable.") from None
