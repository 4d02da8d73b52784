"""Input in small pieces, so much to a turn of the loop, over a real pair of sockets."""

import asyncio
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import cast

import pytest

from server.input_pace import HELD_BYTES_MAX, PIECE_BYTES, TURN_BYTES, InputPace

TIMEOUT_S = 10.0


class Taker(asyncio.Protocol):
    """Keeps each piece with the number of the loop turn in which it came."""

    def __init__(self) -> None:
        self.pieces: list[tuple[int, bytes]] = []
        self.turn = 0
        self.kept_all = True
        self.on_piece: Callable[[], None] = lambda: None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        loop = asyncio.get_running_loop()
        self.pace = InputPace(cast(asyncio.Transport, transport), loop, self.take)

    def data_received(self, data: bytes) -> None:
        self.kept_all = self.pace.receive(data)

    def take(self, piece: bytes) -> None:
        self.pieces.append((self.turn, piece))
        self.on_piece()

    @property
    def taken(self) -> bytes:
        return b"".join(piece for _, piece in self.pieces)

    async def until(self, is_so: Callable[[], bool]) -> None:
        """Count turns of the loop until `is_so`."""
        async with asyncio.timeout(TIMEOUT_S):
            while not is_so():
                self.turn += 1
                await asyncio.sleep(0)


@asynccontextmanager
async def taking() -> AsyncIterator[tuple[Taker, socket.socket]]:
    ours, theirs = socket.socketpair()
    theirs.setblocking(False)
    loop = asyncio.get_running_loop()
    transport, taker = await loop.create_connection(Taker, sock=ours)
    try:
        yield taker, theirs
    finally:
        taker.pace.stop()
        transport.abort()
        theirs.close()


async def test_everything_is_taken_in_order_and_in_small_pieces() -> None:
    sent = bytes(range(256)) * 400
    async with taking() as (taker, peer):
        send = asyncio.create_task(asyncio.get_running_loop().sock_sendall(peer, sent))
        await taker.until(lambda: len(taker.taken) == len(sent))
        await send
    assert taker.taken == sent
    assert max(len(piece) for _, piece in taker.pieces) <= PIECE_BYTES


async def test_a_turn_takes_so_much_and_no_more() -> None:
    async with taking() as (taker, _):
        taker.data_received(b"x" * (10 * TURN_BYTES))
        await taker.until(lambda: len(taker.taken) == 10 * TURN_BYTES)
    of_turn = [
        sum(len(piece) for turn, piece in taker.pieces if turn == wanted)
        for wanted in range(taker.turn + 1)
    ]
    assert max(of_turn) <= TURN_BYTES


async def test_held_input_waits_and_keeps_its_order() -> None:
    async with taking() as (taker, peer):
        taker.on_piece = taker.pace.hold
        taker.data_received(b"a" * PIECE_BYTES + b"b" * 10)
        peer.send(b"c" * 10)
        assert taker.taken == b"a" * PIECE_BYTES
        taker.on_piece = lambda: None
        taker.pace.release()
        await taker.until(lambda: taker.taken.endswith(b"b" * 10 + b"c" * 10))
    assert taker.kept_all


async def test_held_input_is_bounded() -> None:
    async with taking() as (taker, _):
        taker.pace.hold()
        taker.data_received(b"x" * HELD_BYTES_MAX)
        assert taker.kept_all
        taker.data_received(b"x")
        assert not taker.kept_all


@pytest.mark.parametrize("size_bytes", [10, 5 * TURN_BYTES])
async def test_nothing_is_taken_once_it_has_stopped(size_bytes: int) -> None:
    async with taking() as (taker, _):
        taker.data_received(b"x" * size_bytes)
        seen = len(taker.pieces)
        taker.pace.stop()
        for _ in range(20):
            await asyncio.sleep(0)
        assert len(taker.pieces) == seen
