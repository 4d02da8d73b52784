"""The room on one worker: a seat per socket, with a queue and a task that sends what is in it."""

import asyncio
import contextlib
import json
from typing import Any

from redis.asyncio import Redis
from redis.exceptions import RedisError
from starlette.websockets import WebSocket, WebSocketDisconnect

CHANNEL = "peer:room"
QUEUED_MAX = 256
RETRY_S = 0.2


class Seat:
    """One socket. What does not fit into its queue pushes the oldest out."""

    def __init__(self, socket: WebSocket, buyer: str) -> None:
        self.socket = socket
        self.buyer = buyer
        self._queue: asyncio.Queue[str] = asyncio.Queue(QUEUED_MAX)

    def offer(self, text: str) -> None:
        if self._queue.full():
            self._queue.get_nowait()
        self._queue.put_nowait(text)

    async def send_all(self) -> None:
        with contextlib.suppress(WebSocketDisconnect, RuntimeError):  # it has gone
            while True:
                await self.socket.send_text(await self._queue.get())


class Seats:
    """Everybody who is connected to this worker, and the channel that all workers share."""

    def __init__(self, redis: "Redis") -> None:
        self._redis = redis
        self._taken: set[Seat] = set()

    @contextlib.asynccontextmanager
    async def sitting(self, seat: Seat) -> Any:
        self._taken.add(seat)
        sending = asyncio.create_task(seat.send_all())
        try:
            yield
        finally:
            self._taken.discard(seat)
            sending.cancel()

    async def tell(self, **message: Any) -> None:
        """Everybody, on all workers."""
        await self._redis.publish(CHANNEL, json.dumps(message))

    async def follow(self) -> None:
        """Pass on what is told, for ever."""
        while True:
            with contextlib.suppress(RedisError):
                async with self._redis.pubsub() as pubsub:
                    await pubsub.subscribe(CHANNEL)
                    async for message in pubsub.listen():
                        if message["type"] == "message":
                            self._pass_on(message["data"].decode())
            await asyncio.sleep(RETRY_S)

    def _pass_on(self, text: str) -> None:
        for seat in self._taken:
            seat.offer(text)
