"""The group that all commands belong to: whatever ends one of them is said in a line or two, never as a traceback.

Exit codes: 2 usage or set-up error, 3 a fault of the grader's own, 130 stopped by the student, 141 nobody reads on.
"""

import errno
import io
import os
import shlex
import sys
import traceback
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from grader import state
from grader.errors import UsageError
from grader.versions import grader_version

if TYPE_CHECKING:
    from grader.isolation import Isolation
    from grader.template import Template

FULL = (errno.ENOSPC, errno.EDQUOT)
HERE = Path(__file__).resolve().parent
STOPPED = 130
DEAF = 141
"""As a shell shows a program that SIGPIPE ended: 1 would be a verdict."""
TEXT = 200
"""Characters of an exception's text that are shown."""


class Commands(click.Group):
    """A group that says in its own words what ended a command; those of its subgroups too."""

    sections: Mapping[str, Sequence[click.Command]] = {}
    """Commands by the heading under which the help lists them; none: all under one."""

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The commands under their headings, in order."""
        if not self.sections:
            super().format_commands(ctx, formatter)
        for section, commands in self.sections.items():
            with formatter.section(section):
                formatter.write_dl([(one.name or "", one.get_short_help_str(limit=64)) for one in commands])

    def make_context(self, *args: Any, **options: Any) -> click.Context:
        with _ends_said():
            return super().make_context(*args, **options)

    def invoke(self, ctx: click.Context) -> Any:
        with _ends_said():
            return super().invoke(ctx)

    def main(self, *args: Any, **options: Any) -> Any:
        try:
            _prepare()
            try:
                return super().main(*args, **options)
            finally:
                sys.stdout.flush()  # here, where it can still be said, and not at the interpreter's end
        except UsageError as error:
            _say(str(error))
            sys.exit(2)
        except BrokenPipeError:
            _write_nowhere()
            sys.exit(DEAF)
        except Exception as error:
            if isinstance(error, OSError) and error.errno in FULL:
                _write_nowhere()
                _say(f"{error.filename or 'standard output'} can't be written: {error.strerror}. Make room there.")
                sys.exit(2)
            for line in own_fault(error):
                _say(line)
            sys.exit(3)


@contextmanager
def started(isolation: "Isolation | None" = None) -> Iterator["Template"]:
    """A warm template for as long as a command needs one, of the level `process` unless another one is given.

    Raises UsageError where the level can't be had. Where no process can be started, the command ends with exit code 3.
    """
    from grader import sandbox, start
    from grader.isolation import PROCESS

    template = start.start_template(isolation=isolation or PROCESS)
    try:
        yield template
    except sandbox.Ended as ended:
        _say(f"the sandbox failed: {ended.reason}. Please report this.")
        sys.exit(3)
    finally:
        template.close()


@contextmanager
def _ends_said() -> Iterator[None]:
    """What click would end a command for, in words of its own or with an exit code of its own."""
    try:
        yield
    except KeyboardInterrupt:
        _say("stopped.")
        raise click.exceptions.Exit(STOPPED) from None
    except BrokenPipeError:  # `grader list | head -1`: who reads has had enough
        _write_nowhere()
        raise click.exceptions.Exit(DEAF) from None
    except SystemExit as end:
        if isinstance(end.__context__, BrokenPipeError):  # rich says 1
            raise click.exceptions.Exit(DEAF) from None
        raise
    except click.UsageError as error:
        if error.ctx and error.message == error.ctx.get_help():  # of a group without a command
            raise
        _say(_in_a_line(error))
        raise click.exceptions.Exit(error.exit_code) from None


def _in_a_line(error: click.UsageError) -> str:
    """What is wrong with a call, and where to read how it goes."""
    text = " ".join(error.format_message().split())
    names, context = [], error.ctx
    while context and context.parent:  # the first one is the program, under whatever name it was called
        names.append(context.info_name or "")
        context = context.parent
    see = " ".join(["grader", *reversed(names), "--help"])
    return f"{text}{'' if text.endswith(('.', '?', '?)')) else '.'} See {see}."


def own_fault(error: BaseException) -> list[str]:
    """What to say of an exception that nobody expected. The whole traceback is kept, or else said too."""
    text = (str(error).strip() or "no text").splitlines()[0][:TEXT]
    frames = traceback.extract_tb(error.__traceback__)
    own = [frame for frame in frames if Path(frame.filename).is_relative_to(HERE)]
    where = f", {Path(own[-1].filename).relative_to(HERE.parent)}:{own[-1].lineno}" if own else ""
    said = [f"this is a fault of the grader's own and not yours: {type(error).__name__}: {text}{where}."]
    whole = "".join(traceback.format_exception(error))
    path = Path()
    try:
        path = state.folder() / "last-error.txt"
        command = shlex.join(["grader", *sys.argv[1:]])
        kept = f"{command}\ngrader {grader_version()}, Python {sys.version}, {sys.platform}\n\n{whole}"
        state.write(path, kept.encode("utf-8", "backslashreplace"))
    except (UsageError, OSError):
        return [*said, f"please report it with the command you ran, and this:\n{whole}"]
    return [*said, f"please report it: the whole traceback lies in {path}."]


def _prepare() -> None:
    """Make sure that there is a folder to work in, and somewhere to write to."""
    for name in ("stdout", "stderr"):
        stream = getattr(sys, name)
        if stream is None:  # closed by whoever called; what is opened next must not take its place
            setattr(sys, name, open(os.devnull, "w", encoding="utf-8"))  # noqa: SIM115
        elif isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")  # a student's output may hold what can't be shown here
    try:
        os.getcwd()
    except OSError:
        raise UsageError("The folder you are in no longer exists. Go to your workspace: cd DIR.") from None


def _say(text: str) -> None:
    with suppress(OSError):
        click.echo(f"grader: {text}", err=True)


def _write_nowhere() -> None:
    """Nothing more reaches standard output: what is left would fail once more at the end."""
    with suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
