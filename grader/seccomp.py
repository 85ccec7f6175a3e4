"""System calls that no submission needs, refused by the kernel: a filter for `bwrap --seccomp`.

What is refused would let a submission keep memory that no process is seen to hold, leave something for the next
submission, look into another process, or make namespaces of its own.
"""

import errno
import platform
import struct
from collections.abc import Mapping

# Numbers by call for (x86_64, aarch64), from the kernel's tables.
REFUSED: Mapping[str, tuple[int, int]] = {
    "memfd_create": (319, 279), "memfd_secret": (447, 447), "shmget": (29, 194), "semget": (64, 190),
    "msgget": (68, 186), "mq_open": (240, 180), "add_key": (248, 217), "request_key": (249, 218),
    "keyctl": (250, 219), "ptrace": (101, 117), "process_vm_readv": (310, 270), "process_vm_writev": (311, 271),
    "pidfd_getfd": (438, 438), "unshare": (272, 97), "setns": (308, 268), "mount": (165, 40), "umount2": (166, 39),
    "pivot_root": (155, 41), "chroot": (161, 51), "open_tree": (428, 428), "move_mount": (429, 429),
    "fsopen": (430, 430), "fsmount": (432, 432), "mount_setattr": (442, 442), "bpf": (321, 280),
    "perf_event_open": (298, 241), "userfaultfd": (323, 282), "io_uring_setup": (425, 425), "setpriority": (141, 140),
    "sched_setscheduler": (144, 119), "sched_setattr": (314, 274), "ioprio_set": (251, 30), "kexec_load": (246, 104),
}  # fmt: skip
OTHERS: Mapping[str, tuple[int, int]] = {"prlimit64": (302, 261), "sched_setaffinity": (203, 122)}
"""Refused for another process than the caller, who is 0."""
CLONE, CLONE3, SOCKET, SETSOCKOPT = (56, 220), (435, 435), (41, 198), (54, 208)
NEW_NAMESPACES = 0x7E020000
FAMILIES = (1, 2, 10, 16)
"""The sockets that there may be: unix, IPv4 and IPv6 (which lead nowhere), netlink."""
LARGER_BUFFERS = (7, 8, 32, 33)
"""SO_SNDBUF, SO_RCVBUF and their like: what lies in a socket is memory of no process."""
ARCHITECTURES = {"x86_64": (0, 0xC000003E), "aarch64": (1, 0xC00000B7)}
X32 = 0x40000000

_LOAD, _EQUAL, _AT_LEAST, _ANY_BIT, _RETURN = 0x20, 0x15, 0x35, 0x45, 0x06
_ALLOW, _ERROR, _KILL = 0x7FFF0000, 0x00050000, 0x80000000
_NUMBER, _ARCHITECTURE, _ARGUMENT = 0, 4, 16


def program(machine: str = "") -> bytes | None:
    """The filter as the kernel reads it, for a machine (`x86_64`, `aarch64`); None for one that is not known."""
    known = ARCHITECTURES.get(machine or platform.machine())
    if known is None:
        return None
    column, audit = known
    refuse = _statement(_RETURN, _ERROR | errno.EPERM)
    code = [_statement(_LOAD, _ARCHITECTURE), _jump(_EQUAL, audit, 1, 0), _statement(_RETURN, _KILL)]
    code.append(_statement(_LOAD, _NUMBER))
    if column == 0:
        code += [_jump(_AT_LEAST, X32, 0, 1), refuse]
    for numbers in REFUSED.values():
        code += [_jump(_EQUAL, numbers[column], 0, 1), refuse]
    # The C library takes this answer for an old kernel, and uses clone, whose flags can be seen.
    code += [_jump(_EQUAL, CLONE3[column], 0, 1), _statement(_RETURN, _ERROR | errno.ENOSYS)]
    code += [_jump(_EQUAL, CLONE[column], 0, 4), _statement(_LOAD, _ARGUMENT), _jump(_ANY_BIT, NEW_NAMESPACES, 0, 1)]
    code += [refuse, _statement(_RETURN, _ALLOW)]
    for both in OTHERS.values():
        code += [_jump(_EQUAL, both[column], 0, 4), _statement(_LOAD, _ARGUMENT), _jump(_EQUAL, 0, 1, 0)]
        code += [refuse, _statement(_RETURN, _ALLOW)]
    families = [_jump(_EQUAL, family, len(FAMILIES) - i, 0) for i, family in enumerate(FAMILIES)]
    code += [_jump(_EQUAL, SOCKET[column], 0, 3 + len(FAMILIES)), _statement(_LOAD, _ARGUMENT), *families]
    code += [refuse, _statement(_RETURN, _ALLOW)]
    options = [_jump(_EQUAL, option, len(LARGER_BUFFERS) - i, 0) for i, option in enumerate(LARGER_BUFFERS)]
    code += [_jump(_EQUAL, SETSOCKOPT[column], 0, 3 + len(options)), _statement(_LOAD, _ARGUMENT + 16), *options]
    code += [_statement(_RETURN, _ALLOW), refuse]
    code.append(_statement(_RETURN, _ALLOW))
    return b"".join(code)


def _statement(code: int, value: int) -> bytes:
    return struct.pack("HBBI", code, 0, 0, value)


def _jump(code: int, value: int, true: int, false: int) -> bytes:
    """Skip so many instructions if the comparison holds, so many if not."""
    return struct.pack("HBBI", code, true, false, value)
