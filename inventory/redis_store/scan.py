"""Reading all of a room's records in small steps, while the room is busy.

Redis serves everybody between two steps, so records change meanwhile. Each step is exact by itself:
`rows` reads a record and where it is listed at one moment. What is there during the whole scan is
seen for certain, and now and then twice (that is how SCAN works).
"""

from collections.abc import AsyncIterator, Callable, Sequence
from typing import Any

import msgpack
import msgspec
from redis.asyncio import Redis

from inventory.hold import Hold
from inventory.redis_store.failing import unavailable_when_failing
from inventory.redis_store.keys import room_key

CHUNK_MAX = 500


class HoldRow(msgspec.Struct, frozen=True, kw_only=True):
    """What Redis has under one hold id at one moment; `unreadable` says why it cannot be read."""

    hold_id: str
    hold: Hold | None
    has_deadline: bool
    has_finish: bool
    unreadable: str = ""


class RoomScan:
    """One room's holds and buyers, chunk after chunk. Raises StoreUnavailable."""

    def __init__(self, redis: Redis, room_id: str) -> None:
        self._redis = redis
        self._keys = {
            name: room_key(room_id, name) for name in ("holds", "buyers", "deadlines", "finished")
        }

    async def hold_ids(self) -> AsyncIterator[list[str]]:
        """The ids of all holds, then those that are only listed somewhere; some twice."""
        async for found in self._scan(self._redis.hscan, "holds"):
            yield [hold_id.decode() for hold_id in found]
        for name in ("deadlines", "finished"):
            async for found in self._scan(self._redis.zscan, name):
                members = [member.decode() for member, _ in found]
                yield [member for member in members if not member.startswith(("op:", "sale:"))]

    async def rows(self, hold_ids: Sequence[str]) -> list[HoldRow]:
        """The records under the ids, all at one moment."""
        if not hold_ids:
            return []
        pipe = self._redis.pipeline(transaction=True)
        pipe.hmget(self._keys["holds"], list(hold_ids))
        for name in ("deadlines", "finished"):
            pipe.zmscore(self._keys[name], list(hold_ids))
        with unavailable_when_failing():
            packed, deadlines, finished = await pipe.execute()
        return [_row(*each) for each in zip(hold_ids, packed, deadlines, finished, strict=True)]

    async def buyers(self) -> AsyncIterator[dict[str, int]]:
        """Units by "sale_id:buyer_id"."""
        async for found in self._scan(self._redis.hscan, "buyers"):
            yield {field.decode(): int(units) for field, units in found.items()}

    async def _scan(self, command: Callable[..., Any], name: str) -> AsyncIterator[Any]:
        cursor = 0
        while True:
            with unavailable_when_failing():
                cursor, found = await command(self._keys[name], cursor, count=CHUNK_MAX)
            yield found
            if cursor == 0:
                return


def _row(hold_id: str, packed: bytes | None, deadline: object, finish: object) -> HoldRow:
    hold, unreadable = None, ""
    try:
        hold = msgspec.convert(msgpack.unpackb(packed), Hold) if packed else None
    except (ValueError, TypeError) as error:
        unreadable = str(error) or repr(error)
    return HoldRow(
        hold_id=hold_id,
        hold=hold,
        has_deadline=deadline is not None,
        has_finish=finish is not None,
        unreadable=unreadable,
    )
