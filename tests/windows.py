"""The grader's command as another system would run it: `python windows.py win32|darwin ARGUMENTS`.

What that system lacks is taken away in this process, before the grader is imported, and in each that it spawns. The
standard library has been imported by then, and goes on as it was: what is tested is that the grader asks nothing of it
that is not there. It is no Windows: paths, files, pipes and libraries are Linux's.
"""

import sys
from pathlib import Path

# Imported first, what is not ours: it looks at the platform once, and keeps what it has found.
IMPORTED = """
import asyncio, ctypes, ctypes.util, http.client, importlib.metadata, logging, multiprocessing, os, pathlib, platform
import selectors, shutil, signal, site, socket, ssl, subprocess, sysconfig, tempfile, threading, urllib.request, uuid
import webbrowser, zipfile, sys, types
import click, msgspec, numpy, psutil, rich.console, safetensors, torch
"""
TAKEN = {
    "win32": {
        "os": "fork forkpty posix_spawn posix_spawnp setsid setpgid getpgid killpg getuid geteuid setuid getgid setgid "
        "setgroups wait wait3 wait4 waitid WNOHANG WNOWAIT P_PID uname chroot mkfifo sched_getaffinity "
        "sched_setaffinity sched_getscheduler getpriority setpriority openpty getloadavg set_blocking register_at_fork "
        "posix_fallocate",
        "socket": "AF_UNIX send_fds recv_fds socketpair CMSG_LEN SCM_RIGHTS",
        "signal": "SIGKILL SIGCHLD SIGXCPU SIGXFSZ SIGALRM SIGSTOP SIGHUP SIGUSR1 setitimer getitimer ITIMER_REAL alarm "
        "pthread_sigmask",
        "modules": "resource fcntl termios tty pty pwd grp crypt syslog readline curses posix_ipc",
    },
    # What macOS has, but the grader is not to use there: a fork, and what needs Linux.
    "darwin": {
        "os": "fork forkpty posix_spawn posix_spawnp sched_getaffinity sched_setaffinity sched_getscheduler waitid "
        "posix_fallocate",
        "socket": "send_fds recv_fds",
        "signal": "",
        "modules": "",
    },
}
HERE = """
class _Nowhere:
    @staticmethod
    def find_spec(name, path=None, target=None):
        if name in TAKEN["modules"].split():
            raise ModuleNotFoundError(f"No module named {name!r} on {PLATFORM}", name=name)


def _switch():
    others = [module for module in sys.modules.values() if isinstance(module, types.ModuleType)]
    for module in (os, socket, signal):
        whole = types.ModuleType(module.__name__)
        whole.__dict__.update(vars(module))
        for other in others:
            if vars(other).get(module.__name__) is module:
                vars(other)[module.__name__] = whole
        for name in TAKEN[module.__name__].split():
            if hasattr(module, name):
                delattr(module, name)
    for name in TAKEN["modules"].split():
        sys.modules.pop(name, None)
    sys.meta_path.insert(0, _Nowhere)
    sys.platform = PLATFORM
    if PLATFORM == "win32":
        sys.modules["msvcrt"] = types.ModuleType("msvcrt")
        sys.modules["msvcrt"].__dict__.update(
            SetErrorMode=lambda mode: 0, SEM_FAILCRITICALERRORS=1, SEM_NOGPFAULTERRORBOX=2,
            getwch=lambda: "", getch=lambda: b"", kbhit=lambda: False,
        )
"""


def switch(platform: str) -> str:
    """Python that makes this process look like another system's."""
    taken = TAKEN[platform]
    return f"{IMPORTED}\nPLATFORM, TAKEN = {platform!r}, {taken!r}\n{HERE}\n_switch()\n"


def main(platform: str, arguments: list[str]) -> None:
    """Run the grader's command there."""
    exec(compile(switch(platform), "<switch>", "exec"), {})
    from grader import spare

    # The student's process is started in another way than by hand, and is switched before it sees anything of ours.
    head, imports, rest = spare.BOOT.partition("from grader import warm")
    assert imports
    spare.BOOT = head + switch(platform) + imports + rest
    from grader.cli import main as command

    sys.argv[:] = ["grader", *arguments]
    command()


if __name__ == "__main__":
    sys.path[0] = str(Path(__file__).resolve().parent.parent)
    main(sys.argv[1], sys.argv[2:])
