"""A WebSocket client that does as it is told, also what no client should do: frames made by hand,
over a plain TCP connection. What the server sends is parsed strictly.
"""

import asyncio
import json
import socket
import struct
from collections.abc import Awaitable
from itertools import pairwise
from typing import Any, NamedTuple, Self, TypeVar

from tests.harness import LiveServer

T = TypeVar("T")

CONT, TEXT, BINARY, CLOSE, PING, PONG = 0x0, 0x1, 0x2, 0x8, 0x9, 0xA
MASK = b"\x37\xfa\x21\x3d"
ANSWER_TIMEOUT_S = 15.0
LENGTH_BITS = {7: "", 16: "!H", 64: "!Q"}


class Received(NamedTuple):
    opcode: int
    payload: bytes
    fin: bool


def frame(
    opcode: int,
    payload: bytes = b"",
    *,
    fin: bool = True,
    reserved: int = 0,
    masked: bool = True,
    length_bits: int | None = None,
    length_bytes: int | None = None,
) -> bytes:
    """A client's frame. `length_bits` 7, 16 or 64 forces an encoding of the length;
    `length_bytes` claims another length than the payload's."""
    length = len(payload) if length_bytes is None else length_bytes
    bits = length_bits or (7 if length < 126 else 16 if length < 65_536 else 64)
    marker = {7: length, 16: 126, 64: 127}[bits]
    head = bytes([fin << 7 | reserved << 4 | opcode, masked << 7 | marker])
    head += struct.pack(LENGTH_BITS[bits], length) if bits > 7 else b""
    if not masked:
        return head + payload
    return head + MASK + bytes(byte ^ MASK[i % 4] for i, byte in enumerate(payload))


def fragments(opcode: int, payload: bytes, *cuts: int) -> list[bytes]:
    """A message as fragments that are cut at the given places."""
    edges = [0, *cuts, len(payload)]
    parts = [payload[a:b] for a, b in pairwise(edges)]
    last = len(parts) - 1
    return [frame(CONT if i else opcode, part, fin=i == last) for i, part in enumerate(parts)]


def close_frame(code: int | None = None, reason: bytes = b"") -> bytes:
    return frame(CLOSE, b"" if code is None else struct.pack("!H", code) + reason)


def handshake(room: str, token: str | None, codec: str = "json", **headers: str) -> bytes:
    """The head that asks for `room`; a header given as "" is left out."""
    asked = {
        "Host": "test",
        "Upgrade": "websocket",
        "Connection": "Upgrade",
        "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
        "Sec-WebSocket-Version": "13",
        "Sec-WebSocket-Protocol": f"kaibo.v1.{codec}",
        "Authorization": f"Bearer {token}" if token else "",
    } | {name.replace("_", "-"): value for name, value in headers.items()}
    lines = [f"{name}: {value}\r\n" for name, value in asked.items() if value]
    return f"GET /v1/rooms/{room}/live HTTP/1.1\r\n{''.join(lines)}\r\n".encode()


class RawSocket:
    """One TCP connection to a server."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer

    @classmethod
    async def connect(cls, server: LiveServer, buffer_bytes: int | None = None) -> Self:
        """`buffer_bytes` bounds what the kernel keeps for a client that does not read."""
        host, port = server.url.removeprefix("http://").split(":")
        plain = socket.socket()
        plain.setblocking(False)
        if buffer_bytes is not None:
            plain.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, buffer_bytes)
        await asyncio.get_running_loop().sock_connect(plain, (host, int(port)))
        return cls(*await asyncio.open_connection(sock=plain, limit=buffer_bytes or 65_536))

    @classmethod
    async def join(
        cls,
        server: LiveServer,
        room: str,
        codec: str = "json",
        token: str | None = None,
        buffer_bytes: int | None = None,
    ) -> Self:
        """A connection that was welcomed."""
        raw = await cls.connect(server, buffer_bytes)
        raw.send(handshake(room, token or server.token(room), codec))
        assert await raw.status() == 101
        welcome = await raw.receive()
        assert b"welcome" in welcome.payload[:20]
        return raw

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        self.writer.transport.abort()

    def send(self, *frames: bytes) -> None:
        self.writer.write(b"".join(frames))

    async def send_bytewise(self, data: bytes) -> None:
        """As many TCP segments as bytes, as far as the kernel lets us."""
        for byte in data:
            self.writer.write(bytes([byte]))
            await asyncio.sleep(0)

    async def status(self) -> int:
        """The status of an HTTP answer, after reading its head."""
        head = await within(self.reader.readuntil(b"\r\n\r\n"))
        return int(head.split()[1])

    async def receive(self) -> Received:
        """The next frame. Raises IncompleteReadError at the end of the stream."""
        first, second = await self._exactly(2)
        assert not second & 0x80, "a server's frame is not masked"
        assert not first & 0x70, "no reserved bit is set"
        length = second & 0x7F
        if length > 125:
            bits = 16 if length == 126 else 64
            length = struct.unpack(LENGTH_BITS[bits], await self._exactly(bits // 8))[0]
        return Received(first & 0x0F, await self._exactly(length), bool(first & 0x80))

    async def _exactly(self, size_bytes: int) -> bytes:
        return await within(self.reader.readexactly(size_bytes))

    async def control(self) -> Received:
        """The next control frame, after what the room says meanwhile."""
        while True:
            received = await self.receive()
            if received.opcode >= CLOSE:
                return received

    async def answer(self) -> list[Any]:
        """The next reply or error of the JSON codec, after what the room says meanwhile."""
        while True:
            received = await self.receive()
            assert received.opcode == TEXT and received.fin, received
            message: list[Any] = json.loads(received.payload)
            if message[0] in ("reply", "error"):
                return message

    async def closed(self) -> tuple[int | None, str]:
        """The close frame's code and reason, and then nothing but the end of the stream."""
        while (received := await self.receive()).opcode != CLOSE:
            assert received.opcode != PONG, "a pong nobody waits for"
        await self.ended()
        if not received.payload:
            return None, ""
        return struct.unpack("!H", received.payload[:2])[0], received.payload[2:].decode()

    async def ended(self) -> None:
        """The server sends its end of stream, and no byte before it."""
        assert await within(self.reader.read(1)) == b""


async def within(waiting: Awaitable[T]) -> T:
    return await asyncio.wait_for(waiting, ANSWER_TIMEOUT_S)


def ping_command(command_id: int = 1) -> bytes:
    return json.dumps(["ping", command_id, {"sent_at_ms": 7}]).encode()
