"""Selling on a real Redis Cluster: rooms on all its servers, slots that move, servers that die."""

import asyncio
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from inventory.redis_store.keys import room_key
from server.cluster.slots import slot_of
from tests.faults.cluster_sales import audited, buy, is_in_sql, reserve
from tests.harness import LiveServer, Refusal, new_id, one, open_room
from tests.redis_nodes import Cluster, Node, binaries


@pytest.fixture(params=list(binaries()))
def standing(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Cluster]:
    """A Cluster of the test's own, whose primaries have a replica each."""
    cluster = Cluster(binaries()[request.param], tmp_path / "cluster", replicas=1)
    try:
        cluster.start()
        yield cluster
    finally:
        cluster.stop()


def home_of(cluster: Cluster, room: str) -> Node:
    return cluster.owner(slot_of(room_key(room, "pools")))


async def rooms_of_all_servers(server: LiveServer, cluster: Cluster) -> dict[Node, str]:
    """An open room with a sale on each primary."""
    found: dict[Node, str] = {}
    while len(found) < len(cluster.primaries):
        room = await open_room(server, units=10, per_buyer_max=10)
        found.setdefault(home_of(cluster, room), room)
    return found


async def test_a_sale_from_start_to_paid_order_in_rooms_of_every_server(
    cluster: Cluster, tmp_path: Path
) -> None:
    server = LiveServer(tmp_path / "data", KAIBO_REDIS_URL=cluster.url, KAIBO_WORKERS="2")
    server.start()
    try:
        for room in (await rooms_of_all_servers(server, cluster)).values():
            async with (
                server.client(room, await server.guest(room)) as ann,
                server.client(room, await server.guest(room, "Bob")) as bob,
            ):
                await buy(ann)
                sold = await bob.event("stock", where=lambda body: body["stock"]["sold"] == 1)
                assert sold["stock"]["available"] == 9
                await ann.ask("comment", text="hello")
                assert (await bob.event("comment"))["comment"]["text"] == "hello"
        audited(server)
    finally:
        assert server.stop() == 0


async def test_a_slot_that_moves_during_a_sale_loses_and_repeats_nothing(
    cluster: Cluster, tmp_path: Path
) -> None:
    server = LiveServer(tmp_path / "data", KAIBO_REDIS_URL=cluster.url)
    server.start()
    try:
        room = await open_room(server, units=10, per_buyer_max=10)
        home = home_of(cluster, room)
        [away, *_] = [node for node in cluster.primaries if node is not home]
        slot = slot_of(room_key(room, "pools"))
        async with server.client(room, await server.guest(room)) as ann:
            first = await buy(ann)
            await asyncio.to_thread(cluster.move_slot, slot, home, away)
            assert (await reserve(ann, first))["replayed"] is True
            await buy(ann)
            await asyncio.to_thread(cluster.move_slot, slot, away, home)
            await buy(ann)
        audited(server, "--room", room)
    finally:
        assert server.stop() == 0


async def test_a_primary_that_dies_during_a_sale_is_replaced_by_its_replica(
    standing: Cluster, tmp_path: Path
) -> None:
    server = LiveServer(tmp_path / "data", KAIBO_REDIS_URL=standing.url)
    server.start()
    try:
        room, other = list((await rooms_of_all_servers(server, standing)).values())[:2]
        async with (
            server.client(room, await server.guest(room)) as ann,
            server.client(room, await server.guest(room, "Bob")) as bob,
            server.client(other, await server.guest(other)) as eve,
        ):
            first = await buy(ann)
            home = home_of(standing, room)
            standing.until_replicas_have_all(home)
            home.kill()
            await asyncio.wait_for(buy(eve), 5)  # another server's room does not notice
            again = await reserve(ann, first)
            assert again["replayed"] is True
            await buy(bob)
            seen = len(bob.events)
            await ann.ask("comment", text="still here")
            heard = await bob.event("comment", since=seen)
            assert heard["comment"]["text"] == "still here"
        audited(server)
    finally:
        assert server.stop() == 0


@pytest.mark.parametrize("is_silent", [False, True], ids=["dead", "silent"])
async def test_a_server_without_a_replica_holds_up_its_own_rooms_only(
    tmp_path: Path, newest: Cluster, is_silent: bool
) -> None:
    """Buying, counting and bringing into SQL go on in the rooms of the other servers, also if it is
    the server that has the lease of the worker who does that."""
    server = LiveServer(tmp_path / "data", KAIBO_REDIS_URL=newest.url)
    server.start()
    try:
        home = newest.owner(slot_of("kaibo:lease:jobs"))
        rooms = await rooms_of_all_servers(server, newest)
        room, [other, *_] = rooms.pop(home), rooms.values()
        async with (
            server.client(room, await server.guest(room)) as ann,
            server.client(other, await server.guest(other)) as eve,
            server.client(other, await server.guest(other, "Bob")) as bob,
        ):
            (home.pause if is_silent else home.kill)()
            with pytest.raises(Refusal, match="UNAVAILABLE"):
                await ann.ask("reserve", reservation_id=new_id(), lines=one("flash"))
            bought = await buy(eve)
            await bob.event("stock", where=lambda body: body["stock"]["sold"] == 1)
            await eve.ask("like", count=3)
            await bob.event("likes")
            await is_in_sql(server, bought)
            async with httpx.AsyncClient() as orchestrator:
                ready = await orchestrator.get(f"{server.url}/health/ready")
            assert ready.status_code == 200, ready.text
            audited(server, "--room", other)
            (home.resume if is_silent else home.start)()
            await buy(ann)
            audited(server)
    finally:
        assert server.stop() == 0


@pytest.fixture
def newest(tmp_path: Path) -> Iterator[Cluster]:
    """Without replicas, and with servers that go on when others are away."""
    binary = next(iter(binaries().values()))
    cluster = Cluster(binary, tmp_path / "cluster", is_whole_or_nothing=False)
    try:
        cluster.start()
        yield cluster
    finally:
        cluster.stop()
