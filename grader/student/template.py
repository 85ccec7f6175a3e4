"""A warm process that has imported torch and forks one child for each submission.

It knows nothing of reference/ and the checks: it is forked before they are imported, or started on
its own (`python -m grader.student.template FD FOLDER`), in a sandbox or not. Children talk to the grader over a
socket of their own; this process only starts, reaps and kills them.
"""

import ctypes
import gc
import os
import selectors
import shutil
import signal
import socket
import sys
import tempfile
from typing import Any

import msgspec
import torch

from grader.student import leftovers, session

PR_SET_PDEATHSIG, PR_SET_DUMPABLE, PR_SET_CHILD_SUBREAPER = 1, 4, 36  # from linux/prctl.h


def serve(control: socket.socket, folder: str, alone: bool = False) -> None:
    """Start and kill children as told until the other side closes; then end them all.

    folder: where each child gets a folder of its own; the grader removes it in the end. alone: whether the whole
    sandbox is this process's: it is swept between two children then, and ended where something can't be swept away.
    """
    # Before anything else: a fork hangs in its first threaded operation if its parent ran one.
    torch.set_num_threads(1)
    session.warm_up()
    gc.freeze()
    wakeup, alarm = os.pipe()
    os.set_blocking(alarm, False)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.set_wakeup_fd(alarm, warn_on_full_buffer=False)
    _adopt_orphans()
    _hide_memory()
    children: dict[int, str] = {}
    selector = selectors.DefaultSelector()
    selector.register(control, selectors.EVENT_READ)
    selector.register(wakeup, selectors.EVENT_READ)
    own = [wakeup, alarm, selector.fileno()]
    standing = leftovers.standing() if alone else ()
    try:
        while True:
            ready = {key.fileobj for key, _ in selector.select()}
            if wakeup in ready:
                os.read(wakeup, 4096)
                if not _reap(children, control, alone) or (alone and leftovers.standing() != standing):
                    return
            if control in ready and not _obey(control, children, folder, own):
                return
    finally:
        for pid in list(children):
            _kill(pid)
            os.waitpid(pid, 0)
            shutil.rmtree(children.pop(pid), ignore_errors=True)


def _obey(control: socket.socket, children: dict[int, str], root: str, own: list[int]) -> bool:
    """Carry out what has come, a request a line; False at the end of the conversation."""
    text, descriptors, _, _ = socket.recv_fds(control, 65536, 2)
    if not text:
        return False
    for line in text.splitlines():
        request = msgspec.json.decode(line)
        if "kill" not in request:
            _start(request["limits"], descriptors, control, children, root, own)
        elif request["kill"] in children:
            _kill(request["kill"])
    return True


def _start(
    limits: dict[str, int],
    descriptors: list[int],
    control: socket.socket,
    children: dict[int, str],
    root: str,
    own: list[int],
) -> None:
    """Fork a student's process, which talks over the first descriptor and prints to the second.

    own: this process's descriptors, which are none of the child's business.
    """
    data, output = descriptors
    folder = tempfile.mkdtemp(dir=root)
    pid = os.fork()
    if pid == 0:
        signal.set_wakeup_fd(-1)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        signal.signal(signal.SIGINT, signal.SIG_DFL)
        control.close()
        for descriptor in own:
            os.close(descriptor)
        session.run(socket.socket(fileno=data), output, folder, limits)
    children[pid] = folder
    os.close(data)
    os.close(output)
    _tell(control, {"started": pid})


def _reap(children: dict[int, str], control: socket.socket, alone: bool) -> bool:
    """Bury the children that have ended, with what they left running; whether the sandbox is as it was before them."""
    clean = True
    for pid in list(children):
        done, status, usage = os.wait4(pid, os.WNOHANG)
        if done:
            _kill_group(pid)  # whoever the child left behind in it
            shutil.rmtree(children.pop(pid), ignore_errors=True)
            _end_orphans(set(children), alone)
            if alone and not children:
                clean = leftovers.sweep()
            cpu = usage.ru_utime + usage.ru_stime
            _tell(control, {"exited": pid, "code": os.waitstatus_to_exitcode(status), "cpu": cpu})
    return clean


def _adopt_orphans() -> None:
    """Become the parent of whoever outlives their own, where the system can do that (Linux)."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def _kill_everybody() -> None:
    try:
        os.kill(-1, signal.SIGKILL)  # but for this process and the first one of its namespace
    except (ProcessLookupError, PermissionError):
        pass  # there is nobody else


def _hide_memory() -> None:
    """Keep a child from reading and writing this process's memory, and so the next child's."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_DUMPABLE, 0, 0, 0, 0)


def _end_orphans(children: set[int], alone: bool) -> None:
    """Kill the processes that a child has left behind, in whatever group or session they are."""
    if alone and not children:
        _kill_everybody()  # at once, so that they can't fork faster than they are killed
    while True:
        try:
            with open(f"/proc/self/task/{os.getpid()}/children") as listed:
                orphans = {int(pid) for pid in listed.read().split()} - children
        except OSError:
            return  # no such list on this system: only the child's own group has been killed
        if not orphans:
            return
        for pid in orphans:
            os.kill(pid, signal.SIGKILL)  # ours and not reaped, so the number is still its own
            os.waitpid(pid, 0)


def _kill(pid: int) -> None:
    """End a child that has not been reaped, with its group if it has come to lead one."""
    _kill_group(pid)
    os.kill(pid, signal.SIGKILL)


def _kill_group(pid: int) -> None:
    try:
        os.killpg(pid, signal.SIGKILL)
    except ProcessLookupError:
        pass  # nobody left in it


def _tell(control: socket.socket, message: dict[str, Any]) -> None:
    try:
        control.sendall(msgspec.json.encode(message) + b"\n")
    except OSError:
        pass  # the grader has gone; the loop ends at the next read


def main(words: list[str]) -> None:
    """Serve on a descriptor, or on the socket at a path: `FD|PATH FOLDER [alone [USER] | apart NAMESPACE]`.

    Alone, as that user from now on; or apart from those whose process numbers are of that namespace.
    """
    where, folder, *more = words
    if more[:1] == ["apart"] and not _apart(more.pop()):
        sys.exit("it gives submissions no process numbers of their own: clearing up would kill your own processes")
    if where.isdigit():
        control = socket.socket(fileno=int(where))
    else:
        control = socket.socket(socket.AF_UNIX)
        control.connect(where)
    _close_all_but(control.fileno())
    if more[1:]:
        user = int(more[1])
        os.setgroups([])
        os.setgid(user)
        os.setuid(user)
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)  # setuid has lifted it
    serve(control, folder, alone=bool(more))


def _apart(namespace: str) -> bool:
    try:
        return os.readlink("/proc/self/ns/pid") != namespace
    except OSError:
        return False


def _close_all_but(kept: int) -> None:
    """Close what the grader's process happened to have open when this one was started."""
    try:
        opened = [int(name) for name in os.listdir("/dev/fd")]
    except OSError:
        return
    for descriptor in opened:
        if descriptor > 2 and descriptor != kept:
            try:
                os.close(descriptor)
            except OSError:
                pass  # the one that the listing itself had open


if __name__ == "__main__":
    main(sys.argv[1:])
