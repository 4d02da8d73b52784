"""What happened in each second: times and errors per event, and how many were connected.

Times are kept in counters whose steps are 1 ms up to a second, then 10 ms, then 100 ms; so a run of
any length takes a bounded amount of memory, and percentiles are right to within such a step. Pure:
it is told when.
"""

from collections import Counter, defaultdict
from collections.abc import Mapping

from loadtests.result import ErrorCount, EventStats, Second

FINE_MS, MIDDLE_MS = 1_000, 10_000
FINE_STEP_MS, MIDDLE_STEP_MS, COARSE_STEP_MS = 1, 10, 100


def rounded_ms(ms: float) -> int:
    """The step that a time is counted in, never less than the time was by more than a step."""
    if ms < FINE_MS:
        return max(0, round(ms))
    step_ms = MIDDLE_STEP_MS if ms < MIDDLE_MS else COARSE_STEP_MS
    return round(ms / step_ms) * step_ms


class Times:
    """How often each time was taken, and how many errors there were."""

    __slots__ = ("counts", "errors")

    def __init__(self) -> None:
        self.counts: Counter[int] = Counter()
        self.errors = 0

    def __repr__(self) -> str:
        return f"<Times {self.counts.total()} errors={self.errors}>"

    def add(self, other: "Times") -> None:
        self.counts.update(other.counts)
        self.errors += other.errors

    def stats(self) -> EventStats:
        ordered = sorted(self.counts.items())
        total = sum(count for _, count in ordered)
        return EventStats(
            count=total,
            errors=self.errors,
            p50_ms=_percentile(ordered, total, 0.5),
            p95_ms=_percentile(ordered, total, 0.95),
            p99_ms=_percentile(ordered, total, 0.99),
            max_ms=float(ordered[-1][0]) if ordered else 0.0,
        )


def _percentile(ordered: list[tuple[int, int]], total: int, share: float) -> float:
    """The smallest time that at least `share` of all do not exceed."""
    seen = 0
    for ms, count in ordered:
        seen += count
        if seen >= total * share:
            return float(ms)
    return 0.0


class Timeline:
    """The seconds of a run. `t_s` is since its beginning."""

    def __init__(self) -> None:
        self._seconds: defaultdict[int, dict[str, Times]] = defaultdict(dict)
        self._errors: Counter[tuple[str, str]] = Counter()
        self._viewers: dict[int, dict[str, int]] = {}

    def __repr__(self) -> str:
        return f"<Timeline of {len(self._seconds)} s>"

    def took(self, t_s: float, event: str, ms: float, count: int = 1) -> None:
        self._times(t_s, event).counts[rounded_ms(ms)] += count

    def failed(self, t_s: float, event: str, code: str, count: int = 1) -> None:
        self._times(t_s, event).errors += count
        self._errors[event, code] += count

    def connected(self, t_s: float, who: str, count: int) -> None:
        """So many of one kind (or of one process) were connected in this second."""
        self._viewers.setdefault(int(t_s), {})[who] = count

    def viewers_now(self) -> int:
        return sum(self._latest().values())

    def total(self, event: str) -> EventStats:
        return self._sum(event).stats()

    def latest(self, event: str) -> EventStats:
        """Of the last second that has any of it."""
        for t_s in sorted(self._seconds, reverse=True):
            if event in self._seconds[t_s]:
                return self._seconds[t_s][event].stats()
        return EventStats()

    def totals(self) -> dict[str, EventStats]:
        names = {name for second in self._seconds.values() for name in second}
        return {name: self._sum(name).stats() for name in sorted(names)}

    def errors(self) -> list[ErrorCount]:
        return [
            ErrorCount(event=event, code=code, count=count)
            for (event, code), count in self._errors.most_common()
        ]

    def series(self) -> list[Second]:
        """Every second from the first to the last, those without events too."""
        known = {*self._seconds, *self._viewers}
        if not known:
            return []
        present: dict[str, int] = {}
        seconds = []
        for t_s in range(max(0, min(known)), max(known) + 1):
            present |= self._viewers.get(t_s, {})
            events = self._seconds.get(t_s, {})
            seconds.append(Second(t_s=t_s, viewers=sum(present.values()), events=_stats(events)))
        return seconds

    def _latest(self) -> dict[str, int]:
        present: dict[str, int] = {}
        for t_s in sorted(self._viewers):
            present |= self._viewers[t_s]
        return present

    def _times(self, t_s: float, event: str) -> Times:
        second = self._seconds[max(0, int(t_s))]
        if event not in second:
            second[event] = Times()
        return second[event]

    def _sum(self, event: str) -> Times:
        total = Times()
        for second in self._seconds.values():
            if event in second:
                total.add(second[event])
        return total


def _stats(events: Mapping[str, Times]) -> dict[str, EventStats]:
    return {name: times.stats() for name, times in events.items()}
