"""A token bucket: so many acts at once, so many a minute after that. Pure: time is passed in."""

from typing import NamedTuple


class Rate(NamedTuple):
    """`burst` acts at once, refilled at `per_minute`."""

    burst: int
    per_minute: int


class TokenBucket:
    """The acts one user or connection has left at a moment."""

    __slots__ = ("_filled_at_ms", "_left", "_rate")

    def __init__(self, rate: Rate, now_ms: int) -> None:
        self._rate = rate
        self._left = float(rate.burst)
        self._filled_at_ms = now_ms

    def take(self, now_ms: int) -> int:
        """Take one act: 0 if it is allowed, else the milliseconds until one will be."""
        elapsed_ms = max(0, now_ms - self._filled_at_ms)
        refill = elapsed_ms * self._rate.per_minute / 60_000
        self._left = min(self._rate.burst, self._left + refill)
        self._filled_at_ms = now_ms
        if self._left >= 1:
            self._left -= 1
            return 0
        return int((1 - self._left) * 60_000 / self._rate.per_minute) + 1


class Limiter:
    """One bucket per key, for at most `keys_max` keys: past that the longest idle is forgotten,
    which can only forgive, never refuse, a user who has been quiet."""

    def __init__(self, rate: Rate, keys_max: int = 100_000) -> None:
        self._rate = rate
        self._keys_max = keys_max
        self._buckets: dict[str, TokenBucket] = {}

    def take(self, key: str, now_ms: int) -> int:
        """As `TokenBucket.take`, for `key`."""
        bucket = self._buckets.pop(key, None) or TokenBucket(self._rate, now_ms)
        self._buckets[key] = bucket  # last in the dict is the most recently used
        if len(self._buckets) > self._keys_max:
            del self._buckets[next(iter(self._buckets))]
        return bucket.take(now_ms)
