"""The targets, and what a run says about each: reached or missed, as measured. Pure.

A target is one of the project's stated figures. It is not bent: a median that is over it by a
little is missed, and a smaller run than the target is about gives no verdict at all.
"""

import statistics
from collections.abc import Iterator
from enum import StrEnum

import msgspec

from loadtests.bench.arrival import Arrival
from loadtests.bench.fanout import Prices
from loadtests.bench.growth import Size, spread
from loadtests.bench.memory import Memory
from loadtests.bench.reconnect import Storm
from loadtests.bench.subjects import OURS

RATIO_MAX = 1.3
MEMORY_BYTES_MAX = 10_000
ARRIVAL_P99_MS_MAX = 250
FROZEN_SHARE_MAX = 0.20
RECONNECT_S_MAX = 10.0
GROWTH_SPREAD_MAX = 0.25


class Verdict(StrEnum):
    REACHED = "reached"
    MISSED = "MISSED"
    NOT_JUDGED = "-"  # a smaller run


class Results(msgspec.Struct, frozen=True, kw_only=True):
    """What was measured; a part that was not asked for is empty."""

    fanout: list[Prices] = []
    memory: list[Memory] = []
    arrival: list[Arrival] = []
    arrival_frozen: list[Arrival] = []
    reconnect: list[Storm] = []
    growth: list[Size] = []


class Figure(msgspec.Struct, frozen=True):
    """One line of the report's table."""

    name: str
    measured: str
    target: str
    verdict: Verdict


def figures(results: Results, *, is_full: bool) -> list[Figure]:
    """The figures that `results` allow."""
    found = [
        *_fanout(results.fanout),
        *_memory(results.memory),
        *_arrival(results.arrival, results.arrival_frozen),
        *_reconnect(results.reconnect),
        *_growth(results.growth),
    ]
    return [
        Figure(name, measured, target, _verdict(is_reached, is_full=is_full))
        for name, measured, target, is_reached in found
    ]


_Line = tuple[str, str, str, bool]


def _verdict(is_reached: bool, *, is_full: bool) -> Verdict:
    if not is_full:
        return Verdict.NOT_JUDGED
    return Verdict.REACHED if is_reached else Verdict.MISSED


def _fanout(prices: list[Prices]) -> Iterator[_Line]:
    for ours in (found for found in prices if found.subject == OURS):
        for name, price in (("bursts", ours.burst), ("one event at a time", ours.single)):
            yield (
                f"CPU per delivered event, {name}, {ours.viewers:,} viewers",
                f"{price.ratio:.2f}x the floor ({price.us:.2f} us)",
                f"<= {RATIO_MAX}x",
                price.ratio <= RATIO_MAX,
            )


def _memory(memory: list[Memory]) -> Iterator[_Line]:
    for ours in (found for found in memory if found.subject == OURS):
        yield (
            f"idle memory per viewer, over {ours.viewers:,}",
            f"{ours.bytes_per_viewer / 1000:.1f} KB",
            f"<= {MEMORY_BYTES_MAX // 1000} KB",
            ours.bytes_per_viewer <= MEMORY_BYTES_MAX,
        )


def _arrival(plain: list[Arrival], frozen: list[Arrival]) -> Iterator[_Line]:
    if not plain:
        return
    p99_ms = statistics.median(room.p99_ms for room in plain)
    lost = _lost(plain)
    yield (
        f"publish to receive, {plain[0].viewers:,} viewers, {plain[0].comments_per_s} comments/s",
        f"p99 {p99_ms:.0f} ms, {lost} comments shed",
        f"p99 <= {ARRIVAL_P99_MS_MAX} ms, none shed",
        p99_ms <= ARRIVAL_P99_MS_MAX and lost == 0,
    )
    frozen_p99_ms = statistics.median(room.p99_ms for room in frozen)
    change = frozen_p99_ms / p99_ms - 1
    yield (
        f"the same with {frozen[0].frozen} frozen readers",
        f"p99 {frozen_p99_ms:.0f} ms ({change:+.0%}), {_lost(frozen)} comments shed",
        f"<= {FROZEN_SHARE_MAX:+.0%}",
        change <= FROZEN_SHARE_MAX and _lost(frozen) == 0,
    )


def _lost(rooms: list[Arrival]) -> int:
    """Everything that a viewer who reads was not sent, or was sent wrongly."""
    return sum(room.skipped + room.gaps + room.out_of_order + room.unlike for room in rooms)


def _reconnect(storms: list[Storm]) -> Iterator[_Line]:
    if not storms:
        return
    lasted_s = statistics.median(storm.lasted_s for storm in storms)
    unrecovered = sum(storm.viewers - storm.recovered for storm in storms)
    missing, twice = (sum(getattr(s, name) for s in storms) for name in ("gaps", "out_of_order"))
    yield (
        f"{storms[0].viewers:,} viewers reconnect at once",
        f"{lasted_s:.1f} s, {unrecovered} not recovered, {missing} gaps, {twice} duplicates",
        f"<= {RECONNECT_S_MAX:.0f} s, all recovered, no gap, no duplicate",
        lasted_s <= RECONNECT_S_MAX and not unrecovered and not missing and not twice,
    )


def _growth(sizes: list[Size]) -> Iterator[_Line]:
    if not sizes:
        return
    single = spread([size.single_us for size in sizes])
    burst = spread([size.burst_us for size in sizes])
    floor = spread([size.floor_single_us for size in sizes])
    yield (
        f"CPU per viewer, {sizes[0].viewers:,} to {sizes[-1].viewers:,} viewers",
        f"within {single:.0%} single, {burst:.0%} in bursts (the floor itself: {floor:.0%})",
        f"flat within {GROWTH_SPREAD_MAX:.0%}",
        max(single, burst) <= GROWTH_SPREAD_MAX,
    )
