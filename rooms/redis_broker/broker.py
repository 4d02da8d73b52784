"""Room events through Redis: one script per event, one subscription per room and worker.

Publishing is one pipelined round trip whatever the number of events. Receiving is one task per
worker that hands envelopes to the listener; payloads inside are never decoded.
"""

import asyncio
import contextlib
import logging
import secrets
from collections.abc import Iterator, Sequence
from importlib.resources import files
from typing import Any

import msgpack
from redis.asyncio import Redis
from redis.exceptions import NoScriptError, RedisError

from rooms.broker import BrokerUnavailable, Listener, RoomRecord
from rooms.events import Delivery, Incoming, Outgoing, Position
from rooms.redis_broker import keys

log = logging.getLogger("kaibo.rooms")

PUBLISH_LUA = (files("rooms.redis_broker") / "scripts" / "publish.lua").read_text("utf-8")
PRESENCE_FRESH_MS = 10_000  # a worker not heard from for longer no longer counts
RECONNECT_DELAY_S = 0.5
SUBSCRIBE_TIMEOUT_S = 5.0


def decode(envelope: bytes) -> Incoming:
    """The envelope that `publish.lua` packs; the payload inside stays as it is."""
    delivery, key, to, offset, payload = msgpack.unpackb(envelope, raw=True)
    return Incoming(Delivery(delivery.decode()), key.decode(), to.decode(), offset or None, payload)


class RedisBroker:
    """Implements `rooms.broker.Broker`; `run()` must be running to receive."""

    def __init__(self, redis: "Redis", listener: Listener, *, events_kept: int) -> None:
        self._redis = redis
        self._listener = listener
        self._events_kept = events_kept
        self._pubsub = redis.pubsub()
        self._standing: dict[str, asyncio.Event] = {}  # room id -> its subscription stands
        self._last_offset: dict[str, int] = {}
        self._sha = ""

    async def publish(self, room_id: str, events: Sequence[Outgoing]) -> None:
        with _unavailable():
            if not self._sha:
                self._sha = await self._redis.script_load(PUBLISH_LUA)
            try:
                await self._publish(room_id, events)
            except NoScriptError:  # Redis was restarted: load it again and send all of it again
                self._sha = await self._redis.script_load(PUBLISH_LUA)
                await self._publish(room_id, events)

    async def _publish(self, room_id: str, events: Sequence[Outgoing]) -> None:
        pipe = self._redis.pipeline(transaction=False)
        for event in events:
            pipe.evalsha(self._sha, 2, *self._arguments(room_id, event))
        await pipe.execute()

    def _arguments(self, room_id: str, event: Outgoing) -> list[Any]:
        return [
            keys.state(room_id),
            keys.stream(room_id),
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
            *(part for pair in event.remember for part in pair),
        ]

    async def record(self, room_id: str, recent_max: int) -> RoomRecord:
        with _unavailable():
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
        with _unavailable():
            return int(await self._redis.hincrby(keys.state(room_id), "likes", count))

    async def count_viewers(self, room_id: str, worker_id: str, viewers: int, now_ms: int) -> int:
        key = keys.presence(room_id)
        with _unavailable():
            pipe = self._redis.pipeline(transaction=False)
            pipe.hset(key, worker_id, f"{viewers}:{now_ms}")
            pipe.hgetall(key)
            _, raw = await pipe.execute()
            reports = {worker: value.split(b":") for worker, value in raw.items()}
            stale = [w for w, (_, at) in reports.items() if now_ms - int(at) > PRESENCE_FRESH_MS]
            if stale:
                await self._redis.hdel(key, *stale)
        return sum(int(count) for worker, (count, _) in reports.items() if worker not in stale)

    async def subscribe(self, room_id: str) -> None:
        standing = self._standing.setdefault(room_id, asyncio.Event())
        with _unavailable():
            await self._pubsub.subscribe(keys.channel(room_id))
            await asyncio.wait_for(standing.wait(), SUBSCRIBE_TIMEOUT_S)

    async def unsubscribe(self, room_id: str) -> None:
        self._standing.pop(room_id, None)
        self._last_offset.pop(room_id, None)
        with _unavailable():
            await self._pubsub.unsubscribe(keys.channel(room_id))

    async def run(self) -> None:
        """Receive until cancelled. A lost connection is opened again and subscribed anew."""
        while True:
            try:
                await self._receive()
            except (RedisError, OSError) as error:
                log.warning("room events are interrupted: %s", error)
            await asyncio.sleep(RECONNECT_DELAY_S)

    async def _receive(self) -> None:
        while True:
            if not self._pubsub.subscribed:
                await asyncio.sleep(0.02)  # nothing to listen to until a first viewer comes
                continue
            message = await self._pubsub.get_message(timeout=1.0)
            if message is None:
                continue
            room_id = keys.room_of(message["channel"].decode())
            if message["type"] == "message":
                self._pass_on(room_id, decode(message["data"]))
            elif message["type"] == "subscribe":
                await self._stands(room_id)

    def _pass_on(self, room_id: str, event: Incoming) -> None:
        if event.offset is not None:
            self._last_offset[room_id] = event.offset
        self._listener(room_id, event)

    async def _stands(self, room_id: str) -> None:
        """A first subscription opens the room; a repeated one means that the connection was lost,
        and what was published meanwhile is taken from the stream."""
        standing = self._standing.get(room_id)
        if standing is None:
            return  # unsubscribed meanwhile
        if standing.is_set():
            after = f"{self._last_offset[room_id] + 1}-0"
            missed: Any = await self._redis.xrange(keys.stream(room_id), min=after)
            for _, entry in missed:
                self._pass_on(room_id, decode(entry[b"e"]))
        else:
            offset = await self._redis.hget(keys.state(room_id), "offset")
            self._last_offset.setdefault(room_id, int(offset or 0))
            standing.set()


@contextlib.contextmanager
def _unavailable() -> Iterator[None]:
    try:
        yield
    except (RedisError, OSError, TimeoutError) as error:
        raise BrokerUnavailable(type(error).__name__) from error
