"""How many units were taken at a moment, told from when holds began and ended. Pure.

Times are whole milliseconds, and what happened within one of them has no known order, so there are
two readings of the same holds: `surely` counts a hold only while it was certainly there, `possibly`
for as long as it may have been. What must never be too many is counted surely; what must once have
been enough is counted possibly.
"""

import bisect
import itertools
import math
from collections.abc import Callable, Iterable
from typing import NamedTuple

from server.wire.views import HoldView

FOREVER = math.inf


class Span(NamedTuple):
    """`units` taken from `start_ms` up to, not at, `end_ms`."""

    start_ms: float
    end_ms: float
    units: int


Reading = Callable[[HoldView, str], Span]


def units_of(hold: HoldView, sale_id: str) -> int:
    return sum(line.quantity for line in hold.lines if line.sale_id == sale_id)


def surely(hold: HoldView, sale_id: str) -> Span:
    """While nobody else can have had the units."""
    start_ms, end_ms = float(hold.created_at_ms), _end_ms(hold)
    finished_ms = hold.finished_at_ms
    if hold.state == "paid" and finished_ms is not None and finished_ms > hold.deadline_ms:
        start_ms = finished_ms  # paid late: the units may have been back on sale in between
    if hold.offered:  # from the waitlist: when the unit came is not shown, only that it was paid
        start_ms = finished_ms if hold.state == "paid" and finished_ms is not None else end_ms
    if hold.state in ("refund_due", "refunded"):
        end_ms = start_ms  # when they went back is not shown
    return Span(start_ms, end_ms, units_of(hold, sale_id))


def possibly(hold: HoldView, sale_id: str) -> Span:
    """While the units may have been taken, both ends included."""
    return Span(hold.created_at_ms, _end_ms(hold) + 1, units_of(hold, sale_id))


def _end_ms(hold: HoldView) -> float:
    # A due hold gives way to whoever asks next, so it ends at its deadline, whenever it is swept.
    if hold.state in ("held", "paid"):
        return FOREVER
    if hold.state == "cancelled" and hold.finished_at_ms is not None:
        return hold.finished_at_ms
    if hold.state == "refunded" and hold.finished_at_ms is not None:
        return max(hold.deadline_ms, hold.finished_at_ms)
    return hold.deadline_ms


class Occupancy:
    """The units taken over time, as steps."""

    def __init__(self, spans: Iterable[Span]) -> None:
        changes: dict[float, int] = {}
        for span in spans:
            if span.end_ms > span.start_ms:
                changes[span.start_ms] = changes.get(span.start_ms, 0) + span.units
                changes[span.end_ms] = changes.get(span.end_ms, 0) - span.units
        self._times = sorted(changes)
        self._levels = list(itertools.accumulate(changes[time] for time in self._times))

    def __repr__(self) -> str:
        return f"<Occupancy peak {self.peak()} in {len(self._times)} steps>"

    def peak(self) -> int:
        """The most that was ever taken at once."""
        return max(self._levels, default=0)

    def most_between(self, first_ms: float, last_ms: float) -> int:
        """The most that was taken at any moment from `first_ms` to `last_ms`, both included."""
        first = max(bisect.bisect_right(self._times, first_ms) - 1, 0)
        after = bisect.bisect_right(self._times, last_ms)
        return max(self._levels[first:after], default=0)


def occupancy(holds: Iterable[HoldView], sale_id: str, reading: Reading) -> Occupancy:
    return Occupancy(reading(hold, sale_id) for hold in holds)
