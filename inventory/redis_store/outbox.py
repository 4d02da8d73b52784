"""The outbox: what happened in a room, in order, written by the scripts in the same step.

Readers (the ledger writer and the relay) keep their position where they write, read on from there,
and the stream is trimmed only below the lowest position. So nothing is lost, and nothing has an
effect twice, without consumer groups.

In a Cluster one XREAD reads one room, and none may wait for several: all are asked in one round
trip to each server, again and again while they have nothing. A server that is away holds up the
entries of its own rooms and nobody else's.
"""

import asyncio
import logging
from collections.abc import Mapping
from typing import Any, NamedTuple

import msgpack
import msgspec
from redis.asyncio import Redis

from inventory.entry import (
    BEGINNING,
    POSITIONS_PER_MS,
    Entry,
    UnreadableEntry,
    position_of,
    stream_id_of,
)
from inventory.redis_store.failing import unavailable_when_failing
from inventory.redis_store.keys import room_key

log = logging.getLogger("kaibo.outbox")

Rows = list[tuple[Any, Any]]  # stream ids and their fields
_ASK_AGAIN_S_MIN, _ASK_AGAIN_S_MAX = 0.005, 0.05  # in a Cluster, the longer the quieter it is


class Waiting(NamedTuple):
    """A room whose entries are not all where a reader has come to."""

    room_id: str
    entries: int  # that are kept; some of them may be behind the reader already
    oldest_ms: int  # when the first was written that the reader lacks


class Outbox:
    """The outbox streams of all rooms. Raises StoreUnavailable when their Redis is away.

    `is_cluster`: the rooms are spread over several servers.
    """

    def __init__(self, redis: Redis, *, is_cluster: bool = False) -> None:
        self._redis = redis
        self._is_cluster = is_cluster
        self._away: set[str] = set()  # rooms that could not be read the last time

    async def read(
        self, after: Mapping[str, str], count: int = 500, block_ms: int | None = None
    ) -> list[Entry | UnreadableEntry]:
        """The next entries after a stream id, for each room at most `count`, in order per room.

        `block_ms` waits that long for one if there is none; it must be below the client's socket
        timeout. One that cannot be read is an UnreadableEntry in its place.
        """
        if not after:
            return []
        with unavailable_when_failing():
            read = self._read_cluster if self._is_cluster else self._read
            found = await read(after, count, block_ms)
        return [
            _entry(room_id, _text(stream_id), fields)
            for room_id, rows in found
            for stream_id, fields in rows
        ]

    async def _read(
        self, after: Mapping[str, str], count: int, block_ms: int | None
    ) -> list[tuple[str, Rows]]:
        streams = {room_key(room_id, "outbox"): room_id for room_id in after}
        starts: Any = dict(zip(streams, after.values(), strict=True))
        block = None if block_ms is None else max(block_ms, 1)  # to Redis, 0 means for ever
        found = await self._redis.xread(starts, count=count, block=block)
        return [(streams[_text(key)], rows) for key, rows in _streams(found)]

    async def _read_cluster(
        self, after: Mapping[str, str], count: int, block_ms: int | None
    ) -> list[tuple[str, Rows]]:
        clock = asyncio.get_running_loop().time
        deadline_s = clock() + (block_ms or 0) / 1_000
        pause_s = _ASK_AGAIN_S_MIN
        while True:
            found = await self._ask_servers(after, count)
            if found or clock() >= deadline_s:
                return found
            await asyncio.sleep(pause_s)
            pause_s = min(pause_s * 2, _ASK_AGAIN_S_MAX)

    async def _ask_servers(self, after: Mapping[str, str], count: int) -> list[tuple[str, Rows]]:
        """What is there now; raises only if no room could be read."""
        pipe = self._redis.pipeline(transaction=False)
        for room_id, stream_id in after.items():
            pipe.xread({room_key(room_id, "outbox"): stream_id}, count=count)
        answers = dict(zip(after, await pipe.execute(raise_on_error=False), strict=True))
        failed = {room: each for room, each in answers.items() if isinstance(each, Exception)}
        if len(failed) == len(answers):
            raise next(iter(failed.values()))
        self._say_away(failed)
        return [
            (room_id, rows)
            for room_id, answer in answers.items()
            if room_id not in failed
            for _, rows in _streams(answer)
        ]

    def _say_away(self, failed: Mapping[str, Exception]) -> None:
        """Once for each room that has become unreadable."""
        for room_id in failed.keys() - self._away:
            log.warning("the outbox of room %s cannot be read: %s", room_id, failed[room_id])
        self._away = set(failed)

    async def trim(self, room_id: str, stream_id: str) -> int:
        """Removes the entries up to `stream_id` and returns how many they were."""
        following = stream_id_of(position_of(stream_id) + 1)
        with unavailable_when_failing():
            return await self._redis.xtrim(
                room_key(room_id, "outbox"), minid=following, approximate=False
            )

    async def waiting(self, positions: Mapping[str, int]) -> list[Waiting]:
        """The rooms that have entries after these positions; none whose server is away."""
        pipe = self._redis.pipeline(transaction=False)
        for room_id, position in positions.items():
            following = stream_id_of(position + 1)
            pipe.xlen(room_key(room_id, "outbox"))
            pipe.xrange(room_key(room_id, "outbox"), min=following, count=1)
        with unavailable_when_failing():
            answers = await pipe.execute(raise_on_error=False) if positions else []
        return [
            Waiting(room_id, length, position_of(_text(rows[0][0])) // POSITIONS_PER_MS)
            for room_id, length, rows in zip(positions, answers[::2], answers[1::2], strict=True)
            if isinstance(rows, list) and rows
        ]

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
            "restock_id": _text(by_name.get("restock_id", "")),
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


def _streams(found: Any) -> list[tuple[Any, Rows]]:
    """Each stream's key and rows; a client that speaks RESP3 gives a map and nests the rows."""
    if isinstance(found, dict):
        return [(key, rows[0]) for key, rows in found.items()]
    return list(found or [])


def _text(value: Any) -> str:
    return value.decode() if isinstance(value, bytes) else str(value)
