"""The student's process: load the cells, run probes, answer. Never trusted, never judging."""

import os
import socket
import sys
from math import ceil
from time import monotonic, process_time  # our own names: a cell may replace time's
from typing import Any

import msgspec
from torch import is_grad_enabled, zeros
from torch.autograd.grad_mode import inference_mode  # our own name: a cell may replace torch's

from grader import wire
from grader.cells import Cell
from grader.fresh import fresh_state
from grader.student.guard import PROBE, Guard, ready_made
from grader.student.state import State
from grader.student.trainer import Trainer
from grader.student.workspace import Module, describe, load
from grader.values import Namespace

if sys.platform != "win32":
    import resource

OPEN = 64
"""Descriptors that a student's process may have open."""


class Answers:
    """Runs probes on the names of a module."""

    def __init__(
        self, module: Module, guard: Guard, filenames: set[str], passing: tuple[type[BaseException], ...] = ()
    ):
        self._module = module
        self._guard = guard
        self._filenames = filenames
        self._passing = passing  # exceptions that are no answer: whoever asked is to have them
        self._sent: dict[str, tuple[Any, bytes]] = {}  # inputs as they came, by key
        self._held: dict[str, wire.Given] = {}  # those that lie here untouched

    def probe(self, request: dict[str, Any], blob: bytes) -> tuple[dict[str, Any], bytes]:
        """What came of each case of a request, and the tensors of all cases, one behind the other."""
        probe = _function(request)
        forbids = request["forbids"]
        outcomes, replies, offset = [], [], 0
        for value in request["values"]:
            self._sent[value["key"]] = value["tree"], blob[offset : offset + value["size"]]
            offset += value["size"]
        for keys in request["cases"]:
            outcome, reply = self._case(probe, forbids, keys)
            outcomes.append(outcome | {"size": len(reply)})
            replies.append(reply)
        return {"outcomes": outcomes}, b"".join(replies)

    def _case(self, probe: Any, forbids: list[str], keys: dict[str, str]) -> tuple[dict[str, Any], bytes]:
        """Run the probe on one case: its value, or what went wrong, and whether inputs changed.

        keys: those of the inputs by name. An input that the cases before have left alone is handed out again.
        """
        inputs = {name: self._input(key) for name, key in keys.items()}
        given = Namespace({name: one.value for name, one in inputs.items()})
        fresh_state()
        self._guard.reset()
        own = os.getpid()
        try:
            # Where autograd is forbidden nothing is recorded that one could differentiate.
            with self._guard.forbidding(forbids), inference_mode("autograd" in forbids):
                value = probe(self._module, given)
                if not is_grad_enabled() and "autograd" not in forbids:
                    raise RuntimeError("torch's recording of gradients was switched off, and left off")
            outcome, reply = wire.encode(value)
            outcome = {"value": outcome}
        except self._passing:
            raise
        except BaseException as error:
            outcome, reply = {"error": describe(error, self._filenames)}, b""
        if os.getpid() != own:
            os._exit(0)  # a copy that the answer has forked: only the first one speaks
        tried = self._guard.tried()
        if tried:
            outcome, reply = {"error": {"kind": "broken_rule", "what": tried[0], "trace": []}}, b""
        # Whether an input was changed is told here and not judged by the grader: a lie about it
        # earns nothing, because the values are compared with those of the grader's own inputs.
        alone = [name for name, one in inputs.items() if vars(given).get(name) is one.value and one.untouched()]
        self._held.update((keys[name], inputs[name]) for name in alone)
        if len(alone) < len(inputs):
            before = Namespace({name: wire.decode(*self._sent[key]) for name, key in keys.items()})
            if changed := wire.changed(before, given):
                outcome["changed"] = changed
        return outcome, reply

    def _input(self, key: str) -> wire.Given:
        """The value of that key, for one case: two names of a case never stand for one value."""
        return self._held.pop(key, None) or wire.Given(*self._sent[key])


class Session:
    """One submission, from the first request to the last."""

    def __init__(self, data: socket.socket, marks: bool = False):
        self._data = data
        self._marks = marks  # whether to say in the output where an answer's ends (grader/spare.py)
        self._nonce = ""
        self._module: Module
        self._filenames: set[str] = set()
        self._guard: Guard
        self._state: State
        self._trainer: Trainer
        self._answers: Answers

    def serve(self) -> None:
        """Answer requests until the other side closes."""
        while True:
            head = _receive(self._data, 16)
            if head is None:
                return
            text_length, blob_length = wire.lengths(head)
            request = wire.parse(_receive(self._data, text_length) or b"")
            blob = _receive(self._data, blob_length) or b""
            self._nonce = request["nonce"]
            serve = {"load": self._load, "probe": self._probe, "train": self._train}[request["kind"]]
            answer, reply = serve(request, blob)
            for stream in (sys.stdout, sys.stderr):
                try:
                    stream.flush()
                except BaseException:
                    pass  # closed or replaced by the student's code: what can't be flushed is lost, no more
            if self._marks:
                self._mark()
            self._send(answer, reply)

    def _send(self, message: dict[str, Any], blob: bytes = b"") -> None:
        self._data.sendall(wire.frame({"nonce": self._nonce, **message}, blob))

    def _mark(self) -> None:
        try:
            os.write(1, f"\0{self._nonce}\0".encode())
        except OSError:
            pass  # closed: nothing has been printed either

    def _load(self, request: dict[str, Any], _: bytes) -> tuple[dict[str, Any], bytes]:
        cells = msgspec.convert(request["cells"], list[Cell])
        self._filenames = {cell.filename for cell in cells}
        self._guard = Guard()
        self._guard.stay(request["hidden"])
        self._guard.forbid(request["forbids"])  # for good: what the whole part is to do without
        self._module, failures = load(
            request["name"],
            cells,
            set(request["skip"]),
            self._guard,
            started=lambda index: self._send({"cell": index}),
            seconds=request["seconds"],
        )
        self._answers = Answers(self._module, self._guard, self._filenames)
        self._state = State()
        return {"failures": failures}, b""

    def _probe(self, request: dict[str, Any], blob: bytes) -> tuple[dict[str, Any], bytes]:
        start = monotonic()
        answer, reply = self._answers.probe(request, blob)
        return answer | {"spoilt": self._state.spoilt(), "seconds": monotonic() - start}, reply

    def _train(self, request: dict[str, Any], blob: bytes) -> tuple[dict[str, Any], bytes]:
        """One call of the trainer: its value, or what went wrong."""
        self._guard.reset()
        own = os.getpid()
        try:
            with inference_mode("autograd" in request["forbids"]):
                values = wire.decode(request["values"], blob)
                if request["call"] == "start":
                    fresh_state()
                    self._trainer = Trainer(_function(request), self._module, **values)
                    value, reply = wire.encode(None)
                else:
                    value, reply = wire.encode(getattr(self._trainer, request["call"])(**values))
                answer: dict[str, Any] = {"value": value}
        except BaseException as error:
            answer, reply = {"error": describe(error, self._filenames)}, b""
        if os.getpid() != own:
            os._exit(0)
        if tried := self._guard.tried():
            answer, reply = {"error": {"kind": "broken_rule", "what": tried[0], "trace": []}}, b""
        return answer, reply


def warm_up() -> None:
    """Do once what each session needs, so that a process forked from here has it behind it."""
    ready_made()
    msgspec.convert([], list[Cell])
    fresh_state()
    with inference_mode():
        given = wire.Given(*wire.encode([zeros(1), {"a": 1.0}, Namespace({})]))
        given.untouched()


def _function(request: dict[str, Any]) -> Any:
    """The function that has travelled here as source."""
    scope: dict[str, Any] = {}
    exec(compile(request["source"], f"{PROBE}{request['id']}>", "exec"), scope)
    return scope[request["function"]]


def _receive(data: socket.socket, length: int) -> bytes | None:
    parts, missing = [], length
    while missing:
        part = data.recv(min(missing, 1 << 20))
        if not part:
            return None
        parts.append(part)
        missing -= len(part)
    return b"".join(parts)


def run(data: socket.socket, output: int, folder: str, limits: dict[str, int]) -> None:
    """Become the student's process: own group, limits, captured output; then serve. Never returns."""
    code = 1
    try:
        os.setsid()
        os.chdir(folder)
        os.environ.clear()
        os.environ.update(clean_environment(folder))
        null = os.open(os.devnull, os.O_RDONLY)
        os.dup2(null, 0)
        os.dup2(output, 1)
        os.dup2(output, 2)
        capture()
        limit(limits)
        Session(data).serve()
        code = 0
    finally:
        os._exit(code)


def capture() -> None:
    """Print to descriptors 1 and 2 in the same way on each system."""
    sys.stdout, sys.stderr = (
        os.fdopen(fd, "w", encoding="utf-8", errors="backslashreplace", newline="\n", closefd=False) for fd in (1, 2)
    )


def clean_environment(folder: str) -> dict[str, str]:
    """All that the student's process sees of the environment."""
    return {"PATH": "/usr/bin:/bin", "HOME": folder, "TMPDIR": folder, "LANG": "C.UTF-8"}


def limit(limits: dict[str, int]) -> None:
    """Set the process's own limits, where it can: memory and CPU time above what it has now, file size, no core."""
    if sys.platform == "win32":
        return
    if sys.platform == "linux":  # macOS bounds no address space, of which each process has hundreds of gigabytes there
        with open("/proc/self/statm") as statm:
            used = int(statm.read().split()[0]) * resource.getpagesize()
        _set(resource.RLIMIT_AS, used + limits["memory"])
    _set(resource.RLIMIT_CPU, ceil(process_time()) + limits["cpu"])  # one that was spawned has imported torch
    _set(resource.RLIMIT_FSIZE, limits["file"])
    _set(resource.RLIMIT_CORE, 0)
    _set(resource.RLIMIT_NOFILE, OPEN)  # each socket may hold memory that is no process's
    if "processes" in limits:
        _set(resource.RLIMIT_NPROC, limits["processes"])


def _set(kind: int, value: int) -> None:
    try:
        resource.setrlimit(kind, (value, value))
    except (ValueError, OSError):
        pass  # a container may have set a lower hard limit
