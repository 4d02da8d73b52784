"""Stock Starlette on uvicorn: a set of sockets, and `send_bytes` in a loop."""

import asyncio
import contextlib
from collections.abc import AsyncIterator

from starlette.applications import Starlette
from starlette.routing import WebSocketRoute
from starlette.websockets import WebSocket, WebSocketDisconnect

from loadtests.bench.peers import asgi
from loadtests.bench.peers.channel import Options, options, payloads


class Room:
    """Everybody who is connected."""

    def __init__(self, given: Options) -> None:
        self._given = given
        self._sockets: set[WebSocket] = set()

    async def endpoint(self, socket: WebSocket) -> None:
        await socket.accept()
        self._sockets.add(socket)
        try:
            while True:
                await socket.receive_bytes()
        except WebSocketDisconnect:
            self._sockets.discard(socket)

    async def follow(self) -> None:
        async for payload in payloads(self._given.redis_url, self._given.channel):
            for socket in tuple(self._sockets):
                await socket.send_bytes(payload)

    @contextlib.asynccontextmanager
    async def lifespan(self, _: Starlette) -> AsyncIterator[None]:
        following = asyncio.create_task(self.follow())
        yield
        following.cancel()


def main() -> None:
    room = Room(options())
    asgi.serve(Starlette(routes=[WebSocketRoute("/", room.endpoint)], lifespan=room.lifespan))


if __name__ == "__main__":
    main()
