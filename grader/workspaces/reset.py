"""Back to the shipped stubs, and back again. What is replaced is kept in backups/: nothing is lost on either way."""

import ast
import os
from contextlib import suppress
from pathlib import Path

from grader import backups
from grader.course import Course, Part
from grader.errors import UsageError
from grader.workspaces import exercise, kept, shipped, texts
from grader.workspaces.exercise import File, Piece


def reset(course: Course, targets: tuple[str, ...]) -> list[str]:
    """Set a part, or exercises of it, back to what was shipped; what was done, in lines.

    Raises UsageError for what is no part or whole exercise, and where the file can't be read, replaced or told apart.
    """
    part, path, names, stubs = _chosen(course, targets)
    before = backups.read(path)
    after = _as_shipped(path, before, names, stubs)
    told = ", ".join(f"{part.id}.{name}" for name in names) or part.id
    if after == before:
        return [f"Nothing to do: {told} in {path}, as shipped."]
    copies = _replaced(path, before, after, part)
    back = [f"Back again: grader reset {' '.join(targets)} --undo"] if before is not None else []
    return [f"reset     {told} in {path}", *copies, *back]


def undo(course: Course, targets: tuple[str, ...]) -> list[str]:
    """Put back what the newest backup has that differs from what is there now; what was done, in lines.

    Of an exercise, that is its cell alone, and the shipped stub does not count. Raises UsageError as `reset` does.
    """
    part, path, names, stubs = _chosen(course, targets)
    before, versions = backups.read(path), kept.versions(path)
    if names:
        after, found = _with_answers(path, before, names, versions, stubs)
    else:
        source, after = next(((file, content) for file, content in versions if content != before), (None, None))
        found = {"": source} if source else {}
    lines = []
    for name in names or [""]:
        told = f"{part.id}.{name}" if name else part.id
        if name in found:
            lines.append(f"put back  {told} from {found[name]}")
        else:
            lines.append(f"Nothing to do: no backup of {path} has another {told}.")
    return lines + (_replaced(path, before, after, part) if after is not None and found else [])


def _chosen(course: Course, targets: tuple[str, ...]) -> tuple[Part, Path, list[str], File]:
    """The part, where the student has it, what was named of it (nothing: all of it), and the part as shipped.

    Whatever is defined there may be named: what is trained and not checked, and what is given.
    """
    part, _ = course.select(tuple(target.partition(".")[0] for target in targets))
    path = _path(course, part)
    home = Path(os.path.relpath(Path(os.path.abspath(path)).parent.parent))
    stubs = exercise.read(path, shipped.of_workspace(course, home, part))
    names = [target.partition(".")[2] for target in targets]
    for target, name in zip(targets, names, strict=True):
        if name and len(exercise.places(stubs, name, stubs)) != 1:
            course.select((target,))
            whole = f"{part.id}.{name.partition('.')[0]}"
            raise UsageError(f"{target} can't be reset apart. Name the exercise, {whole}, or the part, {part.id}.")
    return part, path, [] if "" in names else list(dict.fromkeys(names)), stubs


def _path(course: Course, part: Part) -> Path:
    """Where the student has the part, or had it."""
    try:
        return course.exercise_file(part)
    except UsageError:
        return Path(os.path.relpath(shipped.workspace() / "exercises" / f"{part.name}.py"))


def _as_shipped(path: Path, before: bytes | None, names: list[str], stubs: File) -> bytes:
    """The file with all of it, or some exercises, as shipped; its lines end as they did."""
    if names:
        text = _read(path, before).text
        for name in names:
            piece = exercise.piece(stubs, name, stubs)
            assert piece is not None
            text = exercise.put(exercise.read(path, text), name, piece, stubs)
        return text.content
    try:
        own = texts.read(before or b"", path)
    except UsageError:  # what can't be read can be put in order all the same
        return stubs.text.content
    if own.bare == stubs.text.bare:
        return own.content
    return texts.like(own, stubs.text).content


def _with_answers(
    path: Path, before: bytes | None, names: list[str], versions: list[tuple[Path, bytes]], stubs: File
) -> tuple[bytes | None, dict[str, Path]]:
    """The file with the answers that backups have, and which backup each was found in."""
    now = _read(path, before)
    found: dict[str, tuple[Path, bytes, Piece]] = {}
    for name in names:
        here, stub = exercise.piece(now, name, stubs), exercise.piece(stubs, name, stubs)
        for file, content in versions:
            there = _piece(file, content, name, stubs)
            if there and stub and (here is None or there.cell != here.cell) and _essence(there) != _essence(stub):
                found[name] = file, content, there
                break
    sources = {name: file for name, (file, _, _) in found.items()}
    whole = [content for _, content, _ in found.values()]
    if len(found) == len(names) and len({*whole}) == 1 and _came_from(path, whole[0], names, stubs) == before:
        return whole[0], sources  # nothing has happened since: not a blank line is other than it was
    text = now.text
    for name, (_, _, there) in found.items():
        text = exercise.put(exercise.read(path, text), name, there, stubs)
    return text.content, sources


def _came_from(path: Path, content: bytes, names: list[str], stubs: File) -> bytes | None:
    try:
        return _as_shipped(path, content, names, stubs)
    except UsageError:
        return None


def _piece(file: Path, content: bytes, name: str, stubs: File) -> Piece | None:
    try:
        text = texts.read(content, file)
    except UsageError:  # there is no exercise to be found in it
        return None
    return exercise.piece(exercise.read(file.with_suffix(".py"), text), name, stubs)


def _essence(piece: Piece) -> object:
    """A piece without its docstrings and blank lines: by that a stub is known whose text the course has changed."""
    try:
        tree = ast.parse("\n".join(piece.cell))
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return piece.cell
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) and ast.get_docstring(node):
            node.body = node.body[1:]
    comments = [line.strip() for line in piece.cell if line.lstrip().startswith("#")]
    return ast.dump(tree), comments


def _read(path: Path, content: bytes | None) -> File:
    if content is None:
        part = path.stem.partition("_")[0]
        raise UsageError(f"There is no {path}. `grader reset {part}` puts it back as shipped.")
    return exercise.read(path, texts.read(content, path))


def _replaced(path: Path, before: bytes | None, after: bytes, part: Part) -> list[str]:
    with suppress(OSError):  # what is wrong is said on writing
        path.parent.mkdir(exist_ok=True)
    copies = [f"kept      {copy}" for copy in backups.replace([(path, before, after)])]
    notebook = path.with_suffix(".ipynb")
    beside = [f"{notebook} is as it was: `grader notebook {part.id}` carries this over."] if notebook.exists() else []
    return copies + beside
