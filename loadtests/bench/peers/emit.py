"""python-socketio on uvicorn: `emit` to everybody, in its own protocol.

The event goes out as JSON text, as applications of Socket.IO send it: a packet of bytes would be
two frames. So its bytes differ from the others' by a few.
"""

import msgpack
import socketio

from loadtests.bench.peers import asgi
from loadtests.bench.peers.channel import Options, options, payloads

PING_EVERY_S = 86_400


async def follow(server: socketio.AsyncServer, given: Options) -> None:
    async for payload in payloads(given.redis_url, given.channel):
        _, name, _, _, body = msgpack.unpackb(payload)
        await server.emit(name, body)


def main() -> None:
    given = options()
    server = socketio.AsyncServer(async_mode="asgi", ping_interval=PING_EVERY_S)

    tasks = []  # the loop alone would let it be collected

    async def start() -> None:
        tasks.append(server.start_background_task(follow, server, given))

    asgi.serve(socketio.ASGIApp(server, on_startup=start))


if __name__ == "__main__":
    main()
