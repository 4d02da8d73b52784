"""The primary dies during a sale, and Sentinels make its replica the primary."""

import asyncio
import contextlib
from collections.abc import Iterator
from pathlib import Path

import pytest

from server.wire.codes import CloseCode
from tests.faults.cluster_sales import audited, buy, is_in_sql, reserve
from tests.harness import LiveServer, new_id, open_room
from tests.redis_nodes import binaries
from tests.sentinels import Sentinels


@pytest.fixture(params=list(binaries()))
def sentinels(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Sentinels]:
    sentinels = Sentinels(binaries()[request.param], tmp_path / "sentinels")
    try:
        sentinels.start()
        yield sentinels
    finally:
        sentinels.stop()


@contextlib.contextmanager
def serving(tmp_path: Path, sentinels: Sentinels) -> Iterator[LiveServer]:
    server = LiveServer(tmp_path / "data", KAIBO_REDIS_URL=sentinels.url)
    server.start()
    try:
        yield server
    finally:
        assert server.stop() == 0


async def test_with_a_replica_that_had_all_nothing_is_lost(
    tmp_path: Path, sentinels: Sentinels
) -> None:
    with serving(tmp_path, sentinels) as server:
        room = await open_room(server, units=10, per_buyer_max=10)
        async with (
            server.client(room, await server.guest(room)) as ann,
            server.client(room, await server.guest(room, "Bob")) as bob,
        ):
            paid, held = await buy(ann), new_id()
            await reserve(bob, held)
            await asyncio.to_thread(sentinels.until_replica_has_all)
            sentinels.primary.kill()
            for client, reservation_id in ((ann, paid), (bob, held)):
                assert (await reserve(client, reservation_id))["replayed"] is True
            await buy(ann)
            seen = len(bob.events)
            await ann.ask("comment", text="still here")
            assert (await bob.event("comment", since=seen))["comment"]["text"] == "still here"
        audited(server)


async def test_what_only_the_dead_primary_had_is_said_by_the_audit(
    tmp_path: Path, sentinels: Sentinels
) -> None:
    """Replication is asynchronous: an acknowledged hold may be gone. SQL has it, and says so. And
    viewers start anew, as the new primary numbers other events by the same offsets."""
    with serving(tmp_path, sentinels) as server:
        room = await open_room(server, units=10, per_buyer_max=10)
        token = await server.guest(room)
        async with server.client(room, token) as ann:
            await buy(ann)
            await asyncio.to_thread(sentinels.until_replica_has_all)
            audited(server)
            sentinels.cut_replication()
            lost = await buy(ann)
            await ann.ask("comment", text="lost, too")
            await is_in_sql(server, lost)
            sentinels.primary.kill()
            sentinels.replica.resume()
            assert (await ann.closed())[0] == CloseCode.STATE_LOST
        async with server.client(room, token) as ann:
            await buy(ann)
            audit = server.kaibo("audit")
            assert audit.returncode == 1, audit.stdout
            assert lost in audit.stdout
