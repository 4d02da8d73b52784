"""The receiving side: every numbered event once and in order, whatever happens to the connection.

One connection follows all rooms of a worker. Offsets show gaps, which are filled from the rooms'
streams; a probe every `PROBE_EVERY_S` finds a subscription that died without a word, by a ping that
is not answered or by an offset that should have come. A room whose stream was lost (a new epoch, or
a gap longer than what is kept) is reported, because then its viewers must start anew.
"""

import asyncio
import logging
import secrets
from collections.abc import Sequence
from typing import Any

from redis.asyncio import Redis
from redis.exceptions import RedisError

from rooms.broker import Listener
from rooms.events import Incoming, Position
from rooms.redis_broker import keys
from rooms.redis_broker.envelope import decode
from rooms.redis_broker.failing import unavailable_when_failing
from rooms.redis_broker.following import Arrival, Following

log = logging.getLogger("kaibo.rooms")

PROBE_EVERY_S = 2.0
RECONNECT_DELAY_S = 0.2
SUBSCRIBE_TIMEOUT_S = 5.0


class SubscriptionDead(ConnectionError):
    """The subscription has said nothing where it should have."""


class RedisSubscriber:
    """Implements `rooms.broker.Subscriber`; `run()` must be running."""

    def __init__(self, redis: "Redis", listener: Listener) -> None:
        self._redis = redis
        self._listener = listener
        self._pubsub = redis.pubsub()
        self._rooms: dict[str, Following] = {}
        self._standing: dict[str, asyncio.Event] = {}
        self._probe_at_s = 0.0
        self._ping_unanswered = False

    async def subscribe(self, room_id: str) -> int:
        """Returns an offset when every event beyond it is going to be handed on."""
        standing = self._standing.setdefault(room_id, asyncio.Event())
        with unavailable_when_failing():
            await self._pubsub.subscribe(keys.channel(room_id))
            await asyncio.wait_for(standing.wait(), SUBSCRIBE_TIMEOUT_S)
        return self._rooms[room_id].position.offset

    async def unsubscribe(self, room_id: str) -> None:
        self._standing.pop(room_id, None)
        self._rooms.pop(room_id, None)
        with unavailable_when_failing():
            await self._pubsub.unsubscribe(keys.channel(room_id))

    async def run(self) -> None:
        """Receive until cancelled. A lost connection is opened again and subscribed anew."""
        while True:
            try:
                await self._receive()
            except (RedisError, OSError) as error:
                log.warning("room events are interrupted: %s", error)
                await self._disconnect()
            await asyncio.sleep(RECONNECT_DELAY_S)

    async def _disconnect(self) -> None:
        """The next read connects again and subscribes to every room."""
        self._ping_unanswered = False
        if self._pubsub.connection is not None:
            await self._pubsub.connection.disconnect()

    async def _receive(self) -> None:
        clock = asyncio.get_running_loop().time
        while True:
            if not self._pubsub.subscribed:
                await asyncio.sleep(0.02)  # nothing to listen to until a first viewer comes
                continue
            message = await self._pubsub.get_message(timeout=PROBE_EVERY_S / 2)
            if message is not None:
                await self._take(message)
            if clock() >= self._probe_at_s:
                self._probe_at_s = clock() + PROBE_EVERY_S
                await self._probe()

    async def _take(self, message: dict[str, Any]) -> None:
        if message["type"] == "pong":
            self._ping_unanswered = False
            return
        room_id = keys.room_of(message["channel"].decode())
        if message["type"] == "message":
            await self._arrived(room_id, decode(message["data"]))
        elif message["type"] == "subscribe":
            await self._stands(room_id)

    async def _arrived(self, room_id: str, event: Incoming) -> None:
        following = self._rooms.get(room_id)
        if following is None:
            return  # unsubscribed meanwhile
        match following.judge(event):
            case Arrival.NEXT:
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
            self._rooms[room_id] = Following(await self._position(room_id))
        standing.set()

    async def _fill(self, room_id: str, following: Following) -> None:
        """Hand on what the stream has beyond where we are, or say that it cannot tell."""
        if (await self._position(room_id)).epoch != following.position.epoch:
            await self._start_anew(room_id)
            return
        after = f"{following.position.offset + 1}-0"
        entries: Any = await self._redis.xrange(keys.stream(room_id), min=after)
        for _, entry in entries:
            event = decode(entry[b"e"])
            if following.judge(event) is not Arrival.NEXT:
                await self._start_anew(room_id)
                return
            self._hand_on(room_id, following, event)

    async def _start_anew(self, room_id: str) -> None:
        log.warning("room %s: its stream was lost; its viewers start anew", room_id)
        self._rooms[room_id] = Following(await self._position(room_id))
        self._listener.lost(room_id)

    async def _position(self, room_id: str) -> Position:
        return (await self._positions([room_id]))[0]

    async def _positions(self, room_ids: Sequence[str]) -> list[Position]:
        """Where the rooms' streams are; a room that has none yet is given its epoch."""
        pipe = self._redis.pipeline(transaction=False)
        for room_id in room_ids:
            pipe.hsetnx(keys.state(room_id), "epoch", secrets.token_hex(8))
            pipe.hmget(keys.state(room_id), ["epoch", "offset"])
        answers = await pipe.execute()
        return [Position(epoch.decode(), int(offset or 0)) for epoch, offset in answers[1::2]]

    async def _probe(self) -> None:
        """Raises SubscriptionDead when the connection should have said something and has not."""
        if self._ping_unanswered:
            raise SubscriptionDead("a ping on the subscription was not answered")
        self._ping_unanswered = True
        await self._pubsub.ping()
        followed = list(self._rooms.items())
        positions = await self._positions([room_id for room_id, _ in followed])
        for (room_id, following), position in zip(followed, positions, strict=True):
            if position.epoch != following.position.epoch:
                await self._start_anew(room_id)
            elif following.is_behind(position):
                raise SubscriptionDead(f"events of room {room_id} do not arrive")
