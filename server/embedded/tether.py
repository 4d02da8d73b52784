"""Runs a program that the kernel ends when its parent dies, even by kill -9.

`python tether.py <parent pid> <program> [argument ...]`. It is a program of its own because the
wish has to be made in the child between fork and exec, where Python code of a threaded parent may
deadlock. Only Linux can do it; elsewhere the program just runs, and its pid file lets the next
start end it. Imports nothing of ours: it is started by its path.
"""

import ctypes
import os
import signal
import sys

PR_SET_PDEATHSIG = 1  # from <sys/prctl.h>


def main(arguments: list[str]) -> None:
    parent_pid, program = int(arguments[0]), arguments[1:]
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
        if os.getppid() != parent_pid:  # it died before the kernel knew of the wish
            sys.exit("tether: the parent has ended already")
    os.execv(program[0], program)  # noqa: S606 - no shell is the point


if __name__ == "__main__":
    main(sys.argv[1:])
