"""What a reply says of its durability is so, whatever has become of Redis since the start."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from redis.asyncio import Redis

from inventory.codes import Outcome
from inventory.durability import Durability, unsynced_by
from inventory.redis_store.keeping import keeping
from server.cluster.client import ClusterRedis
from server.cluster.slots import slot_of
from tests.inventory.shop import Shop
from tests.redis_nodes import Cluster, Node, binaries, store_options, until

SYNCING = {"appendonly": "yes", "appendfsync": "always", "no-appendfsync-on-rewrite": "no"}


@pytest.fixture
async def node(tmp_path: Path) -> AsyncIterator[Node]:
    """A Redis of the test's own, which may be set up, and stopped, as it likes."""
    node = Node(next(iter(binaries().values())), tmp_path, *store_options())
    node.start()
    yield node
    node.kill()


@pytest.fixture
async def own_redis(node: Node) -> AsyncIterator[Redis]:
    client = Redis(port=node.port, protocol=3)
    yield client
    await client.aclose()


async def promising(redis: Redis, durability: Durability) -> Shop:
    shop = Shop(redis, keeping=keeping(durability, replica_wait_ms=200))
    await shop.stop_clock()
    await shop.open(units=1_000)
    return shop


async def said(shop: Shop) -> Durability:
    result = await shop.reserve(shop.new_id())
    assert result.outcome is Outcome.HELD
    return result.durability


async def until_said(shop: Shop, durability: Durability) -> None:
    """A replica may take a while to follow, and on a busy machine to answer."""
    async with asyncio.timeout(30):
        while await said(shop) is not durability:
            pass


async def calls_of(redis: Redis, command: str) -> int:
    """How often Redis was asked for a command or its subcommands since RESETSTAT."""
    stats = await redis.info("commandstats")
    return sum(
        stat["calls"] for name, stat in stats.items() if name.startswith(f"cmdstat_{command}")
    )


async def test_memory_is_promised_without_a_question(shop: Shop, redis: Redis) -> None:
    await shop.open()
    await redis.config_resetstat()
    assert (await shop.reserve("ann")).durability is Durability.MEMORY
    assert await calls_of(redis, "wait") == 0
    assert await calls_of(redis, "config") == 1  # RESETSTAT is one


async def test_fsync_is_said_only_while_redis_syncs_before_it_answers(own_redis: Redis) -> None:
    shop = await promising(own_redis, Durability.FSYNC)
    assert await said(shop) is Durability.MEMORY  # it syncs once a second
    await own_redis.config_set("appendfsync", "always")
    hold_id = await shop.hold("ann")
    assert await said(shop) is Durability.FSYNC
    assert (await shop.reserve("ann", hold_id=hold_id)).durability is Durability.FSYNC
    assert (await shop.cancel(hold_id, "ann")).durability is Durability.FSYNC
    await own_redis.config_set("no-appendfsync-on-rewrite", "yes")
    assert await said(shop) is Durability.MEMORY
    await own_redis.config_set("no-appendfsync-on-rewrite", "no")
    await own_redis.script_flush()
    assert await said(shop) is Durability.FSYNC


@pytest.mark.parametrize("name", SYNCING)
def test_each_setting_that_delays_the_sync_is_named(name: str) -> None:
    assert unsynced_by(SYNCING) == []
    assert unsynced_by(SYNCING | {name: "other"}) == [f"{name} other"]
    assert unsynced_by({}) == [f"{name} None" for name in SYNCING]


async def test_replica_is_said_only_if_the_replica_has_it(
    node: Node, own_redis: Redis, tmp_path: Path
) -> None:
    shop = await promising(own_redis, Durability.REPLICA)
    assert await said(shop) is Durability.MEMORY  # there is none
    following = ("--replicaof", "127.0.0.1", str(node.port))
    replica = Node(next(iter(binaries().values())), tmp_path / "two", *store_options(), *following)
    replica.start()
    try:
        await asyncio.to_thread(until, "the replica follows", replica.is_following)
        await until_said(shop, Durability.REPLICA)
        replica.pause()
        available, *_ = await shop.counts()
        assert await said(shop) is Durability.MEMORY
        assert (await shop.counts())[0] == available - 1  # the hold stands all the same
        replica.resume()
        await until_said(shop, Durability.REPLICA)
    finally:
        replica.kill()


async def test_a_batch_asks_once(own_redis: Redis) -> None:
    await own_redis.config_set("appendfsync", "always")
    shop = await promising(own_redis, Durability.FSYNC)
    await said(shop)  # Redis knows the script from now on
    await own_redis.config_resetstat()
    results = await asyncio.gather(*(shop.reserve(f"buyer-{n}") for n in range(129)))
    assert {result.durability for result in results} == {Durability.FSYNC}
    batches = await calls_of(own_redis, "evalsha")
    assert batches < 10
    assert await calls_of(own_redis, "config") == batches + 1


async def test_in_a_cluster_each_reply_speaks_of_its_own_server(
    cluster: Cluster, cluster_redis: ClusterRedis
) -> None:
    shop = await promising(cluster_redis, Durability.FSYNC)
    slot = slot_of(shop.key("pools"))
    home = cluster.owner(slot)
    away = next(each for each in cluster.primaries if each is not home)
    home.ask("CONFIG", "SET", "appendfsync", "always")
    try:
        assert await said(shop) is Durability.FSYNC
        await asyncio.to_thread(cluster.move_slot, slot, home, away)
        assert await said(shop) is Durability.MEMORY  # who answered the question, did not sell
        assert await said(shop) is Durability.MEMORY
        away.ask("CONFIG", "SET", "appendfsync", "always")
        assert await said(shop) is Durability.FSYNC
        await asyncio.to_thread(cluster.move_slot, slot, away, home)
    finally:
        for each in (home, away):
            each.ask("CONFIG", "SET", "appendfsync", "everysec")
