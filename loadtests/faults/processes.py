"""The processes of the run's own server, found by their parents in /proc. Linux only."""

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path

_PARENT, _TIMES = 1, slice(11, 15)  # in /proc/PID/stat, after the command's closing bracket


def tree(pid: int) -> list[int]:
    """A process and all that descend from it."""
    children: dict[int, list[int]] = {}
    for each in _all():
        with contextlib.suppress(OSError, IndexError):
            children.setdefault(int(_fields(each)[_PARENT]), []).append(each)
    found, new = [pid], [pid]
    while new:
        new = [child for parent in new for child in children.get(parent, [])]
        found += new
    return found


def workers(pid: int) -> list[int]:
    """The workers of a supervisor."""
    return [each for each in tree(pid) if "server.worker" in _command(each)]


def redis_of(pid: int) -> int | None:
    """A server's private Redis."""
    return next((each for each in tree(pid) if "redis-server" in _command(each)), None)


def cpu_s(pid: int) -> float:
    """What a process, its descendants, and those of them that have ended, have used."""
    ticks = 0
    for each in tree(pid):
        with contextlib.suppress(OSError, IndexError):
            ticks += sum(map(int, _fields(each)[_TIMES]))
    return ticks / os.sysconf("SC_CLK_TCK")


def _all() -> Iterator[int]:
    return (int(path.name) for path in Path("/proc").iterdir() if path.name.isdigit())


def _fields(pid: int) -> list[str]:
    """From the state on: the command before it may have anything in it."""
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()


def _command(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode()
    except OSError:
        return ""
