"""A connection that sends more than anyone may: it is closed, and another room does not notice."""

import asyncio
from pathlib import Path

import pytest

from tests.faults.bystanders import bystanders
from tests.harness import LiveServer, open_room
from tests.raw_socket import (
    BINARY,
    CLOSE,
    CONT,
    PING,
    PONG,
    TEXT,
    RawSocket,
    frame,
    handshake,
    ping_command,
)

RATE, TOO_BIG = 4029, 1009
ATTACK_BYTES = 3_000_000
ATTACK_FRAMES_MIN = 700
ATTACKERS = 4
CUT_TIMEOUT_S = 60.0  # its pings may come at 60 a second, and must fill what the kernel keeps
LONGEST = b"x" * 125

FLOODS = {
    "empty continuations": (frame(BINARY, fin=False), frame(CONT, fin=False), {RATE, TOO_BIG}),
    "empty pings": (b"", frame(PING), {RATE}),
    "empty pongs": (b"", frame(PONG), {RATE}),
    "long pongs": (b"", frame(PONG, LONGEST), {RATE}),
    "commands": (b"", frame(TEXT, ping_command()), {RATE}),
    "large commands": (b"", frame(TEXT, ping_command().ljust(16_000)), {RATE}),
    "large commands, cut into bytes": (
        frame(TEXT, b" ", fin=False),
        frame(CONT, b" ", fin=False),
        {TOO_BIG},
    ),
}


async def attack(server: LiveServer, room: str, flood: str) -> int | None:
    """Send 3 MB or more as fast as the server takes them; the code it closes with."""
    first, repeated, _ = FLOODS[flood]
    async with await RawSocket.join(server, room) as raw:
        raw.send(first, repeated * max(ATTACK_FRAMES_MIN, ATTACK_BYTES // len(repeated)))
        while (received := await raw.receive()).opcode != CLOSE:
            pass
        return int.from_bytes(received.payload[:2])


@pytest.mark.parametrize("flood", FLOODS)
async def test_a_flood_is_closed_and_others_are_served(live_server: LiveServer, flood: str) -> None:
    room = await open_room(live_server)
    async with bystanders(live_server):
        attacks = [attack(live_server, room, flood) for _ in range(ATTACKERS)]
        codes = await asyncio.gather(*attacks)
    assert set(codes) <= FLOODS[flood][2]


async def test_a_flood_that_comes_with_the_handshake_is_closed_too(live_server: LiveServer) -> None:
    room = await open_room(live_server)
    async with bystanders(live_server), await RawSocket.connect(live_server) as raw:
        raw.send(handshake(room, live_server.token(room)) + frame(PING) * 10_000)
        assert await raw.status() == 101
        while (received := await raw.receive()).opcode != CLOSE:
            assert received.opcode in (TEXT, PONG)
        assert int.from_bytes(received.payload[:2]) == RATE


async def test_an_honest_burst_is_no_flood(live_server: LiveServer) -> None:
    room = await open_room(live_server)
    async with await RawSocket.join(live_server, room) as raw:
        raw.send(*(frame(TEXT, ping_command(number)) for number in range(60)))
        assert [(await raw.answer())[1] for _ in range(60)] == list(range(60))


async def test_who_asks_on_without_reading_the_answers_is_closed(tmp_path: Path) -> None:
    server = LiveServer(
        tmp_path / "data", KAIBO_EGRESS_SOFT_BYTES="2000", KAIBO_EGRESS_BYTES_MAX="8000"
    )
    server.start()
    try:
        room = await open_room(server)
        async with (
            bystanders(server),
            await RawSocket.join(server, room, buffer_bytes=4_096) as raw,
        ):
            # Nothing here reads: the stream's buffer fills, the kernel's, then the server's.
            raw.send(frame(PING, LONGEST) * 500)
            await asyncio.wait_for(ping_until_cut(raw), CUT_TIMEOUT_S)
    finally:
        assert server.stop() == 0


async def ping_until_cut(raw: RawSocket) -> None:
    """Ping at a rate that is permitted, until the server has cut the connection."""
    while not raw.writer.transport.is_closing():
        raw.send(frame(PING, LONGEST))
        await asyncio.sleep(0.02)
