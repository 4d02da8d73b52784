"""What an idle viewer costs in memory: how much a server grows when thousands come and wait.

The first few come before the measurement, so that what is loaded once is not counted. Kernel
buffers are not in it: they are the same for all.
"""

from collections.abc import Sequence

import msgspec

from loadtests.bench.crowd import Crowd
from loadtests.bench.machine import resident_bytes
from loadtests.bench.plan import Plan
from loadtests.bench.stage import Stage
from loadtests.bench.subjects import SUBJECTS, door_of, server
from loadtests.progress import say

FIRST_VIEWERS = 100


class Memory(msgspec.Struct, frozen=True):
    """What one subject takes."""

    subject: str
    viewers: int
    bytes_per_viewer: int


def measure(stage: Stage, plan: Plan, names: Sequence[str] = SUBJECTS) -> list[Memory]:
    """One subject after the other, each in a fresh process."""
    found = []
    for name in names:
        found.append(_of(name, stage, plan))
        say(f"memory: {name:10} {found[-1].bytes_per_viewer:6} bytes per idle viewer")
    return found


def _of(name: str, stage: Stage, plan: Plan) -> Memory:
    viewers = plan.memory_viewers
    with server(name, stage) as process:
        crowd = Crowd(door_of(name, stage, process, viewers + FIRST_VIEWERS))
        try:
            crowd.arrive(FIRST_VIEWERS)
            crowd.settle(plan.quiet_s)
            before = resident_bytes(process.pid)
            crowd.arrive(viewers)
            crowd.settle(plan.quiet_s)
            grown = resident_bytes(process.pid) - before
        finally:
            crowd.close()
    return Memory(name, viewers, round(grown / viewers))
