"""A room's run-of-show in Redis: what the host means to do, in order, and what of it is done.

What a step does is not known here: it is an id and a record. A step is claimed before it is done,
so that two presses, or two hosts, do it once.
"""

from collections.abc import Collection, Sequence
from typing import Any, NamedTuple

import msgpack
from redis.asyncio import Redis

from rooms.redis_broker import keys
from rooms.redis_broker.failing import unavailable_when_failing
from rooms.redis_broker.scripts import Scripts

_DONE = b"done:"


class Rundown(NamedTuple):
    """`version` rises with every change; 0 is a rundown nobody has made."""

    version: int
    steps: list[dict[str, Any]]
    done: frozenset[str]


class RedisRundowns:
    """The rundowns of all rooms. Raises BrokerUnavailable."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis
        self._scripts = Scripts(redis)

    async def read(self, room_id: str) -> Rundown:
        with unavailable_when_failing():
            fields: Any = await self._redis.hgetall(keys.rundown(room_id))
        return Rundown(
            version=int(fields.get(b"version", 0)),
            steps=msgpack.unpackb(fields.get(b"steps", b"\x90")),
            done=frozenset(it[len(_DONE) :].decode() for it in fields if it.startswith(_DONE)),
        )

    async def put(
        self, room_id: str, seen: int, steps: Sequence[dict[str, Any]], done: Collection[str]
    ) -> bool:
        """False if it is no longer the version that was seen; then nothing changed."""
        key, packed = [keys.rundown(room_id)], msgpack.packb(list(steps))
        version = await self._scripts.call("put_rundown", key, seen, packed, *sorted(done))
        return bool(version != -1)

    async def claim(self, room_id: str, step_id: str) -> bool:
        """True for the one who is to do it."""
        return bool(await self._scripts.call("claim_step", [keys.rundown(room_id)], step_id, "1"))

    async def give_back(self, room_id: str, step_id: str) -> None:
        """It was claimed and could not be done."""
        await self._scripts.call("claim_step", [keys.rundown(room_id)], step_id, "0")
