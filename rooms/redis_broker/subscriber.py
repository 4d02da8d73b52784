"""The receiving side: every numbered event once and in order, whatever happens to the connection.

Rooms come through feeds (feeds.py), which are made anew when they fail. Offsets show gaps, which
are filled from the rooms' streams. A room whose stream was lost is reported, because its viewers
must start anew: it has a new epoch, or the gap is longer than what is kept, or the stream no longer
has the last event that we had. That is a Redis that lost its latest writes, say in a failover: it
would number other events by the same offsets, so such a room is given a new epoch.
"""

import asyncio
import logging
import secrets
from collections.abc import Iterable, Sequence
from typing import Any

from redis.asyncio import Redis

from rooms.broker import Listener
from rooms.events import Incoming, Position
from rooms.redis_broker import keys
from rooms.redis_broker.envelope import decode
from rooms.redis_broker.failing import unavailable_when_failing
from rooms.redis_broker.feed import SubscriptionDead
from rooms.redis_broker.feeds import Feeds
from rooms.redis_broker.following import Arrival, Following
from rooms.redis_broker.nodes import Nodes, OneNode
from rooms.redis_broker.scripts import Scripts

log = logging.getLogger("kaibo.rooms")

SUBSCRIBE_TIMEOUT_S = 5.0


class RedisSubscriber:
    """Implements `rooms.broker.Subscriber`; `run()` must be running."""

    def __init__(self, redis: "Redis", listener: Listener, nodes: Nodes | None = None) -> None:
        self._redis = redis
        self._scripts = Scripts(redis)
        self._listener = listener
        self._feeds = Feeds(nodes or OneNode(redis), self._take, self._probe)
        self._rooms: dict[str, Following] = {}
        self._standing: dict[str, asyncio.Event] = {}

    async def subscribe(self, room_id: str) -> int:
        """Returns an offset when every event beyond it is going to be handed on.

        Raises BrokerUnavailable; then the room is not followed.
        """
        standing = self._standing.setdefault(room_id, asyncio.Event())
        try:
            with unavailable_when_failing():
                await self._feeds.add(room_id)
                await asyncio.wait_for(standing.wait(), SUBSCRIBE_TIMEOUT_S)
        except BaseException:
            self._standing.pop(room_id, None)
            self._rooms.pop(room_id, None)
            self._feeds.forget(room_id)
            raise
        return self._rooms[room_id].position.offset

    async def unsubscribe(self, room_id: str) -> None:
        self._standing.pop(room_id, None)
        self._rooms.pop(room_id, None)
        with unavailable_when_failing():
            await self._feeds.drop(room_id)

    async def run(self) -> None:
        """Receive until cancelled. A lost connection is opened again and subscribed anew."""
        await self._feeds.run()

    async def _take(self, room_id: str, message: dict[str, Any]) -> None:
        if message["type"] in ("message", "smessage"):
            await self._arrived(room_id, decode(message["data"]))
        elif message["type"] in ("subscribe", "ssubscribe"):
            await self._stands(room_id)

    async def _arrived(self, room_id: str, events: Sequence[Incoming]) -> None:
        """One event, or the events of many users, which have no numbers: the first tells of all."""
        following = self._rooms.get(room_id)
        if following is None:
            return  # its subscription does not stand yet, or no longer
        match following.judge(events[0]):
            case Arrival.NEXT:
                for event in events:
                    self._hand_on(room_id, following, event)
            case Arrival.GAP:
                await self._fill(room_id, following)
            case Arrival.LOST:
                await self._start_anew(room_id)
            case Arrival.KNOWN:
                pass

    def _hand_on(self, room_id: str, following: Following, event: Incoming) -> None:
        following.advance(event)
        self._listener.deliver(room_id, event)

    async def _stands(self, room_id: str) -> None:
        """A first subscription opens the room; a repeated one says that the connection was lost."""
        standing = self._standing.get(room_id)
        if standing is None:
            return  # unsubscribed meanwhile
        if room_id in self._rooms:
            await self._fill(room_id, self._rooms[room_id])
            self._listener.resumed(room_id)
        else:
            self._rooms[room_id] = await self._as_it_is(room_id)
        standing.set()

    async def _fill(self, room_id: str, following: Following) -> None:
        """Hand on what the stream has beyond where we are, or say that it cannot tell."""
        known = following.position
        if (await self._positions([room_id]))[0].epoch != known.epoch:
            await self._start_anew(room_id)
            return
        entries = await self._redis.xrange(keys.stream(room_id), min=f"{known.offset}-0")
        events = _events(entries)
        found = following.judge_stream(events)
        if found is Arrival.LOST:
            fresh = secrets.token_hex(8)
            await self._scripts.call("renew", [keys.state(room_id)], known.epoch, fresh)
        if found is not Arrival.NEXT:
            await self._start_anew(room_id)
            return
        for event in events:
            if following.judge(event) is Arrival.NEXT:
                self._hand_on(room_id, following, event)

    async def _start_anew(self, room_id: str) -> None:
        log.warning("room %s: its stream was lost; its viewers start anew", room_id)
        self._rooms[room_id] = await self._as_it_is(room_id)
        self._listener.lost(room_id)

    async def _as_it_is(self, room_id: str) -> Following:
        """From now on: the room's position and its last event, read in one step."""
        pipe = self._redis.pipeline(transaction=True)
        pipe.hsetnx(keys.state(room_id), "epoch", secrets.token_hex(8))
        pipe.hmget(keys.state(room_id), ["epoch", "offset"])
        pipe.xrevrange(keys.stream(room_id), count=1)
        _, position, entries = await pipe.execute()
        return Following(_position(position), _events(entries))

    async def _positions(self, room_ids: Sequence[str]) -> list[Position]:
        """Where the rooms' streams are; a room that has none yet is given its epoch."""
        pipe = self._redis.pipeline(transaction=False)
        for room_id in room_ids:
            pipe.hsetnx(keys.state(room_id), "epoch", secrets.token_hex(8))
            pipe.hmget(keys.state(room_id), ["epoch", "offset"])
        answers = await pipe.execute()
        return [_position(answer) for answer in answers[1::2]]

    async def _probe(self, room_ids: Iterable[str]) -> None:
        """Raises SubscriptionDead when the connection should have said something and has not."""
        followed = [(each, self._rooms[each]) for each in room_ids if each in self._rooms]
        positions = await self._positions([room_id for room_id, _ in followed])
        for (room_id, following), position in zip(followed, positions, strict=True):
            if position.epoch != following.position.epoch:
                await self._start_anew(room_id)
            elif position.offset < following.position.offset:
                await self._fill(room_id, following)
            elif following.is_behind(position):
                raise SubscriptionDead(f"events of room {room_id} do not arrive")


def _position(answer: Any) -> Position:
    epoch, offset = answer
    return Position(epoch.decode(), int(offset or 0))


def _events(entries: Any) -> list[Incoming]:
    return [event for _, fields in entries for event in decode(fields[b"e"])]
