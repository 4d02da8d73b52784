"""Room events through Redis: the publishing side, and the room's record.

Publishing is one pipelined round trip whatever the number of events: one script for each, and one
for many users' own events together, which are all that a rush of purchases tells. The receiving
side is `subscriber.py`.
"""

import hashlib
import secrets
import time
from collections.abc import Iterator, Sequence
from importlib.resources import files
from typing import Any, NamedTuple

import msgpack
from redis.asyncio import Redis
from redis.exceptions import NoScriptError

from rooms.broker import RoomRecord
from rooms.events import Outgoing, Position
from rooms.redis_broker import keys
from rooms.redis_broker.envelope import decode
from rooms.redis_broker.failing import unavailable_when_failing

PERSONAL_MAX = 200  # users' own events in one message
PRESENCE_FRESH_MS = 10_000  # a worker not heard from for longer no longer counts
EVENT_ID_KEPT_S = 600  # how long an event's id is remembered; a retry comes sooner
MSGPACK_NIL = b"\xc0"


class _Script(NamedTuple):
    text: str
    sha1: str
    keys: int  # how many


_Call = tuple[_Script, list[Any]]


def _script(name: str, keys: int) -> _Script:
    text = (files("rooms.redis_broker") / "scripts" / f"{name}.lua").read_text("utf-8")
    return _Script(text, hashlib.sha1(text.encode(), usedforsecurity=False).hexdigest(), keys)


_PUBLISH, _PERSONAL = _script("publish", 3), _script("personal", 1)


def _is_personal(event: Outgoing) -> bool:
    """Whether it is one user's and nothing is to be written for it."""
    return bool(event.to) and not (
        event.numbered or event.source or event.event_id or event.remember
    )


class RedisBroker:
    """Implements `rooms.broker.Broker`."""

    def __init__(self, redis: "Redis", *, events_kept: int, is_sharded: bool = False) -> None:
        self._redis = redis
        self._events_kept = events_kept
        self._publish_command = "SPUBLISH" if is_sharded else "PUBLISH"

    async def publish(self, room_id: str, events: Sequence[Outgoing]) -> None:
        if not events:
            return
        personal = [event for event in events if _is_personal(event)]
        calls = [
            (_PUBLISH, self._arguments(room_id, each)) for each in events if not _is_personal(each)
        ]
        calls += [(_PERSONAL, bundle) for bundle in self._bundles(room_id, personal)]
        with unavailable_when_failing():
            unknown = await self._call(calls, has_source=False)
            if unknown:  # the room's Redis does not know the script (any more)
                await self._call(unknown, has_source=True)

    async def _call(self, calls: Sequence[_Call], *, has_source: bool) -> list[_Call]:
        """Makes the calls; returns those whose script was not known, and which did nothing.

        A script's source goes with its first call, if at all: the others find it there.
        """
        pipe = self._redis.pipeline(transaction=False)
        sent: set[str] = set()
        for script, arguments in calls:
            if has_source and script.sha1 not in sent:
                pipe.eval(script.text, script.keys, *arguments)
            else:
                pipe.evalsha(script.sha1, script.keys, *arguments)
            sent.add(script.sha1)
        answers = await pipe.execute(raise_on_error=False)
        for answer in answers:
            if isinstance(answer, Exception) and not isinstance(answer, NoScriptError):
                raise answer
        return [
            call
            for call, answer in zip(calls, answers, strict=True)
            if isinstance(answer, NoScriptError)
        ]

    def _bundles(self, room_id: str, personal: Sequence[Outgoing]) -> Iterator[list[Any]]:
        """Arguments that publish many users' events at once."""
        at = MSGPACK_NIL + msgpack.packb(time.time_ns() // 1_000_000)
        by_class: dict[str, list[Outgoing]] = {}
        for event in personal:
            by_class.setdefault(event.delivery.value, []).append(event)
        for delivery, events in by_class.items():
            for start in range(0, len(events), PERSONAL_MAX):
                part = events[start : start + PERSONAL_MAX]
                yield [
                    keys.state(room_id),
                    keys.channel(room_id),
                    delivery,
                    msgpack.packb([event.to for event in part]),
                    msgpack.packb([event.head + at + event.body for event in part]),
                    secrets.token_hex(8),
                    self._publish_command,
                ]

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
        recent = [event for _, entry in reversed(entries) for event in decode(entry[b"e"])]
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
                await self._redis.hdel(keys.roster(room_id), *stale)
                await self._redis.hdel(key, *stale)
        return sum(int(count) for worker, (count, _) in reports.items() if worker not in stale)
