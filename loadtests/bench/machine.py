"""The machine under the measurement: its cores, its limits, and what a process has used of it.

Linux only: affinity and /proc are what make the figures mean something.
"""

import os
import platform
import resource
import time
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.metadata import version
from pathlib import Path

import msgspec

from loadtests.errors import LoadError

CORES_MIN = 2
FILES_SPARE = 200  # beside sockets: libraries, logs, pipes
PROCESS_CLOCK = 2  # CPUCLOCK_SCHED: user and system time of all threads, in nanoseconds


class MachineUnfit(LoadError):
    """The measurement cannot be made here; the message says what would do."""


class Cores(msgspec.Struct, frozen=True):
    """Who runs where: servers on one core, readers, publishers and Redis on the rest."""

    server: int
    others: tuple[int, ...]


class Machine(msgspec.Struct, frozen=True):
    """What the figures were taken on."""

    cpu: str
    cores: int
    kernel: str
    python: str
    versions: dict[str, str]
    load_before: tuple[float, float, float]  # the load average, before we added to it
    load_after: tuple[float, float, float]


def share_cores() -> Cores:
    """Take the last core for the servers and move ourselves to the others."""
    if not hasattr(os, "sched_setaffinity"):
        raise MachineUnfit("the benchmark pins processes to cores, which only Linux can")
    usable = sorted(os.sched_getaffinity(0))
    if len(usable) < CORES_MIN:
        raise MachineUnfit(f"{CORES_MIN} cores are needed, one for the server; found {len(usable)}")
    cores = Cores(usable[-1], tuple(usable[:-1]))
    os.sched_setaffinity(0, cores.others)
    return cores


@contextmanager
def running_on(*cores: int) -> Iterator[None]:
    """Children that are started in this block run on `cores`, from their first instruction on."""
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, cores)
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


def allow_files(sockets: int) -> None:
    """Raise the limit of open files so that a process may hold `sockets`; children inherit it.

    Raises MachineUnfit when the hard limit is below it.
    """
    wanted = sockets + FILES_SPARE
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard != resource.RLIM_INFINITY and hard < wanted:
        raise MachineUnfit(
            f"{wanted} open files are needed and the hard limit is {hard}: raise it "
            f"(ulimit -Hn {wanted}), or make a smaller run with --quick"
        )
    if soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


def cpu_s(pid: int) -> float:
    """User and system time that a process has used so far, all its threads together."""
    return time.clock_gettime((~pid << 3) | PROCESS_CLOCK)


def busy_s(core: int) -> float:
    """How long a core has worked so far, whoever for."""
    for line in Path("/proc/stat").read_text().splitlines():
        name, *ticks = line.split()
        if name == f"cpu{core}":
            user, nice, system, _idle, _iowait, irq, softirq = map(int, ticks[:7])
            return (user + nice + system + irq + softirq) / os.sysconf("SC_CLK_TCK")
    raise MachineUnfit(f"the kernel knows no core {core}")


class CoreShare:
    """Who used a core from here on: a process that runs on it alone of ours, and strangers. Where
    strangers use much of it, times are theirs too; CPU figures stay what they are."""

    def __init__(self, core: int, pid: int) -> None:
        self._core = core
        self._pid = pid
        self._begun = self._now()

    def used_percent(self) -> tuple[float, float]:
        """By the process and by others, since the beginning."""
        ours_s, busy_s, time_s = (
            now - begun for now, begun in zip(self._now(), self._begun, strict=True)
        )
        return 100 * ours_s / time_s, max(0.0, 100 * (busy_s - ours_s) / time_s)

    def _now(self) -> tuple[float, float, float]:
        return cpu_s(self._pid), busy_s(self._core), time.monotonic()


def resident_bytes(pid: int) -> int:
    """What a process has in memory. Not from /proc/pid/statm, which may lag by megabytes."""
    for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
        if line.startswith("Rss:"):
            return int(line.split()[1]) * 1024
    raise MachineUnfit(f"the kernel does not say what process {pid} has in memory")


def describe(
    packages: tuple[str, ...], load_before: tuple[float, float, float], redis_version: str
) -> Machine:
    """The machine and the versions that were measured."""
    versions = {package: version(package) for package in packages}
    return Machine(
        cpu=_cpu_model(),
        cores=os.cpu_count() or 0,
        kernel=platform.release(),
        python=platform.python_version(),
        versions=versions | {"redis-server": redis_version},
        load_before=load_before,
        load_after=os.getloadavg(),
    )


def _cpu_model() -> str:
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        name, _, value = line.partition(":")
        if name.strip() == "model name":
            return value.strip()
    return platform.machine()
