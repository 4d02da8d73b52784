"""One of the crowd: a socket that is opened again when it is cut, and what was heard on it."""

import asyncio
import random
import time
from collections.abc import Callable
from functools import partial
from typing import cast

from loadtests.bench.frames import HEAD_END, is_accepted, split_frames
from loadtests.bench_whole.dialects import Dialect, Heard

COME_BACK_S = (0.1, 1.0)  # how long it takes a client to try again
DATA_OPCODES = (1, 2)

Hears = Callable[["Person", Heard], None]


class Person:
    """Who is known to the server by `token`. `hears` is None for a viewer who is only counted."""

    def __init__(self, port: int, token: str, words: Dialect, hears: Hears | None) -> None:
        self.words = words
        self.hears = hears
        self.is_buyer = False
        self.is_here = asyncio.Event()
        self.bytes = 0
        self.cuts = 0
        self.position = ""
        self._port = port
        self._token = token
        self._transport: asyncio.Transport | None = None
        self._has_left = False
        self._again: asyncio.Task[None] | None = None

    def __repr__(self) -> str:
        return f"<Person {'here' if self.is_here.is_set() else 'away'}, cut {self.cuts} times>"

    async def come(self) -> None:
        """Connect. Raises OSError where nobody answers."""
        loop = asyncio.get_running_loop()
        await loop.create_connection(partial(_Wire, self), "127.0.0.1", self._port)

    def leave(self) -> None:
        self._has_left = True
        if self._again is not None:
            self._again.cancel()
        if self._transport is not None:
            self._transport.abort()

    def send(self, frame: bytes) -> bool:
        """Whether there was a connection to send it on."""
        if self._transport is None or not self.is_here.is_set():
            return False
        self._transport.write(frame)
        return True

    # What the wire tells.

    def connected(self, transport: asyncio.Transport) -> None:
        self._transport = transport
        transport.write(self.words.knock(self._token, self.position))

    def cut(self) -> None:
        self.is_here.clear()
        self._transport = None
        if not self._has_left:
            self.cuts += 1
            self._again = asyncio.get_running_loop().create_task(self._come_back())

    async def _come_back(self) -> None:
        while not self._has_left:
            await asyncio.sleep(random.uniform(*COME_BACK_S))
            try:
                await self.come()
            except OSError:
                continue  # the next try is a little later
            return

    def take(self, payload: bytes) -> None:
        """A message, of which only as much is read as this person needs."""
        if self.hears is None:
            return
        heard = self.words.answer(payload) if self.is_buyer else self.words.event(payload)
        if heard is not None:
            self.position = heard.position or self.position
            self.hears(self, heard)


class _Wire(asyncio.Protocol):
    """One connection."""

    def __init__(self, person: Person) -> None:
        self._person = person
        self._rest = b""
        self._is_open = False
        self._is_read = person.hears is not None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._person.connected(cast(asyncio.Transport, transport))

    def connection_lost(self, _: Exception | None) -> None:
        self._person.cut()

    def data_received(self, data: bytes) -> None:
        if not self._is_open:
            data = self._opened(data)
        self._person.bytes += len(data)
        if not self._is_read or not data:
            return
        frames, self._rest = split_frames(self._rest + data)
        for opcode, payload in frames:
            if opcode in DATA_OPCODES:
                self._person.take(payload)

    def _opened(self, data: bytes) -> bytes:
        """What follows the handshake's answer; nothing while that is not whole."""
        self._rest += data
        head, found, rest = self._rest.partition(HEAD_END)
        if not found:
            return b""
        if not is_accepted(head):
            raise ConnectionRefusedError(repr(head[:200]))
        self._rest, self._is_open = b"", True
        self._person.is_here.set()
        return rest


def now_ms() -> float:
    return time.perf_counter() * 1e3
