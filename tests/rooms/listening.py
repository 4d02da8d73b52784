"""A worker's broker and subscriber on a real Redis, and what they received in one room."""

import asyncio
import contextlib
import secrets
from collections.abc import AsyncIterator, Callable

import msgpack
from redis.asyncio import Redis

from rooms.events import Delivery, Incoming, Outgoing
from rooms.redis_broker.broker import RedisBroker
from rooms.redis_broker.nodes import Nodes, OneNode
from rooms.redis_broker.subscriber import RedisSubscriber
from server import jobs

HEAD = b"\x95" + msgpack.packb("event") + msgpack.packb("comment")


def event(text: str, *, numbered: bool = True, source: str = "", to: str = "") -> Outgoing:
    return Outgoing(
        HEAD, msgpack.packb({"text": text}), Delivery.CHAT, numbered, to=to, source=source
    )


def texts(received: list[Incoming]) -> list[str]:
    return [msgpack.unpackb(each.payload)[4]["text"] for each in received]


class Listening:
    """A running broker and what it received in its room."""

    def __init__(self, redis: Redis, nodes: Nodes | None = None, room: str = "") -> None:
        nodes = nodes or OneNode(redis)
        self.room = room or f"r_{secrets.token_hex(4)}"
        self.received: list[Incoming] = []
        self.resumed_rooms: list[str] = []
        self.lost_rooms: list[str] = []
        self.broker = RedisBroker(redis, events_kept=100, is_sharded=nodes.is_sharded)
        self.subscriber = RedisSubscriber(redis, self, nodes)

    def deliver(self, room_id: str, event: Incoming) -> None:
        assert room_id == self.room
        self.received.append(event)

    def resumed(self, room_id: str) -> None:
        self.resumed_rooms.append(room_id)

    def lost(self, room_id: str) -> None:
        self.lost_rooms.append(room_id)

    @contextlib.asynccontextmanager
    async def running(self) -> "AsyncIterator[Listening]":
        """Subscribed to the room until the block ends."""
        task = asyncio.create_task(self.subscriber.run())
        try:
            await self.subscriber.subscribe(self.room)
            yield self
        finally:
            await jobs.end({task})

    async def publish(self, *said: str) -> None:
        await self.broker.publish(self.room, [event(text) for text in said])

    async def until_received(self, count: int) -> None:
        await self.until(lambda: len(self.received) >= count)

    async def until(self, enough: Callable[[], bool]) -> None:
        async with asyncio.timeout(20):
            while not enough():
                await asyncio.sleep(0.01)
