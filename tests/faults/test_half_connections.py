"""Connections of which only one half lives: a peer that has said its last word, one that vanished
without any, and one that left while it was being answered. Each is ended, and nobody else notices.
"""

import asyncio
from pathlib import Path

import pytest

from rooms.redis_broker.keys import channel
from server.connecting import redis_client
from tests.faults.bystanders import bystanders
from tests.harness import LiveServer, open_room
from tests.raw_socket import CLOSE, TEXT, RawSocket, frame, handshake, ping_command, within

LISTENING = "0A"


def open_sockets(server: LiveServer) -> int:
    """The connections to the server's port that its process still holds."""
    port = f"{int(server.url.rsplit(':', 1)[1]):04X}"
    rows = [line.split() for line in Path("/proc/net/tcp").read_text().splitlines()[1:]]
    held = [row for row in rows if row[1].endswith(f":{port}") and row[9] != "0"]  # 9: the inode
    return len([row for row in held if row[3] != LISTENING])


async def test_a_peer_that_ends_its_half_is_ended(live_server: LiveServer) -> None:
    room = await open_room(live_server)
    async with bystanders(live_server), await RawSocket.join(live_server, room) as raw:
        raw.send(frame(TEXT, ping_command()))
        raw.writer.write_eof()
        while await within(raw.reader.read(65_536)):
            pass  # answers, perhaps; then the server's end of the stream


UNFINISHED = {
    "nothing": b"",
    "a part of a frame": frame(TEXT, ping_command())[:9],
    "a part of a message": frame(TEXT, b"x", fin=False),
    "a command": frame(TEXT, ping_command()),
}


@pytest.mark.parametrize("sent", UNFINISHED)
async def test_peers_that_vanish_leave_no_socket_behind(live_server: LiveServer, sent: str) -> None:
    room = await open_room(live_server)
    async with bystanders(live_server):
        before = open_sockets(live_server)
        for _ in range(50):
            async with await RawSocket.join(live_server, room) as raw:
                raw.send(UNFINISHED[sent])
        await until_open(live_server, before)


async def test_peers_that_leave_amid_the_handshake_leave_no_socket_behind(
    live_server: LiveServer,
) -> None:
    room = await open_room(live_server)
    async with bystanders(live_server):
        before = open_sockets(live_server)
        for _ in range(50):
            async with await RawSocket.connect(live_server) as raw:
                raw.send(handshake(room, live_server.token(room)) + frame(TEXT, ping_command()))
        await until_open(live_server, before)


async def test_a_room_that_all_left_while_they_joined_is_followed_no_more(
    live_server: LiveServer,
) -> None:
    room = await open_room(live_server)
    for _ in range(50):  # some are gone before their welcome is looked up, some after
        async with await RawSocket.connect(live_server) as raw:
            raw.send(handshake(room, live_server.token(room)))
    async with redis_client(f"unix://{live_server.data_dir}/redis/redis.sock") as redis:

        async def wait() -> None:
            while (await redis.pubsub_numsub(channel(room)))[0][1]:
                await asyncio.sleep(0.05)

        await within(wait())


async def until_open(server: LiveServer, sockets_max: int) -> None:
    async def wait() -> None:
        while open_sockets(server) > sockets_max:
            await asyncio.sleep(0.05)

    await within(wait())


async def test_a_peer_that_answers_no_ping_is_told_and_cut_off(tmp_path: Path) -> None:
    server = LiveServer(tmp_path / "data", KAIBO_PING_INTERVAL_S="1", KAIBO_PONG_TIMEOUT_S="1")
    server.start()
    try:
        room = await open_room(server)
        async with await RawSocket.join(server, room) as raw:
            while (received := await raw.receive()).opcode != CLOSE:
                pass  # its pings are read here and not answered
            assert int.from_bytes(received.payload[:2]) == 4012
            await raw.ended()
    finally:
        assert server.stop() == 0
