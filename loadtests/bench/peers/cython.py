"""picows: a listener per connection, and `send` on every transport."""

import asyncio

import uvloop
from picows import WSListener, WSMsgType, WSTransport, WSUpgradeRequest, ws_create_server

from loadtests.bench.peers.channel import announce, listener, options, payloads


class Room:
    """Everybody who is connected."""

    def __init__(self) -> None:
        self.transports: set[WSTransport] = set()

    def enter(self, _: WSUpgradeRequest) -> WSListener:
        return Viewer(self)

    def send(self, payload: bytes) -> None:
        for transport in self.transports:
            transport.send(WSMsgType.BINARY, payload)


class Viewer(WSListener):
    """One of them."""

    def __init__(self, room: Room) -> None:
        super().__init__()
        self._room = room

    def on_ws_connected(self, transport: WSTransport) -> None:
        self._room.transports.add(transport)

    def on_ws_disconnected(self, transport: WSTransport) -> None:
        self._room.transports.discard(transport)


async def main() -> None:
    given, bound, room = options(), listener(), Room()
    server = await ws_create_server(room.enter, sock=bound)
    announce(bound)
    async with asyncio.TaskGroup() as group:
        group.create_task(server.serve_forever())
        async for payload in payloads(given.redis_url, given.channel):
            room.send(payload)


if __name__ == "__main__":
    uvloop.run(main())
