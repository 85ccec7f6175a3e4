"""The process beside a kernel that judges: `python -m grader.kernel.judging FD KERNEL`. It ends with the kernel.

Each question comes with a line of its own over the socket FD; what is said on it is in questions.py.
"""

import os
import select
import socket
import sys

from grader import warm

EVERY = 2.0
"""Seconds between two looks whether the kernel is still there: a fork of it may hold the socket open."""


def main(descriptor: int, kernel: int) -> None:
    """Settle one question after the other until the kernel, the process of that number, is gone."""
    control = socket.socket(fileno=descriptor)
    warm.import_torch()

    import torch

    from grader.kernel import questions

    torch.set_num_threads(1)  # such small networks are quicker so
    idle = True
    while os.getppid() == kernel:
        if not select.select([control], [], [], 0 if idle else EVERY)[0]:
            if idle:
                questions.warm_up()
            idle = False
            continue
        came, lines, _, _ = socket.recv_fds(control, 1, 1)
        if not came:
            return
        questions.settle(socket.socket(fileno=lines[0]))


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
