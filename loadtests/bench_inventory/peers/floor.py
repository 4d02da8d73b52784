"""The floor of a purchase: parse a frame, decode msgpack, frame an answer, one write. No store."""

import asyncio
from typing import cast

import msgpack
import uvloop
from websockets.frames import Frame, Opcode
from websockets.http11 import Request
from websockets.server import ServerProtocol

from loadtests.bench.peers.channel import announce, listener


class Floor(asyncio.Protocol):
    """One socket on the sans-IO protocol of `websockets`."""

    def __init__(self) -> None:
        self._socket = ServerProtocol()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)

    def data_received(self, data: bytes) -> None:
        self._socket.receive_data(data)
        for event in self._socket.events_received():
            if isinstance(event, Request):
                self._socket.send_response(self._socket.accept(event))
                self._transport.writelines(self._socket.data_to_send())
            elif isinstance(event, Frame) and event.opcode is Opcode.BINARY:
                _, number, body = msgpack.unpackb(event.data)
                answer = msgpack.packb(["reply", number, body])
                self._transport.write(Frame(Opcode.BINARY, answer).serialize(mask=False))


async def serve() -> None:
    bound = listener()
    server = await asyncio.get_running_loop().create_server(Floor, sock=bound)
    announce(bound)
    async with server:
        await server.serve_forever()


if __name__ == "__main__":
    uvloop.run(serve())
