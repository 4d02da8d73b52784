"""One reader's socket: the handshake, then bytes that are compared with those already known.

It answers the server's pings, which is all that a viewer who only watches ever says.
"""

import asyncio
import time
from typing import Any, Protocol

from loadtests.bench.frames import HEAD_END, is_accepted
from loadtests.swarm.blob import BINARY, CLOSE, PING, Blob, Library
from loadtests.swarm.standing import Standing

PONG_HEAD = 0x8A
MASKED = 0x80
ZERO_MASK = bytes(4)


def pong(payload: bytes) -> bytes:
    """A masked pong of a ping, whose payload is at most 125 bytes long."""
    return bytes((PONG_HEAD, MASKED | len(payload))) + ZERO_MASK + payload


class Home(Protocol):
    """What a reader has of its crowd."""

    library: Library
    clock_offset_ms: float

    def put_away(self, blobs: list[Blob]) -> None: ...
    def count(self, blob: Blob, now_ms: int, not_before_ms: int) -> None: ...
    def welcomed(self, reader: "Reader") -> None: ...
    def lost(self, reader: "Reader", code: str) -> None: ...


class Reader(asyncio.Protocol):
    """A viewer's connection; a new one for each time it comes back, with the same `standing`."""

    __slots__ = (
        "began_s",
        "close_reason",
        "closed_with",
        "home",
        "is_open",
        "knock",
        "not_before_ms",
        "number",
        "recovered",
        "rest",
        "standing",
        "transport",
    )

    def __init__(self, home: Home, number: int, standing: Standing, knock: bytes) -> None:
        self.home = home
        self.number = number
        self.standing = standing
        self.knock = knock
        self.rest = b""
        self.is_open = False  # welcomed
        self.recovered = False
        self.closed_with: int | None = None
        self.close_reason = ""
        self.began_s = time.monotonic()
        self.not_before_ms = 0  # what happened before was missed, and says nothing of latency
        self.transport: Any = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport
        self.transport.write(self.knock)

    def connection_lost(self, exc: Exception | None) -> None:
        code = str(self.closed_with) if self.closed_with else type(exc).__name__ if exc else "EOF"
        self.home.lost(self, code)

    def data_received(self, data: bytes) -> None:
        if self.rest or not self.is_open:
            self._read_on(self.rest + data)
            return
        blob, self.rest, forgotten = self.home.library.find(data)
        if forgotten:
            self.home.put_away(forgotten)
        if blob.is_plain and not self.rest and blob.oldest_ms >= self.not_before_ms:
            self.standing.hear(blob)
            now_ms = int(time.time() * 1000)
            blob.heard[now_ms] = blob.heard.get(now_ms, 0) + 1
        else:
            self._hear(blob)

    def _read_on(self, data: bytes) -> None:
        if self.knock:
            head, end, data = data.partition(HEAD_END)
            if not end:
                self.rest = head
                return
            if not is_accepted(head):
                self.close_reason = head[:100].decode(errors="replace")
                self.transport.abort()
                return
            self.knock = b""
        blob, self.rest, _ = Library().find(data)
        self._hear(blob)

    def _hear(self, blob: Blob) -> None:
        """With care: a welcome, a ping, a close or a notice is among it."""
        for opcode, message in blob.messages:
            if opcode == PING:
                self.transport.write(pong(message))
            elif opcode == CLOSE:
                self.closed_with = int.from_bytes(message[:2], "big")
                self.close_reason = message[2:].decode(errors="replace")
            elif opcode == BINARY and message[0] == "welcome":
                self._welcome(message)
        if self.is_open:
            self.standing.hear(blob)
            now_ms = int(time.time() * 1000)
            self.home.count(blob, now_ms, self.not_before_ms)

    def _welcome(self, message: list[Any]) -> None:
        _, greeting, room = message
        stocks = {sale["sale_id"]: sale["version"] for sale in room["sales"]}
        self.recovered = greeting["recovered"]
        position = room["position"]
        self.standing.welcome(
            position["epoch"], position["offset"], stocks, recovered=self.recovered
        )
        self.is_open = True
        self.not_before_ms = int(time.time() * 1000 + self.home.clock_offset_ms)
        self.home.welcomed(self)
