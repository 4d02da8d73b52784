"""`websockets`: its asyncio server and its `broadcast()`."""

import uvloop
from websockets.asyncio.server import ServerConnection, broadcast, serve

from loadtests.bench.peers.channel import announce, listener, options, payloads


async def stay(connection: ServerConnection) -> None:
    await connection.wait_closed()


async def main() -> None:
    given, bound = options(), listener()
    async with serve(stay, sock=bound, compression=None, ping_interval=None) as server:
        announce(bound)
        async for payload in payloads(given.redis_url, given.channel):
            broadcast(server.connections, payload)


if __name__ == "__main__":
    uvloop.run(main())
