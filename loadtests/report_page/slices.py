"""A run's seconds, joined until they fit on a page. Pure.

Counts are added; of percentiles the worst is kept, because joined percentiles are nobody's. A
slice in which an event did not happen has no times for it.
"""

import math
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from loadtests.result import EventStats, Second

SLICES_MAX = 180
ROWS_MAX = 60  # of a table


class Slice(NamedTuple):
    """Some seconds of a run; `width_s` of them, from `t_s` on."""

    t_s: int
    width_s: int
    viewers: int  # the most
    events: dict[str, EventStats]

    def stats(self, event: str) -> EventStats | None:
        """What happened of it; None where nothing was timed."""
        found = self.events.get(event)
        return found if found is not None and found.count else None

    def per_s(self, event: str) -> float:
        found = self.events.get(event)
        return found.count / self.width_s if found else 0.0

    def errors_per_s(self) -> float:
        return sum(found.errors for found in self.events.values()) / self.width_s


def sliced(series: Sequence[Second], slices_max: int = SLICES_MAX) -> list[Slice]:
    """At most `slices_max` slices, all of the same width."""
    if not series:
        return []
    first, last = series[0].t_s, series[-1].t_s
    width_s = max(1, math.ceil((last - first + 1) / slices_max))
    groups: dict[int, list[Second]] = {}
    for second in series:
        groups.setdefault((second.t_s - first) // width_s, []).append(second)
    return [_joined(first + number * width_s, width_s, group) for number, group in groups.items()]


def _joined(t_s: int, width_s: int, group: Sequence[Second]) -> Slice:
    names = {name: None for second in group for name in second.events}
    events = {
        name: _added(second.events[name] for second in group if name in second.events)
        for name in names
    }
    return Slice(t_s, width_s, max(second.viewers for second in group), events)


def _added(found: Iterable[EventStats]) -> EventStats:
    parts = list(found)
    return EventStats(
        count=sum(part.count for part in parts),
        errors=sum(part.errors for part in parts),
        p50_ms=max(part.p50_ms for part in parts),
        p95_ms=max(part.p95_ms for part in parts),
        p99_ms=max(part.p99_ms for part in parts),
        max_ms=max(part.max_ms for part in parts),
    )
