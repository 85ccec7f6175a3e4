"""What a student's process may leave behind in a sandbox, for the next one to find: files, and System V objects."""

import os
import resource
import shutil
from collections.abc import Callable

PLACES = ("/tmp", "/dev/shm", "/dev/mqueue")
LISTS = ("shm", "sem", "msg")
LIMITS = [getattr(resource, name) for name in dir(resource) if name.startswith("RLIMIT_")]


def sweep() -> bool:
    """Remove all files of a sandbox; False where something is left that no file's removal ends."""
    return all([_empty(place) for place in PLACES]) and not any(map(_listed, LISTS))


def standing() -> tuple[object, ...]:
    """What another process of the same user can change of this one: limits, priority, processors."""
    limits = tuple(resource.getrlimit(kind) for kind in LIMITS)
    return limits, os.getpriority(os.PRIO_PROCESS, 0), os.sched_getscheduler(0), os.sched_getaffinity(0)


def _empty(place: str) -> bool:
    """Remove what is in a folder; whether it is empty now, as far as one can see."""
    try:
        _open_up(place)
        for path in _left(place):
            try:
                os.unlink(path)
            except OSError:
                shutil.rmtree(path, onerror=_once_more)
        return not _left(place)
    except FileNotFoundError:
        return True  # a launcher's sandbox may lack it
    except (OSError, RecursionError):
        return False


def _left(place: str) -> list[str]:
    """What is in a folder, but for what is mounted there: nobody inside can mount, or write to that."""
    paths = [os.path.join(place, name) for name in os.listdir(place)]
    return [path for path in paths if not os.path.ismount(path)]


def _open_up(place: str) -> None:
    """A submission may have closed a folder that is its user's."""
    try:
        os.chmod(place, 0o1777)
    except PermissionError:
        pass  # not that user's: it can't have been closed either


def _once_more(remove: Callable[[str], None], path: str, _: object) -> None:
    """Remove what a closed folder has kept from being removed."""
    try:
        os.chmod(os.path.dirname(path), 0o700)
        os.chmod(path, 0o700)
        remove(path)
    except OSError:
        pass  # whoever asks whether all is gone will see it


def _listed(kind: str) -> bool:
    """Whether there are objects of System V's kind. They live on without a process or a file."""
    try:
        with open(f"/proc/sysvipc/{kind}") as table:
            return len(table.readlines()) > 1
    except OSError:
        return False
