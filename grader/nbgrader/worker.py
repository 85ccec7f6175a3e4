"""The process that grades beside nbgrader: `python -m grader.nbgrader.worker`. A request a line, and its answer.

nbgrader's own process imports no torch, and keeps its books while this one grades the next submission.
"""

import os
import sys

import msgspec

from grader.classes.work import Done, Job, Setting, grade
from grader.errors import UsageError


class Request(msgspec.Struct, frozen=True):
    """A submission to grade."""

    setting: Setting
    job: Job


class Answer(msgspec.Struct, frozen=True):
    """What came of it, or why nothing could be graded at all."""

    done: Done | None
    refused: str = ""


def main() -> None:
    """Answer until there are no more requests: nbgrader has ended."""
    out = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # whatever else is printed here is no answer
    for line in sys.stdin.buffer:
        request = msgspec.json.decode(line, type=Request)
        try:
            done = msgspec.json.decode(grade(request.setting, request.job), type=Done)
            answer = Answer(done)
        except UsageError as error:
            answer = Answer(None, str(error))
        except Exception as error:  # it costs this submission, and no other one
            answer = Answer(None, f"The grader itself failed here ({type(error).__name__}: {error}). Report it.")
        out.write(msgspec.json.encode(answer) + b"\n")
        out.flush()


if __name__ == "__main__":
    main()
