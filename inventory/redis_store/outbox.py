"""The outbox: what happened in a room, in order, written by the scripts in the same step.

Readers (the ledger writer and the relay) keep their position where they write, read on from there,
and the stream is trimmed only below the lowest position. So nothing is lost, and nothing has an
effect twice, without consumer groups.
"""

from collections.abc import Mapping
from typing import Any

import msgpack
import msgspec
from redis.asyncio import Redis

from inventory.entry import BEGINNING, Entry, UnreadableEntry, position_of, stream_id_of
from inventory.redis_store.failing import unavailable_when_failing
from inventory.redis_store.keys import room_key


class Outbox:
    """The outbox streams of all rooms on one Redis. Raises StoreUnavailable when it is away."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis

    async def read(
        self, after: Mapping[str, str], count: int = 500, block_ms: int | None = None
    ) -> list[Entry | UnreadableEntry]:
        """The next entries after a stream id, for each room at most `count`, in order per room.

        `block_ms` waits that long for one if there is none; it must be below the client's socket
        timeout. One that cannot be read is an UnreadableEntry in its place.
        """
        if not after:
            return []
        streams = {room_key(room_id, "outbox"): room_id for room_id in after}
        starts: Any = dict(zip(streams, after.values(), strict=True))
        block = None if block_ms is None else max(block_ms, 1)  # to Redis, 0 means for ever
        with unavailable_when_failing():
            found = await self._redis.xread(starts, count=count, block=block)
        return [
            _entry(streams[_text(key)], _text(stream_id), fields)
            for key, rows in _streams(found)
            for stream_id, fields in rows
        ]

    async def trim(self, room_id: str, stream_id: str) -> int:
        """Removes the entries up to `stream_id` and returns how many they were."""
        following = stream_id_of(position_of(stream_id) + 1)
        with unavailable_when_failing():
            return await self._redis.xtrim(
                room_key(room_id, "outbox"), minid=following, approximate=False
            )

    async def length(self, room_id: str) -> int:
        """Entries that not every reader has committed."""
        with unavailable_when_failing():
            return await self._redis.xlen(room_key(room_id, "outbox"))

    async def last_position(self, room_id: str) -> int:
        """The position of the last entry that is there; 0 if none is."""
        with unavailable_when_failing():
            rows = await self._redis.xrevrange(room_key(room_id, "outbox"), count=1)
        return position_of(_text(rows[0][0])) if rows else 0

    async def relay_position(self, room_id: str) -> str:
        """The stream id up to which the relay has told the room; BEGINNING if it never did."""
        with unavailable_when_failing():
            found = await self._redis.get(room_key(room_id, "relay"))
        return BEGINNING if found is None else _text(found)

    async def set_relay_position(self, room_id: str, stream_id: str) -> None:
        with unavailable_when_failing():
            await self._redis.set(room_key(room_id, "relay"), stream_id)


def _entry(room_id: str, stream_id: str, fields: Any) -> Entry | UnreadableEntry:
    by_name = {name.decode(errors="backslashreplace"): value for name, value in fields.items()}
    try:
        record = {
            "room_id": room_id,
            "stream_id": stream_id,
            "position": position_of(stream_id),
            "kind": _text(by_name["kind"]),
            "holds": _one_after_the_other(by_name.get("holds", b"")),
            "pools": msgpack.unpackb(by_name["pools"]),
            "units": int(by_name.get("units", 0)),
        }
        return msgspec.convert(record, Entry)
    except (KeyError, ValueError, TypeError) as error:  # msgpack's and msgspec's are ValueErrors
        return UnreadableEntry(
            room_id=room_id,
            stream_id=stream_id,
            position=position_of(stream_id),
            reason=f"cannot be read: {error!r}",
            fields=by_name,
        )


def _one_after_the_other(packed: bytes) -> list[Any]:
    unpacker = msgpack.Unpacker()
    unpacker.feed(packed)
    return list(unpacker)


def _streams(found: Any) -> list[tuple[Any, list[Any]]]:
    """Each stream's key and rows; a client that speaks RESP3 gives a map and nests the rows."""
    if isinstance(found, dict):
        return [(key, rows[0]) for key, rows in found.items()]
    return list(found or [])


def _text(value: Any) -> str:
    return value.decode() if isinstance(value, bytes) else str(value)
