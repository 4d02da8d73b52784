"""Whether a viewer costs the same in a small room and in a large one.

Every size has fresh processes: first the floor, then Kaibo, so that the ratio is of neighbours.
"""

import statistics

import msgspec

from loadtests.bench.fanout import price
from loadtests.bench.plan import Plan
from loadtests.bench.stage import Stage
from loadtests.bench.subjects import FLOOR, OURS, running
from loadtests.progress import say


class Size(msgspec.Struct, frozen=True):
    """CPU per event and viewer in microseconds, with so many viewers."""

    viewers: int
    single_us: float
    burst_us: float
    floor_single_us: float
    floor_burst_us: float


def measure(stage: Stage, plan: Plan) -> list[Size]:
    """One size after the other."""
    found = []
    for viewers in plan.growth_viewers:
        floor_single_us, floor_burst_us = _prices(FLOOR, stage, viewers, plan)
        single_us, burst_us = _prices(OURS, stage, viewers, plan)
        found.append(Size(viewers, single_us, burst_us, floor_single_us, floor_burst_us))
        say(
            f"growth: {viewers:6} viewers  {single_us:6.2f} us single  {burst_us:6.2f} us in bursts"
            f"  (floor {floor_single_us:.2f} and {floor_burst_us:.2f})"
        )
    return found


def _prices(name: str, stage: Stage, viewers: int, plan: Plan) -> tuple[float, float]:
    """One at a time and in bursts; the medians of the rounds."""
    with running(name, stage, viewers, plan.quiet_s) as subject:
        singles = [price(subject, 1, plan).us for _ in range(plan.rounds)]
        bursts = [price(subject, plan.events_in_burst, plan).us for _ in range(plan.rounds)]
    return statistics.median(singles), statistics.median(bursts)


def spread(values: list[float]) -> float:
    """How much dearer the dearest is than the cheapest: 0.25 is 25%."""
    return max(values) / min(values) - 1
