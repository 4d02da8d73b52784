"""The minutes of a room in Redis: a hash per hour for the counts, a short stream for the marks.

Counts that come from a numbered source (an outbox) are counted once: the position that was reached
is moved by the same script that adds them, and only by whoever starts from where it stands.
"""

from collections.abc import Sequence
from typing import Any

import msgpack
from redis.asyncio import Redis

from rooms.minutes import HOURS_KEPT, Counts, Mark, counts_of, field_of, hours_of
from rooms.redis_broker import keys
from rooms.redis_broker.failing import unavailable_when_failing
from rooms.redis_broker.scripts import Scripts

HOUR_FIELDS_MAX = 20_000  # past it an hour tells no more single things apart
MARKS_KEPT = 500
_HOUR_KEPT_S = HOURS_KEPT * 3600


class RedisMinutes:
    """The minutes of all rooms. Raises BrokerUnavailable."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis
        self._scripts = Scripts(redis)

    async def add(self, room_id: str, counts: Counts, marks: Sequence[Mark] = ()) -> None:
        """Adds what has no position; asked twice, it counts twice."""
        await self._count(room_id, counts, marks)

    async def raise_to(self, room_id: str, counts: Counts) -> None:
        """Each count becomes at least this: for what is a level rather than a number of times."""
        await self._count(room_id, counts, (), how="max")

    async def position(self, room_id: str) -> str:
        """Up to where its numbered source was counted; "" at the beginning."""
        with unavailable_when_failing():
            found: Any = await self._redis.get(keys.counted(room_id))
        return found.decode() if found else ""

    async def add_once(
        self, room_id: str, after: str, up_to: str, counts: Counts, marks: Sequence[Mark]
    ) -> bool:
        """Adds what its source tells after one position and up to another; False if somebody else
        has counted on from there, and then nothing was added."""
        return await self._count(room_id, counts, marks, after=after, up_to=up_to)

    async def _count(
        self,
        room_id: str,
        counts: Counts,
        marks: Sequence[Mark],
        *,
        how: str = "+",
        after: str = "",
        up_to: str = "",
    ) -> bool:
        hours = sorted({minute // 60 for minute in counts})
        packed = [
            [hours.index(minute // 60) + 1, field_of(minute, counted), by, how]
            for minute, of_minute in counts.items()
            for counted, by in of_minute.items()
        ]
        named = [keys.counted(room_id), keys.marks(room_id)]
        done = await self._scripts.call(
            "count",
            [*named, *(keys.hour(room_id, hour) for hour in hours)],
            after,
            up_to,
            _HOUR_KEPT_S,
            HOUR_FIELDS_MAX,
            msgpack.packb(packed),
            msgpack.packb([list(mark) for mark in marks]),
            MARKS_KEPT,
        )
        return bool(done)

    async def read(self, room_id: str, first: int, last: int) -> tuple[Counts, list[Mark]]:
        """The counts of the minutes from `first` to `last`, and the marks since `first`."""
        hours = hours_of(first, last)
        with unavailable_when_failing():
            pipe = self._redis.pipeline(transaction=True)
            for hour in hours:
                pipe.hgetall(keys.hour(room_id, hour))
            pipe.xrange(keys.marks(room_id))
            *hashes, rows = await pipe.execute()
        by_hour = [
            (hour, {field.decode(): int(value) for field, value in fields.items()})
            for hour, fields in zip(hours, hashes, strict=True)
        ]
        marks = sorted(Mark(*msgpack.unpackb(fields[b"m"])) for _, fields in rows)
        since_ms = first * 60_000
        return counts_of(by_hour, first, last), [it for it in marks if it.at_ms >= since_ms]
