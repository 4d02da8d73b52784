"""Who watches, by name, over all workers: for hosts, and never more names than NAMES_MAX.

Each worker writes the names of some of its viewers when they change. Whether a worker still lives
is told by the count that it reports anyway, so a dead worker's names are not shown.
"""

from collections.abc import Sequence
from typing import NamedTuple

import msgpack
from redis.asyncio import Redis

from rooms.redis_broker import keys
from rooms.redis_broker.broker import PRESENCE_FRESH_MS
from rooms.redis_broker.failing import unavailable_when_failing

NAMES_MAX = 200


class Watching(NamedTuple):
    """One viewer, however many connections it has."""

    user_id: str
    name: str


class Roster(NamedTuple):
    """`connections` as everybody is told them; `watching` has at most NAMES_MAX."""

    connections: int
    watching: list[Watching]


class RedisRoster:
    """The rosters of all rooms."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis

    async def report(self, room_id: str, worker_id: str, watching: Sequence[Watching]) -> None:
        """This worker's viewers, in place of what it said before."""
        with unavailable_when_failing():
            key = keys.roster(room_id)
            if watching:
                names = msgpack.packb([tuple(one) for one in watching[:NAMES_MAX]])
                await self._redis.hset(key, worker_id, names)
            else:
                await self._redis.hdel(key, worker_id)

    async def read(self, room_id: str, now_ms: int) -> Roster:
        with unavailable_when_failing():
            pipe = self._redis.pipeline(transaction=False)
            pipe.hgetall(keys.presence(room_id))
            pipe.hgetall(keys.roster(room_id))
            presence, names = await pipe.execute()
            alive = _alive(presence, now_ms)
        found = {
            user_id: Watching(user_id, name)
            for worker, packed in names.items()
            if worker in alive
            for user_id, name in msgpack.unpackb(packed)
        }
        return Roster(sum(alive.values()), list(found.values())[:NAMES_MAX])


def _alive(presence: dict[bytes, bytes], now_ms: int) -> dict[bytes, int]:
    """The workers heard from lately, and how many viewers each has."""
    reports = {worker: report.split(b":") for worker, report in presence.items()}
    return {
        worker: int(count)
        for worker, (count, at_ms) in reports.items()
        if now_ms - int(at_ms) <= PRESENCE_FRESH_MS
    }
