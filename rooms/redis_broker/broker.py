"""Room events through Redis: the publishing side, and the room's record.

Publishing is one pipelined round trip whatever the number of events, one script for each. The
receiving side is `subscriber.py`.
"""

import hashlib
import secrets
from collections.abc import Sequence
from importlib.resources import files
from typing import Any

from redis.asyncio import Redis
from redis.exceptions import NoScriptError

from rooms.broker import RoomRecord
from rooms.events import Outgoing, Position
from rooms.redis_broker import keys
from rooms.redis_broker.envelope import decode
from rooms.redis_broker.failing import unavailable_when_failing

PUBLISH_LUA = (files("rooms.redis_broker") / "scripts" / "publish.lua").read_text("utf-8")
PUBLISH_SHA1 = hashlib.sha1(PUBLISH_LUA.encode(), usedforsecurity=False).hexdigest()
PRESENCE_FRESH_MS = 10_000  # a worker not heard from for longer no longer counts
EVENT_ID_KEPT_S = 600  # how long an event's id is remembered; a retry comes sooner


class RedisBroker:
    """Implements `rooms.broker.Broker`."""

    def __init__(self, redis: "Redis", *, events_kept: int, is_sharded: bool = False) -> None:
        self._redis = redis
        self._events_kept = events_kept
        self._publish_command = "SPUBLISH" if is_sharded else "PUBLISH"

    async def publish(self, room_id: str, events: Sequence[Outgoing]) -> None:
        if not events:
            return
        with unavailable_when_failing():
            try:
                await self._publish(room_id, events, has_source=False)
            except NoScriptError:  # the room's Redis does not know it (any more): send all again
                await self._publish(room_id, events, has_source=True)

    async def _publish(self, room_id: str, events: Sequence[Outgoing], *, has_source: bool) -> None:
        """The script's source goes with the first event, if at all: the others find it there."""
        pipe = self._redis.pipeline(transaction=False)
        for number, event in enumerate(events):
            call, script = (
                (pipe.eval, PUBLISH_LUA)
                if has_source and number == 0
                else (pipe.evalsha, PUBLISH_SHA1)
            )
            call(script, 3, *self._arguments(room_id, event))
        await pipe.execute()

    def _arguments(self, room_id: str, event: Outgoing) -> list[Any]:
        return [
            keys.state(room_id),
            keys.stream(room_id),
            keys.event_id(room_id, event.event_id),
            keys.channel(room_id),
            event.delivery.value,
            event.key,
            event.to,
            int(event.numbered),
            event.head,
            event.body,
            self._events_kept,
            event.source,
            secrets.token_hex(8),
            EVENT_ID_KEPT_S if event.event_id else 0,
            self._publish_command,
            *(part for pair in event.remember for part in pair),
        ]

    async def was_published(self, room_id: str, event_id: str) -> bool:
        with unavailable_when_failing():
            return bool(await self._redis.exists(keys.event_id(room_id, event_id)))

    async def record(self, room_id: str, recent_max: int) -> RoomRecord:
        with unavailable_when_failing():
            pipe = self._redis.pipeline(transaction=True)
            pipe.hsetnx(keys.state(room_id), "epoch", secrets.token_hex(8))
            pipe.hgetall(keys.state(room_id))
            pipe.xrevrange(keys.stream(room_id), count=recent_max)
            _, raw, entries = await pipe.execute()
        fields = {name.decode(): value.decode() for name, value in raw.items()}
        position = Position(fields.pop("epoch"), int(fields.pop("offset", "0")))
        recent = [decode(entry[b"e"]) for _, entry in reversed(entries)]
        return RoomRecord(position, fields, recent)

    async def add_likes(self, room_id: str, count: int) -> int:
        with unavailable_when_failing():
            return int(await self._redis.hincrby(keys.state(room_id), "likes", count))

    async def count_viewers(self, room_id: str, worker_id: str, viewers: int, now_ms: int) -> int:
        key = keys.presence(room_id)
        with unavailable_when_failing():
            pipe = self._redis.pipeline(transaction=False)
            pipe.hset(key, worker_id, f"{viewers}:{now_ms}")
            pipe.hgetall(key)
            _, raw = await pipe.execute()
            reports = {worker: value.split(b":") for worker, value in raw.items()}
            stale = [w for w, (_, at) in reports.items() if now_ms - int(at) > PRESENCE_FRESH_MS]
            if stale:
                await self._redis.hdel(key, *stale)
        return sum(int(count) for worker, (count, _) in reports.items() if worker not in stale)
