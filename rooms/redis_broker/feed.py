"""One subscription connection to one server, and the rooms whose events come through it.

It lives as long as its connection: whatever goes wrong with it, it ends (feeds.py makes another). A
probe every `PROBE_EVERY_S` finds a connection that died without a word.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from typing import Any

from redis.asyncio import Redis

from rooms.redis_broker import keys

PROBE_EVERY_S = 2.0


class SubscriptionDead(ConnectionError):
    """The subscription has said nothing where it should have."""


class Feed:
    """Rooms of one server."""

    def __init__(self, node: Redis, *, is_sharded: bool) -> None:
        self.node = node
        self.rooms: set[str] = set()
        self._is_sharded = is_sharded
        self._pubsub = node.pubsub()
        self._sending = asyncio.Lock()  # the first to send connects
        self._ping_unanswered = False

    def __repr__(self) -> str:
        return f"<Feed of {len(self.rooms)} rooms, {self._pubsub.connection!r}>"

    async def add(self, room_ids: Iterable[str]) -> None:
        """Ask for their events. That they come from now on is a message of its own."""
        channels = {keys.channel(room_id): room_id for room_id in room_ids}
        self.rooms.update(channels.values())
        async with self._sending:
            if self._is_sharded:
                for channel in channels:  # one command may only name channels of one slot
                    await self._pubsub.ssubscribe(channel)
            else:
                await self._pubsub.subscribe(*channels)

    async def drop(self, room_id: str) -> None:
        self.rooms.discard(room_id)
        channel = keys.channel(room_id)
        async with self._sending:
            if self._is_sharded:
                await self._pubsub.sunsubscribe(channel)
            else:
                await self._pubsub.unsubscribe(channel)

    async def run(
        self,
        take: Callable[["Feed", dict[str, Any]], Awaitable[None]],
        probe: Callable[["Feed"], Awaitable[None]],
    ) -> None:
        """Receive until it fails, and raise that; something must have been added before.

        `take` is given what arrives; `probe` is called now and then and may raise, too.
        """
        clock = asyncio.get_running_loop().time
        probe_at_s = clock() + PROBE_EVERY_S  # until then rooms are filled
        while True:
            message: Any = await self._pubsub.get_message(timeout=PROBE_EVERY_S / 2)
            if message is not None and message["type"] == "pong":
                self._ping_unanswered = False
            elif message is not None:
                await take(self, message)
            if clock() >= probe_at_s:
                probe_at_s = clock() + PROBE_EVERY_S
                await self._ping()
                await probe(self)

    async def _ping(self) -> None:
        if self._ping_unanswered:
            raise SubscriptionDead("a ping on the subscription was not answered")
        self._ping_unanswered = True
        async with self._sending:
            await self._pubsub.ping()

    async def close(self) -> None:
        await self._pubsub.aclose()  # type: ignore[no-untyped-call]
