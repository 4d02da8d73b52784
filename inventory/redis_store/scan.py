"""Reading all of a room's records in small steps, while the room is busy.

Redis serves everybody between two steps, so records change meanwhile. Each step is exact by itself:
`rows` reads a record, and whether it is listed as finished, at one moment. What is there during the
whole scan is seen for certain, and now and then twice (that is how SCAN works).
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
ID_LENGTH = 36  # of a UUID in text


class HoldRow(msgspec.Struct, frozen=True, kw_only=True):
    """What Redis has under one hold id at one moment; `unreadable` says why it cannot be read."""

    hold_id: str
    hold: Hold | None
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
        """The ids of all holds, then those that are only listed as finished; some twice."""
        async for found in self._scan(self._redis.hscan, "holds"):
            yield [hold_id.decode() for hold_id in found]
        async for found in self._scan(self._redis.zscan, "finished"):
            members = [member.decode() for member, _ in found]
            yield [member for member in members if not member.startswith(("op:", "sale:"))]

    async def watched(self) -> dict[str, int]:
        """The holds that somebody will look at, and when, in ms; the earliest if more than once."""
        looked_at: dict[str, int] = {}
        async for found in self._scan(self._redis.zscan, "deadlines"):
            for member, score in found:
                if not member.startswith(b"sale:"):
                    for hold_id in ids_in(member.decode()):
                        looked_at[hold_id] = min(int(score), looked_at.get(hold_id, int(score)))
        return looked_at

    async def rows(self, hold_ids: Sequence[str]) -> list[HoldRow]:
        """The records under the ids, all at one moment."""
        if not hold_ids:
            return []
        pipe = self._redis.pipeline(transaction=True)
        pipe.hmget(self._keys["holds"], list(hold_ids))
        pipe.zmscore(self._keys["finished"], list(hold_ids))
        with unavailable_when_failing():
            packed, finished = await pipe.execute()
        return [_row(*each) for each in zip(hold_ids, packed, finished, strict=True)]

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


def ids_in(member: str) -> list[str]:
    """The ids in a member of `deadlines`, where they stand one after the other."""
    return [member[at : at + ID_LENGTH] for at in range(0, len(member), ID_LENGTH)]


def _row(hold_id: str, packed: bytes | None, finish: object) -> HoldRow:
    hold, unreadable = None, ""
    try:
        hold = msgspec.convert(msgpack.unpackb(packed), Hold) if packed else None
    except (ValueError, TypeError) as error:
        unreadable = str(error) or repr(error)
    return HoldRow(
        hold_id=hold_id,
        hold=hold,
        has_finish=finish is not None,
        unreadable=unreadable,
    )
