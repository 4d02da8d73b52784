"""When a room may flush next: at once while it is idle, once per tick while it is busy. Pure.

A flush costs one write per viewer, however many events it carries. So a busy room gathers: the tick
starts at `TICK_MIN_S` and stretches until flushing takes no more than `FLUSH_SHARE_MAX` of the
worker's time; the rest is for those who come, speak and buy. 5,000 viewers at 10 us a write make it
100 ms. It counts from the beginning of a flush to the beginning of the next.
"""

TICK_MIN_S = 0.02
FLUSH_SHARE_MAX = 0.5


def tick_s(cost_s: float) -> float:
    """The time from one flush to the next, when the last one cost `cost_s` of CPU."""
    return max(TICK_MIN_S, cost_s / FLUSH_SHARE_MAX)


def wait_s(now_s: float, flushed_at_s: float, cost_s: float) -> float:
    """How long to gather before flushing; 0 if the tick since `flushed_at_s` is over."""
    return max(0.0, flushed_at_s + tick_s(cost_s) - now_s)
