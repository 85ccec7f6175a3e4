"""What came of a class, in a database: one transaction for each submission. SQLite, or whatever SQLAlchemy knows.

A submission is known by its student, its part, its content's hash and the course's version. What is graded anew
is kept beside the older verdict; a student's newest one counts.
"""

import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Any

import msgspec
from sqlalchemy import (
    Boolean,
    Column,
    Engine,
    Float,
    ForeignKey,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    create_engine,
    event,
    insert,
    inspect,
    select,
    update,
)
from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from grader.classes.graded import Graded
from grader.errors import UsageError
from grader.report.model import Report

SCHEMA = "1"
LOCKED = 10
"""Seconds to wait for another process that has locked the database."""
_metadata = MetaData()
_settings = Table("settings", _metadata, Column("name", String(100), primary_key=True), Column("value", Text))
_submissions = Table(
    "submissions",
    _metadata,
    Column("id", Integer, primary_key=True),
    Column("student", Text, nullable=False, index=True),
    Column("part", String(100), nullable=False, index=True),
    Column("file", Text, nullable=False),
    Column("sha256", String(64), nullable=False),
    Column("course", String(64), nullable=False),
    Column("newest", Boolean, nullable=False),
    Column("points", Integer, nullable=False),
    Column("max_points", Integer),
    Column("problem", Text, nullable=False),
    Column("seconds", Float, nullable=False),
    Column("graded_at", String(40), nullable=False),
    Column("report", LargeBinary),
)
_results = Table(
    "results",
    _metadata,
    Column("submission", ForeignKey("submissions.id"), primary_key=True),
    Column("check_id", String(200), primary_key=True),
    Column("status", String(20), nullable=False),
    Column("points", Integer, nullable=False),
    Column("max_points", Integer, nullable=False),
    Column("mistake", Text),
)


class Store:
    """A class's database. Use as a context manager."""

    def __init__(self, engine: Engine, name: str):
        self._engine, self._name = engine, name

    def __enter__(self) -> "Store":
        return self

    def __exit__(self, kind: type[BaseException] | None, value: BaseException | None, at: TracebackType | None) -> None:
        self._engine.dispose()

    def seed(self) -> int:
        """The secret seed of this class, drawn when the database was made."""
        with self._begin() as connection:
            return int(connection.execute(select(_settings.c.value).where(_settings.c.name == "seed")).scalar_one())

    def add(self, graded: Graded) -> None:
        """Keep it as its student's newest, whole or not at all."""
        report = graded.report
        row = {
            "student": graded.student, "part": graded.part, "file": graded.file, "sha256": graded.sha256,
            "course": graded.course, "newest": True, "points": graded.points,
            "max_points": report.max_points if report else None, "problem": graded.problem,
            "seconds": graded.seconds, "graded_at": graded.graded_at,
            "report": msgspec.json.encode(report) if report else None,
        }  # fmt: skip
        with self._begin() as connection:
            of_student = (_submissions.c.student == graded.student) & (_submissions.c.part == graded.part)
            connection.execute(update(_submissions).where(of_student & _submissions.c.newest).values(newest=False))
            number = connection.execute(insert(_submissions).values(row)).inserted_primary_key[0]
            results = [
                {
                    "submission": number, "check_id": r.id, "status": r.status, "points": r.points,
                    "max_points": r.max_points, "mistake": r.mistake,
                }
                for r in (report.results if report else ())
            ]  # fmt: skip
            if results:
                connection.execute(insert(_results), results)

    def known(self, part: str) -> dict[str, Graded]:
        """The newest of each student's submissions of a part, by student."""
        return {graded.student: graded for graded in self.newest(part)}

    def newest(self, part: str) -> list[Graded]:
        """The newest of each student's submissions of a part, in order of the students."""
        wanted = (_submissions.c.part == part) & _submissions.c.newest
        with self._begin() as connection:
            rows = connection.execute(select(_submissions).where(wanted)).mappings().all()
        return sorted((self._graded(row) for row in rows), key=lambda graded: graded.student)

    def parts(self) -> list[str]:
        """The parts that something has been graded of."""
        with self._begin() as connection:
            return sorted(connection.execute(select(_submissions.c.part).distinct()).scalars())

    def _graded(self, row: Any) -> Graded:
        try:
            report = msgspec.json.decode(row["report"], type=Report) if row["report"] is not None else None
        except msgspec.DecodeError as error:
            raise UsageError(
                f"{self._name} holds a report on {row['student']!r} that can't be read ({error}). It was written by "
                "another version of the grader: grade into a new database."
            ) from None
        fields = ("student", "part", "file", "sha256", "course", "problem", "graded_at", "seconds")
        return Graded(report=report, **{name: row[name] for name in fields})

    @contextmanager
    def _begin(self) -> Iterator[Any]:
        """A transaction. Raises UsageError where the database can't be read or written."""
        try:
            with self._engine.begin() as connection:
                yield connection
        except SQLAlchemyError as error:
            raise _failed(self._name, error) from None


def open_store(place: str, create: bool = False) -> Store:
    """The database in a file, or at a URL such as postgresql://...; a new one with a seed of its own if `create`.

    Raises UsageError where there is none, it is no database of a class, or it can't be opened.
    """
    url = place if "://" in place else f"sqlite:///{Path(place).absolute()}"
    shown = place if "://" not in place else place.rpartition("@")[2]
    if "://" not in place and not create and not Path(place).exists():
        raise UsageError(f"There is no {place}. `grader batch SUBMISSIONS --part part4 --out {place}` makes it.")
    try:
        if create and "://" not in place:
            os.close(os.open(place, os.O_CREAT | os.O_RDWR, 0o600))  # it holds the secret seed
        engine = create_engine(url, connect_args={"timeout": LOCKED} if url.startswith("sqlite:") else {})
        if engine.dialect.name == "sqlite":
            event.listen(engine, "connect", _safe)
            event.listen(engine, "begin", lambda connection: connection.exec_driver_sql("BEGIN"))
        with engine.begin() as connection:
            tables = set(inspect(connection).get_table_names())
            ours = {table.name for table in _metadata.sorted_tables}
            if not (ours <= tables if tables else create):
                raise UsageError(f"{shown} is no database of a class. Name another file.")
            if not tables:
                _metadata.create_all(connection)
                fixed = {"schema": SCHEMA, "seed": str(secrets.randbelow(2**62))}
                connection.execute(insert(_settings), [{"name": n, "value": v} for n, v in fixed.items()])
    except (SQLAlchemyError, ImportError, OSError) as error:
        raise _failed(shown, error) from None
    return Store(engine, shown)


def _safe(connection: Any, _: Any) -> None:
    """A commit is on the disk when it returns, a reader doesn't hold up who writes, and tables are made in one go."""
    connection.isolation_level = None  # the driver begins no transaction by itself, which would leave out the tables
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=FULL")


def _failed(name: str, error: Exception) -> UsageError:
    text = str(error.orig if isinstance(error, DBAPIError) and error.orig else error).splitlines()[0]
    fixes = {
        "locked": "Another process has it: wait for that one, or end it",
        "disk": "Is the disk full? Make room",
        "readonly": "It can't be written to: look at its permissions",
        "unable to open": "Does its folder exist, and may you write there",
        "No such file": "Make its folder",
        "No module named": "Install that database's driver",
        "connection failed": "See that its server runs and its port is open",
        "not a database": "It is some other file: name another one",
    }
    fix = next((words for part, words in fixes.items() if part in text), "Look at the message")
    return UsageError(f"{name}: {text}. {fix}, and run the same command again: what has been graded so far is kept.")
