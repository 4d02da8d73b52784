"""A viewer that never reads is closed at its bound; the others do not notice."""

import asyncio
import contextlib
from pathlib import Path

from tests.faults.bystanders import bystanders
from tests.harness import Client, LiveServer, open_room
from tests.raw_socket import RawSocket, handshake

TALKERS = 8
COMMENTS_EACH = 50  # 8 x 50 comments of 700 bytes: more than the kernel buffers for the reader


async def frozen_reader(server: LiveServer, room: str) -> RawSocket:
    """Opens the room and then never reads; hardly anything is buffered for it."""
    raw = await RawSocket.connect(server, buffer_bytes=4_096)
    raw.send(handshake(room, await server.guest(room, "Frozen"), "msgpack"))
    return raw


async def talk(host: Client) -> None:
    for _ in range(COMMENTS_EACH):
        await host.ask("comment", text="茶" * 200)


async def test_a_reader_that_never_reads_is_dropped_and_the_others_are_served(
    tmp_path: Path,
) -> None:
    server = LiveServer(tmp_path / "data", KAIBO_EGRESS_BYTES_MAX="20000")
    server.start()
    try:
        room = await open_room(server)
        async with (
            bystanders(server),
            await frozen_reader(server, room),
            contextlib.AsyncExitStack() as stack,
        ):
            hosts = [
                await stack.enter_async_context(server.client(room, server.token(room, "host")))
                for _ in range(TALKERS)
            ]
            # All at once: each stays within what one connection may ask in a burst.
            await asyncio.gather(*(talk(host) for host in hosts))
            watcher = hosts[0]
            await watcher.event("viewers", where=lambda body: body["count"] == 0)
            said = await watcher.ask("comment", text="all well")
            assert said["comment"]["text"] == "all well"
    finally:
        assert server.stop() == 0


async def test_a_silent_peer_is_pinged_and_then_closed(tmp_path: Path) -> None:
    server = LiveServer(tmp_path / "data", KAIBO_PING_INTERVAL_S="1", KAIBO_PONG_TIMEOUT_S="1")
    server.start()
    try:
        room = await open_room(server)
        async with (
            await frozen_reader(server, room),
            server.client(room, await server.guest(room)) as ann,
        ):
            await ann.event("viewers", where=lambda body: body["count"] == 2)
            before = len(ann.events)
            await ann.event("viewers", where=lambda body: body["count"] == 1, since=before)
    finally:
        assert server.stop() == 0
