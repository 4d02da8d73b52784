"""What the last round of reconciling found, kept where every worker and command can read it."""

from typing import Any

import msgspec
from redis.asyncio import Redis

from inventory.redis_store.failing import unavailable_when_failing

KEY = "kaibo:reconciled"
ROOMS_TOLD_MAX = 1_000  # rooms that differ, by name; all are counted


class Verdict(msgspec.Struct, frozen=True, kw_only=True):
    """`differences`: how many there are, by room, of those rooms that have any."""

    at_ms: int
    rooms: int
    differences: dict[str, int] = {}


class Verdicts:
    """Raises StoreUnavailable."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis

    async def put(self, verdict: Verdict) -> None:
        told = dict(sorted(verdict.differences.items())[:ROOMS_TOLD_MAX])
        packed = msgspec.msgpack.encode(msgspec.structs.replace(verdict, differences=told))
        with unavailable_when_failing():
            await self._redis.set(KEY, packed)

    async def last(self) -> Verdict | None:
        """None before the first round."""
        with unavailable_when_failing():
            packed: Any = await self._redis.get(KEY)
        return None if packed is None else msgspec.msgpack.decode(packed, type=Verdict)
